#ifndef HITHER_DAEMON_ADMIN_STATUS_H_
#define HITHER_DAEMON_ADMIN_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daemon/admin/endpoint_state.h"

namespace hither {

// The contents of GET /status and `hither status`: filled by the server, read by the tool. A value.
struct ServerStatus {
  // `hither status` warns of signatures that expire within this time.
  static constexpr absl::Duration kSignaturesSoon = absl::Hours(3 * 24);

  struct Zone {
    std::string name;  // Absolute: "example.org."
    std::string file;
    std::optional<uint32_t> serial;  // None: no good version was ever loaded.
    uint64_t records = 0;
    std::string signing;  // "no", "NSEC" or "NSEC3"
    absl::Time loaded_at = absl::InfinitePast();
    std::string error;    // Of the last load, if that failed.
    std::string warning;  // Of the version that answers: its serial was not raised.
    // When the first signature of that version expires; InfiniteFuture: it has none, or an older
    // server does not say.
    absl::Time signatures_end = absl::InfiniteFuture();

    // "ok"; "stale": the last load failed and an older version answers; "broken": none answers.
    absl::string_view State() const;
  };

  // From receive to send, since startup: half of the answers took at most p50, and so on.
  struct Latency {
    std::string transport;  // "udp" or "tcp"
    uint64_t answers = 0;
    absl::Duration p50;
    absl::Duration p99;
    absl::Duration p99_9;
  };

  std::string version;  // "hitherd 0.1.0"
  int64_t pid = 0;
  std::string site;
  std::string node;
  std::string nsid;  // The first worker's.
  int workers = 0;
  absl::Time started_at = absl::UnixEpoch();
  absl::Duration uptime;
  std::vector<std::string> listen;
  std::vector<EndpointState> endpoints;  // None from an older server.
  // Where the configuration places the sidecar's admin endpoint; empty: at a default. None: it has
  // no anycast:, or the server is older and does not say.
  std::optional<std::string> sidecar;
  // All workers' sums, by the name that the metric has in /metrics, labels included:
  // {"hither_queries_total{transport=\"udp\"}", 12}.
  std::vector<std::pair<std::string, uint64_t>> counters;
  std::vector<Latency> latency;  // Empty from a server that does not measure it.
  std::vector<Zone> zones;
  // Zones not in `zones`, which is bounded; and those of them whose last load failed: none unless
  // too many failed.
  uint64_t zones_omitted = 0;
  uint64_t zones_omitted_failed = 0;
};

// One JSON object; names and units as in the struct, times as RFC 3339 in UTC.
std::string ToJson(const ServerStatus& status);

// The reverse. Unknown members are ignored, so that an older tool can read a newer server.
absl::StatusOr<ServerStatus> FromJson(absl::string_view json);

// For a terminal: identity, counters with their rate since startup, latency, and a table of at most
// `zones_max` zones, those with errors first, then those with warnings or with signatures that end
// within kSignaturesSoon. Control octets are shown as
// '?'.
std::string ToText(const ServerStatus& status, size_t zones_max);

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_STATUS_H_
