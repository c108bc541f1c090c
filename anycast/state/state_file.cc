#include "anycast/state/state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "anycast/policy/policy.h"
#include "base/file_descriptor.h"
#include "base/json_text.h"
#include "base/replace_file.h"

namespace hither {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kServicesMax = 1'000;

// Milliseconds since the epoch; infinities are omitted.
void PutTime(absl::string_view key, absl::Time at, Json& json) {
  if (at == absl::InfinitePast() || at == absl::InfiniteFuture()) return;
  json[std::string(key)] = absl::ToUnixMillis(at);
}

void GetTime(const Json& json, const char* key, absl::Time& at) {
  const auto found = json.find(key);
  if (found != json.end() && found->is_number_integer()) {
    at = absl::FromUnixMillis(found->get<int64_t>());
  }
}

Json TimesJson(const std::vector<absl::Time>& times) {
  Json json = Json::array();
  for (const absl::Time at : times) json.push_back(absl::ToUnixMillis(at));
  return json;
}

void GetTimes(const Json& json, const char* key, std::vector<absl::Time>& times) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return;
  for (const Json& at : *found) {
    if (!at.is_number_integer() || times.size() == kWithdrawalsKept) return;
    times.push_back(absl::FromUnixMillis(at.get<int64_t>()));
  }
}

Json FamilyJson(const KeptState::Family& family) {
  Json json = {{"withdrawals", TimesJson(family.withdrawals)},
               {"hold_down_ms", absl::ToInt64Milliseconds(family.hold_down)}};
  PutTime("hold_down_until", family.hold_down_until, json);
  if (family.was_announced) json["was_announced"] = true;
  return json;
}

void GetFamily(const Json& json, const char* key, KeptState::Family& family) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_object()) return;
  GetTimes(*found, "withdrawals", family.withdrawals);
  GetTime(*found, "hold_down_until", family.hold_down_until);
  const auto announced = found->find("was_announced");
  family.was_announced = announced != found->end() && *announced == true;
  const auto hold_down = found->find("hold_down_ms");
  if (hold_down != found->end() && hold_down->is_number_integer()) {
    family.hold_down = absl::Milliseconds(hold_down->get<int64_t>());
  }
}

void GetBoot(const Json& json, KeptState::Boot& boot) {
  const auto found = json.find("boot");
  if (found == json.end() || !found->is_object()) return;
  const Json id = found->value("id", Json());
  const Json ahead = found->value("wall_is_ahead_ms", Json());
  if (!id.is_string() || !ahead.is_number_integer()) return;
  boot = {id.get<std::string>(), absl::Milliseconds(ahead.get<int64_t>())};
}

}  // namespace

absl::Time WallOf(const KeptState& kept, absl::string_view boot_id, absl::Time boot_now,
                  absl::Time wall) {
  const bool is_same = !boot_id.empty() && kept.boot.id == boot_id;
  return is_same ? boot_now + kept.boot.wall_is_ahead : wall;
}

std::string EncodeState(const KeptState& state) {
  Json json = {{"version", 1}, {"services", Json::object()}};
  if (!state.boot.id.empty()) {
    json["boot"] = {{"id", state.boot.id},
                    {"wall_is_ahead_ms", absl::ToInt64Milliseconds(state.boot.wall_is_ahead)}};
  }
  for (const auto& [name, service] : state.services) {
    Json one = {{"drain", service.drain},
                {"ipv4", FamilyJson(service.ipv4)},
                {"ipv6", FamilyJson(service.ipv6)}};
    PutTime("drain_since", service.drain_since, one);
    PutTime("frozen_until", service.frozen_until, one);
    json["services"][name] = std::move(one);
  }
  return json.dump(2) + "\n";
}

absl::StatusOr<KeptState> DecodeState(absl::string_view text) {
  const Json json = ParseJson<Json>(text);
  if (!json.is_object() || json.value("version", Json()) != 1 || !json.contains("services") ||
      !json["services"].is_object() || json["services"].size() > kServicesMax) {
    return absl::DataLossError("it is not a state file of this version");
  }
  KeptState state;
  GetBoot(json, state.boot);
  for (const auto& [name, one] : json["services"].items()) {
    const Json drain = one.is_object() ? one.value("drain", Json()) : Json();
    if (!drain.is_boolean()) {
      return absl::DataLossError(
          absl::StrCat("service ", name, " does not say whether it is drained"));
    }
    KeptState::Service& service = state.services[name];
    service.drain = drain.get<bool>();
    GetTime(one, "drain_since", service.drain_since);
    GetTime(one, "frozen_until", service.frozen_until);
    GetFamily(one, "ipv4", service.ipv4);
    GetFamily(one, "ipv6", service.ipv6);
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
