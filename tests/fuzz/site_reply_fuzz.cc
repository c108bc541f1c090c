// Replies to `hither sites`: what any server on the Internet may send.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "tool/sites/site_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> octets(data, size);
  // The id of the message itself: to guess it is no part of the search.
  const auto id = static_cast<uint16_t>(size < 2 ? 0 : data[0] << 8 | data[1]);
  for (const bool is_chaos : {false, true}) {
    const hither::SiteQuestion question = {is_chaos ? "id.server." : "example.org",
                                           is_chaos ? "TXT" : "SOA", is_chaos, id};
    const auto reply = hither::ReadSiteReply(octets, question);
    if (!reply.has_value()) continue;
    HITHER_CHECK(size > 12 && (data[2] & 0x80) != 0);  // RFC 1035 §4.1.1: QR.
    HITHER_CHECK(!reply->text.has_value() || reply->text->size() <= 255);
    const auto name = hither::ParseSiteName(reply->nsid.value_or(""));
    if (name.has_value()) HITHER_CHECK(name->node + "." + name->site == *reply->nsid);
  }
  return 0;
}
