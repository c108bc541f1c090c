// Where commands find a server or its sidecar.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tool/command.h"

namespace hither {
namespace {

absl::StatusOr<std::vector<AdminAddress>> AddressesOf(const ParsedArguments& parsed,
                                                      absl::string_view flag,
                                                      absl::string_view unit,
                                                      absl::string_view by_hand) {
  const absl::string_view text = parsed.Value(flag, "default");
  if (text == "default") return std::vector<AdminAddress>{*ParseAdmin(unit), *ParseAdmin(by_hand)};
  absl::StatusOr<AdminAddress> address = ParseAdmin(text);
  if (!address.ok()) return address.status();
  if (!address->IsOff()) return std::vector<AdminAddress>{*std::move(address)};
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": none is not an endpoint; give an address"));
}

}  // namespace

std::string WithAdminDefaults(absl::string_view help) {
  return absl::StrReplaceAll(help, {{"$server_of_unit", kServerAdminOfUnit},
                                    {"$server", kServerAdmin},
                                    {"$sidecar_of_unit", kSidecarAdminOfUnit},
                                    {"$sidecar", kSidecarAdmin}});
}

absl::StatusOr<std::vector<AdminAddress>> AdminOf(const ParsedArguments& parsed) {
  return AddressesOf(parsed, "--admin", kServerAdminOfUnit, kServerAdmin);
}

absl::StatusOr<std::vector<AdminAddress>> AnycastOf(const ParsedArguments& parsed) {
  return AddressesOf(parsed, "--anycast", kSidecarAdminOfUnit, kSidecarAdmin);
}

}  // namespace hither
