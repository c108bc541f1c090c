#include "daemon/admin/status.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/printable.h"

namespace hither {
namespace {

constexpr absl::string_view kQueriesMetric = "hither_queries_total";
constexpr int kNameColumnMax = 48;

std::string TimeText(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

JsonObject ZoneToJson(const ServerStatus::Zone& zone) {
  return {{"name", zone.name},
          {"file", zone.file},
          {"state", zone.State()},
          {"serial", zone.serial},
          {"records", zone.records},
          {"signing", zone.signing},
          {"loaded_at", TimeText(zone.loaded_at)},
          {"error", zone.error},
          {"warning", zone.warning},
          {"signatures_end", TimeText(zone.signatures_end)}};
}

JsonObject LatencyToJson(const std::vector<ServerStatus::Latency>& all) {
  JsonObject json;
  for (const ServerStatus::Latency& latency : all) {
    json.Add(latency.transport, JsonObject({{"answers", latency.answers},
                                            {"p50", absl::ToDoubleSeconds(latency.p50)},
                                            {"p99", absl::ToDoubleSeconds(latency.p99)},
                                            {"p99_9", absl::ToDoubleSeconds(latency.p99_9)}}));
  }
  return json;
}

// An empty text is "never".
void ReadTime(JsonReader& reader, absl::string_view key, absl::Time& time) {
  std::string text;
  reader.Read(key, text);
  time = absl::InfinitePast();
  if (text.empty() || absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return;
  reader.Fail(key, "is not a time as in RFC 3339");
}

void ReadSeconds(JsonReader& reader, absl::string_view key, absl::Duration& duration) {
  double seconds = 0;
  reader.Read(key, seconds);
  duration = absl::Seconds(seconds);
}

void ReadZone(JsonReader& reader, ServerStatus::Zone& zone) {
  reader.Read("name", zone.name);
  reader.Read("file", zone.file);
  reader.Read("serial", zone.serial);
  reader.Read("records", zone.records);
  reader.Read("signing", zone.signing);
  ReadTime(reader, "loaded_at", zone.loaded_at);
  reader.Read("error", zone.error);
  zone.warning = reader.object().MaybeAt("warning").TextOr("");  // Not from an older server.
  if (reader.object().MaybeAt("signatures_end").TextOr("").empty()) return;
  ReadTime(reader, "signatures_end", zone.signatures_end);
}

void ReadLatency(JsonReader reader, std::vector<ServerStatus::Latency>& all) {
  for (const auto& [transport, value] : reader.object().MaybeMembers()) {
    JsonReader one = reader.Object(transport);
    ServerStatus::Latency& latency = all.emplace_back();
    latency.transport = std::string(transport);
    one.Read("answers", latency.answers);
    ReadSeconds(one, "p50", latency.p50);
    ReadSeconds(one, "p99", latency.p99);
    ReadSeconds(one, "p99_9", latency.p99_9);
  }
}

void ReadCounters(JsonReader reader, std::vector<std::pair<std::string, uint64_t>>& counters) {
  for (const auto& [name, value] : reader.object().MaybeMembers()) {
    reader.Read(name, counters.emplace_back(std::string(name), 0).second);
  }
}

void ReadEndpoints(JsonReader& reader, std::vector<EndpointState>& endpoints) {
  for (JsonReader& one : reader.ArrayOfObjects("endpoints", kJsonValuesMax)) {
    EndpointState& endpoint = endpoints.emplace_back();
    one.Read("key", endpoint.key);
    one.Read("address", endpoint.address);
    one.Read("error", endpoint.error);
  }
}

void ReadStatus(JsonReader reader, ServerStatus& status) {
  uint64_t pid = 0;
  uint32_t workers = 0;
  reader.Read("version", status.version);
  reader.Read("pid", pid);
  status.pid = static_cast<int64_t>(pid);
  reader.Read("site", status.site);
  reader.Read("node", status.node);
  reader.Read("nsid", status.nsid);
  reader.Read("workers", workers);
  status.workers = static_cast<int>(workers);
  ReadSeconds(reader, "uptime_seconds", status.uptime);
  reader.Read("listen", status.listen);
  ReadCounters(reader.Object("counters"), status.counters);
  for (JsonReader& one : reader.ArrayOfObjects("zones", kJsonValuesMax)) {
    ReadZone(one, status.zones.emplace_back());
  }
  ReadTime(reader, "started_at", status.started_at);
  // A server may be older than this tool and not write these.
  if (reader.Has("endpoints")) ReadEndpoints(reader, status.endpoints);
  if (reader.Has("sidecar")) reader.Read("sidecar", status.sidecar);
  if (reader.Has("latency_seconds")) {
    ReadLatency(reader.Object("latency_seconds"), status.latency);
  }
  reader.ReadIfPresent("zones_omitted", status.zones_omitted);
  reader.ReadIfPresent("zones_omitted_failed", status.zones_omitted_failed);
}

std::string WordOr(absl::string_view word, absl::string_view otherwise) {
  return std::string(word.empty() ? otherwise : word);
}

void AppendCounters(const ServerStatus& status, std::string& out) {
  uint64_t queries = 0;
  size_t width = 0;
  for (const auto& [name, value] : status.counters) {
    if (absl::StartsWith(name, kQueriesMetric)) queries += value;
    if (value != 0) width = std::max(width, name.size());
  }
  const double seconds = absl::ToDoubleSeconds(status.uptime);
  const double rate = seconds > 0 ? 1 / seconds : 0;
  absl::StrAppendFormat(&out, "queries  %d, %.1f a second since startup\n", queries,
                        queries * rate);
  for (const auto& [name, value] : status.counters) {
    if (value == 0) continue;
    absl::StrAppendFormat(&out, "  %-*s  %12d  %10.1f/s\n", static_cast<int>(width),
                          Printable(name), value, value * rate);
  }
}

// In four digits, the histogram's precision: 1.114ms, not 1.114112ms.
std::string ShortText(absl::Duration time) {
  const double seconds = absl::ToDoubleSeconds(time);
  if (time < absl::Microseconds(1)) return absl::StrFormat("%.4gns", seconds * 1e9);
  if (time < absl::Milliseconds(1)) return absl::StrFormat("%.4gus", seconds * 1e6);
  if (time < absl::Seconds(1)) return absl::StrFormat("%.4gms", seconds * 1e3);
  return absl::StrFormat("%.4gs", seconds);
}

void AppendLatency(const ServerStatus& status, std::string& out) {
  absl::string_view head = "latency ";
  for (const ServerStatus::Latency& latency : status.latency) {
    if (latency.answers == 0) continue;
    absl::StrAppendFormat(&out, "%s %s  p50 %s  p99 %s  p99.9 %s  of %d answers\n", head,
                          Printable(latency.transport), ShortText(latency.p50),
                          ShortText(latency.p99), ShortText(latency.p99_9), latency.answers);
    head = "        ";
  }
}

bool AreSignaturesEnding(const ServerStatus::Zone& zone, absl::Time now) {
  return zone.signatures_end < now + ServerStatus::kSignaturesSoon;
}

int Urgency(const ServerStatus::Zone& zone, absl::Time now) {
  if (!zone.error.empty()) return 2;
  return zone.warning.empty() && !AreSignaturesEnding(zone, now) ? 0 : 1;
}

std::string RemarkOf(const ServerStatus::Zone& zone, absl::Time now) {
  if (!zone.error.empty()) return absl::StrCat(": ", Printable(zone.error));
  std::string remark;
  if (!zone.warning.empty()) absl::StrAppend(&remark, "; warning: ", Printable(zone.warning));
  if (AreSignaturesEnding(zone, now)) {
    absl::StrAppend(&remark, "; its first signature ",
                    zone.signatures_end < now ? "expired at " : "expires at ",
                    TimeText(zone.signatures_end));
  }
  return remark;
}

void AppendZones(const ServerStatus& status, size_t zones_max, std::string& out) {
  const absl::Time now = status.started_at + status.uptime;
  std::vector<const ServerStatus::Zone*> zones;
  uint64_t bad = status.zones_omitted_failed;
  int width = 4;
  for (const ServerStatus::Zone& zone : status.zones) {
    zones.push_back(&zone);
    if (!zone.error.empty()) ++bad;
  }
  std::stable_sort(zones.begin(), zones.end(), [now](const auto* a, const auto* b) {
    return Urgency(*a, now) > Urgency(*b, now);
  });
  const size_t shown = std::min(zones_max, zones.size());
  for (size_t i = 0; i < shown; ++i) {
    width = std::max(width, std::min(kNameColumnMax, static_cast<int>(zones[i]->name.size())));
  }
  absl::StrAppendFormat(&out, "zones    %d, %d of them with errors\n",
                        zones.size() + status.zones_omitted, bad);
  if (shown > 0) {
    absl::StrAppendFormat(&out, "  %-*s  %10s  %10s  %-6s  %-20s  %s\n", width, "ZONE", "SERIAL",
                          "RECORDS", "SIGNED", "LOADED", "STATE");
  }
  for (size_t i = 0; i < shown; ++i) {
    const ServerStatus::Zone& zone = *zones[i];
    absl::StrAppendFormat(&out, "  %-*s  %10s  %10d  %-6s  %-20s  %s%s\n", width,
                          Printable(zone.name), zone.serial ? absl::StrCat(*zone.serial) : "-",
                          zone.records, WordOr(Printable(zone.signing), "-"),
                          WordOr(TimeText(zone.loaded_at), "never"), zone.State(),
                          RemarkOf(zone, now));
  }
  if (shown < zones.size()) {
    absl::StrAppendFormat(&out, "  and %d more; --all shows them\n", zones.size() - shown);
  }
  if (status.zones_omitted > 0) {
    absl::StrAppendFormat(&out, "  and %d more that the server omits because of its limit\n",
                          status.zones_omitted);
  }
}

}  // namespace

absl::string_view ServerStatus::Zone::State() const {
  if (!serial.has_value()) return "broken";
  return error.empty() ? "ok" : "stale";
}

std::string ToJson(const ServerStatus& status) {
  JsonArray endpoints;
  for (const EndpointState& one : status.endpoints) {
    endpoints.Add(JsonObject({{"key", one.key}, {"address", one.address}, {"error", one.error}}));
  }
  JsonObject counters;
  for (const auto& [name, value] : status.counters) counters.Add(name, value);
  JsonArray zones;
  for (const ServerStatus::Zone& zone : status.zones) zones.Add(ZoneToJson(zone));
  const JsonValue json = JsonObject({{"version", status.version},
                                     {"pid", status.pid},
                                     {"site", status.site},
                                     {"node", status.node},
                                     {"nsid", status.nsid},
                                     {"workers", status.workers},
                                     {"started_at", TimeText(status.started_at)},
                                     {"uptime_seconds", absl::ToDoubleSeconds(status.uptime)},
                                     {"listen", status.listen},
                                     {"endpoints", std::move(endpoints)},
                                     {"sidecar", status.sidecar},
                                     {"counters", std::move(counters)},
                                     {"latency_seconds", LatencyToJson(status.latency)},
                                     {"zones", std::move(zones)},
                                     {"zones_omitted", status.zones_omitted},
                                     {"zones_omitted_failed", status.zones_omitted_failed}});
  return json.Indented(1) + "\n";
}

absl::StatusOr<ServerStatus> FromJson(absl::string_view json) {
  const auto refused = [](const absl::Status& why) {
    return absl::InvalidArgumentError(
        absl::StrCat("the answer is not a server's status: ", why.message()));
  };
  const absl::StatusOr<JsonDocument> document = JsonDocument::Parse(json);
  if (!document.ok()) return refused(document.status());
  ServerStatus status;
  absl::Status failure;
  ReadStatus(JsonReader(document->root(), "", failure), status);
  if (!failure.ok()) return refused(failure);
  return status;
}

std::string ToText(const ServerStatus& status, size_t zones_max) {
  std::string out;
  absl::StrAppendFormat(&out, "%s, process %d, %d worker%s, up %s (since %s)\n",
                        Printable(status.version), status.pid, status.workers,
                        status.workers == 1 ? "" : "s",
                        absl::FormatDuration(absl::Trunc(status.uptime, absl::Seconds(1))),
                        TimeText(status.started_at));
  absl::StrAppendFormat(&out, "site     %s\nnode     %s\nnsid     %s\n",
                        WordOr(Printable(status.site), "(none)"), Printable(status.node),
                        WordOr(Printable(status.nsid), "(none)"));
  absl::StrAppend(&out, "listen   ", Printable(absl::StrJoin(status.listen, ", ")), "\n");
  for (const EndpointState& one : status.endpoints) {
    if (!one.error.empty()) absl::StrAppend(&out, "no page  ", Printable(one.error), "\n");
  }
  AppendCounters(status, out);
  AppendLatency(status, out);
  AppendZones(status, zones_max, out);
  return out;
}

}  // namespace hither
