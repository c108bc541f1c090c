#include "anycast/route/netlink_message.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hither {
namespace {

using Octets = std::span<const uint8_t>;

// Netlink speaks the host's byte order, and aligns to four octets.
constexpr size_t Aligned(size_t size) { return (size + 3) & ~size_t{3}; }

template <typename T>
std::optional<T> Read(Octets from) {
  if (from.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, from.data(), sizeof value);
  return value;
}

Octets Rest(Octets from, size_t skipped) {
  return from.subspan(std::min(from.size(), Aligned(skipped)));
}

// Calls visit(type, value) for each attribute; false if one says that it is longer than what is
// there. Each takes at least four octets, so that the datagram's size is the limit.
template <typename Visit>
bool ForEachAttribute(Octets from, Visit visit) {
  while (!from.empty()) {
    const auto head = Read<rtattr>(from);
    if (!head || head->rta_len < sizeof(rtattr) || head->rta_len > from.size()) return false;
    visit(head->rta_type, from.subspan(sizeof(rtattr), head->rta_len - sizeof(rtattr)));
    from = Rest(from, head->rta_len);
  }
  return true;
}

bool ReadHost(IpFamily family, Octets value, HostAddress& host) {
  host.family = family;
  if (value.size() != host.size()) return false;
  std::copy(value.begin(), value.end(), host.octets.begin());
  return true;
}

bool ReadU32(Octets value, uint32_t& to) {
  const auto read = Read<uint32_t>(value);
  if (read) to = *read;
  return read.has_value();
}

std::optional<IpFamily> FamilyOf(int kernels) {
  if (kernels == AF_INET) return IpFamily::kV4;
  if (kernels == AF_INET6) return IpFamily::kV6;
  return std::nullopt;
}

bool ReadLifetimes(Octets value, KernelAddress& address) {
  const auto read = Read<ifa_cacheinfo>(value);
  if (!read) return false;
  address.valid_seconds = read->ifa_valid;
  address.preferred_seconds = read->ifa_prefered;
  address.created = read->cstamp;
  return true;
}

bool ParseAddress(Octets body, NetlinkReply& reply) {
  const auto head = Read<ifaddrmsg>(body);
  if (!head) return false;
  const std::optional<IpFamily> family = FamilyOf(head->ifa_family);
  if (!family) return true;
  KernelAddress address;
  address.length = head->ifa_prefixlen;
  address.interface = head->ifa_index;
  address.flags = head->ifa_flags;
  address.valid_seconds = 0xFFFFFFFF;
  bool ok = address.length <= BitsOf(*family);
  bool has_host = false;
  bool has_local = false;
  ok &= ForEachAttribute(Rest(body, sizeof *head), [&](uint16_t type, Octets value) {
    // On a point-to-point interface IFA_ADDRESS is the peer's; IFA_LOCAL, if there, is ours.
    if (type == IFA_LOCAL) has_local = true;
    if (type == IFA_LOCAL || (type == IFA_ADDRESS && !has_local)) {
      ok &= ReadHost(*family, value, address.host);
      has_host = true;
    }
    if (type == IFA_FLAGS) ok &= ReadU32(value, address.flags);
    if (type == IFA_CACHEINFO) ok &= ReadLifetimes(value, address);
  });
  if (ok && has_host) reply.addresses.push_back(address);
  return ok;
}

bool ReadDestination(IpFamily family, Octets value, Prefix& prefix) {
  HostAddress host;
  if (!ReadHost(family, value, host)) return false;
  prefix = KernelAddress{.host = host, .length = prefix.length}.prefix();
  return true;
}

bool ReadSource(IpFamily family, Octets value, KernelRoute& route) {
  HostAddress host;
  if (!ReadHost(family, value, host)) return false;
  route.source = host;
  return true;
}

bool ParseRoute(Octets body, NetlinkReply& reply) {
  const auto head = Read<rtmsg>(body);
  if (!head) return false;
  const std::optional<IpFamily> family = FamilyOf(head->rtm_family);
  if (!family || (head->rtm_flags & RTM_F_CLONED) != 0) return true;
  KernelRoute route;
  route.prefix.family = *family;
  route.prefix.length = head->rtm_dst_len;
  route.table = head->rtm_table;
  route.protocol = head->rtm_protocol;
  bool ok = route.prefix.length <= BitsOf(*family);
  ok &= ForEachAttribute(Rest(body, sizeof *head), [&](uint16_t type, Octets value) {
    if (type == RTA_DST) ok &= ok && ReadDestination(*family, value, route.prefix);
    if (type == RTA_PREFSRC) ok &= ReadSource(*family, value, route);
    if (type == RTA_TABLE) ok &= ReadU32(value, route.table);
    if (type == RTA_PRIORITY) ok &= ReadU32(value, route.metric);
    if (type == RTA_OIF) ok &= ReadU32(value, route.interface);
  });
  if (ok) reply.routes.push_back(route);
  return ok;
}

bool ParseError(Octets body, NetlinkReply& reply) {
  const auto error = Read<int32_t>(body);  // Negative, or 0 for "done".
  if (!error || *error > 0 || *error < -4095) return false;
  reply.error = -*error;
  reply.is_done = true;
  return true;
}

// The end of a dump may carry an errno, too.
bool ParseDone(Octets body, NetlinkReply& reply) {
  if (body.size() >= sizeof(int32_t)) return ParseError(body, reply);
  reply.is_done = true;
  return true;
}

bool ParseOne(const nlmsghdr& head, Octets body, NetlinkReply& reply) {
  if ((head.nlmsg_flags & NLM_F_DUMP_INTR) != 0) reply.is_inconsistent = true;
  if (reply.addresses.size() + reply.routes.size() >= kKernelObjectsMax) {
    reply.error = EMSGSIZE;
    reply.is_done = true;
    return true;
  }
  switch (head.nlmsg_type) {
    case NLMSG_ERROR:
      return ParseError(body, reply);
    case NLMSG_DONE:
      return ParseDone(body, reply);
    case RTM_NEWADDR:
      return ParseAddress(body, reply);
    case RTM_NEWROUTE:
      return ParseRoute(body, reply);
    default:
      return true;
  }
}

}  // namespace

HostAddress HostAddress::Of(const SocketAddress& address) {
  HostAddress host;
  host.family = address.family();
  if (host.family == IpFamily::kV6) {
    const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(address.get());
    std::memcpy(host.octets.data(), &v6.sin6_addr, 16);
  } else {
    const auto& v4 = *reinterpret_cast<const sockaddr_in*>(address.get());
    std::memcpy(host.octets.data(), &v4.sin_addr, 4);
  }
  return host;
}

std::string HostAddress::ToText() const {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(SystemFamilyOf(family), octets.data(), text, sizeof text) == nullptr ? "?"
                                                                                        : text;
}

Prefix KernelAddress::prefix() const {
  Prefix prefix{.family = host.family, .length = length, .address = host.octets};
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(length - 8 * i, 0, 8);
    prefix.address[i] &= static_cast<uint8_t>(0xFF00 >> kept);
  }
  return prefix;
}

bool ParseNetlink(Octets datagram, uint32_t sequence, NetlinkReply& reply) {
  while (!datagram.empty() && !reply.is_done) {  // Each message takes 16 octets or more.
    const auto head = Read<nlmsghdr>(datagram);
    if (!head || head->nlmsg_len < sizeof(nlmsghdr) || head->nlmsg_len > datagram.size()) {
      return false;
    }
    const Octets body = datagram.subspan(sizeof(nlmsghdr), head->nlmsg_len - sizeof(nlmsghdr));
    if (head->nlmsg_seq == sequence && !ParseOne(*head, body, reply)) return false;
    datagram = Rest(datagram, head->nlmsg_len);
  }
  return true;
}

void NetlinkRequest::Begin(uint16_t type, uint16_t flags) {
  nlmsghdr head = {};
  head.nlmsg_type = type;
  head.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  Append({reinterpret_cast<const uint8_t*>(&head), sizeof head});
}

void NetlinkRequest::Append(Octets octets) {
  octets_.insert(octets_.end(), octets.begin(), octets.end());
  octets_.resize(Aligned(octets_.size()));
}

void NetlinkRequest::Add(uint16_t attribute, Octets value) {
  rtattr head;
  head.rta_type = attribute;
  head.rta_len = static_cast<uint16_t>(sizeof head + value.size());
  Append({reinterpret_cast<const uint8_t*>(&head), sizeof head});
  Append(value);
}

void NetlinkRequest::AddU32(uint16_t attribute, uint32_t value) {
  Add(attribute, {reinterpret_cast<const uint8_t*>(&value), sizeof value});
}

void NetlinkRequest::AddHost(uint16_t attribute, const HostAddress& host) {
  Add(attribute, {host.octets.data(), host.size()});
}

void NetlinkRequest::AddText(uint16_t attribute, absl::string_view text) {
  Add(attribute, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

size_t NetlinkRequest::Open(uint16_t attribute) {
  const size_t at = octets_.size();
  Add(attribute, {});
  return at;
}

void NetlinkRequest::Close(size_t opened) {
  const uint16_t length = static_cast<uint16_t>(octets_.size() - opened);
  std::memcpy(&octets_[opened], &length, sizeof length);
}

Octets NetlinkRequest::Finish(uint32_t sequence) {
  const uint32_t length = static_cast<uint32_t>(octets_.size());
  std::memcpy(&octets_[offsetof(nlmsghdr, nlmsg_len)], &length, sizeof length);
  std::memcpy(&octets_[offsetof(nlmsghdr, nlmsg_seq)], &sequence, sizeof sequence);
  return octets_;
}

KernelAddress MakeAddress(const HostAddress& host, int length, uint32_t interface, uint32_t flags,
                          uint32_t valid_seconds) {
  return {.host = host,
          .length = length,
          .interface = interface,
          .flags = flags,
          .valid_seconds = valid_seconds,
          .preferred_seconds = 0};
}

NetlinkRequest AddressRequest(uint16_t type, uint16_t flags, const KernelAddress& address) {
  ifaddrmsg head = {};
  head.ifa_family = static_cast<uint8_t>(SystemFamilyOf(address.host.family));
  head.ifa_prefixlen = static_cast<uint8_t>(address.length);
  head.ifa_index = address.interface;
  NetlinkRequest request(type, flags, head);
  request.AddHost(IFA_LOCAL, address.host);
  request.AddHost(IFA_ADDRESS, address.host);
  if (type == RTM_DELADDR) return request;
  request.AddU32(IFA_FLAGS, address.flags);
  ifa_cacheinfo lifetimes = {};
  lifetimes.ifa_valid = address.valid_seconds;
  lifetimes.ifa_prefered = address.preferred_seconds;
  request.Add(IFA_CACHEINFO, {reinterpret_cast<const uint8_t*>(&lifetimes), sizeof lifetimes});
  return request;
}

NetlinkRequest RouteRequest(uint16_t type, uint16_t flags, const KernelRoute& route) {
  rtmsg head = {};
  head.rtm_family = static_cast<uint8_t>(SystemFamilyOf(route.prefix.family));
  head.rtm_dst_len = static_cast<uint8_t>(route.prefix.length);
  head.rtm_table = RT_TABLE_UNSPEC;  // RTA_TABLE says it: numbers over 255 have no other place.
  head.rtm_protocol = route.protocol;
  head.rtm_scope = route.prefix.family == IpFamily::kV4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  head.rtm_type = RTN_UNICAST;
  NetlinkRequest request(type, flags, head);
  request.AddHost(RTA_DST, {route.prefix.family, route.prefix.address});
  request.AddU32(RTA_TABLE, route.table);
  request.AddU32(RTA_PRIORITY, route.metric);
  request.AddU32(RTA_OIF, route.interface);
  if (route.source) request.AddHost(RTA_PREFSRC, *route.source);
  if (route.expires_seconds) request.AddU32(RTA_EXPIRES, *route.expires_seconds);
  return request;
}

}  // namespace hither
