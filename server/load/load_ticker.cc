#include "server/load/load_ticker.h"

#include <new>
#include <system_error>

#include "absl/time/clock.h"
#include "base/log.h"
#include "server/privileges.h"

namespace hither {

LoadTicker::LoadTicker(const LoadProgress& progress, absl::Duration every)
    : progress_(progress), began_(absl::Now()) {
  try {
    thread_ = std::thread([this, every] { Run(every); });
  } catch (const std::system_error&) {  // No thread, so no lines: the load matters more.
  } catch (const std::bad_alloc&) {
  }
}

LoadTicker::~LoadTicker() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mu_);
    ended_ = true;
  }
  ended_changed_.notify_one();
  thread_.join();
}

void LoadTicker::Run(absl::Duration every) {
  DropThreadCapabilities();
  std::unique_lock<std::mutex> lock(mu_);
  while (
      !ended_changed_.wait_for(lock, absl::ToChronoNanoseconds(every), [this] { return ended_; })) {
    try {
      Log(LogLevel::kInfo, "loading: ", ToText(progress_, absl::Now() - began_));
    } catch (const std::bad_alloc&) {  // The load may have used all memory and be about to fail.
    }
  }
}

}  // namespace hither
