#include "server/load/load_thread.h"

#include <pthread.h>

#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/thread.h"

namespace hither {

LoadThread::~LoadThread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mu_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

absl::Status LoadThread::Start() {
  absl::StatusOr<std::thread> thread = StartThread("reload zones", [this] { Loop(); });
  if (!thread.ok()) return thread.status();
  thread_ = *std::move(thread);
  return absl::OkStatus();
}

void LoadThread::Run(std::function<void()> work) {
  HITHER_CHECK(thread_.joinable());
  {
    const std::lock_guard lock(mu_);
    work_ = std::move(work);
    busy_ = true;
  }
  changed_.notify_all();
}

bool LoadThread::WaitUntil(absl::Time deadline) {
  std::unique_lock lock(mu_);
  const absl::Duration left = deadline - absl::Now();
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(left), [this] { return !busy_; });
}

void LoadThread::Loop() {
  pthread_setname_np(pthread_self(), "loader");
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(mu_);
      changed_.wait(lock, [this] { return ended_ || work_ != nullptr; });
      if (work_ == nullptr) return;
      work = std::exchange(work_, nullptr);
    }
    work();
    {
      const std::lock_guard lock(mu_);
      busy_ = false;
    }
    changed_.notify_all();
  }
}

}  // namespace hither
