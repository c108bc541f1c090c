#include "base/socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace hither {
namespace {

absl::Status Refuse(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not an address with a port: ",
                                                 why, "; write 192.0.2.1:53 or [2001:db8::1]:53"));
}

bool ParsePort(absl::string_view text, uint16_t& port) {
  uint32_t number = 0;
  if (text.empty() || text.size() > 5 || !absl::SimpleAtoi(text, &number)) return false;
  if (text[0] < '0' || text[0] > '9' || number > 65'535) return false;
  port = static_cast<uint16_t>(number);
  return true;
}

// The name of an interface as the kernel allows it, without octets that could harm a log line.
bool IsInterfaceName(absl::string_view name) {
  if (name.empty() || name.size() >= IF_NAMESIZE) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isgraph(c) && c != '/' && c != '%'; });
}

bool ParseV6(absl::string_view host, sockaddr_in6& out, std::array<char, IF_NAMESIZE>& interface) {
  const size_t percent = host.find('%');
  if (percent != absl::string_view::npos) {
    const absl::string_view name = host.substr(percent + 1);
    if (!IsInterfaceName(name)) return false;
    name.copy(interface.data(), name.size());
    host = host.substr(0, percent);
  }
  out.sin6_family = AF_INET6;
  return inet_pton(AF_INET6, std::string(host).c_str(), &out.sin6_addr) == 1;
}

}  // namespace

SocketAddress::SocketAddress() : interface_{} {
  std::memset(&storage_, 0, sizeof storage_);
  storage_.v4.sin_family = AF_INET;
}

absl::StatusOr<SocketAddress> SocketAddress::FromText(absl::string_view text,
                                                      uint16_t default_port) {
  absl::string_view host = text;
  uint16_t port = default_port;
  bool is_v6 = false;
  if (!text.empty() && text[0] == '[') {
    const size_t close = text.find(']');
    if (close == absl::string_view::npos) return Refuse(text, "the ']' is missing");
    host = text.substr(1, close - 1);
    is_v6 = true;
    const absl::string_view rest = text.substr(close + 1);
    if (!rest.empty() && (rest[0] != ':' || !ParsePort(rest.substr(1), port))) {
      return Refuse(text, "expected a port from 0 to 65535 after ']'");
    }
  } else {
    const size_t colon = text.find(':');
    is_v6 = colon != absl::string_view::npos && text.find(':', colon + 1) != colon &&
            text.find(':', colon + 1) != absl::string_view::npos;
    if (!is_v6 && colon != absl::string_view::npos) {
      host = text.substr(0, colon);
      if (!ParsePort(text.substr(colon + 1), port)) {
        return Refuse(text, "the port is not a number from 0 to 65535");
      }
    }
  }
  SocketAddress address;
  if (is_v6) {
    if (!ParseV6(host, address.storage_.v6, address.interface_)) {
      return Refuse(text, "not an IPv6 address");
    }
    address.storage_.v6.sin6_port = htons(port);
  } else {
    if (inet_pton(AF_INET, std::string(host).c_str(), &address.storage_.v4.sin_addr) != 1) {
      return Refuse(text, "not an IPv4 or IPv6 address (host names are not looked up)");
    }
    address.storage_.v4.sin_port = htons(port);
  }
  return address;
}

SocketAddress SocketAddress::FromSystem(const sockaddr_storage& from) {
  SocketAddress address;
  if (from.ss_family == AF_INET6) {
    std::memcpy(&address.storage_.v6, &from, sizeof(sockaddr_in6));
  } else if (from.ss_family == AF_INET) {
    std::memcpy(&address.storage_.v4, &from, sizeof(sockaddr_in));
  }
  return address;
}

absl::StatusOr<SocketAddress> SocketAddress::Resolve() const {
  if (interface_[0] == 0) return *this;
  SocketAddress resolved = *this;
  uint32_t number = if_nametoindex(interface_.data());
  if (number == 0 && !absl::SimpleAtoi(interface_.data(), &number)) {
    return absl::NotFoundError(
        absl::StrCat(AddressText(), ": there is no interface ", interface_.data()));
  }
  resolved.storage_.v6.sin6_scope_id = number;
  return resolved;
}

uint16_t SocketAddress::port() const {
  return ntohs(family() == IpFamily::kV6 ? storage_.v6.sin6_port : storage_.v4.sin_port);
}

SocketAddress SocketAddress::WithPort(uint16_t port) const {
  SocketAddress other = *this;
  if (family() == IpFamily::kV6) {
    other.storage_.v6.sin6_port = htons(port);
  } else {
    other.storage_.v4.sin_port = htons(port);
  }
  return other;
}

bool SocketAddress::IsWildcard() const {
  if (family() == IpFamily::kV6) return IN6_IS_ADDR_UNSPECIFIED(&storage_.v6.sin6_addr);
  return storage_.v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

bool SocketAddress::IsLoopback() const {
  if (family() == IpFamily::kV6) return IN6_IS_ADDR_LOOPBACK(&storage_.v6.sin6_addr);
  return ntohl(storage_.v4.sin_addr.s_addr) >> 24 == 127;
}

bool SocketAddress::IsLinkLocal() const {
  return family() == IpFamily::kV6 && IN6_IS_ADDR_LINKLOCAL(&storage_.v6.sin6_addr);
}

bool SocketAddress::IsMulticast() const {
  if (family() == IpFamily::kV6) return IN6_IS_ADDR_MULTICAST(&storage_.v6.sin6_addr);
  const uint32_t address = ntohl(storage_.v4.sin_addr.s_addr);
  return address >> 28 == 0xE || address == INADDR_BROADCAST;
}

std::string SocketAddress::AddressText() const {
  char text[INET6_ADDRSTRLEN];
  if (family() != IpFamily::kV6) {
    return inet_ntop(AF_INET, &storage_.v4.sin_addr, text, sizeof text);
  }
  std::string result = inet_ntop(AF_INET6, &storage_.v6.sin6_addr, text, sizeof text);
  if (interface_[0] != 0) return absl::StrCat(result, "%", interface_.data());
  if (storage_.v6.sin6_scope_id == 0) return result;
  char interface[IF_NAMESIZE];
  if (if_indextoname(storage_.v6.sin6_scope_id, interface) != nullptr) {
    return absl::StrCat(result, "%", interface);
  }
  return absl::StrCat(result, "%", storage_.v6.sin6_scope_id);
}

std::string SocketAddress::ToText() const {
  if (family() == IpFamily::kV6) return absl::StrCat("[", AddressText(), "]:", port());
  return absl::StrCat(AddressText(), ":", port());
}

std::string SocketAddress::ToDnsText() const {
  constexpr uint16_t kPort = 53;
  return port() == kPort ? AddressText() : ToText();
}

}  // namespace hither
