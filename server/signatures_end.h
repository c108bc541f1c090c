#ifndef HITHER_SERVER_SIGNATURES_END_H_
#define HITHER_SERVER_SIGNATURES_END_H_

#include "absl/time/time.h"
#include "dns/signature_time.h"
#include "zones/image/zone.h"

namespace hither {

// When the first signature of `zone` expires: then validating resolvers begin to refuse its
// answers. InfiniteFuture: it has none. `now` decides which of the times 2^32 s apart is meant.
inline absl::Time SignaturesEnd(const Zone& zone, absl::Time now) {
  const std::optional<uint32_t> first = zone.first_expiration();
  if (!first.has_value()) return absl::InfiniteFuture();
  return absl::FromUnixSeconds(SignatureUnixSeconds(*first, absl::ToUnixSeconds(now)));
}

}  // namespace hither

#endif  // HITHER_SERVER_SIGNATURES_END_H_
