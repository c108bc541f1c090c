#include "server/load_ticker.h"

#include <system_error>

#include "absl/time/clock.h"
#include "server/base/log.h"

namespace hither {

LoadTicker::LoadTicker(const LoadProgress& progress, absl::Duration every)
    : progress_(progress), began_(absl::Now()) {
  try {
    thread_ = std::thread([this, every] { Run(every); });
  } catch (const std::system_error&) {  // No thread, no lines: the load matters more.
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
  std::unique_lock<std::mutex> lock(mu_);
  while (
      !ended_changed_.wait_for(lock, absl::ToChronoNanoseconds(every), [this] { return ended_; })) {
    Log(LogLevel::kInfo, "loading: ", ToText(progress_, absl::Now() - began_));
  }
}

}  // namespace hither
