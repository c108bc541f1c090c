#include "anycast/journal/journal_json.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "base/json_text.h"

namespace hither {
namespace {

constexpr int kDepthMax = 8;

bool ToInt64(const Json& json, int64_t& value) {
  if (!json.is_number_integer()) return false;
  if (json.is_number_unsigned() &&
      json.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return false;
  }
  value = json.get<int64_t>();
  return true;
}

}  // namespace

JsonReader::JsonReader(const Json* object, std::string path)
    : object_(object), path_(std::move(path)) {
  if (object_ != nullptr && !object_->is_object()) Fail("", "is not an object");
}

bool JsonReader::Has(absl::string_view key) const {
  return object_ != nullptr && object_->is_object() && object_->contains(std::string(key));
}

const Json* JsonReader::Find(absl::string_view key) {
  if (object_ == nullptr) return nullptr;  // Its lookup has reported the error.
  if (!Has(key)) {
    Fail(key, "is missing");
    return nullptr;
  }
  return &*object_->find(std::string(key));
}

void JsonReader::Fail(absl::string_view key, absl::string_view what) {
  const absl::string_view dot = path_.empty() || key.empty() ? "" : ".";
  Fail(absl::InvalidArgumentError(absl::StrCat(path_, dot, key, " ", what)));
}

void JsonReader::Fail(const absl::Status& status) {
  if (status_.ok()) status_ = status;
}

void JsonReader::Read(absl::string_view key, bool& value) {
  const Json* json = Find(key);
  if (json == nullptr) return;
  if (!json->is_boolean()) return Fail(key, "is neither true nor false");
  value = json->get<bool>();
}

void JsonReader::Read(absl::string_view key, int64_t& value) {
  const Json* json = Find(key);
  if (json != nullptr && !ToInt64(*json, value)) Fail(key, "is not a whole number");
}

void JsonReader::Read(absl::string_view key, int& value) {
  int64_t wide = value;
  Read(key, wide);
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) {
    return Fail(key, "is too large");
  }
  value = static_cast<int>(wide);
}

void JsonReader::Read(absl::string_view key, double& value) {
  const Json* json = Find(key);
  if (json == nullptr) return;
  if (!json->is_number()) return Fail(key, "is not a number");
  value = json->get<double>();
}

void JsonReader::Read(absl::string_view key, std::string& value) {
  const Json* json = Find(key);
  if (json == nullptr) return;
  if (!json->is_string()) return Fail(key, "is not a string");
  value = json->get<std::string>();
}

void JsonReader::Read(absl::string_view key, absl::Time& value) {
  const Json* json = Find(key);
  if (json == nullptr) return;
  int64_t nanoseconds = 0;
  if (*json == "never") {
    value = absl::InfinitePast();
  } else if (*json == "forever") {
    value = absl::InfiniteFuture();
  } else if (ToInt64(*json, nanoseconds)) {
    value = absl::FromUnixNanos(nanoseconds);
  } else {
    Fail(key, "is not a time in nanoseconds");
  }
}

void JsonReader::Read(absl::string_view key, absl::Duration& value) {
  int64_t nanoseconds = absl::ToInt64Nanoseconds(value);
  Read(key, nanoseconds);
  value = absl::Nanoseconds(nanoseconds);
}

void JsonReader::Read(absl::string_view key, std::optional<absl::Duration>& value) {
  const Json* json = Find(key);
  value.reset();
  if (json == nullptr || json->is_null()) return;
  absl::Duration duration;
  Read(key, duration);
  value = duration;
}

void JsonReader::Read(absl::string_view key, std::optional<double>& value) {
  const Json* json = Find(key);
  value.reset();
  if (json == nullptr || json->is_null()) return;
  double number = 0;
  Read(key, number);
  value = number;
}

JsonReader JsonReader::Object(absl::string_view key) {
  const std::string path = absl::StrCat(path_, path_.empty() ? "" : ".", key);
  const Json* json = Find(key);
  if (json != nullptr && !json->is_object()) Fail(key, "is not an object");
  return {json != nullptr && json->is_object() ? json : nullptr, path};
}

const Json* JsonReader::Array(absl::string_view key, size_t values_max) {
  const Json* json = Find(key);
  if (json == nullptr) return nullptr;
  if (json->is_array() && json->size() <= values_max) return json;
  Fail(key, absl::StrCat("is not a list of at most ", values_max));
  return nullptr;
}

Json TimeToJson(absl::Time time) {
  if (time == absl::InfinitePast()) return "never";
  if (time == absl::InfiniteFuture()) return "forever";
  return absl::ToUnixNanos(time);
}

Json DurationToJson(absl::Duration duration) { return absl::ToInt64Nanoseconds(duration); }

absl::StatusOr<Json> ParseJson(absl::string_view text, size_t octets_max) {
  if (text.size() > octets_max) {
    return absl::InvalidArgumentError(absl::StrCat("longer than ", octets_max, " octets"));
  }
  if (!IsModestJson(text, kDepthMax)) return absl::InvalidArgumentError("nested too deeply");
  Json json = ParseJson<Json>(text);
  if (json.is_discarded()) return absl::InvalidArgumentError("not JSON");
  return json;
}

// A signal's detail may quote foreign data: invalid UTF-8 is replaced instead of throwing.
std::string ToText(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace hither
