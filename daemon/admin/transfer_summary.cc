#include "daemon/admin/transfer_summary.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/counted.h"
#include "base/printable.h"

namespace hither {

uint64_t TransferSummary::Fresh() const {
  return zones - std::min(zones, empty + stale + expired);  // Counted at different moments.
}

JsonObject ToJson(const TransferSummary& summary) {
  return {{"zones", summary.zones},          {"fresh", summary.Fresh()},
          {"empty", summary.empty},          {"stale", summary.stale},
          {"expired", summary.expired},      {"refused", summary.refused},
          {"waiting", summary.waiting},      {"under_way", summary.under_way},
          {"disk_error", summary.disk_error}};
}

TransferSummary ReadTransferSummary(JsonReader reader) {
  TransferSummary summary;
  reader.Read("zones", summary.zones);
  reader.Read("empty", summary.empty);
  reader.Read("stale", summary.stale);
  reader.Read("expired", summary.expired);
  reader.Read("refused", summary.refused);
  reader.Read("waiting", summary.waiting);
  reader.Read("under_way", summary.under_way);
  reader.Read("disk_error", summary.disk_error);
  return summary;
}

std::string ToText(const TransferSummary& summary) {
  const std::pair<uint64_t, const char*> states[] = {{summary.Fresh(), "fresh"},
                                                     {summary.stale, "stale"},
                                                     {summary.expired, "expired"},
                                                     {summary.empty, "without a version"}};
  std::vector<std::string> parts;
  for (const auto& [zones, state] : states) {
    if (zones > 0) parts.push_back(absl::StrCat(zones, " ", state));
  }
  std::string text = absl::StrCat(Counted(summary.zones, "zone"), " from primaries",
                                  parts.empty() ? "" : ": ", absl::StrJoin(parts, ", "));
  if (summary.refused > 0) {
    absl::StrAppend(&text, "; ", summary.refused, summary.refused == 1 ? " has" : " have",
                    " a refused version");
  }
  absl::StrAppend(&text, "; ", Counted(summary.under_way, "transfer"), " under way",
                  summary.waiting > 0 ? absl::StrCat(", ", summary.waiting, " waiting") : "");
  if (!summary.disk_error.empty()) {
    absl::StrAppend(&text, "\nzone log ", Printable(summary.disk_error));
  }
  return text;
}

}  // namespace hither
