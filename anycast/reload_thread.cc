#include "anycast/reload_thread.h"

#include <utility>

#include "absl/status/statusor.h"
#include "base/thread.h"

namespace hither {

absl::Status ReloadThread::Start(std::function<void()> reload) {
  if (runs_.exchange(true)) {
    return absl::FailedPreconditionError("a reload is already running; send SIGHUP again after it");
  }
  Join();  // It has ended.
  absl::StatusOr<std::thread> thread = StartThread("reload", [this, reload = std::move(reload)] {
    reload();
    runs_ = false;
  });
  if (!thread.ok()) {
    runs_ = false;
    return thread.status();
  }
  thread_ = *std::move(thread);
  return absl::OkStatus();
}

void ReloadThread::Join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace hither
