#include "server/transfer/refresh/notify_refusals.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/socket_address.h"

namespace hither {
namespace {

std::string AddressText(ByteView octets) {
  sockaddr_storage storage = {};
  if (octets.size() == 16) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    std::ranges::copy(octets, v6.sin6_addr.s6_addr);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    std::ranges::copy(octets, reinterpret_cast<uint8_t*>(&v4.sin_addr));
  }
  return SocketAddress::FromSystem(storage).AddressText();
}

absl::string_view TextOf(AccessTransport transport) {
  switch (transport) {
    case AccessTransport::kUdp:
      return "UDP";
    case AccessTransport::kTcp:
      return "TCP";
    case AccessTransport::kTls:
      break;
  }
  return "TLS";
}

}  // namespace

bool NotifyRefusals::Note(NameView zone, const AccessClient& sender) {
  if (is_noted_.exchange(true, std::memory_order_relaxed)) {
    others_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  MutexLock lock(mu_);
  noted_ = {.zone = Name(zone), .transport = sender.transport};
  noted_.address_bytes = std::min(sender.address.size(), noted_.address.size());
  std::copy_n(sender.address.begin(), noted_.address_bytes, noted_.address.begin());
  if (sender.key.has_value()) noted_.key = Name(*sender.key);
  return true;
}

std::string NotifyRefusals::Take(absl::Time now) {
  taken_ = now;
  const uint64_t others = others_.exchange(0, std::memory_order_relaxed);
  MutexLock lock(mu_);
  const ByteView address(noted_.address.data(), noted_.address_bytes);
  return absl::StrCat(
      "zone ", noted_.zone.ToText(), ": refused a NOTIFY from ", AddressText(address), " over ",
      TextOf(noted_.transport),
      noted_.key.has_value() ? absl::StrCat(", signed with ", noted_.key->ToText()) : ", unsigned",
      others == 0 ? "" : absl::StrCat("; ", others, " others since the last"));
}

void NotifyRefusals::Renew(absl::Time now) {
  if (now - taken_ < kEvery || taken_ == absl::InfinitePast()) return;
  taken_ = absl::InfinitePast();
  is_noted_.store(false, std::memory_order_relaxed);
}

}  // namespace hither
