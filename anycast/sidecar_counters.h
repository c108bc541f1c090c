#ifndef HITHER_ANYCAST_SIDECAR_COUNTERS_H_
#define HITHER_ANYCAST_SIDECAR_COUNTERS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "anycast/service.h"
#include "anycast/view.h"

namespace hither {

// What the sidecar counts for its metrics. Pure: time is an argument.
class SidecarCounters {
 public:
  // A tick that begins over a whole tick too late counts as late.
  void CountTick(absl::Time now, absl::Duration tick) {
    if (last_tick_ != absl::InfinitePast() && now - last_tick_ > 2 * tick) ++late_ticks_;
    last_tick_ = now;
    ++ticks_;
  }
  void Count(const Transition& transition) {
    ++transitions_[{transition.service, std::string(WordOf(transition.family)),
                    std::string(ToText(transition.to)), transition.rule}];
  }
  void AddTo(SidecarView& view) const {
    view.ticks = ticks_;
    view.late_ticks = late_ticks_;
    view.transitions = transitions_;
  }

 private:
  uint64_t ticks_ = 0;
  uint64_t late_ticks_ = 0;
  absl::Time last_tick_ = absl::InfinitePast();
  decltype(SidecarView::transitions) transitions_;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SIDECAR_COUNTERS_H_
