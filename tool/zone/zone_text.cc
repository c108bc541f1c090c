#include "tool/zone/zone_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/counted.h"
#include "base/printable.h"

namespace hither {
namespace {

constexpr size_t kColumns = 7;
constexpr size_t kColumnMax = 48;  // A longer name moves the rest of its line.
using ZoneRow = std::array<std::string, kColumns>;

bool IsKnownTime(absl::Time time) {
  return time != absl::InfinitePast() && time != absl::InfiniteFuture();
}

std::string UtcText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

// "1m30s ago"
std::string Ago(absl::Time time, absl::Time now) {
  return IsKnownTime(time) ? absl::StrCat(RoughTime(now - time), " ago") : "never";
}

std::string NextText(const ZoneTransferStatus& zone, absl::Time now) {
  if (!IsKnownTime(zone.next_refresh) || zone.next_refresh <= now) return "now";
  return absl::StrCat("in ", RoughTime(zone.next_refresh - now));
}

// "2026-12-01T00:00:00Z (1m30s ago)"
std::string PastText(absl::Time time, absl::Time now) {
  if (!IsKnownTime(time)) return "never";
  return absl::StrCat(UtcText(time), " (", Ago(time, now), ")");
}

std::string FutureText(absl::Time time, absl::Time now) {
  if (!IsKnownTime(time)) return "-";
  return absl::StrCat(UtcText(time), " (",
                      time < now ? Ago(time, now) : absl::StrCat("in ", RoughTime(time - now)),
                      ")");
}

int TroubleOf(const ZoneTransferStatus& zone) {
  if (zone.state == RefreshState::kExpired) return 5;
  if (zone.state == RefreshState::kEmpty) return 4;
  if (zone.refused.has_value()) return 3;
  if (zone.state == RefreshState::kStale) return 2;
  return zone.is_rolled_back ? 1 : 0;
}

std::string SerialText(const ZoneTransferStatus& zone) {
  return zone.serial.has_value() ? absl::StrCat(*zone.serial) : "-";
}

// "ixfr, 1234 octets in 15ms", "failed: connection refused"
std::string LastText(const LastTransfer& last) {
  std::string text = Printable(last.result);
  if (!last.reason.empty()) return absl::StrCat(text, ": ", Printable(last.reason));
  if (last.octets == 0) return text;
  return absl::StrCat(text, ", ", Counted(last.octets, "octet"), " in ",
                      absl::FormatDuration(absl::Trunc(last.took, absl::Milliseconds(1))));
}

// "13 by the gate size: a third of the records is gone"
std::string RefusalText(const RefusedVersion& refused) {
  return absl::StrCat(refused.serial,
                      refused.gate.empty() ? "" : absl::StrCat(" by the gate ", refused.gate), ": ",
                      Printable(refused.reason));
}

// The last column.
std::string RemarksOf(const ZoneTransferStatus& zone) {
  std::vector<std::string> remarks;
  if (zone.is_rolled_back) remarks.push_back("rolled back");
  if (zone.refused.has_value()) {
    remarks.push_back(absl::StrCat("refuses ", RefusalText(*zone.refused)));
  }
  // A refusal says more than the transfer that brought it.
  const bool is_told =
      zone.refused.has_value() && zone.last.has_value() && zone.last->result == "refused";
  if (zone.last.has_value() && !is_told) remarks.push_back(LastText(*zone.last));
  if (!zone.activity.empty()) remarks.push_back(Printable(zone.activity));
  return absl::StrJoin(remarks, "; ");
}

ZoneRow RowOf(const ZoneTransferStatus& zone, absl::Time now) {
  return {zone.zone.ToText(),
          SerialText(zone),
          std::string(StateWord(zone.state)),
          Ago(zone.last_success, now),
          NextText(zone, now),
          zone.primary.empty() ? "-" : Printable(zone.primary),
          RemarksOf(zone)};
}

void AppendRow(const ZoneRow& row, const std::array<size_t, kColumns>& widths, std::string& out) {
  std::string line = " ";
  for (size_t i = 0; i < kColumns; ++i) {
    const int width = static_cast<int>(widths[i]);
    const bool is_number = i == 1;
    absl::StrAppendFormat(&line, " %*s ", is_number ? width : -width, row[i]);
  }
  absl::StripTrailingAsciiWhitespace(&line);
  absl::StrAppend(&out, line, "\n");
}

void AppendField(absl::string_view name, absl::string_view value, std::string& out) {
  absl::StrAppendFormat(&out, "%-10s %s\n", name, value);
}

std::string StateText(const ZoneTransferStatus& zone) {
  std::string text(StateWord(zone.state));
  if (zone.state == RefreshState::kExpired) absl::StrAppend(&text, ", its names get SERVFAIL");
  if (zone.is_rolled_back) absl::StrAppend(&text, ", rolled back");
  if (!zone.activity.empty()) absl::StrAppend(&text, "; ", Printable(zone.activity));
  return text;
}

std::string TransferText(const LastTransfer& last, absl::Time now) {
  return absl::StrCat(PastText(last.at, now), " from ",
                      last.primary.empty() ? "no primary" : Printable(last.primary), ": ",
                      LastText(last));
}

}  // namespace

std::string RoughTime(absl::Duration time) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(time));
  const int64_t minutes = seconds / 60;
  const int64_t hours = minutes / 60;
  if (minutes == 0) return absl::StrCat(seconds, "s");
  if (hours == 0) return absl::StrCat(minutes, "m", seconds % 60, "s");
  if (hours < 48) return absl::StrCat(hours, "h", minutes % 60, "m");
  return absl::StrCat(hours / 24, "d", hours % 24, "h");
}

void SortByTrouble(std::vector<ZoneTransferStatus>& zones) {
  std::stable_sort(zones.begin(), zones.end(),
                   [](const auto& a, const auto& b) { return TroubleOf(a) > TroubleOf(b); });
}

std::string ZoneTable(const ZoneStatusPage& page) {
  std::string out = ToText(page.summary) + "\n";
  if (page.zones.empty()) return out;
  std::vector<ZoneRow> rows = {
      {"ZONE", "SERIAL", "STATE", "CONFIRMED", "REFRESH", "PRIMARY", "LAST TRANSFER"}};
  for (const ZoneTransferStatus& zone : page.zones) rows.push_back(RowOf(zone, page.now));
  std::array<size_t, kColumns> widths = {};
  for (const ZoneRow& row : rows) {
    for (size_t i = 0; i + 1 < kColumns; ++i) {
      widths[i] = std::max(widths[i], std::min(row[i].size(), kColumnMax));
    }
  }
  for (const ZoneRow& row : rows) AppendRow(row, widths, out);
  return out;
}

// Nothing is known while hitherd waits for its disk.
std::string VersionsText(const ZoneTransferStatus& zone) {
  if (!zone.versions.has_value()) return "not known: the disk of the zone log does not answer";
  return zone.versions->empty() ? "-" : absl::StrJoin(*zone.versions, " ");
}

std::string ZoneDetails(const ZoneTransferStatus& zone, absl::Time now) {
  std::string out;
  AppendField("zone", zone.zone.ToText(), out);
  AppendField("state", StateText(zone), out);
  AppendField("serial", SerialText(zone), out);
  AppendField("confirmed", PastText(zone.last_success, now), out);
  AppendField("refresh",
              IsKnownTime(zone.next_refresh) ? FutureText(zone.next_refresh, now) : "now", out);
  AppendField("expires", FutureText(zone.expires_at, now), out);
  AppendField("primary", zone.primary.empty() ? "-" : Printable(zone.primary), out);
  AppendField("transfer", zone.last.has_value() ? TransferText(*zone.last, now) : "never", out);
  AppendField("versions", VersionsText(zone), out);
  if (!zone.refused.has_value()) return out;
  AppendField("refused", RefusalText(*zone.refused), out);
  AppendField("", absl::StrCat("`hither zone show ", zone.zone.ToText(), "` shows what it changes"),
              out);
  return out;
}

std::string RefusedText(const ZoneTransferStatus& zone, absl::Time now) {
  const std::string name = zone.zone.ToText();
  if (!zone.refused.has_value()) return absl::StrCat(name, " has no refused version\n");
  const RefusedVersion& refused = *zone.refused;
  std::string out;
  AppendField("zone", name, out);
  AppendField("refused", absl::StrCat(refused.serial), out);
  AppendField("at", PastText(refused.at, now), out);
  AppendField("published", SerialText(zone), out);
  AppendField("gate", refused.gate.empty() ? "-, it cannot be served" : Printable(refused.gate),
              out);
  AppendField("reason", Printable(refused.reason), out);
  if (!refused.diff_text.empty()) {
    absl::StrAppend(&out, "\n", PrintableLines(refused.diff_text));
  } else if (!refused.gate.empty()) {
    absl::StrAppend(&out, "\nhitherd does not have the difference; `hither zone refresh ", name,
                    "` transfers the version again\n");
  }
  return out;
}

}  // namespace hither
