// What primaries and keys must be beside the rest of the file.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/nearest.h"
#include "daemon/config/config_reading.h"

namespace hither {
namespace {

// The names of `keys:`, as a configuration writes them: without the final dot.
std::vector<std::string> KeyNamesOf(const Config& config) {
  std::vector<std::string> names;
  for (const SharedKey& key : config.keys) {
    std::string name = key.key.name.ToText();
    if (name.size() > 1) name.pop_back();
    names.push_back(std::move(name));
  }
  return names;
}

// The service whose prefix contains `address`, which every site then has; null: none.
const AnycastConfig::Service* ServiceOf(const Config& config, const SocketAddress& address) {
  for (const AnycastConfig::Service& service : config.anycast.services) {
    const auto contains = [&](const Prefix& prefix) { return prefix.Contains(address); };
    if (std::ranges::any_of(service.prefixes, contains)) return &service;
  }
  return nullptr;
}

// Would we answer there? A loopback address is this host's whatever `listen` says.
bool ListensAt(const Config& config, const SocketAddress& address) {
  if (config.listen.empty()) return address.IsLoopback() && address.port() == kDnsPort;
  return std::ranges::any_of(config.listen, [&](const SocketAddress& one) {
    const bool is_any =
        one.IsWildcard() && one.family() == address.family() && address.IsLoopback();
    return one.port() == address.port() && (is_any || one.AddressText() == address.AddressText());
  });
}

void CheckPrimaryAddress(const PrimaryConfig& primary, const PrimaryPlace& place, Reading& to) {
  const AnycastConfig::Service* service = ServiceOf(to.config, primary.address);
  if (service != nullptr) {
    to.Error(place.address, absl::StrCat("primaries.address: ", primary.address.AddressText(),
                                         " is in a prefix of service ", service->name,
                                         ", which every site has; give the primary's own address"));
  } else if (ListensAt(to.config, primary.address)) {
    to.Error(place.address, absl::StrCat("primaries.address: ", primary.address.ToText(),
                                         " is where this server listens; give the address of the "
                                         "primary"));
  }
  if (!primary.source.has_value()) return;
  // Answers would go to whichever site is nearest to the primary.
  service = ServiceOf(to.config, *primary.source);
  if (service == nullptr) return;
  to.Error(place.source,
           absl::StrCat("primaries.source: ", primary.source->AddressText(),
                        " is in a prefix of service ", service->name,
                        ", which every site has; give an address of this host alone"));
}

}  // namespace

void CheckKeyUses(const std::vector<std::string>& names, Reading& to) {
  const std::vector<absl::string_view> known(names.begin(), names.end());
  for (const KeyUse& use : to.key_uses) {
    const bool is_key = std::ranges::find(names, use.key) != names.end();
    if (is_key && use.is_word) {
      to.Error(use.line,
               absl::StrCat(use.place, Quoted(use.key), " has a meaning of its own here, ",
                            "but there is a key of this name; rename the key"));
    }
    if (is_key || use.is_word) continue;
    to.Error(use.line,
             absl::StrCat(use.place, "there is no key ", Quoted(use.key),
                          known.empty() ? "; add it to keys:" : SuggestWord(use.key, known)));
  }
}

void CheckTransfers(Reading& to) {
  for (size_t i = 0; i < to.config.primaries.size(); ++i) {
    PrimaryConfig& primary = to.config.primaries[i];
    if (primary.transfers_max == 0) {
      primary.transfers_max = to.config.transfers.transfers_per_primary_max;
    }
    CheckPrimaryAddress(primary, to.primary_places[i], to);
  }
  CheckKeyUses(KeyNamesOf(to.config), to);
}

}  // namespace hither
