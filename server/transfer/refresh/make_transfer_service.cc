#include <algorithm>
#include <utility>

#include "server/transfer/client/loop_primary_client.h"
#include "server/transfer/client/primary_stream.h"
#include "server/transfer/keep/log_version_keeper.h"
#include "server/transfer/refresh/loop_transfer_service.h"

namespace hither {
namespace {

constexpr absl::Duration kOpenTimeout = absl::Seconds(5);  // TCP and TLS together.

absl::StatusOr<std::unique_ptr<PrimaryClient>> MakeClient(uv_loop_t& loop,
                                                          const PrimarySpec& spec) {
  absl::StatusOr<PrimaryConnection::Opener> open =
      MakePrimaryOpener(loop, spec.config, kOpenTimeout);
  if (!open.ok()) return open.status();
  return std::make_unique<LoopPrimaryClient>(loop, *std::move(open), spec.key);
}

absl::StatusOr<std::unique_ptr<VersionKeeper>> OpenKeeper(const TransferSetup& setup,
                                                          const ZoneLimits& limits) {
  KeeperOptions options;
  options.zone_limits = limits;
  for (const TransferPolicy& policy : setup.policies) {
    options.keep_versions_max = std::max(options.keep_versions_max, policy.keep_versions);
  }
  return LogVersionKeeper::OpenFolder(setup.state_dir, options);
}

}  // namespace

std::unique_ptr<TransferService> MakeTransferService(TransferHost& host, const ZoneLimits& limits) {
  return std::make_unique<LoopTransferService>(
      host, [limits](const TransferSetup& setup) { return OpenKeeper(setup, limits); }, MakeClient);
}

}  // namespace hither
