#include "anycast/journal/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/journal/journal_json.h"
#include "anycast/policy/policy_fields.h"

namespace hither {
namespace {

std::string Text(absl::string_view text) { return std::string(text); }

// Writing ---------------------------------------------------------------------------------------

Json NumberToJson(absl::Duration value) { return DurationToJson(value); }
Json NumberToJson(int value) { return value; }
Json NumberToJson(double value) { return value; }

Json PolicyToJson(const AnycastConfig::Policy& policy) {
  Json json = Json::object();
  for (const PolicyField& field : PolicyFields()) {
    std::visit([&](auto member) { json[Text(field.name)] = NumberToJson(policy.*member); },
               field.member);
  }
  return json;
}

Json SignalToJson(const Signal& signal) {
  return {{"name", signal.name},
          {"scope", Text(ToText(signal.scope))},
          {"level", Text(ToText(signal.level))},
          {"families", Text(ToText(signal.families))},
          {"is_certain", signal.is_certain},
          {"detail", signal.detail}};
}

Json FleetToJson(const FleetView& view) {
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

Json FactsToJson(const Facts& facts) {
  Json signals = Json::array();
  for (const Signal& signal : facts.signals) signals.push_back(SignalToJson(signal));
  Json json = {{"now", TimeToJson(facts.now)},
               {"drain", facts.intent.drain},
               {"drain_since", TimeToJson(facts.intent.drain_since)},
               {"frozen_until", TimeToJson(facts.intent.frozen_until)},
               {"forgiven_at", TimeToJson(facts.intent.forgiven_at)},
               {"fleet_ipv4", FleetToJson(facts.fleet_ipv4)},
               {"fleet_ipv6", FleetToJson(facts.fleet_ipv6)}};
  if (facts.lost_ipv4) json["lost_ipv4"] = true;
  if (facts.lost_ipv6) json["lost_ipv6"] = true;
  json["queries_per_second"] =
      facts.queries_per_second.has_value() ? Json(*facts.queries_per_second) : Json();
  json["signals"] = std::move(signals);
  return json;
}

Json FamilyToJson(const JournalEntry::Family& family) {
  Json json = {{"state", Text(ToText(family.verdict.state))},
               {"rule", family.verdict.rule},
               {"reason", family.verdict.reason},
               {"since", TimeToJson(family.verdict.since)},
               {"wants_to_withdraw", family.verdict.wants_to_withdraw}};
  if (family.memory.has_value()) json["memory"] = MemoryToJson(*family.memory);
  return json;
}

// Reading ---------------------------------------------------------------------------------------

void ReadPolicy(JsonReader reader, JsonReader& failures, AnycastConfig::Policy& policy) {
  for (const PolicyField& field : PolicyFields()) {
    std::visit([&](auto member) { reader.Read(field.name, policy.*member); }, field.member);
  }
  failures.Fail(reader.status());
  failures.Fail(CheckPolicy(policy));
}

Signal ReadSignal(JsonReader reader, JsonReader& failures) {
  Signal signal;
  reader.Read("name", signal.name);
  reader.ReadEnum("scope", 3, signal.scope);
  reader.ReadEnum("level", 4, signal.level);
  reader.ReadEnum("families", 3, signal.families);
  reader.Read("is_certain", signal.is_certain);
  reader.Read("detail", signal.detail);
  failures.Fail(reader.status());
  return signal;
}

void ReadFleet(JsonReader reader, JsonReader& failures, FleetView& view) {
  reader.Read("is_asked", view.is_asked);
  reader.Read("is_known", view.is_known);
  reader.Read("nodes", view.nodes);
  reader.Read("others_withdrawn", view.others_withdrawn);
  reader.Read("others_announcing", view.others_announcing);
  reader.Read("settled", view.settled);
  reader.Read("yielded", view.yielded);
  reader.Read("max_withdrawn", view.max_withdrawn);
  // Journals of older versions do not have these.
  if (reader.Has("others_unknown")) reader.Read("others_unknown", view.others_unknown);
  if (reader.Has("others_absent")) reader.Read("others_absent", view.others_absent);
  if (view.others_withdrawn < 0 || view.others_withdrawn > view.nodes) {
    reader.Fail("others_withdrawn", "is not within the fleet");
  }
  failures.Fail(reader.status());
}

bool IsFinite(absl::Time time) {
  return time != absl::InfinitePast() && time != absl::InfiniteFuture();
}

void ReadFacts(JsonReader reader, JsonReader& failures, Facts& facts) {
  reader.Read("now", facts.now);
  if (!IsFinite(facts.now)) reader.Fail("now", "is not a time");
  reader.Read("drain", facts.intent.drain);
  reader.Read("drain_since", facts.intent.drain_since);
  reader.Read("frozen_until", facts.intent.frozen_until);
  if (reader.Has("forgiven_at")) reader.Read("forgiven_at", facts.intent.forgiven_at);
  ReadFleet(reader.Object("fleet_ipv4"), failures, facts.fleet_ipv4);
  ReadFleet(reader.Object("fleet_ipv6"), failures, facts.fleet_ipv6);
  if (reader.Has("lost_ipv4")) reader.Read("lost_ipv4", facts.lost_ipv4);
  if (reader.Has("lost_ipv6")) reader.Read("lost_ipv6", facts.lost_ipv6);
  reader.Read("queries_per_second", facts.queries_per_second);
  if (const Json* list = reader.Array("signals", kJournalSignalsMax)) {
    for (const Json& one : *list) {
      facts.signals.push_back(ReadSignal(JsonReader(&one, "facts.signals"), failures));
    }
  }
  failures.Fail(reader.status());
}

void ReadFamily(JsonReader reader, JsonReader& failures, JournalEntry::Family& family) {
  reader.ReadEnum("state", 4, family.verdict.state);
  reader.Read("rule", family.verdict.rule);
  reader.Read("reason", family.verdict.reason);
  reader.Read("since", family.verdict.since);
  reader.Read("wants_to_withdraw", family.verdict.wants_to_withdraw);
  if (reader.Has("memory")) {
    ReadMemory(reader.Object("memory"), failures, family.memory.emplace());
  }
  failures.Fail(reader.status());
}

void CheckOrder(const JournalEntry& entry, JsonReader& failures) {
  if (!IsFinite(entry.wall)) failures.Fail("wall", "is not a time");
  if (entry.ticks < 1 || entry.ticks > kJournalTicksMax) {
    failures.Fail("ticks", absl::StrCat("is not within 1 and ", kJournalTicksMax));
  }
  if (!IsFinite(entry.previous) || entry.previous > entry.facts.now) {
    failures.Fail("previous", "is after facts.now");
  }
}

}  // namespace

std::string ToLine(const JournalEntry& entry) {
  const Json json = {{"wall", TimeToJson(entry.wall)},
                     {"service", entry.service},
                     {"is_first", entry.is_first},
                     {"previous", TimeToJson(entry.previous)},
                     {"ticks", entry.ticks},
                     {"ipv4", FamilyToJson(entry.ipv4)},
                     {"ipv6", FamilyToJson(entry.ipv6)},
                     {"facts", FactsToJson(entry.facts)},
                     {"policy", PolicyToJson(entry.policy)}};
  std::string line = absl::StrCat(ToText(json), "\n");
  return line.size() > kJournalLineMax ? "" : line;
}

absl::StatusOr<JournalEntry> ParseJournalLine(absl::string_view line) {
  const absl::StatusOr<Json> json = ParseJson(line, kJournalLineMax);
  if (!json.ok()) return json.status();
  JournalEntry entry;
  JsonReader reader(&*json, "");
  reader.Read("wall", entry.wall);
  reader.Read("service", entry.service);
  reader.Read("is_first", entry.is_first);
  reader.Read("previous", entry.previous);
  reader.Read("ticks", entry.ticks);
  ReadFamily(reader.Object("ipv4"), reader, entry.ipv4);
  ReadFamily(reader.Object("ipv6"), reader, entry.ipv6);
  ReadFacts(reader.Object("facts"), reader, entry.facts);
  ReadPolicy(reader.Object("policy"), reader, entry.policy);
  CheckOrder(entry, reader);
  if (!reader.status().ok()) return reader.status();
  return entry;
}

}  // namespace hither
