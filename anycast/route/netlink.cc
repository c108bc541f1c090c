#include "anycast/route/netlink.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr size_t kDatagramBytesMax = 64 * 1024;  // The kernel fills dumps up to 32 KiB.
constexpr int kDatagramsMax = 100'000;           // Of one answer.

absl::Status Failed(int error, absl::string_view what) {
  absl::string_view advice;
  if (error == EPERM || error == EACCES) {
    advice = "; give hither-anycast CAP_NET_ADMIN in the network namespace of the router";
  }
  return absl::ErrnoToStatus(error, absl::StrCat("kernel: ", what, advice));
}

// EEXIST and ENOENT as success where the end is what was wanted.
absl::Status UnlessGone(absl::Status status, const absl::StatusOr<NetlinkReply>& reply) {
  if (!reply.ok()) return status;
  const bool is_gone = reply->error == EADDRNOTAVAIL || reply->error == ESRCH ||
                       reply->error == ENODEV || reply->error == ENOENT;
  return is_gone ? absl::OkStatus() : status;
}

absl::Status StatusOf(const absl::StatusOr<NetlinkReply>& reply, absl::string_view what) {
  if (!reply.ok()) return reply.status();
  return reply->error == 0 ? absl::OkStatus() : Failed(reply->error, what);
}

std::string Words(absl::string_view verb, const KernelAddress& address) {
  return absl::StrCat(verb, " address ", address.host.ToText(), "/", address.length,
                      " of interface ", address.interface);
}

std::string Words(absl::string_view verb, const KernelRoute& route) {
  return absl::StrCat(verb, " route ", route.prefix.ToText(), " metric ", route.metric, " table ",
                      route.table);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Netlink>> Netlink::Open() {
  FileDescriptor fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return Failed(errno, "cannot open a netlink socket");
  // Filters of dumps count (Linux 4.20); without, the kernel sends all, and we filter.
  const int on = 1;
  setsockopt(fd.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
  return std::unique_ptr<Netlink>(new Netlink(std::move(fd)));
}

absl::StatusOr<NetlinkReply> Netlink::Ask(NetlinkRequest request, absl::string_view what) {
  const auto octets = request.Finish(++sequence_);
  sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  const ssize_t sent = sendto(fd_.get(), octets.data(), octets.size(), MSG_DONTWAIT,
                              reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  if (sent < 0) return Failed(errno, what);
  return Receive(what);
}

absl::StatusOr<NetlinkReply> Netlink::Receive(absl::string_view what) {
  std::array<uint8_t, kDatagramBytesMax> buffer;
  NetlinkReply reply;
  for (int i = 0; i < kDatagramsMax && !reply.is_done; ++i) {
    sockaddr_nl from = {};
    socklen_t from_size = sizeof from;
    const ssize_t size = recvfrom(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                                  reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failed(errno, what);
    if (from.nl_pid != 0) continue;  // Another program's: only port 0 is the kernel.
    if (static_cast<size_t>(size) > buffer.size()) return Failed(EMSGSIZE, what);
    if (!ParseNetlink({buffer.data(), static_cast<size_t>(size)}, sequence_, reply)) {
      return Failed(EBADMSG, what);
    }
  }
  if (!reply.is_done) return Failed(EMSGSIZE, what);
  return reply;
}

absl::StatusOr<uint32_t> Netlink::FindInterface(const std::string& name) {
  // As if_nametoindex(3), which opens a socket: there may be no descriptor left for it, and leases
  // are to be renewed all the same.
  ifreq request = {};
  if (name.size() < sizeof request.ifr_name) {
    name.copy(request.ifr_name, name.size());
    if (ioctl(fd_.get(), SIOCGIFINDEX, &request) == 0)
      return static_cast<uint32_t>(request.ifr_ifindex);
    if (errno != ENODEV) return Failed(errno, absl::StrCat("cannot find interface ", name));
  }
  return absl::NotFoundError(absl::StrCat("kernel: there is no interface ", name,
                                          "; make it (ip link add ", name, " type dummy)"));
}

absl::Status Netlink::AddInterface(const std::string& name, absl::string_view kind) {
  NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  request.AddText(IFLA_IFNAME, absl::StrCat(name, absl::string_view("\0", 1)));
  const size_t info = request.Open(IFLA_LINKINFO);
  request.AddText(IFLA_INFO_KIND, kind);
  request.Close(info);
  const std::string what = absl::StrCat("cannot make interface ", name, " of kind ", kind);
  return StatusOf(Ask(std::move(request), what), what);
}

absl::Status Netlink::SetUp(uint32_t index, const std::string& name) {
  ifinfomsg head = {};
  head.ifi_index = static_cast<int>(index);
  head.ifi_flags = IFF_UP;
  head.ifi_change = IFF_UP;
  const std::string what = absl::StrCat("cannot set interface ", name, " up");
  return StatusOf(Ask(NetlinkRequest(RTM_NEWLINK, NLM_F_ACK, head), what), what);
}

absl::StatusOr<uint32_t> Netlink::MakeInterface(const std::string& name) {
  absl::StatusOr<uint32_t> index = FindInterface(name);
  absl::Status made;
  for (const absl::string_view kind : {"dummy", "ifb", "bridge"}) {
    if (index.ok()) break;
    made = AddInterface(name, kind);
    index = FindInterface(name);
  }
  if (!index.ok()) return made;
  const absl::Status up = SetUp(*index, name);
  if (!up.ok()) return up;
  return index;
}

absl::Status Netlink::SetAddress(const KernelAddress& address) {
  const std::string what = Words("cannot set", address);
  return StatusOf(
      Ask(AddressRequest(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, address), what),
      what);
}

absl::Status Netlink::DeleteAddress(const KernelAddress& address) {
  const std::string what = Words("cannot delete", address);
  const auto reply = Ask(AddressRequest(RTM_DELADDR, NLM_F_ACK, address), what);
  return UnlessGone(StatusOf(reply, what), reply);
}

absl::StatusOr<std::vector<KernelAddress>> Netlink::AllAddresses() { return DumpAddresses({}); }

absl::StatusOr<std::vector<KernelAddress>> Netlink::Addresses(uint32_t interface) {
  ifaddrmsg head = {};
  head.ifa_index = interface;
  auto addresses = DumpAddresses(head);
  if (!addresses.ok()) return addresses;
  std::erase_if(*addresses,
                [interface](const KernelAddress& a) { return a.interface != interface; });
  return addresses;
}

absl::StatusOr<std::vector<KernelAddress>> Netlink::DumpAddresses(const ifaddrmsg& head) {
  auto reply = Ask(NetlinkRequest(RTM_GETADDR, NLM_F_DUMP, head), "cannot list addresses");
  const absl::Status verdict = StatusOf(reply, "cannot list addresses");
  if (!verdict.ok()) return verdict;
  return std::move(reply->addresses);
}

std::string Netlink::NameIfUp(uint32_t interface) const {
  ifreq request = {};
  request.ifr_ifindex = static_cast<int>(interface);
  if (ioctl(fd_.get(), SIOCGIFNAME, &request) != 0) return {};
  if (ioctl(fd_.get(), SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_UP) == 0) return {};
  return std::string(request.ifr_name, strnlen(request.ifr_name, sizeof request.ifr_name));
}

absl::Status Netlink::SetRoute(const KernelRoute& route) {
  const std::string what = Words("cannot set", route);
  return StatusOf(
      Ask(RouteRequest(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, route), what), what);
}

absl::Status Netlink::DeleteRoute(const KernelRoute& route) {
  const std::string what = Words("cannot delete", route);
  const auto reply = Ask(RouteRequest(RTM_DELROUTE, NLM_F_ACK, route), what);
  return UnlessGone(StatusOf(reply, what), reply);
}

absl::StatusOr<std::vector<KernelRoute>> Netlink::Routes(IpFamily family, uint8_t protocol,
                                                         uint32_t table) {
  rtmsg head = {};
  head.rtm_family = static_cast<uint8_t>(SystemFamilyOf(family));
  head.rtm_protocol = protocol;
  NetlinkRequest request(RTM_GETROUTE, NLM_F_DUMP, head);
  request.AddU32(RTA_TABLE, table);
  auto reply = Ask(std::move(request), "cannot list routes");
  // A table that nobody has used yet is not there.
  if (reply.ok() && reply->error == ENOENT) return std::vector<KernelRoute>();
  const absl::Status verdict = StatusOf(reply, "cannot list routes");
  if (!verdict.ok()) return verdict;
  std::erase_if(reply->routes, [protocol, table](const KernelRoute& route) {
    return route.protocol != protocol || route.table != table;
  });
  return std::move(reply->routes);
}

}  // namespace hither
