#include "anycast/bgp/address_watch.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <string>
#include <utility>

namespace hither {
namespace {

constexpr int kDatagramsPerTurnMax = 64;
constexpr uint32_t kGroups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;

InterfaceAddress FromKernel(const KernelAddress& from, std::string interface) {
  sockaddr_storage storage = {};
  if (from.host.family == IpFamily::kV6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    std::copy_n(from.host.octets.begin(), 16, v6.sin6_addr.s6_addr);
    if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) v6.sin6_scope_id = from.interface;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    std::copy_n(from.host.octets.begin(), 4, reinterpret_cast<uint8_t*>(&v4.sin_addr));
  }
  return {std::move(interface), SocketAddress::FromSystem(storage), from.length, from.flags,
          from.created};
}

}  // namespace

AddressWatch::AddressWatch(uv_loop_t* loop) {
  Subscribe(loop);  // First, so that no change is missed.
  Rescan();
}

// A failure here is made up for by the rescan after kRescanMax.
void AddressWatch::Subscribe(uv_loop_t* loop) {
  FileDescriptor fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return;
  sockaddr_nl local = {};
  local.nl_family = AF_NETLINK;
  local.nl_groups = kGroups;
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) return;
  if (poll_.Open(*loop, fd.get(), [this](int status, int) { OnReadable(status); }) != 0) return;
  socket_ = std::move(fd);
  poll_.Start(UV_READABLE);
}

void AddressWatch::OnReadable(int status) {
  Drain();
  if (status < 0) poll_.Start(UV_READABLE);  // libuv stops after an error.
}

void AddressWatch::Drain() {
  std::array<char, 4096> buffer;
  for (int i = 0; i < kDatagramsPerTurnMax; ++i) {
    // An error counts as a change: ENOBUFS means that notifications were lost.
    const ssize_t size = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    is_old_ = true;
    if (size <= 0) return;
  }
}

void AddressWatch::OnTick(absl::Time now) {
  const absl::Duration age = now - scanned_;
  if (age < kRescanMin || (!is_old_ && age < kRescanMax)) return;
  scanned_ = now;
  Rescan();
}

void AddressWatch::Rescan() {
  is_old_ = false;
  if (netlink_ == nullptr) {
    auto opened = Netlink::Open();
    if (!opened.ok()) return;
    netlink_ = *std::move(opened);
  }
  const auto addresses = netlink_->AllAddresses();
  if (!addresses.ok()) {
    netlink_.reset();  // A late answer must not be taken for the next request's.
    return;
  }
  std::map<uint32_t, std::string> names;
  std::vector<InterfaceAddress> all;
  for (const KernelAddress& each : *addresses) {
    const auto [name, is_new] = names.try_emplace(each.interface);
    if (is_new) name->second = netlink_->NameIfUp(each.interface);
    if (!name->second.empty()) all.push_back(FromKernel(each, name->second));
  }
  if (all == all_) return;
  all_ = std::move(all);
  ++generation_;
}

}  // namespace hither
