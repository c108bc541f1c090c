#include "server/transfer/pages/zone_status_json.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/json_writer.h"

namespace hither {
namespace {

constexpr absl::string_view kStates[] = {"empty", "fresh", "stale", "expired"};

std::string TimeText(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

JsonValue LastToJson(const std::optional<LastTransfer>& last) {
  if (!last.has_value()) return {};
  return JsonObject({{"at", TimeText(last->at)},
                     {"primary", last->primary},
                     {"result", last->result},
                     {"reason", last->reason},
                     {"octets", last->octets},
                     {"seconds", absl::ToDoubleSeconds(last->took)}});
}

JsonValue RefusedToJson(const std::optional<RefusedVersion>& refused, ZoneDetail detail) {
  if (!refused.has_value()) return {};
  JsonObject json = {{"serial", refused->serial},
                     {"at", TimeText(refused->at)},
                     {"gate", refused->gate},
                     {"reason", refused->reason}};
  if (detail == ZoneDetail::kShow) json.Add("diff", refused->diff_text);
  return json;
}

JsonObject ZoneToJson(const ZoneTransferStatus& zone, ZoneDetail detail) {
  JsonObject json = {{"zone", zone.zone.ToText()},
                     {"state", StateWord(zone.state)},
                     {"serial", zone.serial},
                     {"rolled_back", zone.is_rolled_back},
                     {"primary", zone.primary},
                     {"last_success", TimeText(zone.last_success)},
                     {"next_refresh", TimeText(zone.next_refresh)},
                     {"expires_at", TimeText(zone.expires_at)},
                     {"activity", zone.activity},
                     {"last_transfer", LastToJson(zone.last)},
                     {"refused", RefusedToJson(zone.refused, detail)}};
  if (detail != ZoneDetail::kList) json.Add("versions", zone.versions);
  return json;
}

// An empty text is `never`.
void ReadTime(JsonReader& reader, absl::string_view key, absl::Time never, absl::Time& time) {
  std::string text;
  reader.Read(key, text);
  time = never;
  if (text.empty() || absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return;
  reader.Fail(key, "is not a time as in RFC 3339");
}

void ReadState(JsonReader& reader, RefreshState& state) {
  std::string text;
  reader.Read("state", text);
  for (size_t i = 0; i < std::size(kStates); ++i) {
    if (kStates[i] == text) return void(state = static_cast<RefreshState>(i));
  }
  reader.Fail("state", "is not a known word");
}

LastTransfer ReadLast(JsonReader reader) {
  LastTransfer last;
  double seconds = 0;
  ReadTime(reader, "at", absl::InfinitePast(), last.at);
  reader.Read("primary", last.primary);
  reader.Read("result", last.result);
  reader.Read("reason", last.reason);
  reader.Read("octets", last.octets);
  reader.Read("seconds", seconds);
  last.took = absl::Seconds(seconds);
  return last;
}

RefusedVersion ReadRefused(JsonReader reader) {
  RefusedVersion refused;
  reader.Read("serial", refused.serial);
  ReadTime(reader, "at", absl::InfinitePast(), refused.at);
  reader.Read("gate", refused.gate);
  reader.Read("reason", refused.reason);
  reader.ReadIfPresent("diff", refused.diff_text);
  return refused;
}

void ReadVersions(JsonReader& reader, std::optional<std::vector<uint32_t>>& out) {
  if (!reader.Has("versions") || reader.Find("versions").IsNull()) return;
  std::vector<uint32_t>& versions = out.emplace();
  for (const JsonView& one : reader.Array("versions", kJsonValuesMax)) {
    const std::optional<uint32_t> serial = one.MaybeUnsigned32();
    if (!serial.has_value()) return reader.Fail("versions", "are not serials");
    versions.push_back(*serial);
  }
}

ZoneTransferStatus ReadZone(JsonReader& reader) {
  ZoneTransferStatus zone;
  std::string name;
  reader.Read("zone", name);
  const absl::StatusOr<Name> parsed = Name::FromText(name);
  if (parsed.ok()) {
    zone.zone = *parsed;
  } else {
    reader.Fail("zone", "is not a domain name");
  }
  ReadState(reader, zone.state);
  reader.Read("serial", zone.serial);
  reader.Read("rolled_back", zone.is_rolled_back);
  reader.Read("primary", zone.primary);
  ReadTime(reader, "last_success", absl::InfinitePast(), zone.last_success);
  ReadTime(reader, "next_refresh", absl::InfiniteFuture(), zone.next_refresh);
  ReadTime(reader, "expires_at", absl::InfiniteFuture(), zone.expires_at);
  reader.Read("activity", zone.activity);
  if (!reader.Find("last_transfer").IsNull()) zone.last = ReadLast(reader.Object("last_transfer"));
  if (!reader.Find("refused").IsNull()) zone.refused = ReadRefused(reader.Object("refused"));
  ReadVersions(reader, zone.versions);
  return zone;
}

void ReadPage(JsonReader reader, ZoneStatusPage& page) {
  ReadTime(reader, "now", absl::InfinitePast(), page.now);
  page.summary = ReadTransferSummary(reader.Object("summary"));
  for (JsonReader& one : reader.ArrayOfObjects("zones", kZonesPageMax)) {
    page.zones.push_back(ReadZone(one));
  }
  reader.Read("next", page.next);
}

}  // namespace

absl::string_view StateWord(RefreshState state) { return kStates[static_cast<size_t>(state)]; }

std::string ToJson(const ZoneStatusPage& page, ZoneDetail detail) {
  JsonArray zones;
  for (const ZoneTransferStatus& zone : page.zones) zones.Add(ZoneToJson(zone, detail));
  const JsonValue json = JsonObject({{"now", TimeText(page.now)},
                                     {"summary", ToJson(page.summary)},
                                     {"zones", std::move(zones)},
                                     {"next", page.next}});
  return json.Indented(1) + "\n";
}

absl::StatusOr<ZoneStatusPage> ZoneStatusPageFromJson(absl::string_view json) {
  const auto refused = [](const absl::Status& why) {
    return absl::InvalidArgumentError(
        absl::StrCat("the answer is not the status of zones: ", why.message()));
  };
  const absl::StatusOr<JsonDocument> document = JsonDocument::Parse(json);
  if (!document.ok()) return refused(document.status());
  ZoneStatusPage page;
  absl::Status failure;
  ReadPage(JsonReader(document->root(), "", failure), page);
  if (!failure.ok()) return refused(failure);
  return page;
}

}  // namespace hither
