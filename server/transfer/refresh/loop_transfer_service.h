#ifndef HITHER_SERVER_TRANSFER_REFRESH_LOOP_TRANSFER_SERVICE_H_
#define HITHER_SERVER_TRANSFER_REFRESH_LOOP_TRANSFER_SERVICE_H_

#include <uv.h>

#include <functional>
#include <future>
#include <memory>
#include <random>
#include <thread>

#include "base/mutex.h"
#include "base/net/loop_calls.h"
#include "server/transfer/client/primary_client.h"
#include "server/transfer/refresh/loop_tasks.h"
#include "server/transfer/refresh/notify_door.h"
#include "server/transfer/refresh/notify_refusals.h"
#include "server/transfer/refresh/refresher.h"
#include "server/transfer/refresh/transfer_service.h"
#include "zones/image/zone_builder.h"

namespace hither {

// A Refresher on a thread with a libuv loop of its own.
//
// See TransferService. `host` outlives this; its OnVersions() is not called after Stop().
// StatusOf(), Statuses() and counts() ask the loop and wait at most kAnswerMax: an error, nothing,
// and the last counts if it is busy for longer.
class LoopTransferService : public TransferService {
 public:
  static constexpr absl::Duration kAnswerMax = absl::Seconds(2);

  // On the caller's thread, in Start(): opens state_dir.
  using OpenKeeper =
      std::function<absl::StatusOr<std::unique_ptr<VersionKeeper>>(const TransferSetup& setup)>;
  // On the loop's thread. An error is logged, and the primary is not asked.
  using MakeClient = std::function<absl::StatusOr<std::unique_ptr<PrimaryClient>>(
      uv_loop_t& loop, const PrimarySpec& spec)>;

  LoopTransferService(TransferHost& host, OpenKeeper open_keeper, MakeClient make_client);
  ~LoopTransferService() override;  // Stops.

  absl::Status Start(TransferSetup setup, absl::Duration patience) override;
  void Configure(TransferSetup setup) override;
  void Stop() override;

  Rcode OnNotify(NameView zone, std::optional<uint32_t> serial,
                 const AccessClient& sender) override;
  absl::StatusOr<ZoneTransferStatus> StatusOf(NameView zone) override;
  std::vector<ZoneTransferStatus> Statuses(size_t first, size_t max) override;
  void Refresh(NameView zone, Done done) override;
  void Retransfer(NameView zone, Done done) override;
  void Accept(NameView zone, std::optional<uint32_t> serial, Done done) override;
  void RollBack(NameView zone, std::optional<uint32_t> serial, Done done) override;
  Counts counts() override;

 private:
  class Pulse;  // Works before the loop waits.

  void Run(TransferSetup setup, std::promise<absl::Status>& started);
  RefreshParts Parts();
  std::unique_ptr<PrimaryClient> MakeOne(const PrimarySpec& spec);
  void TakeNotifies();
  // Runs `order` on the loop; calls `done` if that has ended.
  void Give(const Done& done, std::function<void(ZoneOrders&)> order);

  TransferHost& host_;
  const OpenKeeper open_keeper_;
  const MakeClient make_client_;
  std::unique_ptr<VersionKeeper> keeper_;
  std::thread thread_;
  NotifyDoor door_;
  NotifyRefusals refusals_;
  LoopTasks tasks_;
  LoopCalls calls_;
  std::promise<void> all_read_;
  Mutex mu_;
  Counts last_counts_ ABSL_GUARDED_BY(mu_);
  // The loop's thread's.
  uv_loop_t loop_ = {};
  std::mt19937 random_;
  std::unique_ptr<Refresher> refresher_;
};

// With clients over TCP and TLS and the zone log in state_dir. `limits`: of each zone.
std::unique_ptr<TransferService> MakeTransferService(TransferHost& host, const ZoneLimits& limits);

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_LOOP_TRANSFER_SERVICE_H_
