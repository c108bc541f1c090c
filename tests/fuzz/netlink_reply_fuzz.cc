#include <cstddef>
#include <cstdint>

#include "anycast/route/netlink_message.h"
#include "base/check.h"

// One datagram; the kernel's is trusted, but a sandbox's may be odd.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hither::NetlinkReply reply;
  hither::ParseNetlink({data, size}, 7, reply);
  for (const auto& address : reply.addresses) {
    HITHER_CHECK(hither::Prefix::FromText(address.prefix().ToText()).ok());
  }
  for (const auto& route : reply.routes) {
    HITHER_CHECK(hither::Prefix::FromText(route.prefix.ToText()).ok());
  }
  return 0;
}
