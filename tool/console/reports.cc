#include "tool/console/reports.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/json_reader.h"
#include "base/printable.h"
#include "daemon/admin/status.h"

namespace hither {
namespace {

constexpr size_t kWordsBytesMax = 300;
constexpr size_t kListMax = 256;

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

// Cut between characters, so that the text does not end in a partial one.
std::string Short(std::string text) {
  if (text.size() > kWordsBytesMax) {
    size_t end = kWordsBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    text += "...";
  }
  return Printable(std::move(text));
}

// A cursor over one object. A missing or null member, or one of another type, counts as absent:
// each page is read for what it does contain.
class Members {
 public:
  explicit Members(JsonView object) : object_(object) {}

  std::string Text(absl::string_view key) const { return Short(object_.MaybeAt(key).TextOr("")); }
  std::optional<bool> MaybeFlag(absl::string_view key) const {
    return object_.MaybeAt(key).MaybeBool();
  }
  bool Flag(absl::string_view key) const { return MaybeFlag(key).value_or(false); }
  std::optional<uint64_t> Count(absl::string_view key) const {
    const std::optional<double> number = object_.MaybeAt(key).MaybeNumber();
    if (!number.has_value() || !(*number >= 0 && *number < 9e15)) {  // Beyond, doubles have gaps.
      return std::nullopt;
    }
    return static_cast<uint64_t>(*number);
  }
  std::optional<uint32_t> Whole32(absl::string_view key) const {
    const std::optional<uint64_t> count = Count(key);
    if (!count.has_value() || *count > UINT32_MAX) return std::nullopt;
    return static_cast<uint32_t>(*count);
  }
  double Real(absl::string_view key) const {
    return object_.MaybeAt(key).MaybeNumber().value_or(0);
  }
  // At most kListMax of them are to be read.
  std::vector<JsonView> List(absl::string_view key) const {
    return object_.MaybeAt(key).MaybeItems();
  }

 private:
  JsonView object_;
};

absl::StatusOr<JsonDocument> ParseObject(absl::string_view text, absl::string_view needs) {
  absl::StatusOr<JsonDocument> page = JsonDocument::Parse(text);
  if (!page.ok() || !page->root().IsObject()) return Wrong("does not answer with a JSON object");
  if (!page->root().MaybeAt(needs).exists()) {
    return Wrong(absl::StrCat("answers JSON without '", needs, "'"));
  }
  return page;
}

template <typename Read>
void EachOf(const std::vector<JsonView>& list, Read read) {
  size_t count = 0;
  for (const JsonView item : list) {
    if (++count > kListMax) return;
    read(Members(item));
  }
}

std::string IdOf(const std::string& node, const std::string& site) {
  return Short(site.empty() ? node : absl::StrCat(node, ".", site));
}

// Those with errors first, so that the cut keeps what matters.
void TakeZones(const ServerStatus& status, HitherdReport& report) {
  std::vector<const ServerStatus::Zone*> zones;
  for (const ServerStatus::Zone& zone : status.zones) zones.push_back(&zone);
  std::stable_sort(zones.begin(), zones.end(), [](const auto* a, const auto* b) {
    return !a->error.empty() && b->error.empty();
  });
  if (zones.size() > kReportZonesMax) zones.resize(kReportZonesMax);
  for (const ServerStatus::Zone* zone : zones) {
    report.zones.push_back(
        {Short(zone->name), std::string(zone->State()), zone->serial, Short(zone->error)});
  }
  report.zones_total = status.zones.size() + status.zones_omitted;
}

}  // namespace

absl::StatusOr<HitherdReport> ReadHitherdReport(absl::string_view text) {
  const absl::StatusOr<ServerStatus> status = FromJson(text);
  if (!status.ok()) return Wrong(Short(std::string(status.status().message())));
  HitherdReport report;
  report.id = IdOf(status->node, status->site);
  report.version = Short(status->version);
  report.uptime_seconds = absl::ToDoubleSeconds(status->uptime);
  for (const auto& [name, value] : status->counters) {
    if (absl::StartsWith(name, "hither_queries_total")) report.queries += value;
  }
  for (const ServerStatus::Latency& latency : status->latency) {
    if (latency.transport != "udp" || latency.answers == 0) continue;
    report.p50_us = absl::ToInt64Microseconds(latency.p50);
    report.p99_us = absl::ToInt64Microseconds(latency.p99);
  }
  TakeZones(*status, report);
  return report;
}

absl::StatusOr<SidecarReport> ReadSidecarReport(absl::string_view text) {
  const absl::StatusOr<JsonDocument> page = ParseObject(text, "services");
  if (!page.ok()) return page.status();
  const Members top(page->root());
  SidecarReport report;
  report.id = IdOf(top.Text("node"), top.Text("site"));
  report.version = top.Text("version");
  report.verdict_age_seconds = top.Real("lease_age_seconds");
  report.lease_seconds = top.Real("lease_seconds");
  EachOf(top.List("services"), [&](const Members& service) {
    report.is_drained |= service.Flag("drain");
    EachOf(service.List("families"), [&](const Members& family) {
      if (report.families.size() >= kListMax) return;
      report.families.push_back({service.Text("name"),
                                 family.Text("family") == "ipv6" ? IpFamily::kV6 : IpFamily::kV4,
                                 family.Text("state"), family.Text("rule"), family.Text("reason"),
                                 family.Text("since"), family.MaybeFlag("announced")});
    });
  });
  EachOf(top.List("sessions"), [&](const Members& session) {
    report.sessions.push_back(
        {session.Text("neighbor"), session.Text("state"), session.Text("last_error")});
  });
  return report;
}

absl::StatusOr<std::vector<std::string>> ReadFaults(absl::string_view text) {
  const absl::StatusOr<JsonDocument> page = ParseObject(text, "faults");
  if (!page.ok()) return page.status();
  std::vector<std::string> faults;
  for (const JsonView fault : Members(page->root()).List("faults")) {
    const std::string* name = fault.MaybeText();
    if (name != nullptr && faults.size() < 16) faults.push_back(Short(*name));
  }
  return faults;
}

absl::StatusOr<std::vector<RouterSession>> ReadSessions(absl::string_view text) {
  const absl::StatusOr<JsonDocument> page = JsonDocument::Parse(text);
  if (!page.ok() || !page->root().IsArray())
    return Wrong("does not answer with a JSON list of sessions");
  std::vector<RouterSession> sessions;
  EachOf(page->root().MaybeItems(), [&](const Members& session) {
    sessions.push_back({session.Text("peer"), session.Whole32("peer_as").value_or(0),
                        session.Text("state"), session.Text("since")});
  });
  return sessions;
}

absl::StatusOr<std::vector<ClientAnswer>> ReadAnswers(absl::string_view text) {
  const absl::StatusOr<JsonDocument> page = ParseObject(text, "answers");
  if (!page.ok()) return page.status();
  std::vector<ClientAnswer> answers;
  EachOf(Members(page->root()).List("answers"), [&](const Members& told) {
    ClientAnswer answer;
    answer.address = told.Text("address");
    answer.site = told.Text("site");
    answer.node = told.Text("node");
    answer.nsid = told.Text("nsid");
    if (const auto rtt = told.Count("rtt_us")) answer.rtt_us = static_cast<int64_t>(*rtt);
    answer.serial = told.Whole32("serial");
    answer.asked = told.Count("asked").value_or(0);
    answer.lost = told.Count("lost").value_or(0);
    if (answers.size() < 16) answers.push_back(std::move(answer));
  });
  return answers;
}

std::string ReadError(absl::string_view text) {
  const absl::StatusOr<JsonDocument> page = JsonDocument::Parse(text);
  return page.ok() ? Members(page->root()).Text("error") : "";
}

}  // namespace hither
