#ifndef HITHER_ANYCAST_PAGES_H_
#define HITHER_ANYCAST_PAGES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "anycast/view.h"

namespace hither {

// What GET /metrics, /status, /explain and /healthz of the sidecar say. Pure; any thread. `asked`
// is the monotonic time of the request: the lease ages even while the loop hangs.
std::string MetricsPage(const SidecarView& view, absl::Time asked);
std::string StatusJson(const SidecarView& view, absl::Time asked);  // Includes the explanation.
std::string StatusText(const SidecarView& view, absl::Time asked);
std::string ExplainText(const SidecarView& view, absl::Time asked);

// Not OK: the loop hangs, so that no verdict is fresh.
absl::Status HealthOf(const SidecarView& view, absl::Time asked);

}  // namespace hither

#endif  // HITHER_ANYCAST_PAGES_H_
