#ifndef HITHER_SERVER_TRANSFER_REFRESH_TRANSFER_SERVICE_H_
#define HITHER_SERVER_TRANSFER_REFRESH_TRANSFER_SERVICE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/config/primary_list.h"
#include "daemon/config/transfer_config.h"
#include "dns/tsig/tsig_key.h"
#include "server/guard/access_list.h"
#include "server/transfer/notify_message.h"
#include "server/transfer/refresh/zone_transfer_status.h"
#include "zones/set/zone_source.h"

namespace hither {

// The part of a configuration that transfers need: a value.
struct TransferSetup {
  ZoneSources zones = {};  // Only those of kind kPrimaries; policy() is an index of `policies`.
  std::vector<PrimaryConfig> primaries = {};
  TransferSettings settings = {};
  std::vector<TransferPolicy> policies = {};
  std::shared_ptr<const TsigKeyRing> keys = nullptr;
  std::string state_dir = {};
};

// Where versions go. Called on the transfer thread; must not block.
class TransferHost {
 public:
  virtual ~TransferHost() = default;
  // To be published together; each replaces what the host had of that zone.
  virtual void OnVersions(std::vector<TransferredVersion> versions) = 0;
};

// Zones from primaries: owns the thread that transfers, the keeper of versions, and the clients.
//
// Threads: the owner's calls Start(), Configure() and Stop(); any thread calls the others.
class TransferService {
 public:
  virtual ~TransferService() = default;

  // Opens state_dir and its log, loads what is there, and calls OnVersions() with it; returns once
  // every zone's version on disk was given, or after `patience`. An error if state_dir cannot be
  // used.
  virtual absl::Status Start(TransferSetup setup, absl::Duration patience) = 0;
  // At a reload. Zones that are gone are removed from disk days later.
  virtual void Configure(TransferSetup setup) = 0;
  // Ends all transfers, gates and threads.
  virtual void Stop() = 0;

  // Of a NOTIFY that ReadNotify() has read, its TSIG checked. Quick, for workers: the rcode for
  // the response.
  virtual Rcode OnNotify(NameView zone, std::optional<uint32_t> serial,
                         const AccessClient& sender) = 0;

  // NotFound: no such zone, or it has no primaries.
  virtual absl::StatusOr<ZoneTransferStatus> StatusOf(NameView zone) = 0;
  // In the configuration's order, from the zone `first` on; at most `max`.
  virtual std::vector<ZoneTransferStatus> Statuses(size_t first, size_t max) = 0;

  // Commands of the operator. `done` once, on any thread, with what happened in words.
  using Done = std::function<void(absl::StatusOr<std::string> what)>;
  virtual void Refresh(NameView zone, Done done) = 0;     // Asks a primary now.
  virtual void Retransfer(NameView zone, Done done) = 0;  // AXFR, whatever the serial.
  virtual void Accept(NameView zone, std::optional<uint32_t> serial, Done done) = 0;
  virtual void RollBack(NameView zone, std::optional<uint32_t> serial, Done done) = 0;

  // For /metrics.
  struct Counts {
    uint64_t zones = 0;
    uint64_t zones_empty = 0, zones_stale = 0, zones_expired = 0, zones_refused = 0;
    uint64_t transfers_ixfr = 0, transfers_axfr = 0, transfers_failed = 0, checks = 0;
    uint64_t octets = 0;
    uint64_t notifies_taken = 0, notifies_refused = 0;
    uint64_t waiting = 0, under_way = 0;
    uint64_t versions_made = 0, versions_refused = 0;
    uint64_t log_disk_bytes = 0, log_live_bytes = 0, log_syncs = 0, log_errors = 0;
    std::string disk_error = {};
  };
  virtual Counts counts() = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_TRANSFER_SERVICE_H_
