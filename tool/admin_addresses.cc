// Where commands find a server or its sidecar.

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tool/command.h"

namespace hither {
namespace {

using Addresses = std::vector<AdminAddress>;

// Where an address may come from, in the order in which they are asked.
struct Sources {
  absl::string_view flag;
  const char* variable;
  absl::string_view key;  // In the configuration file.
  // The key's value there; empty: it is not set.
  std::string (*configured)(const Config& config);
  absl::string_view unit;
  absl::string_view by_hand;
};

constexpr Sources kServer = {"--admin",
                             kServerAdminVariable,
                             "admin.listen",
                             [](const Config& config) {
                               return config.admin.is_default ? std::string()
                                                              : config.admin.ToText();
                             },
                             kServerAdminOfUnit,
                             kServerAdmin};
constexpr Sources kSidecar = {"--anycast",
                              kSidecarAdminVariable,
                              "anycast.admin.listen",
                              [](const Config& config) { return config.anycast.admin_text; },
                              kSidecarAdminOfUnit,
                              kSidecarAdmin};

absl::StatusOr<Addresses> OnlyAt(absl::string_view text, absl::string_view source) {
  absl::StatusOr<AdminAddress> address = ParseAdmin(text);
  if (!address.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(source, ": ", address.status().message()));
  }
  if (!address->IsOff()) return Addresses{*std::move(address)};
  return absl::InvalidArgumentError(
      absl::StrCat(source, ": none is not an endpoint; give an address"));
}

bool IsGiven(const ParsedArguments& parsed, absl::string_view flag) {
  return std::any_of(parsed.values.begin(), parsed.values.end(),
                     [flag](const auto& one) { return one.first == flag; });
}

absl::StatusOr<Addresses> AddressesOf(const ParsedArguments& parsed, const Sources& from) {
  const Addresses defaults = {*ParseAdmin(from.unit), *ParseAdmin(from.by_hand)};
  if (IsGiven(parsed, from.flag)) {
    const absl::string_view text = parsed.Value(from.flag, "");
    if (text != "default") return OnlyAt(text, from.flag);
    return defaults;
  }
  if (const absl::string_view file = parsed.Value("--config", ""); !file.empty()) {
    const absl::StatusOr<Config> config = LoadConfigFile(std::string(file));
    if (!config.ok()) return config.status();
    const std::string listen = from.configured(*config);
    if (!listen.empty()) return OnlyAt(listen, absl::StrCat(file, ": ", from.key));
    return defaults;
  }
  const char* const variable = std::getenv(from.variable);
  if (variable != nullptr && *variable != '\0') return OnlyAt(variable, from.variable);
  return defaults;
}

}  // namespace

std::string WithAdminDefaults(absl::string_view help) {
  return absl::StrReplaceAll(help, {{"$server_of_unit", kServerAdminOfUnit},
                                    {"$server", kServerAdmin},
                                    {"$sidecar_of_unit", kSidecarAdminOfUnit},
                                    {"$sidecar", kSidecarAdmin},
                                    {"$SERVER", kServerAdminVariable},
                                    {"$SIDECAR", kSidecarAdminVariable}});
}

bool NamesSidecar(const ParsedArguments& parsed) {
  const char* const variable = std::getenv(kSidecarAdminVariable);
  return IsGiven(parsed, "--anycast") || IsGiven(parsed, "--config") ||
         (variable != nullptr && *variable != '\0');
}

absl::StatusOr<std::vector<AdminAddress>> AdminOf(const ParsedArguments& parsed) {
  return AddressesOf(parsed, kServer);
}

absl::StatusOr<std::vector<AdminAddress>> AnycastOf(const ParsedArguments& parsed) {
  return AddressesOf(parsed, kSidecar);
}

}  // namespace hither
