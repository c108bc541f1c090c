#ifndef HITHER_BASE_REMINDER_H_
#define HITHER_BASE_REMINDER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace hither {

// Decides which lines about one lasting fault are logged, so that a neighbor that is down for a
// week does not fill the disk: one when the fault begins, one for each new kind of it, one when it
// ends, and reminders in between, after a minute, then after twice as long each time, up to an
// hour. A fault that returns within a minute is still the same one.
//
// Threads: one. Limits: remembers kKindsMax kinds; others appear only in reminders.
class Reminder {
 public:
  static constexpr absl::Duration kFirst = absl::Minutes(1);
  static constexpr absl::Duration kMax = absl::Hours(1);
  static constexpr size_t kKindsMax = 8;

  // The fault exists now, as `kind`. True: log it, with Note().
  bool Holds(absl::string_view kind, absl::Time now);
  // The fault does not exist. True: log that it has ended.
  bool Ended(absl::Time now);
  // What a reminder adds to the line: "; for 8m, 3 times". Empty when the fault has just begun.
  std::string Note(absl::Time now) const;
  // Ended long ago: a new fault would be logged as if this object were new.
  bool IsOver(absl::Time now) const { return !is_there_ && now - ended_ >= kFirst; }

 private:
  bool IsNew(absl::string_view kind);

  bool is_there_ = false;
  bool is_told_ = false;  // Since the fault last came.
  int times_ = 0;
  std::vector<std::string> kinds_;
  absl::Time since_;
  absl::Time ended_ = absl::InfinitePast();
  absl::Time next_ = absl::InfinitePast();
  absl::Duration pause_ = kFirst;
};

}  // namespace hither

#endif  // HITHER_BASE_REMINDER_H_
