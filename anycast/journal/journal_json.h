#ifndef HITHER_ANYCAST_JOURNAL_JOURNAL_JSON_H_
#define HITHER_ANYCAST_JOURNAL_JOURNAL_JSON_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"

namespace hither {

using Json = nlohmann::ordered_json;

// Reads the members of one object. Remembers its first failure, so that a reader reads every member
// and then checks once; a member that cannot be read keeps its value.
class JsonReader {
 public:
  // `path` names the object: "facts.intent".
  JsonReader(const Json* object, std::string path);

  void Read(absl::string_view key, bool& value);
  void Read(absl::string_view key, int& value);
  void Read(absl::string_view key, int64_t& value);
  void Read(absl::string_view key, double& value);
  void Read(absl::string_view key, std::string& value);
  void Read(absl::string_view key, absl::Time& value);      // See TimeToJson().
  void Read(absl::string_view key, absl::Duration& value);  // Nanoseconds.
  void Read(absl::string_view key, std::optional<absl::Duration>& value);
  void Read(absl::string_view key, std::optional<double>& value);
  // An enumeration, by its texts.
  template <typename Enum>
  void ReadEnum(absl::string_view key, int values, Enum& value) {
    std::string text;
    Read(key, text);
    for (int i = 0; i < values; ++i) {
      if (ToText(static_cast<Enum>(i)) == text) return void(value = static_cast<Enum>(i));
    }
    Fail(key, "is an unknown word");
  }

  JsonReader Object(absl::string_view key);
  // Null if it is not an array of at most `values_max`.
  const Json* Array(absl::string_view key, size_t values_max);
  bool Has(absl::string_view key) const;

  void Fail(absl::string_view key, absl::string_view what);
  void Fail(const absl::Status& status);
  const absl::Status& status() const { return status_; }

 private:
  const Json* Find(absl::string_view key);

  const Json* object_;
  std::string path_;
  absl::Status status_;
};

// Nanoseconds; "never" for InfinitePast(), "forever" for InfiniteFuture().
Json TimeToJson(absl::Time time);
Json DurationToJson(absl::Duration duration);

// One value, of bounded depth.
absl::StatusOr<Json> ParseJson(absl::string_view text, size_t octets_max);
std::string ToText(const Json& json);

Json MemoryToJson(const PolicyMemory& memory);
void ReadMemory(JsonReader reader, JsonReader& failures, PolicyMemory& memory);

}  // namespace hither

#endif  // HITHER_ANYCAST_JOURNAL_JOURNAL_JSON_H_
