// PolicyMemory as JSON.

#include <algorithm>

#include "anycast/journal/journal.h"
#include "anycast/journal/journal_json.h"

namespace hither {
namespace {

constexpr size_t kMemoryTextMax = 16 * 1024;

Json MaybeToJson(const std::optional<absl::Duration>& duration) {
  return duration.has_value() ? DurationToJson(*duration) : Json();
}

void ReadWithdrawals(JsonReader& reader, PolicyMemory& memory) {
  const Json* list = reader.Array("withdrawals", kWithdrawalsKept);
  if (list == nullptr) return;
  for (const Json& one : *list) {
    const Json object = {{"at", one}};
    JsonReader element(&object, "withdrawals");
    absl::Time at;
    element.Read("at", at);
    reader.Fail(element.status());
    memory.withdrawals.push_back(at);
  }
  if (!std::ranges::is_sorted(memory.withdrawals)) reader.Fail("withdrawals", "are not in order");
}

}  // namespace

Json MemoryToJson(const PolicyMemory& memory) {
  Json withdrawals = Json::array();
  for (const absl::Time at : memory.withdrawals) withdrawals.push_back(TimeToJson(at));
  return {{"last_tick", TimeToJson(memory.last_tick)},
          {"state", std::string(ToText(memory.state))},
          {"since", TimeToJson(memory.since)},
          {"hard_ticks", memory.hard_ticks},
          {"shared_ticks", memory.shared_ticks},
          {"soft_ticks", memory.soft_ticks},
          {"good_for", MaybeToJson(memory.good_for)},
          {"calm_for", MaybeToJson(memory.calm_for)},
          {"quiet_for", MaybeToJson(memory.quiet_for)},
          {"calm", std::string(ToText(memory.calm))},
          {"calm_needed", DurationToJson(memory.calm_needed)},
          {"softness", DurationToJson(memory.softness)},
          {"softened_at", TimeToJson(memory.softened_at)},
          {"has_withdrawn", memory.has_withdrawn},
          {"hold_down", DurationToJson(memory.hold_down)},
          {"hold_down_until", TimeToJson(memory.hold_down_until)},
          {"withdrawals", withdrawals}};
}

void ReadMemory(JsonReader reader, JsonReader& failures, PolicyMemory& memory) {
  reader.Read("last_tick", memory.last_tick);
  reader.ReadEnum("state", 4, memory.state);
  reader.Read("since", memory.since);
  reader.Read("hard_ticks", memory.hard_ticks);
  reader.Read("shared_ticks", memory.shared_ticks);
  reader.Read("soft_ticks", memory.soft_ticks);
  reader.Read("good_for", memory.good_for);
  reader.Read("calm_for", memory.calm_for);
  reader.Read("quiet_for", memory.quiet_for);
  reader.ReadEnum("calm", 3, memory.calm);
  reader.Read("calm_needed", memory.calm_needed);
  reader.Read("softness", memory.softness);
  reader.Read("softened_at", memory.softened_at);
  reader.Read("has_withdrawn", memory.has_withdrawn);
  reader.Read("hold_down", memory.hold_down);
  reader.Read("hold_down_until", memory.hold_down_until);
  ReadWithdrawals(reader, memory);
  failures.Fail(reader.status());
}

std::string ToText(const PolicyMemory& memory) { return ToText(MemoryToJson(memory)); }

absl::StatusOr<PolicyMemory> ParsePolicyMemory(absl::string_view text) {
  const absl::StatusOr<Json> json = ParseJson(text, kMemoryTextMax);
  if (!json.ok()) return json.status();
  JsonReader failures(&*json, "");
  PolicyMemory memory;
  ReadMemory(JsonReader(&*json, ""), failures, memory);
  if (!failures.status().ok()) return failures.status();
  return memory;
}

}  // namespace hither
