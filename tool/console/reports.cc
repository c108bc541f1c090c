#include "tool/console/reports.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "daemon/admin/status.h"

namespace hither {
namespace {

using nlohmann::json;

constexpr size_t kTextBytesMax = 300;
constexpr size_t kListMax = 256;

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

// Cut between characters, so that the text does not end in a partial one.
std::string Short(std::string text) {
  if (text.size() > kTextBytesMax) {
    size_t end = kTextBytesMax;
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
  explicit Members(const json& object) : object_(object) {}

  std::string Text(const char* key) const {
    const json* at = Find(key);
    return at != nullptr && at->is_string() ? Short(at->get<std::string>()) : "";
  }
  bool Flag(const char* key) const {
    const json* at = Find(key);
    return at != nullptr && at->is_boolean() && at->get<bool>();
  }
  std::optional<bool> MaybeFlag(const char* key) const {
    const json* at = Find(key);
    return at != nullptr && at->is_boolean() ? std::optional<bool>(at->get<bool>()) : std::nullopt;
  }
  std::optional<uint64_t> Count(const char* key) const {
    const json* at = Find(key);
    if (at == nullptr || !at->is_number()) return std::nullopt;
    const auto number = at->get<double>();
    if (!(number >= 0 && number < 9e15)) return std::nullopt;  // Beyond, doubles have gaps.
    return static_cast<uint64_t>(number);
  }
  std::optional<uint32_t> Whole32(const char* key) const {
    const std::optional<uint64_t> count = Count(key);
    if (!count.has_value() || *count > UINT32_MAX) return std::nullopt;
    return static_cast<uint32_t>(*count);
  }
  double Real(const char* key) const {
    const json* at = Find(key);
    return at != nullptr && at->is_number() && std::isfinite(at->get<double>()) ? at->get<double>()
                                                                                : 0;
  }
  // At most kListMax of its items are read.
  const json& List(const char* key) const {
    static const json kNothing = json::array();
    const json* at = Find(key);
    return at != nullptr && at->is_array() ? *at : kNothing;
  }

 private:
  const json* Find(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto at = object_.find(key);
    return at == object_.end() ? nullptr : &*at;
  }

  const json& object_;
};

absl::StatusOr<json> ParseObject(absl::string_view text, const char* needs) {
  json page = ParseJson<json>(text);
  if (!page.is_object()) return Wrong("does not answer with a JSON object");
  if (!page.contains(needs)) return Wrong(absl::StrCat("answers JSON without '", needs, "'"));
  return page;
}

template <typename Read>
void EachOf(const json& list, Read read) {
  size_t count = 0;
  for (const json& item : list) {
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
  const absl::StatusOr<json> page = ParseObject(text, "services");
  if (!page.ok()) return page.status();
  const Members top(*page);
  SidecarReport report;
  report.id = IdOf(top.Text("node"), top.Text("site"));
  report.version = top.Text("version");
  report.verdict_age_seconds = top.Real("lease_age_seconds");
  report.lease_seconds = top.Real("lease_seconds");
  EachOf(top.List("services"), [&](const Members& service) {
    report.is_drained |= service.Flag("drain");
    EachOf(service.List("families"), [&](const Members& family) {
      if (report.families.size() >= kListMax) return;
      report.families.push_back({service.Text("name"), family.Text("family") == "ipv6",
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
  const absl::StatusOr<json> page = ParseObject(text, "faults");
  if (!page.ok()) return page.status();
  std::vector<std::string> faults;
  for (const json& fault : Members(*page).List("faults")) {
    if (fault.is_string() && faults.size() < 16) faults.push_back(Short(fault.get<std::string>()));
  }
  return faults;
}

absl::StatusOr<std::vector<RouterSession>> ReadSessions(absl::string_view text) {
  const json page = ParseJson<json>(text);
  if (!page.is_array()) return Wrong("does not answer with a JSON list of sessions");
  std::vector<RouterSession> sessions;
  EachOf(page, [&](const Members& session) {
    sessions.push_back({session.Text("peer"), session.Whole32("peer_as").value_or(0),
                        session.Text("state"), session.Text("since")});
  });
  return sessions;
}

absl::StatusOr<std::vector<ClientAnswer>> ReadAnswers(absl::string_view text) {
  const absl::StatusOr<json> page = ParseObject(text, "answers");
  if (!page.ok()) return page.status();
  std::vector<ClientAnswer> answers;
  EachOf(Members(*page).List("answers"), [&](const Members& told) {
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
  const json page = ParseJson<json>(text);
  return Members(page).Text("error");
}

}  // namespace hither
