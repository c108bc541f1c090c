#ifndef HITHER_ANYCAST_STANDING_REASON_H_
#define HITHER_ANYCAST_STANDING_REASON_H_

#include <optional>
#include <span>
#include <string>

#include "absl/time/time.h"
#include "anycast/policy/policy.h"
#include "base/reminder.h"

namespace hither {

struct StandingLine {
  std::string text;
  bool is_good = false;  // Not a warning.
};

// Why a family of a service stays withdrawn, or is held although a check knows nothing: a line for
// the log when a reason has lasted, one when it changes, and reminders. In every other state, a
// line for each change of the rule or of the faulty signals. State changes are logged as they
// happen, with their rule; this is for a state that does not change.
//
// Pure: time is an argument.
class StandingReason {
 public:
  static constexpr absl::Duration kLasts = absl::Seconds(3);  // Shorter ones are part of a start.

  // For every tick. Returns the text of the line, or nothing.
  std::string Update(const Verdict& verdict, std::span<const Signal> signals, IpFamily family,
                     absl::Time now);
  bool is_good() const { return is_good_; }  // Does that line end a fault?

 private:
  bool IsNews(const Verdict& verdict, absl::Time now);

  std::string key_;  // The rule, and which signals made it: details change with every tick.
  absl::Time since_ = absl::InfinitePast();
  Reminder reminder_;
  std::optional<State> state_;
  std::string told_;  // The key that the log shows last.
  Reminder changes_;  // So that a rule that flaps does not fill the log.
  bool is_good_ = false;
  bool is_fault_told_ = false;  // Since the state changed; what is good again was a fault.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_STANDING_REASON_H_
