#include "base/reminder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace hither {

bool Reminder::Holds(absl::string_view kind, absl::Time now) {
  if (!is_there_) {
    if (IsOver(now)) {
      times_ = 0;
      kinds_.clear();
      since_ = now;
      next_ = now;
      pause_ = kFirst;
    }
    is_there_ = true;
    is_told_ = false;
    ++times_;
  }
  const bool is_due = now >= next_;
  if (is_due) {
    next_ = now + pause_;
    pause_ = std::min(2 * pause_, kMax);
  }
  const bool tells = IsNew(kind) || is_due;
  is_told_ |= tells;
  return tells;
}

bool Reminder::IsNew(absl::string_view kind) {
  if (kinds_.size() >= kKindsMax) return false;
  if (std::find(kinds_.begin(), kinds_.end(), kind) != kinds_.end()) return false;
  kinds_.emplace_back(kind);
  return true;
}

bool Reminder::Ended(absl::Time now) {
  if (!is_there_) return false;
  is_there_ = false;
  ended_ = now;
  return is_told_;
}

std::string Reminder::Note(absl::Time now) const {
  const absl::Duration lasted = absl::Floor(now - since_, absl::Seconds(1));
  if (lasted < kFirst) return {};
  return absl::StrCat("; for ", absl::FormatDuration(lasted),
                      times_ > 1 ? absl::StrCat(", ", times_, " times") : "");
}

}  // namespace hither
