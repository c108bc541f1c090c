#include "server/transfer/refresh/refresh_limits.h"

#include <algorithm>

namespace hither {
namespace {

constexpr absl::Duration kSpreadPerZone = absl::Milliseconds(2);

}  // namespace

RefreshBounds BoundsOf(const ZoneTransferLimits& limits, size_t zones) {
  RefreshBounds bounds;
  bounds.start_spread = std::min(bounds.start_spread, static_cast<double>(zones) * kSpreadPerZone);
  bounds.refresh_min = limits.refresh.min;
  bounds.refresh_max = limits.refresh.max;
  bounds.retry_min = limits.retry.min;
  bounds.retry_max = limits.retry.max;
  bounds.expire_min = limits.expire.min;
  bounds.expire_max = limits.expire.max;
  return bounds;
}

QueueLimits QueueLimitsOf(const TransferSettings& settings) {
  QueueLimits limits;
  limits.turns_max = std::max<size_t>(1, settings.transfers_max);
  limits.refreshes_max = std::max<size_t>(1, limits.turns_max * 3 / 4);
  limits.primary_turns_max = std::max<size_t>(1, settings.transfers_per_primary_max);
  limits.primary_refreshes_max = std::max<size_t>(1, limits.primary_turns_max * 3 / 4);
  limits.checks_max = std::max<size_t>(1, settings.checks_max);
  limits.primary_checks_max = std::max<size_t>(1, settings.checks_per_primary_max);
  return limits;
}

PaceLimits PaceOf(const TransferSettings& settings, const ZoneTransferLimits& limits) {
  PaceLimits pace;
  pace.octets_max = limits.octets_max;
  pace.records_max = limits.records_max;
  pace.stall_max = settings.idle_timeout;
  pace.total_max = settings.lifetime_max;
  return pace;
}

}  // namespace hither
