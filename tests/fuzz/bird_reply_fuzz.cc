#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "anycast/route/bird_reply.h"
#include "base/check.h"

// What comes through BIRD's control socket, in pieces of odd sizes: the first octet gives theirs.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = data[0] + size_t{1};
  std::span<const uint8_t> rest(data + 1, size - 1);
  hither::BirdReplyReader reader;
  hither::BirdReplyReader whole;
  const bool whole_ok = whole.Feed(rest);
  bool ok = true;
  while (ok && !rest.empty()) {
    const auto now = rest.first(std::min(piece, rest.size()));
    rest = rest.subspan(now.size());
    ok = reader.Feed(now);
  }
  HITHER_CHECK(ok == whole_ok);
  while (const auto reply = reader.Take()) {  // However it was cut, it says the same.
    const auto same = whole.Take();
    HITHER_CHECK(same.has_value() && same->lines.size() == reply->lines.size());
    HITHER_CHECK(!reply->lines.empty() && reply->lines.back().code == reply->code);
    for (const auto& route : hither::BirdRoutes(*reply)) {
      HITHER_CHECK(hither::Prefix::FromText(route.prefix.ToText()).ok());
    }
    for (const auto& protocol : hither::BirdProtocols(*reply)) HITHER_CHECK(!protocol.name.empty());
  }
  return 0;
}
