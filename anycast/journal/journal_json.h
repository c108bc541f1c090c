#ifndef HITHER_ANYCAST_JOURNAL_JOURNAL_JSON_H_
#define HITHER_ANYCAST_JOURNAL_JOURNAL_JSON_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/journal/journal.h"
#include "anycast/policy/policy.h"
#include "base/json_reader.h"
#include "base/json_writer.h"

// The forms that only the journal has.
namespace hither {

// Nanoseconds; "never" for InfinitePast(), "forever" for InfiniteFuture().
JsonValue TimeToJson(absl::Time time);
JsonValue DurationToJson(absl::Duration duration);  // Nanoseconds.

void ReadTime(JsonReader& reader, absl::string_view key, absl::Time& value);
void ReadDuration(JsonReader& reader, absl::string_view key, absl::Duration& value);
// Null is no value.
void ReadDuration(JsonReader& reader, absl::string_view key, std::optional<absl::Duration>& value);
// False: not a time.
bool ReadTime(JsonView view, absl::Time& value);

// One value, of the journal's depth.
absl::StatusOr<JsonDocument> ParseJournalJson(absl::string_view text, size_t octets_max);

JsonObject SignalToJson(const Signal& signal);
Signal ReadSignal(JsonReader& reader);
JsonObject FleetToJson(const FleetView& view);
void ReadFleet(JsonReader reader, FleetView& view);
JsonObject FamilyToJson(const JournalEntry::Family& family);
void ReadFamily(JsonReader reader, JournalEntry::Family& family);
void AddIntent(const Intent& intent, JsonObject& json);
void ReadIntent(JsonReader& reader, Intent& intent);
void ReadNow(JsonReader& reader, absl::Time& now);
void CheckOrder(const JournalEntry& entry, JsonReader& reader);  // Its times and number of ticks.

JsonObject MemoryToJson(const PolicyMemory& memory);
void ReadMemory(JsonReader reader, PolicyMemory& memory);

}  // namespace hither

#endif  // HITHER_ANYCAST_JOURNAL_JOURNAL_JSON_H_
