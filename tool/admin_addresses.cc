// Where the commands that ask a server or its sidecar find it.

#include "absl/strings/str_cat.h"
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
  return absl::InvalidArgumentError(absl::StrCat(flag, " none has nobody to ask; give an address"));
}

}  // namespace

absl::StatusOr<std::vector<AdminAddress>> AdminOf(const ParsedArguments& parsed) {
  return AddressesOf(parsed, "--admin", "unix:/run/hither/admin.sock", "127.0.0.1:8053");
}

absl::StatusOr<std::vector<AdminAddress>> AnycastOf(const ParsedArguments& parsed) {
  return AddressesOf(parsed, "--anycast", "unix:/run/hither-anycast/admin.sock", "127.0.0.1:8054");
}

}  // namespace hither
