#include "anycast/state/disk_work.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/within_memory.h"

namespace hither {

struct DiskWork::Shared {
  std::mutex mu;  // Not base/mutex.h: a condition variable needs std::mutex.
  std::condition_variable changed;
  std::deque<std::function<void()>> tasks;
  bool is_busy = false;
  bool is_ending = false;

  bool IsIdle() const { return tasks.empty() && !is_busy; }
};

DiskWork::DiskWork() : shared_(std::make_shared<Shared>()) {}

DiskWork::~DiskWork() {
  WaitIdle(kEndMax);
  std::lock_guard lock(shared_->mu);
  shared_->is_ending = true;
  shared_->changed.notify_all();
}

absl::Status DiskWork::Start() {
  absl::StatusOr<std::thread> thread = StartThread("write to disks", [shared = shared_] {
    std::unique_lock lock(shared->mu);
    for (;;) {
      shared->changed.wait(lock, [&] { return shared->is_ending || !shared->tasks.empty(); });
      if (shared->tasks.empty()) return;
      const std::function<void()> task = std::move(shared->tasks.front());
      shared->tasks.pop_front();
      shared->is_busy = true;
      lock.unlock();
      if (const absl::Status done = WithinMemory("write to a disk", task); !done.ok()) {
        Log(LogLevel::kError, done.message());
      }
      lock.lock();
      shared->is_busy = false;
      shared->changed.notify_all();
    }
  });
  if (!thread.ok()) return thread.status();
  thread->detach();  // It owns what it uses.
  return absl::OkStatus();
}

bool DiskWork::Post(std::function<void()> task) {
  std::lock_guard lock(shared_->mu);
  if (shared_->tasks.size() >= kWaitingMax) return false;
  shared_->tasks.push_back(std::move(task));
  shared_->changed.notify_all();
  return true;
}

bool DiskWork::WaitIdle(absl::Duration timeout) {
  std::unique_lock lock(shared_->mu);
  return shared_->changed.wait_for(lock, absl::ToChronoMilliseconds(timeout),
                                   [this] { return shared_->IsIdle(); });
}

}  // namespace hither
