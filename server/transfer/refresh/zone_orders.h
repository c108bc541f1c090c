#ifndef HITHER_SERVER_TRANSFER_REFRESH_ZONE_ORDERS_H_
#define HITHER_SERVER_TRANSFER_REFRESH_ZONE_ORDERS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/transfer/refresh/refresh_desk.h"
#include "server/transfer/refresh/transfer_service.h"

namespace hither {

// The operator's commands. Each calls `done` once: Refresh(), Retransfer() and Accept() when the
// order is given, without waiting for the primary; RollBack() when the version is published.
//
// All but RollBack() end a roll back: the zone follows its primaries again. During one they are
// rejected, because its end would undo them.
class ZoneOrders {
 public:
  using Done = TransferService::Done;
  static constexpr size_t kWaitingMax = 1'024;  // Of RollBack().

  explicit ZoneOrders(RefreshDesk& desk) : desk_(desk) {}

  void Refresh(NameView name, const Done& done);
  void Retransfer(NameView name, const Done& done);
  void Accept(NameView name, std::optional<uint32_t> serial, const Done& done);
  // Cancels a transfer of the zone; waits for the keeper if it is making a version.
  void RollBack(NameView name, std::optional<uint32_t> serial, const Done& done);

  void BeginWaiting();  // What waited for the keeper.

 private:
  struct Waiting {
    ZoneNumber number = 0;
    std::optional<uint32_t> serial = std::nullopt;
    Done done = nullptr;
  };
  // Null, and `done` is called: there is none, or it is not read from the disk yet.
  RefreshZone* Find(NameView name, const Done& done, ZoneNumber& number);
  // The same if it is being rolled back.
  RefreshZone* FindToRefresh(NameView name, const Done& done, ZoneNumber& number);
  void Order(ZoneNumber number, RefreshZone& zone);
  void BeginRollBack(RefreshZone& zone, const Waiting& order);
  void RestartTimer(RefreshZone& zone, std::optional<SoaFields> soa);
  void OnRolledBack(const Waiting& order, uint32_t serial_from, VersionOutcome outcome);

  RefreshDesk& desk_;
  std::vector<Waiting> waiting_;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_ZONE_ORDERS_H_
