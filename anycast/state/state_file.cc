#include "anycast/state/state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "anycast/policy/policy.h"
#include "base/file_descriptor.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/replace_file.h"

namespace hither {
namespace {

constexpr size_t kServicesMax = 1'000;

// Milliseconds since the epoch; infinities are left out.
void PutTime(absl::string_view key, absl::Time at, JsonObject& json) {
  if (at == absl::InfinitePast() || at == absl::InfiniteFuture()) return;
  json.Add(key, absl::ToUnixMillis(at));
}

JsonArray TimesJson(const std::vector<absl::Time>& times) {
  JsonArray json;
  for (const absl::Time at : times) json.Add(absl::ToUnixMillis(at));
  return json;
}

JsonObject FamilyJson(const KeptState::Family& family) {
  JsonObject json({{"withdrawals", TimesJson(family.withdrawals)},
                   {"hold_down_ms", absl::ToInt64Milliseconds(family.hold_down)}});
  PutTime("hold_down_until", family.hold_down_until, json);
  if (family.was_announced) json.Add("was_announced", true);
  return json;
}

// What is missing or has another type keeps its value: a sidecar that forgets a hold-down is better
// than one that does not start.
void GetTime(JsonView from, absl::Time& at) {
  if (const auto ms = from.MaybeInt()) at = absl::FromUnixMillis(*ms);
}

void GetFamily(JsonView from, KeptState::Family& family) {
  for (const JsonView at : from.MaybeAt("withdrawals").MaybeItems()) {
    if (!at.MaybeInt().has_value() || family.withdrawals.size() == kWithdrawalsKept) break;
    GetTime(at, family.withdrawals.emplace_back());
  }
  GetTime(from.MaybeAt("hold_down_until"), family.hold_down_until);
  family.was_announced = from.MaybeAt("was_announced").MaybeBool().value_or(false);
  if (const auto ms = from.MaybeAt("hold_down_ms").MaybeInt()) {
    family.hold_down = absl::Milliseconds(*ms);
  }
}

void GetBoot(JsonView from, KeptState::Boot& boot) {
  const std::string* id = from.MaybeAt("id").MaybeText();
  const std::optional<int64_t> ahead_ms = from.MaybeAt("wall_is_ahead_ms").MaybeInt();
  if (id != nullptr && ahead_ms.has_value()) boot = {*id, absl::Milliseconds(*ahead_ms)};
}

}  // namespace

absl::Time WallOf(const KeptState& kept, absl::string_view boot_id, absl::Time boot_now,
                  absl::Time wall) {
  const bool is_same = !boot_id.empty() && kept.boot.id == boot_id;
  return is_same ? boot_now + kept.boot.wall_is_ahead : wall;
}

std::string EncodeState(const KeptState& state) {
  JsonObject services;
  for (const auto& [name, service] : state.services) {
    JsonObject one({{"drain", service.drain},
                    {"ipv4", FamilyJson(service.ipv4)},
                    {"ipv6", FamilyJson(service.ipv6)}});
    PutTime("drain_since", service.drain_since, one);
    PutTime("frozen_until", service.frozen_until, one);
    services.Add(name, std::move(one));
  }
  JsonObject json({{"version", 1}, {"services", std::move(services)}});
  if (!state.boot.id.empty()) {
    json.Add(
        "boot",
        JsonObject({{"id", state.boot.id},
                    {"wall_is_ahead_ms", absl::ToInt64Milliseconds(state.boot.wall_is_ahead)}}));
  }
  return JsonValue(std::move(json)).Indented(2) + "\n";
}

absl::StatusOr<KeptState> DecodeState(absl::string_view text) {
  const absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text);
  const JsonView json = document.ok() ? document->root() : JsonView();
  const JsonView services = json.MaybeAt("services");
  if (json.MaybeAt("version").MaybeNumber() != 1 || !services.IsObject() ||
      services.size() > kServicesMax) {
    return absl::DataLossError("it is not a state file of this version");
  }
  KeptState state;
  GetBoot(json.MaybeAt("boot"), state.boot);
  for (const auto& [name, one] : services.MaybeMembers()) {
    const std::optional<bool> drain = one.MaybeAt("drain").MaybeBool();
    if (!drain.has_value()) {
      return absl::DataLossError(
          absl::StrCat("service ", name, " does not say whether it is drained"));
    }
    KeptState::Service& service = state.services[std::string(name)];
    service.drain = *drain;
    GetTime(one.MaybeAt("drain_since"), service.drain_since);
    GetTime(one.MaybeAt("frozen_until"), service.frozen_until);
    GetFamily(one.MaybeAt("ipv4"), service.ipv4);
    GetFamily(one.MaybeAt("ipv6"), service.ipv6);
  }
  return state;
}

absl::StatusOr<KeptState> LoadState(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return KeptState{};
  std::string text(kStateFileBytesMax + 1, '\0');
  const ssize_t size = !file ? -1 : read(file.get(), text.data(), text.size());
  if (size < 0) {
    return absl::UnavailableError(absl::StrCat("state file ", path, ": ", std::strerror(errno),
                                               "; check the path and its permissions"));
  }
  absl::StatusOr<KeptState> state =
      static_cast<size_t>(size) > kStateFileBytesMax
          ? absl::DataLossError("it is too large")
          : DecodeState(absl::string_view(text.data(), static_cast<size_t>(size)));
  if (state.ok()) return state;
  return absl::DataLossError(absl::StrCat("state file ", path, ": ", state.status().message(),
                                          "; remove it to start undrained"));
}

absl::Status SaveState(const std::string& path, const KeptState& state) {
  const std::string text = EncodeState(state);
  return ReplaceFile(path, 0600, Durable::kYes,
                     [&](int fd) { return WriteAll(fd, text.data(), text.size()); });
}

}  // namespace hither
