#ifndef HITHER_SERVER_ADMIN_PAGES_H_
#define HITHER_SERVER_ADMIN_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/admin/endpoint_state.h"
#include "daemon/admin/status.h"
#include "daemon/config/config.h"
#include "server/answer/counters.h"
#include "server/listen/latency.h"
#include "zones/set/zone_set.h"

namespace hither {

// A worker whose loop has not run for this long is stuck: an idle one runs twice a second.
inline constexpr absl::Duration kWorkerStuckAfter = absl::Seconds(3);

// A page has separate lines for at most this many zones, those whose last load failed first: a
// million of them would make half a gigabyte for each scrape.
inline constexpr size_t kZonesToldMax = 10'000;

// The contents of the admin pages at one moment. Filled by Control; the pages are functions of it.
struct ServerView {
  struct WorkerView {
    const Counters* counters;
    const AnswerLatency* latency;
    absl::Duration since_turn;  // Since its loop last ran.
  };

  const Config* config;
  std::vector<SocketAddress> listen;  // As bound.
  std::shared_ptr<const ZoneSet> zones;
  std::vector<WorkerView> workers;
  absl::Time started_at;
  absl::Time now;
  std::vector<EndpointState> endpoints;
  uint64_t reloads = 0;
  uint64_t reloads_failed = 0;  // Of those: with at least one error.
};

// GET /metrics, in Prometheus's text format. Counters are sums over the workers.
std::string MetricsPage(const ServerView& view);

// GET /healthz: OK if every worker's loop runs and at least one zone is served.
absl::Status HealthOf(const ServerView& view);
// What is wrong although it is healthy; "" if nothing is.
std::string HealthNote(const ServerView& view);
absl::Status HealthOfWorkers(const ServerView& view);  // Without regard to zones.

// GET /status of the admin endpoint, whose clients may also give commands.
ServerStatus StatusOf(const ServerView& view);

// The same for any reader: errors of zones quote the zone files, so it only says that there are
// some.
ServerStatus PublicStatusOf(const ServerView& view);

}  // namespace hither

#endif  // HITHER_SERVER_ADMIN_PAGES_H_
