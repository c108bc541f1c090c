#include "base/net/loop_calls.h"

#include "base/check.h"

namespace hither {

void LoopCalls::Open(uv_loop_t& loop) {
  HITHER_CHECK(wake_.Open(loop, [this] { RunAll(); }) == 0);
  MutexLock lock(mu_);
  is_open_ = true;
}

void LoopCalls::Close() {
  std::deque<std::function<void()>> dropped;  // Outlives the lock.
  MutexLock lock(mu_);
  if (!std::exchange(is_open_, false)) return;
  dropped.swap(tasks_);
  wake_.Close();
}

bool LoopCalls::Add(std::function<void()> task) {
  MutexLock lock(mu_);
  if (!is_open_ || tasks_.size() >= kWaitingMax) return false;
  tasks_.push_back(std::move(task));
  wake_.Send();  // Under the lock: Close() closes the handle.
  return true;
}

void LoopCalls::RunAll() {
  std::deque<std::function<void()>> tasks;
  {
    MutexLock lock(mu_);
    tasks.swap(tasks_);
  }
  for (const std::function<void()>& task : tasks) task();
}

}  // namespace hither
