#ifndef HITHER_SERVER_TRANSFER_REFRESH_REFRESH_ZONE_H_
#define HITHER_SERVER_TRANSFER_REFRESH_REFRESH_ZONE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "daemon/config/transfer_config.h"
#include "dns/name.h"
#include "server/transfer/refresh_timer.h"
#include "server/transfer/transfer_queue.h"
#include "zones/image/zone.h"

namespace hither {

// What is being done for a zone: one thing at a time.
enum class ZonePhase : uint8_t {
  kUnread,   // Its version on disk is to be read.
  kReading,  // VersionKeeper::Load() is under way.
  kIdle,
  kWaiting,  // For a turn, in the TransferQueue.
  kAsking,   // A turn is under way.
  kMaking,   // VersionKeeper::Make() is under way; the turn has ended.
  kRolling,  // VersionKeeper::RollBack() is under way.
};

enum class TransferWord : uint8_t { kCurrent, kIxfr, kAxfr, kRefused, kFailed, kUnreachable };

// The last turn, for status; the reason is rare and stored elsewhere.
struct TurnReport {
  int64_t at_seconds = 0;  // Wall time; 0: never.
  uint64_t octets = 0;
  uint32_t took_milliseconds = 0;
  PrimaryNumber primary = 0;
  TransferWord word = TransferWord::kCurrent;
};

// What one round, the primaries of a zone in order, has shown so far.
struct ZoneRound {
  bool has_begun = false;
  bool is_order = false;  // Retransfer.
  bool is_axfr = false;
  bool is_held = false;       // A primary offers the refused serial.
  bool is_confirmed = false;  // A primary has the held serial, not the hint's.
  bool has_expire = false;    // Of that primary: `expire_seconds`.
  uint32_t expire_seconds = 0;
  std::optional<uint32_t> offered = std::nullopt;        // By a check: to be transferred.
  std::optional<uint32_t> broken_serial = std::nullopt;  // Its transfer broke the rules or limits.
};

// What the host of versions knows of a zone.
struct ToldState {
  bool is_told = false;
  bool has_refused = false;
  RefreshState state = RefreshState::kEmpty;
  const Zone* version = nullptr;  // Only compared.
};

// A zone with primaries. There may be a million: what few zones have is in ZoneReports.
struct RefreshZone {
  NameView name = {};  // In the configuration's ZoneSources, or `own_name`.
  RefreshTimer timer = RefreshTimer();
  std::shared_ptr<const TransferPolicy> policy = nullptr;
  std::shared_ptr<const Zone> version = nullptr;  // The last good one, also if it has expired.
  int64_t since_seconds = 0;                      // Wall time: of the version.
  absl::Time wake = absl::InfiniteFuture();       // Its place among the DueTimes.
  Turn turn = {};                                 // In kAsking.
  uint64_t client_turn = 0;                       // The same, at the client.
  PrimaryNumber content_from = 0;                 // Whose version this is; 0: unknown.
  std::optional<uint32_t> accepted_serial = std::nullopt;
  // The zone stays at its version until a primary is past this serial.
  std::optional<uint32_t> rolled_back_from = std::nullopt;
  ZoneRound round = {};
  TurnReport report = {};
  ToldState told = {};
  std::unique_ptr<Name> own_name = nullptr;  // Of a zone that is gone.
  ZonePhase phase = ZonePhase::kUnread;
  bool is_notified = false;  // Its next turn precedes refreshes.
  bool is_order = false;     // Retransfer at the next round.
  bool is_axfr = false;      // The differences did not fit: AXFR at the next round.
  bool is_gone = false;      // Not configured any more; removed when the keeper has finished.
};
static_assert(sizeof(RefreshZone) - sizeof(RefreshTimer) <= 512);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_REFRESH_ZONE_H_
