#ifndef HITHER_SERVER_TRANSFER_KEEP_VERSION_KEEPER_H_
#define HITHER_SERVER_TRANSFER_KEEP_VERSION_KEEPER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/config/transfer_config.h"
#include "dns/name.h"
#include "server/transfer/soa_fields.h"
#include "server/transfer/transfer_diff.h"
#include "zones/change/zone_timers.h"
#include "zones/gate/gates.h"
#include "zones/image/zone.h"

namespace hither {

// What a transfer brought, to become the zone's next version.
struct VersionOrder {
  Name zone = {};
  std::shared_ptr<const TransferPolicy> policy = nullptr;  // Gates, limits, keep_versions.
  bool is_whole = false;
  TransferRecords whole = {};
  std::vector<TransferDiff> diffs = {};
  // The last good version, for the gates; null: there is none.
  std::shared_ptr<const Zone> published = nullptr;
  // The operator has accepted this serial: gates are run for their warnings only.
  std::optional<uint32_t> accepted_serial = std::nullopt;
  // To be stored with the version, if it is committed.
  ZoneTimers timers = {};
};

struct VersionOutcome {
  enum class Kind : uint8_t {
    kCommitted,  // Built, passed, and synced to disk: publish `zone`.
    kSame,       // The content is that of the held version with its serial: nothing to publish.
    kRefused,    // By the builder, the checks or a gate: `gates` and `diff_text` say why.
    kUnfit,      // The differences do not fit the held version: ask for AXFR.
    kNoDisk,     // The disk is full or fails. The version is not held; ask again later.
    kNoMemory,
    kStopped,
  } kind = Kind::kStopped;
  std::shared_ptr<const Zone> zone = nullptr;  // kCommitted
  SoaFields soa = {};                          // Of the new version.
  uint64_t repeated = 0;                       // Additions of records that were present.
  GateResult gates = {};
  std::string reason = {};     // For the log and for status; "" if kCommitted.
  std::string diff_text = {};  // kRefused: of the held version and the refused one; limited.
};

inline constexpr absl::Duration kUnconfiguredKept = absl::Hours(7 * 24);

// A zone as it is on the disk.
struct HeldVersion {
  std::shared_ptr<const Zone> zone = nullptr;  // Null: none is held, or it cannot be read.
  SoaFields soa = {};
  std::vector<uint32_t> versions = {};  // Kept serials, oldest first.
  bool is_rolled_back = false;          // `zone` is not the latest.
  bool may_be_old = false;              // Damage may have hidden a later version.
  std::optional<ZoneTimers> timers = std::nullopt;
  std::string error = {};  // Why it cannot be read.
};

// Makes versions of zones, has them checked, and keeps them in the zone log.
//
// Versions are built by a few threads and checked by gates on threads of their own, so that a gate
// that waits holds up no other zone. What is committed together shares one sync (at most every
// 50 ms). Abstract, so that the refresher can be tested without a disk.
//
// Threads: any may call. `done` is called once, on a thread of the keeper; it must not block. After
// Stop() the outcome is kStopped.
class VersionKeeper {
 public:
  virtual ~VersionKeeper() = default;

  // At most one order of a zone is under way: the caller waits for `done`.
  virtual void Make(VersionOrder order, std::function<void(VersionOutcome)> done) = 0;
  // Reads and builds the zone's current version. Sets keep_versions.
  virtual void Load(const Name& zone, std::shared_ptr<const TransferPolicy> policy,
                    std::function<void(HeldVersion)> done) = 0;
  // Makes a kept version the current one, and builds it. `serial`: none is the one before the
  // current one. kRefused with a reason: it is not kept.
  virtual void RollBack(const Name& zone, std::optional<uint32_t> serial,
                        std::function<void(VersionOutcome)> done) = 0;
  // Stored with the next sync; a failure is counted and logged, and the next call tries again.
  virtual void SaveTimers(const Name& zone, const ZoneTimers& timers) = 0;
  // The zone is not configured any more. Its versions remain for kUnconfiguredKept, in case that is
  // a mistake: put back in time, it is served from the disk again.
  virtual void Retire(const Name& zone, absl::Time now) = 0;
  // After each change of the configuration, and at the start: retires the zones on the disk that
  // are not configured, and removes the versions of those that have not been for long enough.
  // `is_configured` is called before it returns.
  virtual void KeepOnly(const std::function<bool(NameView zone)>& is_configured,
                        absl::Time now) = 0;
  // The kept serials, oldest first; nothing if the disk does not answer within a second.
  virtual std::optional<std::vector<uint32_t>> Versions(const Name& zone) = 0;

  struct Counts {
    uint64_t disk_bytes = 0;
    uint64_t live_bytes = 0;
    uint64_t syncs = 0;
    uint64_t disk_errors = 0;
    std::string last_disk_error = {};  // "" once a later sync was good.
    uint64_t versions_made = 0;
    uint64_t versions_refused = 0;
    uint64_t under_way = 0;
  };
  virtual Counts counts() = 0;

  // No further `done` but those of kStopped; ends gates' commands. Returns when all threads have
  // ended.
  virtual void Stop() = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_KEEP_VERSION_KEEPER_H_
