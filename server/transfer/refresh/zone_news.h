#ifndef HITHER_SERVER_TRANSFER_REFRESH_ZONE_NEWS_H_
#define HITHER_SERVER_TRANSFER_REFRESH_ZONE_NEWS_H_

#include <array>
#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/transfer/refresh/refresh_zone.h"
#include "server/transfer/refresh/transfer_service.h"

namespace hither {

// Reports to the host what a zone serves, once for each change, in groups. One thread's.
class ZoneNews {
 public:
  explicit ZoneNews(TransferHost& host) : host_(host) {}

  // Compares what the zone is with what the host knows.
  void Consider(ZoneNumber number, RefreshZone& zone, RefreshState state, bool has_refused,
                absl::string_view error);
  // The zone is not configured any more; the host learns that from the configuration.
  void Forget(ZoneNumber number, const RefreshZone& zone);
  void Flush();

  size_t waiting() const { return waiting_.size(); }
  size_t count(RefreshState state) const { return counts_[static_cast<size_t>(state)]; }

 private:
  TransferHost& host_;
  absl::flat_hash_map<ZoneNumber, TransferredVersion> waiting_;
  std::array<size_t, 4> counts_ = {};  // Of the zones that the host knows, by RefreshState.
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_ZONE_NEWS_H_
