#include "anycast/journal/journal_json.h"

namespace hither {
namespace {

constexpr int kDepthMax = 8;
constexpr absl::string_view kNever = "never";
constexpr absl::string_view kForever = "forever";

}  // namespace

JsonValue TimeToJson(absl::Time time) {
  if (time == absl::InfinitePast()) return kNever;
  if (time == absl::InfiniteFuture()) return kForever;
  return absl::ToUnixNanos(time);
}

JsonValue DurationToJson(absl::Duration duration) { return absl::ToInt64Nanoseconds(duration); }

bool ReadTime(JsonView view, absl::Time& value) {
  const std::string* word = view.MaybeText();
  const std::optional<int64_t> nanoseconds = view.MaybeInt();
  if (word != nullptr && *word == kNever) {
    value = absl::InfinitePast();
  } else if (word != nullptr && *word == kForever) {
    value = absl::InfiniteFuture();
  } else if (nanoseconds.has_value()) {
    value = absl::FromUnixNanos(*nanoseconds);
  } else {
    return false;
  }
  return true;
}

void ReadTime(JsonReader& reader, absl::string_view key, absl::Time& value) {
  const JsonView found = reader.Find(key);
  if (found.exists() && !ReadTime(found, value)) {
    reader.Fail(key, "is not a time in nanoseconds");
  }
}

void ReadDuration(JsonReader& reader, absl::string_view key, absl::Duration& value) {
  int64_t nanoseconds = absl::ToInt64Nanoseconds(value);
  reader.Read(key, nanoseconds);
  value = absl::Nanoseconds(nanoseconds);
}

void ReadDuration(JsonReader& reader, absl::string_view key, std::optional<absl::Duration>& value) {
  std::optional<int64_t> nanoseconds;
  reader.Read(key, nanoseconds);
  value.reset();
  if (nanoseconds.has_value()) value = absl::Nanoseconds(*nanoseconds);
}

absl::StatusOr<JsonDocument> ParseJournalJson(absl::string_view text, size_t octets_max) {
  JsonDocument::Limits limits;
  limits.octets_max = octets_max;
  limits.depth_max = kDepthMax;
  return JsonDocument::Parse(text, limits);
}

}  // namespace hither
