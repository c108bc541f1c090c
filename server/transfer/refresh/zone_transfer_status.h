#ifndef HITHER_SERVER_TRANSFER_REFRESH_ZONE_TRANSFER_STATUS_H_
#define HITHER_SERVER_TRANSFER_REFRESH_ZONE_TRANSFER_STATUS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "dns/name.h"
#include "server/transfer/refresh_timer.h"
#include "zones/image/zone.h"

namespace hither {

// A zone's last transfer, whatever came of it. Wall time.
struct LastTransfer {
  absl::Time at = absl::InfinitePast();
  std::string primary = {};
  std::string result = {};  // "ixfr", "axfr", "current", "refused", "failed", "unreachable"
  std::string reason = {};  // In words; "" if it went well.
  uint64_t octets = 0;
  absl::Duration took = absl::ZeroDuration();
};

// A version that was transferred and not published.
struct RefusedVersion {
  uint32_t serial = 0;
  absl::Time at = absl::InfinitePast();  // Wall time.
  std::string gate = {};                 // "dnssec"; "" if the zone could not be built.
  std::string reason = {};
  std::string diff_text = {};  // What it would change, limited; "" after a restart.
};

// A zone that comes from primaries, as it is now: a value. For `hither zone` and the pages.
struct ZoneTransferStatus {
  Name zone = {};
  RefreshState state = RefreshState::kEmpty;
  std::optional<uint32_t> serial = std::nullopt;  // Of the published version.
  // Kept, oldest first. Nothing: of a list, or if the disk does not answer.
  std::optional<std::vector<uint32_t>> versions = std::nullopt;
  bool is_rolled_back = false;
  std::string primary = {};  // The one in use, or "".
  // Wall times; InfinitePast or InfiniteFuture: never.
  absl::Time last_success = absl::InfinitePast();
  absl::Time next_refresh = absl::InfiniteFuture();
  absl::Time expires_at = absl::InfiniteFuture();
  std::string activity = {};  // "", "waits for a primary", "asks hidden1", "in the gates"
  std::optional<LastTransfer> last = std::nullopt;
  std::optional<RefusedVersion> refused = std::nullopt;
};

// What a zone with primaries serves from now on. Made by the transfer thread.
struct TransferredVersion {
  Name zone = {};
  // Null: it has none, or it has expired: SERVFAIL.
  std::shared_ptr<const Zone> version = nullptr;
  RefreshState state = RefreshState::kEmpty;
  std::string error = {};    // Why it has no version, is stale or refuses one; for status.
  bool has_refused = false;  // A later version is held back by a gate: a shared signal.
  absl::Time since = absl::InfinitePast();  // Wall time: of the version.
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_ZONE_TRANSFER_STATUS_H_
