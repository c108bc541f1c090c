#ifndef HITHER_SERVER_TRANSFER_REFRESH_REFRESHER_H_
#define HITHER_SERVER_TRANSFER_REFRESH_REFRESHER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/transfer/refresh/refresh_desk.h"
#include "server/transfer/refresh/refresh_setup.h"
#include "server/transfer/refresh/transfer_service.h"
#include "server/transfer/refresh/version_making.h"
#include "server/transfer/refresh/version_reading.h"
#include "server/transfer/refresh/zone_orders.h"
#include "server/transfer/refresh/zone_turns.h"

namespace hither {

// Decides which zone asks which primary when, and what comes of the answers. Knows no sockets, no
// disk and no clock: they are its RefreshParts.
//
//   due  →  TransferQueue  →  ZoneTurns (a primary)  →  VersionMaking (the keeper)  →  ZoneNews
//
// Threads: one. Every call only takes note; call Work() after one or several of them, after tasks
// that were posted, after results of the clients, and at next_wake().
//
// Lifetime: the keeper has stopped, or does not post any more, before this is destroyed; what was
// posted is then not run. `parts` outlive it.
class Refresher {
 public:
  static constexpr int kDueMax = 10'000;           // Zones for each Work().
  static constexpr size_t kGroupZonesMax = 4'096;  // Of OnVersions(), while zones are read.
  static constexpr absl::Duration kGroupWait = absl::Milliseconds(200);

  explicit Refresher(RefreshParts parts);

  void Configure(TransferSetup setup) { setup_.Apply(std::move(setup)); }
  void Work();
  // Steady time. In the past: call Work() again at once.
  absl::Time next_wake() const;

  // Of a sender that may notify for this zone. `by`: the name of the primary that it is, or "".
  void OnNotify(NameView name, std::optional<uint32_t> hint, absl::string_view by = "");

  ZoneOrders& orders() { return orders_; }
  std::optional<ZoneTransferStatus> Status(NameView name);
  std::vector<ZoneTransferStatus> Statuses(size_t first, size_t max);
  TransferService::Counts Counts();
  // Zones whose version on disk was not reported to the host yet.
  size_t unread() const { return reading_.left(); }

 private:
  void Wake(ZoneNumber number);
  bool IsNews(const RefreshZone& zone, std::optional<uint32_t> hint) const;
  void Flush(absl::Time now);

  RefreshDesk desk_;
  VersionReading reading_;
  VersionMaking making_;
  ZoneTurns turns_;
  ZoneOrders orders_;
  RefreshSetup setup_;
  absl::Time group_until_ = absl::InfiniteFuture();
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_REFRESHER_H_
