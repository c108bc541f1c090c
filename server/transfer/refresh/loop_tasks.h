#ifndef HITHER_SERVER_TRANSFER_REFRESH_LOOP_TASKS_H_
#define HITHER_SERVER_TRANSFER_REFRESH_LOOP_TASKS_H_

#include <deque>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/net/uv.h"

namespace hither {

// Tasks of other threads for a loop, in order; nobody waits. See LoopCalls for those that do.
//
// Threads: opened and closed by the loop's; Post() and Wake() are any thread's. Memory: callers
// bound what they post.
class LoopTasks {
 public:
  absl::Status Open(uv_loop_t& loop) {
    const int error = wake_.Open(loop, [this] { RunAll(); });
    if (error != 0) return absl::ResourceExhaustedError(uv_strerror(error));
    MutexLock lock(mu_);
    is_open_ = true;
    return absl::OkStatus();
  }
  void Close() {
    std::deque<std::function<void()>> dropped;  // Outlives the lock.
    MutexLock lock(mu_);
    if (!std::exchange(is_open_, false)) return;
    dropped.swap(tasks_);
    wake_.Close();
  }
  // False: the loop has ended, and the task will not run.
  bool Post(std::function<void()> task) {
    MutexLock lock(mu_);
    if (!is_open_) return false;
    tasks_.push_back(std::move(task));
    wake_.Send();  // Under the lock: Close() closes the handle.
    return true;
  }

 private:
  void RunAll() {
    std::deque<std::function<void()>> tasks;
    {
      MutexLock lock(mu_);
      tasks.swap(tasks_);
    }
    for (const std::function<void()>& task : tasks) task();
  }

  UvAsync wake_;
  Mutex mu_;
  bool is_open_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_LOOP_TASKS_H_
