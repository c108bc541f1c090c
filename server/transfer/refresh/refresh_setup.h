#ifndef HITHER_SERVER_TRANSFER_REFRESH_REFRESH_SETUP_H_
#define HITHER_SERVER_TRANSFER_REFRESH_REFRESH_SETUP_H_

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "server/transfer/refresh/refresh_desk.h"
#include "server/transfer/refresh/transfer_service.h"
#include "server/transfer/refresh/version_reading.h"

namespace hither {

// Brings the zones and primaries to what a configuration says. Zones whose settings are the same
// keep their place, turns and times; a turn at a primary whose client was replaced begins again.
class RefreshSetup {
 public:
  RefreshSetup(RefreshDesk& desk, VersionReading& reading) : desk_(desk), reading_(reading) {}

  void Apply(TransferSetup setup);

 private:
  using Policy = std::shared_ptr<const TransferPolicy>;
  // Of an old policy and a new one: most zones share both.
  struct Comparison {
    const TransferPolicy* from = nullptr;
    const TransferPolicy* to = nullptr;
    bool has_same_primaries = false;
    bool has_same_limits = false;
  };
  struct Change {
    std::vector<Policy> policies = {};
    absl::flat_hash_map<const TransferPolicy*, std::vector<PrimaryNumber>> numbers = {};
    absl::flat_hash_set<PrimaryNumber> replaced = {};
    Comparison last = {};
  };

  void ApplyPrimaries(const TransferSetup& setup, Change& change);
  ZoneNumber ApplyZone(NameView name, const Policy& policy, Change& change);
  void Update(ZoneNumber number, RefreshZone& zone, const Policy& policy, Change& change);
  void Compare(const RefreshZone& zone, const Policy& policy, Change& change) const;
  void Drop(ZoneNumber number, RefreshZone& zone);

  RefreshDesk& desk_;
  VersionReading& reading_;
  std::shared_ptr<const void> names_;  // Zones' names are views into this.
  std::vector<Policy> policies_;
  absl::flat_hash_map<const TransferPolicy*, std::vector<PrimaryNumber>> numbers_;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_REFRESH_SETUP_H_
