#ifndef HITHER_SERVER_TRANSFER_REFRESH_VERSION_MAKING_H_
#define HITHER_SERVER_TRANSFER_REFRESH_VERSION_MAKING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "server/transfer/client/primary_turn.h"
#include "server/transfer/refresh/refresh_desk.h"

namespace hither {

// From what a transfer brought to the zone's next version, and what comes of it.
//
// Limits: no turn begins while transfers of kOctetsMax in all, or kOrdersMax, wait for the keeper.
class VersionMaking {
 public:
  static constexpr uint64_t kOctetsMax = uint64_t{4} << 30;
  static constexpr size_t kOrdersMax = 4'096;

  explicit VersionMaking(RefreshDesk& desk) : desk_(desk) {}

  bool HasRoom() const { return octets_ < kOctetsMax && orders_ < kOrdersMax; }
  // `result` is kWhole or kDiffs; the turn has ended.
  void Make(const Turn& turn, RefreshZone& zone, TurnResult result);

 private:
  // What is remembered of the transfer while the keeper works.
  struct Origin {
    PrimaryNumber primary = 0;
    std::optional<uint32_t> expire_seconds = std::nullopt;
    std::optional<uint32_t> serial_from = std::nullopt;
    std::optional<uint32_t> accepted_serial = std::nullopt;
    uint32_t serial = 0;
    bool is_whole = false;
    uint64_t held_octets = 0;
    size_t removed = 0;  // Records, without SOAs.
    size_t added = 0;
    uint64_t octets = 0;
    absl::Duration took = absl::ZeroDuration();
  };
  static Origin OriginOf(const Turn& turn, const RefreshZone& zone, const TurnResult& result);
  VersionOrder OrderOf(const RefreshZone& zone, const Origin& origin, TurnResult result) const;
  void OnMade(ZoneNumber number, const Origin& origin, VersionOutcome outcome);
  void OnCommitted(ZoneNumber number, RefreshZone& zone, const Origin& origin,
                   VersionOutcome outcome);
  void OnRefused(ZoneNumber number, RefreshZone& zone, const Origin& origin,
                 const VersionOutcome& outcome);
  void OnUnfit(ZoneNumber number, RefreshZone& zone, const Origin& origin,
               const std::string& reason);
  void LogCommitted(const RefreshZone& zone, const Origin& origin, const VersionOutcome& outcome);

  RefreshDesk& desk_;
  uint64_t octets_ = 0;  // Of the orders that are under way.
  size_t orders_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_VERSION_MAKING_H_
