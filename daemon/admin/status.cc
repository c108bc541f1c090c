#include "daemon/admin/status.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/json_text.h"
#include "base/printable.h"

namespace hither {
namespace {

using Json = nlohmann::ordered_json;

constexpr absl::string_view kQueriesMetric = "hither_queries_total";
constexpr int kNameColumnMax = 48;

std::string TimeText(absl::Time time) {
  if (time == absl::InfinitePast()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

// An empty text is "never"; false for an invalid time.
bool ParseTimeText(const std::string& text, absl::Time& time) {
  time = absl::InfinitePast();
  return text.empty() || absl::ParseTime(absl::RFC3339_full, text, &time, nullptr);
}

Json ZoneToJson(const ServerStatus::Zone& zone) {
  Json json = {{"name", zone.name}, {"file", zone.file}, {"state", std::string(zone.State())}};
  json["serial"] = zone.serial.has_value() ? Json(*zone.serial) : Json();
  json["records"] = zone.records;
  json["signing"] = zone.signing;
  json["loaded_at"] = TimeText(zone.loaded_at);
  json["error"] = zone.error;
  return json;
}

// Throws Json::type_error for other numbers: 1e300 as uint64_t would be undefined (C++
// [conv.fpint]).
uint64_t Whole(const Json& json) { return json.get_ref<const Json::number_unsigned_t&>(); }

bool ZoneFromJson(const Json& json, ServerStatus::Zone& zone) {
  zone.name = json.at("name").get<std::string>();
  zone.file = json.at("file").get<std::string>();
  if (!json.at("serial").is_null()) zone.serial = static_cast<uint32_t>(Whole(json.at("serial")));
  zone.records = Whole(json.at("records"));
  zone.signing = json.at("signing").get<std::string>();
  zone.error = json.at("error").get<std::string>();
  return ParseTimeText(json.at("loaded_at").get<std::string>(), zone.loaded_at);
}

Json LatencyToJson(const std::vector<ServerStatus::Latency>& all) {
  Json json = Json::object();
  for (const ServerStatus::Latency& latency : all) {
    json[latency.transport] = {{"answers", latency.answers},
                               {"p50", absl::ToDoubleSeconds(latency.p50)},
                               {"p99", absl::ToDoubleSeconds(latency.p99)},
                               {"p99_9", absl::ToDoubleSeconds(latency.p99_9)}};
  }
  return json;
}

void LatencyFromJson(const Json& json, std::vector<ServerStatus::Latency>& all) {
  const auto seconds = [](const Json& number) { return absl::Seconds(number.get<double>()); };
  for (const auto& [transport, of] : json.items()) {
    all.push_back({transport, Whole(of.at("answers")), seconds(of.at("p50")), seconds(of.at("p99")),
                   seconds(of.at("p99_9"))});
  }
}

// nlohmann's at() and get() throw: ServerStatusFrom() is only called inside FromJson's try.
bool ServerStatusFrom(const Json& json, ServerStatus& status) {
  status.version = json.at("version").get<std::string>();
  status.pid = static_cast<int64_t>(Whole(json.at("pid")));
  status.site = json.at("site").get<std::string>();
  status.node = json.at("node").get<std::string>();
  status.nsid = json.at("nsid").get<std::string>();
  status.workers = static_cast<int>(Whole(json.at("workers")));
  status.uptime = absl::Seconds(json.at("uptime_seconds").get<double>());
  status.listen = json.at("listen").get<std::vector<std::string>>();
  for (const Json& endpoint : json.value("endpoints", Json::array())) {
    status.endpoints.push_back({endpoint.at("key").get<std::string>(),
                                endpoint.at("address").get<std::string>(),
                                endpoint.at("error").get<std::string>()});
  }
  for (const auto& [name, value] : json.at("counters").items()) {
    status.counters.emplace_back(name, Whole(value));
  }
  // An older server does not report it.
  if (json.contains("latency_seconds")) {
    LatencyFromJson(json.at("latency_seconds"), status.latency);
  }
  for (const Json& zone : json.at("zones")) {
    if (!ZoneFromJson(zone, status.zones.emplace_back())) return false;
  }
  status.zones_omitted = json.value("zones_omitted", uint64_t{0});  // Older servers list all zones.
  status.zones_omitted_failed = json.value("zones_omitted_failed", uint64_t{0});
  return ParseTimeText(json.at("started_at").get<std::string>(), status.started_at);
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

void AppendZones(const ServerStatus& status, size_t zones_max, std::string& out) {
  std::vector<const ServerStatus::Zone*> zones;
  uint64_t bad = status.zones_omitted_failed;
  int width = 4;
  for (const ServerStatus::Zone& zone : status.zones) {
    zones.push_back(&zone);
    if (!zone.error.empty()) ++bad;
  }
  std::stable_sort(zones.begin(), zones.end(), [](const auto* a, const auto* b) {
    return !a->error.empty() && b->error.empty();
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
                          zone.error.empty() ? "" : absl::StrCat(": ", Printable(zone.error)));
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
  Json json = {{"version", status.version}, {"pid", status.pid},   {"site", status.site},
               {"node", status.node},       {"nsid", status.nsid}, {"workers", status.workers}};
  json["started_at"] = TimeText(status.started_at);
  json["uptime_seconds"] = absl::ToDoubleSeconds(status.uptime);
  json["listen"] = status.listen;
  json["endpoints"] = Json::array();
  for (const EndpointState& one : status.endpoints) {
    json["endpoints"].push_back({{"key", one.key}, {"address", one.address}, {"error", one.error}});
  }
  json["counters"] = Json::object();
  for (const auto& [name, value] : status.counters) json["counters"][name] = value;
  json["latency_seconds"] = LatencyToJson(status.latency);
  json["zones"] = Json::array();
  for (const ServerStatus::Zone& zone : status.zones) json["zones"].push_back(ZoneToJson(zone));
  json["zones_omitted"] = status.zones_omitted;
  json["zones_omitted_failed"] = status.zones_omitted_failed;
  // Invalid UTF-8 (an error may quote a zone file) is replaced; dump() would throw.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<ServerStatus> FromJson(absl::string_view json) {
  ServerStatus status;
  try {
    const Json read = ParseJson<Json>(json);
    if (read.is_discarded()) {
      return absl::InvalidArgumentError("the answer is not a server's status: it is not JSON");
    }
    if (ServerStatusFrom(read, status)) return status;
  } catch (const nlohmann::json::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("the answer is not a server's status: ", error.what()));
  }
  return absl::InvalidArgumentError("the answer is not a server's status: a time is not RFC 3339");
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
