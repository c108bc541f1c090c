#include "server/transfer/transfer_pace.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace hither {

void TransferPace::OnOctets(uint64_t octets, absl::Time now) {
  if (octets == 0) return;
  octets_ += octets;
  window_octets_ += octets;
  progress_at_ = now;
}

void TransferPace::Pause(absl::Time now) {
  if (!is_paused()) paused_at_ = now;
}

void TransferPace::Resume(absl::Time now) {
  if (!is_paused()) return;
  const absl::Duration pause = now - paused_at_;
  started_ += pause;
  progress_at_ += pause;
  window_at_ += pause;
  paused_at_ = absl::InfiniteFuture();
}

std::string TransferPace::Check(absl::Time now) {
  if (octets_ > limits_.octets_max) {
    return absl::StrCat("over ", limits_.octets_max,
                        " octets; raise the limit if the zone is that large");
  }
  if (records_ > limits_.records_max) {
    return absl::StrCat("over ", limits_.records_max,
                        " records; raise the limit if the zone is that large");
  }
  if (is_paused()) return "";
  if (now - progress_at_ >= limits_.stall_max) {
    return absl::StrCat("nothing was received for ", absl::FormatDuration(limits_.stall_max));
  }
  if (now - started_ >= limits_.total_max) {
    return absl::StrCat("not complete after ", absl::FormatDuration(limits_.total_max));
  }
  if (now - window_at_ < limits_.window) return "";
  if (window_octets_ < limits_.window_octets_min) {
    return absl::StrCat("only ", window_octets_, " octets in ",
                        absl::FormatDuration(now - window_at_), "; at least ",
                        limits_.window_octets_min, " are required in ",
                        absl::FormatDuration(limits_.window));
  }
  window_at_ = now;
  window_octets_ = 0;
  return "";
}

absl::Time TransferPace::next_check() const {
  if (is_paused()) return absl::InfiniteFuture();
  return std::min({progress_at_ + limits_.stall_max, started_ + limits_.total_max,
                   window_at_ + limits_.window});
}

}  // namespace hither
