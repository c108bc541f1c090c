#include "anycast/bgp/bgp_speaker.h"

#include <algorithm>

#include "anycast/clock.h"
#include "zones/check.h"

namespace hither {
namespace {

// How late a KEEPALIVE or the end of a lease may be; the least interval between KEEPALIVEs is 0.8
// s.
constexpr uint64_t kTickMilliseconds = 50;

}  // namespace

BgpSpeaker::BgpSpeaker(uv_loop_t* loop, const AnycastConfig::Bgp& config)
    : router_id_(config.router_id), tick_(new uv_timer_t) {
  for (const AnycastConfig::Neighbor& each : config.neighbors) {
    neighbors_.push_back(
        std::make_unique<BgpNeighbor>(loop, config.local_as, each, router_id_, MonotonicNow()));
  }
  HITHER_CHECK(uv_timer_init(loop, tick_) == 0);
  tick_->data = this;
  const auto tick = [](uv_timer_t* timer) {
    const absl::Time now = MonotonicNow();
    for (auto& each : static_cast<BgpSpeaker*>(timer->data)->neighbors_) each->OnTick(now);
  };
  uv_timer_start(tick_, tick, kTickMilliseconds, kTickMilliseconds);
}

BgpSpeaker::~BgpSpeaker() {
  uv_close(reinterpret_cast<uv_handle_t*>(tick_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

void BgpSpeaker::Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until) {
  for (auto& each : neighbors_) each->Announce(routes, now, until);
}

void BgpSpeaker::AnnounceAgain(const std::vector<Prefix>& prefixes) {
  for (auto& each : neighbors_) each->AnnounceAgain(prefixes);
}

Observation BgpSpeaker::Observe() const {
  Observation observation;
  for (const auto& each : neighbors_) each->Observe(observation);
  return observation;
}

void BgpSpeaker::Close(absl::string_view reason) {
  const absl::Time now = MonotonicNow();
  for (auto& each : neighbors_) each->Close(reason, now);
}

bool BgpSpeaker::IsIdle() const {
  return std::all_of(neighbors_.begin(), neighbors_.end(),
                     [](const auto& each) { return each->IsIdle(); });
}

BgpSession::Counters BgpSpeaker::counters() const {
  BgpSession::Counters sum;
  for (const auto& each : neighbors_) {
    sum.resets += each->counters().resets;
    sum.updates_received += each->counters().updates_received;
    sum.malformed_updates += each->counters().malformed_updates;
    sum.refreshes += each->counters().refreshes;
  }
  return sum;
}

}  // namespace hither
