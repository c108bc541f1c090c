#ifndef HITHER_ZONES_GATE_GATE_WATCH_H_
#define HITHER_ZONES_GATE_GATE_WATCH_H_

#include <cstdint>
#include <functional>
#include <utility>

#include "base/stop_flag.h"

namespace hither {

// Says when work on a version must end: its result is no longer needed, or its deadline has passed.
// One thread's. Time belongs to the caller: zones/ has no clock.
class GateWatch {
 public:
  using IsLate = std::function<bool()>;

  GateWatch() = default;  // Never over.
  // `stop` may be null, `is_late` empty.
  GateWatch(const StopFlag* stop, IsLate is_late) : stop_(stop), is_late_(std::move(is_late)) {}

  // For each turn of a loop, so it reads the clock only now and then. Once true, it stays true.
  bool IsOver() { return calls_++ % kCallsPerReading == 0 ? IsOverNow() : CheckStop(); }
  // For loops that wait or do much in a turn: reads the clock each time.
  bool IsOverNow() {
    if (!was_late_ && is_late_) was_late_ = is_late_();
    return CheckStop();
  }
  bool was_stopped() const { return was_stopped_; }
  bool was_late() const { return was_late_; }

 private:
  static constexpr uint64_t kCallsPerReading = 64;

  bool CheckStop() {
    if (!was_stopped_) was_stopped_ = IsRaised(stop_);
    return was_stopped_ || was_late_;
  }

  const StopFlag* stop_ = nullptr;
  IsLate is_late_;
  uint64_t calls_ = 0;
  bool was_stopped_ = false;
  bool was_late_ = false;
};

}  // namespace hither

#endif  // HITHER_ZONES_GATE_GATE_WATCH_H_
