#include "server/guard/access_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"

namespace hither {
namespace {

constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr size_t kV4Bytes = 4;
constexpr size_t kV6Bytes = 16;

ByteView WithoutMapping(ByteView address) {
  if (address.size() != kV6Bytes) return address;
  const bool is_mapped = std::equal(kMapped.begin(), kMapped.end(), address.begin());
  return is_mapped ? address.subspan(kMapped.size()) : address;
}

bool IsIn(const Prefix& prefix, ByteView address) {
  if (address.size() != (prefix.family == IpFamily::kV6 ? kV6Bytes : kV4Bytes)) return false;
  const auto whole = static_cast<size_t>(prefix.length / 8);
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                  prefix.address.begin())) {
    return false;
  }
  const int rest = prefix.length % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - rest));
  return (address[whole] & mask) == (prefix.address[whole] & mask);
}

bool IsSigningRight(const AccessRule& rule, std::optional<NameView> key) {
  switch (rule.signing) {
    case AccessRule::Signing::kAny:
      return true;
    case AccessRule::Signing::kUnsigned:
      return !key.has_value();
    case AccessRule::Signing::kSigned:
      return key.has_value();
    case AccessRule::Signing::kKey:
      return key.has_value() && std::ranges::any_of(rule.keys, [&key](const Name& one) {
               return key->EqualsIgnoreCase(one.view());
             });
  }
  return false;
}

// A rule with a certificate is for TLS alone, whatever else it says of transports.
bool IsCertificateRight(const AccessRule& rule, const AccessClient& client) {
  if (!rule.NeedsCertificate()) return true;
  if (client.transport != AccessTransport::kTls || client.certificate == nullptr) return false;
  const ClientCertificate& shown = *client.certificate;
  if (!rule.pins.empty() && std::ranges::find(rule.pins, shown.pin) == rule.pins.end()) {
    return false;
  }
  if (rule.ca.empty()) return true;
  // Without a name, every host that the CA knows would be this one.
  return shown.ca == rule.ca && !rule.host_name.empty() &&
         std::ranges::any_of(shown.names, [&rule](const std::string& name) {
           return absl::EqualsIgnoreCase(name, rule.host_name);
         });
}

}  // namespace

AccessList::AccessList(std::vector<AccessRule> rules) : rules_(std::move(rules)) {
  for (AccessRule& rule : rules_) {
    for (Prefix& prefix : rule.prefixes) prefix = WithoutMapping(prefix);
  }
}

bool AccessList::Allows(const AccessClient& client) const {
  const auto first =
      std::ranges::find_if(rules_, [&](const AccessRule& rule) { return Matches(rule, client); });
  return first != rules_.end() && !first->is_denial;
}

bool Matches(const AccessRule& rule, const AccessClient& client) {
  if ((rule.transports & AccessRule::Bit(client.transport)) == 0) return false;
  return IsSigningRight(rule, client.key) && IsCertificateRight(rule, client) &&
         std::ranges::any_of(
             rule.prefixes, [&client](const Prefix& one) { return Contains(one, client.address); });
}

bool Contains(const Prefix& prefix, ByteView address) {
  return IsIn(prefix, WithoutMapping(address));
}

Prefix WithoutMapping(const Prefix& prefix) {
  constexpr int kMappedBits = 96;
  const bool is_mapped = prefix.family == IpFamily::kV6 && prefix.length >= kMappedBits &&
                         std::equal(kMapped.begin(), kMapped.end(), prefix.address.begin());
  if (!is_mapped) return prefix;
  Prefix inner = {.family = IpFamily::kV4, .length = prefix.length - kMappedBits};
  std::copy_n(prefix.address.begin() + kMapped.size(), kV4Bytes, inner.address.begin());
  return inner;
}

Prefix HostPrefix(const SocketAddress& address) {
  sockaddr_storage storage = {};
  std::copy_n(reinterpret_cast<const uint8_t*>(address.get()), address.size(),
              reinterpret_cast<uint8_t*>(&storage));
  const ByteView octets = AddressOctets(storage);
  Prefix prefix = {.family = address.family(), .length = static_cast<int>(octets.size() * 8)};
  std::ranges::copy(octets, prefix.address.begin());
  return prefix;
}

}  // namespace hither
