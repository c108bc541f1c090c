// The parts of an entry that whole lines and lines of changes share.

#include "absl/strings/str_cat.h"
#include "anycast/journal/journal_json.h"

namespace hither {
namespace {

bool IsFinite(absl::Time time) {
  return time != absl::InfinitePast() && time != absl::InfiniteFuture();
}

}  // namespace

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

void AddIntent(const Intent& intent, JsonObject& json) {
  json.Add("drain", intent.drain);
  json.Add("drain_since", TimeToJson(intent.drain_since));
  json.Add("frozen_until", TimeToJson(intent.frozen_until));
  json.Add("forgiven_at", TimeToJson(intent.forgiven_at));
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

void ReadIntent(JsonReader& reader, Intent& intent) {
  reader.Read("drain", intent.drain);
  ReadTime(reader, "drain_since", intent.drain_since);
  ReadTime(reader, "frozen_until", intent.frozen_until);
  if (reader.Has("forgiven_at")) ReadTime(reader, "forgiven_at", intent.forgiven_at);
}

void ReadNow(JsonReader& reader, absl::Time& now) {
  ReadTime(reader, "now", now);
  if (!IsFinite(now)) reader.Fail("now", "is not a time");
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

}  // namespace hither
