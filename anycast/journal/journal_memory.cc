// PolicyMemory as JSON.

#include <algorithm>

#include "anycast/journal/journal.h"
#include "anycast/journal/journal_json.h"

namespace hither {
namespace {

constexpr size_t kMemoryTextMax = 16 * 1024;

JsonValue MaybeToJson(const std::optional<absl::Duration>& duration) {
  return duration.has_value() ? DurationToJson(*duration) : JsonValue();
}

void ReadWithdrawals(JsonReader& reader, PolicyMemory& memory) {
  for (const JsonView one : reader.Array("withdrawals", kWithdrawalsKept)) {
    absl::Time& at = memory.withdrawals.emplace_back();
    if (!ReadTime(one, at)) reader.Fail("withdrawals", "are not times in nanoseconds");
  }
  if (!std::ranges::is_sorted(memory.withdrawals)) reader.Fail("withdrawals", "are not in order");
}

}  // namespace

JsonObject MemoryToJson(const PolicyMemory& memory) {
  JsonArray withdrawals;
  for (const absl::Time at : memory.withdrawals) withdrawals.Add(TimeToJson(at));
  return {{"last_tick", TimeToJson(memory.last_tick)},
          {"state", ToText(memory.state)},
          {"since", TimeToJson(memory.since)},
          {"hard_ticks", memory.hard_ticks},
          {"shared_ticks", memory.shared_ticks},
          {"soft_ticks", memory.soft_ticks},
          {"good_for", MaybeToJson(memory.good_for)},
          {"calm_for", MaybeToJson(memory.calm_for)},
          {"quiet_for", MaybeToJson(memory.quiet_for)},
          {"calm", ToText(memory.calm)},
          {"calm_needed", DurationToJson(memory.calm_needed)},
          {"softness", DurationToJson(memory.softness)},
          {"softened_at", TimeToJson(memory.softened_at)},
          {"has_withdrawn", memory.has_withdrawn},
          {"hold_down", DurationToJson(memory.hold_down)},
          {"hold_down_until", TimeToJson(memory.hold_down_until)},
          {"withdrawals", withdrawals}};
}

void ReadMemory(JsonReader reader, PolicyMemory& memory) {
  ReadTime(reader, "last_tick", memory.last_tick);
  reader.ReadEnum("state", 4, memory.state);
  ReadTime(reader, "since", memory.since);
  reader.Read("hard_ticks", memory.hard_ticks);
  reader.Read("shared_ticks", memory.shared_ticks);
  reader.Read("soft_ticks", memory.soft_ticks);
  ReadDuration(reader, "good_for", memory.good_for);
  ReadDuration(reader, "calm_for", memory.calm_for);
  ReadDuration(reader, "quiet_for", memory.quiet_for);
  reader.ReadEnum("calm", 3, memory.calm);
  ReadDuration(reader, "calm_needed", memory.calm_needed);
  ReadDuration(reader, "softness", memory.softness);
  ReadTime(reader, "softened_at", memory.softened_at);
  reader.Read("has_withdrawn", memory.has_withdrawn);
  ReadDuration(reader, "hold_down", memory.hold_down);
  ReadTime(reader, "hold_down_until", memory.hold_down_until);
  ReadWithdrawals(reader, memory);
}

std::string ToText(const PolicyMemory& memory) { return JsonValue(MemoryToJson(memory)).Ascii(); }

absl::StatusOr<PolicyMemory> ParsePolicyMemory(absl::string_view text) {
  const absl::StatusOr<JsonDocument> document = ParseJournalJson(text, kMemoryTextMax);
  if (!document.ok()) return document.status();
  PolicyMemory memory;
  absl::Status failure;
  ReadMemory(JsonReader(document->root(), "", failure), memory);
  if (!failure.ok()) return failure;
  return memory;
}

}  // namespace hither
