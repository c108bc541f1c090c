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

JsonObject SignalToJson(const Signal& signal) {
  return {{"name", signal.name},
          {"scope", ToText(signal.scope)},
          {"level", ToText(signal.level)},
          {"families", ToText(signal.families)},
          {"is_certain", signal.is_certain},
          {"detail", signal.detail}};
}

JsonObject FleetToJson(const FleetView& view) {
  return {{"is_asked", view.is_asked},
          {"is_known", view.is_known},
          {"nodes", view.nodes},
          {"others_withdrawn", view.others_withdrawn},
          {"others_announcing", view.others_announcing},
          {"settled", view.settled},
          {"yielded", view.yielded},
          {"max_withdrawn", view.max_withdrawn},
          {"others_unknown", view.others_unknown},
          {"others_absent", view.others_absent}};
}

JsonObject FactsToJson(const Facts& facts) {
  JsonArray signals;
  for (const Signal& signal : facts.signals) signals.Add(SignalToJson(signal));
  JsonObject json({{"now", TimeToJson(facts.now)},
                   {"drain", facts.intent.drain},
                   {"drain_since", TimeToJson(facts.intent.drain_since)},
                   {"frozen_until", TimeToJson(facts.intent.frozen_until)},
                   {"forgiven_at", TimeToJson(facts.intent.forgiven_at)},
                   {"fleet_ipv4", FleetToJson(facts.fleet_ipv4)},
                   {"fleet_ipv6", FleetToJson(facts.fleet_ipv6)}});
  if (facts.lost_ipv4) json.Add("lost_ipv4", true);
  if (facts.lost_ipv6) json.Add("lost_ipv6", true);
  json.Add("queries_per_second", facts.queries_per_second);
  json.Add("signals", std::move(signals));
  return json;
}

JsonObject FamilyToJson(const JournalEntry::Family& family) {
  JsonObject json({{"state", ToText(family.verdict.state)},
                   {"rule", family.verdict.rule},
                   {"reason", family.verdict.reason},
                   {"since", TimeToJson(family.verdict.since)},
                   {"wants_to_withdraw", family.verdict.wants_to_withdraw}});
  if (family.memory.has_value()) json.Add("memory", MemoryToJson(*family.memory));
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

Signal ReadSignal(JsonReader& reader) {
  Signal signal;
  reader.Read("name", signal.name);
  reader.ReadEnum("scope", 3, signal.scope);
  reader.ReadEnum("level", 4, signal.level);
  reader.ReadEnum("families", 3, signal.families);
  reader.Read("is_certain", signal.is_certain);
  reader.Read("detail", signal.detail);
  return signal;
}

void ReadFleet(JsonReader reader, FleetView& view) {
  reader.Read("is_asked", view.is_asked);
  reader.Read("is_known", view.is_known);
  reader.Read("nodes", view.nodes);
  reader.Read("others_withdrawn", view.others_withdrawn);
  reader.Read("others_announcing", view.others_announcing);
  reader.Read("settled", view.settled);
  reader.Read("yielded", view.yielded);
  reader.Read("max_withdrawn", view.max_withdrawn);
  // Journals of older versions do not have these.
  reader.ReadIfPresent("others_unknown", view.others_unknown);
  reader.ReadIfPresent("others_absent", view.others_absent);
  if (view.others_withdrawn < 0 || view.others_withdrawn > view.nodes) {
    reader.Fail("others_withdrawn", "is not within the fleet");
  }
}

bool IsFinite(absl::Time time) {
  return time != absl::InfinitePast() && time != absl::InfiniteFuture();
}

void ReadFacts(JsonReader reader, Facts& facts) {
  ReadTime(reader, "now", facts.now);
  if (!IsFinite(facts.now)) reader.Fail("now", "is not a time");
  reader.Read("drain", facts.intent.drain);
  ReadTime(reader, "drain_since", facts.intent.drain_since);
  ReadTime(reader, "frozen_until", facts.intent.frozen_until);
  if (reader.Has("forgiven_at")) ReadTime(reader, "forgiven_at", facts.intent.forgiven_at);
  ReadFleet(reader.Object("fleet_ipv4"), facts.fleet_ipv4);
  ReadFleet(reader.Object("fleet_ipv6"), facts.fleet_ipv6);
  reader.ReadIfPresent("lost_ipv4", facts.lost_ipv4);
  reader.ReadIfPresent("lost_ipv6", facts.lost_ipv6);
  reader.Read("queries_per_second", facts.queries_per_second);
  for (JsonReader& one : reader.ArrayOfObjects("signals", kJournalSignalsMax)) {
    facts.signals.push_back(ReadSignal(one));
  }
}

void ReadFamily(JsonReader reader, JournalEntry::Family& family) {
  reader.ReadEnum("state", 4, family.verdict.state);
  reader.Read("rule", family.verdict.rule);
  reader.Read("reason", family.verdict.reason);
  ReadTime(reader, "since", family.verdict.since);
  reader.Read("wants_to_withdraw", family.verdict.wants_to_withdraw);
  if (reader.Has("memory")) ReadMemory(reader.Object("memory"), family.memory.emplace());
}

void CheckOrder(const JournalEntry& entry, JsonReader& reader) {
  if (!IsFinite(entry.wall)) reader.Fail("wall", "is not a time");
  if (entry.ticks < 1 || entry.ticks > kJournalTicksMax) {
    reader.Fail("ticks", absl::StrCat("is not within 1 and ", kJournalTicksMax));
  }
  if (!IsFinite(entry.previous) || entry.previous > entry.facts.now) {
    reader.Fail("previous", "is after facts.now");
  }
}

}  // namespace

std::string ToLine(const JournalEntry& entry) {
  const JsonObject json({{"wall", TimeToJson(entry.wall)},
                         {"service", entry.service},
                         {"is_first", entry.is_first},
                         {"previous", TimeToJson(entry.previous)},
                         {"ticks", entry.ticks},
                         {"ipv4", FamilyToJson(entry.ipv4)},
                         {"ipv6", FamilyToJson(entry.ipv6)},
                         {"facts", FactsToJson(entry.facts)},
                         {"policy", PolicyToJson(entry.policy)}});
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
