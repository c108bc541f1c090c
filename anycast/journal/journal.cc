#include "anycast/journal/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/journal/journal_json.h"
#include "anycast/policy/policy_fields.h"

namespace hither {
namespace {

// Writing ---------------------------------------------------------------------------------------

JsonValue SettingToJson(absl::Duration value) { return DurationToJson(value); }
JsonValue SettingToJson(int value) { return value; }
JsonValue SettingToJson(double value) { return value; }

JsonObject PolicyToJson(const AnycastConfig::Policy& policy) {
  JsonObject json;
  for (const PolicyField& field : PolicyFields()) {
    std::visit([&](auto member) { json.Add(field.name, SettingToJson(policy.*member)); },
               field.member);
  }
  return json;
}

JsonObject FactsToJson(const Facts& facts) {
  JsonArray signals;
  for (const Signal& signal : facts.signals) signals.Add(SignalToJson(signal));
  JsonObject json({{"now", TimeToJson(facts.now)}});
  AddIntent(facts.intent, json);
  json.Add("fleet_ipv4", FleetToJson(facts.fleet_ipv4));
  json.Add("fleet_ipv6", FleetToJson(facts.fleet_ipv6));
  if (facts.lost_ipv4) json.Add("lost_ipv4", true);
  if (facts.lost_ipv6) json.Add("lost_ipv6", true);
  json.Add("queries_per_second", facts.queries_per_second);
  json.Add("signals", std::move(signals));
  return json;
}

// Reading ---------------------------------------------------------------------------------------

void ReadSetting(JsonReader& reader, absl::string_view key, absl::Duration& value) {
  ReadDuration(reader, key, value);
}
void ReadSetting(JsonReader& reader, absl::string_view key, int& value) { reader.Read(key, value); }
void ReadSetting(JsonReader& reader, absl::string_view key, double& value) {
  reader.Read(key, value);
}

void ReadPolicy(JsonReader reader, AnycastConfig::Policy& policy) {
  for (const PolicyField& field : PolicyFields()) {
    std::visit([&](auto member) { ReadSetting(reader, field.name, policy.*member); }, field.member);
  }
  reader.Fail(CheckPolicy(policy));
}

void ReadFacts(JsonReader reader, Facts& facts) {
  ReadNow(reader, facts.now);
  ReadIntent(reader, facts.intent);
  ReadFleet(reader.Object("fleet_ipv4"), facts.fleet_ipv4);
  ReadFleet(reader.Object("fleet_ipv6"), facts.fleet_ipv6);
  reader.ReadIfPresent("lost_ipv4", facts.lost_ipv4);
  reader.ReadIfPresent("lost_ipv6", facts.lost_ipv6);
  reader.Read("queries_per_second", facts.queries_per_second);
  for (JsonReader& one : reader.ArrayOfObjects("signals", kJournalSignalsMax)) {
    facts.signals.push_back(ReadSignal(one));
  }
}

}  // namespace

std::string ToLine(const JournalEntry& entry) {
  JsonObject json({{"wall", TimeToJson(entry.wall)},
                   {"service", entry.service},
                   {"is_first", entry.is_first},
                   {"previous", TimeToJson(entry.previous)},
                   {"ticks", entry.ticks},
                   {"ipv4", FamilyToJson(entry.ipv4)},
                   {"ipv6", FamilyToJson(entry.ipv6)},
                   {"facts", FactsToJson(entry.facts)},
                   {"policy", PolicyToJson(entry.policy)}});
  if (entry.follows.has_value()) json.Add("follows", TimeToJson(*entry.follows));
  std::string line = absl::StrCat(JsonValue(json).Ascii(), "\n");
  return line.size() > kJournalLineMax ? "" : line;
}

absl::StatusOr<JournalEntry> ParseJournalLine(absl::string_view line) {
  const absl::StatusOr<JsonDocument> document = ParseJournalJson(line, kJournalLineMax);
  if (!document.ok()) return document.status();
  JournalEntry entry;
  absl::Status failure;
  JsonReader reader(document->root(), "", failure);
  ReadTime(reader, "wall", entry.wall);
  reader.Read("service", entry.service);
  reader.Read("is_first", entry.is_first);
  ReadTime(reader, "previous", entry.previous);
  if (reader.Has("follows")) ReadTime(reader, "follows", entry.follows.emplace());
  reader.Read("ticks", entry.ticks);
  ReadFamily(reader.Object("ipv4"), entry.ipv4);
  ReadFamily(reader.Object("ipv6"), entry.ipv6);
  ReadFacts(reader.Object("facts"), entry.facts);
  ReadPolicy(reader.Object("policy"), entry.policy);
  CheckOrder(entry, reader);
  if (!failure.ok()) return failure;
  return entry;
}

}  // namespace hither
