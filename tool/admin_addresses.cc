// Where commands find a server or its sidecar.

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

// Wrong elsewhere than on the command line.
absl::StatusOr<Addresses> WrongElsewhere(const absl::Status& status) {
  return absl::FailedPreconditionError(status.message());
}
absl::StatusOr<Addresses> OnlyElsewhere(absl::string_view text, absl::string_view source) {
  absl::StatusOr<Addresses> only = OnlyAt(text, source);
  return only.ok() ? only : WrongElsewhere(only.status());
}

absl::StatusOr<Addresses> AddressesOf(const ParsedArguments& parsed, const Sources& from) {
  const Addresses defaults = {*ParseAdmin(from.unit), *ParseAdmin(from.by_hand)};
  const absl::string_view given = parsed.Value(from.flag, "default");
  if (given != "default") return OnlyAt(given, from.flag);
  if (const absl::string_view file = parsed.Value("--config", ""); !file.empty()) {
    const absl::StatusOr<Config> config = LoadConfigFile(std::string(file));
    if (!config.ok()) return WrongElsewhere(config.status());
    const std::string listen = from.configured(*config);
    if (!listen.empty()) return OnlyElsewhere(listen, absl::StrCat(file, ": ", from.key));
    return defaults;
  }
  const char* const variable = std::getenv(from.variable);
  if (variable != nullptr && *variable != '\0') return OnlyElsewhere(variable, from.variable);
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
  return parsed.IsGiven("--anycast") || parsed.IsGiven("--config") ||
         (variable != nullptr && *variable != '\0');
}

ToolResult AddressError(absl::string_view command, const absl::Status& status) {
  ToolResult result = UsageError(command, status.message());
  if (!absl::IsInvalidArgument(status)) result.code = kToolFailed;
  return result;
}

absl::StatusOr<std::vector<AdminAddress>> AdminOf(const ParsedArguments& parsed) {
  return AddressesOf(parsed, kServer);
}

absl::StatusOr<std::vector<AdminAddress>> AnycastOf(const ParsedArguments& parsed) {
  return AddressesOf(parsed, kSidecar);
}

}  // namespace hither
