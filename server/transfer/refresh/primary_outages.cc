#include "server/transfer/refresh/primary_outages.h"

#include "absl/strings/str_cat.h"

namespace hither {

std::string PrimaryOutages::OnUnreachable(PrimaryNumber primary, absl::string_view name,
                                          size_t zones, bool is_counting, absl::string_view reason,
                                          absl::Time now) {
  Outage& outage = outages_[primary];
  if (outage.since == absl::InfinitePast()) outage.since = now;
  ++outage.attempts;
  if (outage.is_logged || now < outage.quiet_until) return "";
  if (is_counting && now < outage.since + kCountWait) return "";
  outage.is_logged = true;
  outage.quiet_until = now + kEvery;
  return absl::StrCat("primary ", name, ": cannot be reached: ", reason, "; ", zones,
                      zones == 1 ? " zone is" : " zones are",
                      " transferred from it; see `hither zone status`");
}

std::string PrimaryOutages::OnAnswer(PrimaryNumber primary, absl::string_view name,
                                     absl::Time now) {
  const auto at = outages_.find(primary);
  if (at == outages_.end() || at->second.since == absl::InfinitePast()) return "";
  const Outage ended = at->second;
  at->second = {.quiet_until = ended.quiet_until};
  if (!ended.is_logged) return "";
  return absl::StrCat("primary ", name, ": answers again after ",
                      absl::FormatDuration(absl::Trunc(now - ended.since, absl::Seconds(1))),
                      "; attempts that failed: ", ended.attempts);
}

}  // namespace hither
