#include "daemon/config/prefix_uses.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

struct Block {
  absl::string_view prefix;
  absl::string_view what;
};
constexpr Block kUnroutable[] = {
    {"0.0.0.0/8", "this network"}, {"127.0.0.0/8", "loopback"}, {"169.254.0.0/16", "link-local"},
    {"224.0.0.0/4", "multicast"},  {"240.0.0.0/4", "reserved"}, {"::/127", "unspecified, loopback"},
    {"::ffff:0:0/96", "IPv4"},     {"fe80::/10", "link-local"}, {"ff00::/8", "multicast"},
};

bool IsSet(const Prefix& prefix, int bit) {
  return (prefix.address[static_cast<size_t>(bit / 8)] & (0x80 >> (bit % 8))) != 0;
}

}  // namespace

bool Overlap(const Prefix& a, const Prefix& b) {
  if (a.family != b.family) return false;
  for (int bit = 0; bit < std::min(a.length, b.length); ++bit) {
    if (IsSet(a, bit) != IsSet(b, bit)) return false;
  }
  return true;
}

std::string Unroutable(const Prefix& prefix) {
  for (const Block& block : kUnroutable) {
    const absl::StatusOr<Prefix> other = Prefix::FromText(block.prefix);
    if (other.ok() && Overlap(prefix, *other)) {
      return absl::StrCat(block.prefix, " (", block.what, ")");
    }
  }
  return "";
}

std::string Unroutable(const SocketAddress& address) {
  for (const Block& block : kUnroutable) {
    const absl::StatusOr<Prefix> other = Prefix::FromText(block.prefix);
    if (other.ok() && other->Contains(address)) {
      return absl::StrCat(block.prefix, " (", block.what, ")");
    }
  }
  return "";
}

}  // namespace hither
