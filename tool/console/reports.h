#ifndef HITHER_TOOL_CONSOLE_REPORTS_H_
#define HITHER_TOOL_CONSOLE_REPORTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/ip_family.h"

// The contents of a fleet's pages, read for the console. Pure; throws nothing. Source: any process
// that answers at the addresses of fleet.yaml, possibly wrong in every way: an error says how,
// lists are cut or refused at their limits, and texts are made printable and short. Unknown members
// are ignored, so that an older console can read a newer fleet.
namespace hither {

inline constexpr size_t kReportBytesMax = 8 << 20;  // hitherd lists at most 10,000 zones.
inline constexpr size_t kReportZonesMax = 200;      // The console keeps this many, bad ones first.

// GET /status of hitherd.
struct HitherdReport {
  struct Zone {
    std::string name;
    std::string state;  // "ok", "stale" or "broken"
    std::optional<uint32_t> serial;
    std::string error;
  };
  std::string id;  // "ns1.fra1"
  std::string version;
  uint64_t queries = 0;  // Since startup.
  double uptime_seconds = 0;
  std::optional<int64_t> p50_us;  // Of answers over UDP, since startup.
  std::optional<int64_t> p99_us;
  std::vector<Zone> zones;
  uint64_t zones_total = 0;
};
absl::StatusOr<HitherdReport> ReadHitherdReport(absl::string_view text);

// GET /status of the sidecar.
struct SidecarReport {
  struct Family {
    std::string service;
    IpFamily family = IpFamily::kV4;
    std::string state;  // "UP", "SOFT", "DRAIN" or "DOWN"
    std::string rule;
    std::string reason;
    std::string since;  // RFC 3339
    // Do routers have the routes? No value: unknown, or not reported.
    std::optional<bool> announced = std::nullopt;
  };
  struct Session {
    std::string neighbor;
    std::string state;
    std::string last_error;
  };
  std::string id;
  std::string version;
  bool is_drained = false;  // Any service, by the operator.
  double verdict_age_seconds = 0;
  double lease_seconds = 0;
  std::vector<Family> families;
  std::vector<Session> sessions;
};
absl::StatusOr<SidecarReport> ReadSidecarReport(absl::string_view text);

// GET /agent of the lab: the active faults.
absl::StatusOr<std::vector<std::string>> ReadFaults(absl::string_view text);

inline constexpr absl::string_view kEstablished = "Established";  // Of BGP sessions.

// GET /sessions of a router's agent.
struct RouterSession {
  std::string peer;
  uint32_t peer_as = 0;
  std::string state;  // kEstablished, "Idle" ...
  std::string since;
};
absl::StatusOr<std::vector<RouterSession>> ReadSessions(absl::string_view text);

// GET /ask of a client's agent: which site answers it.
struct ClientAnswer {
  std::string address;
  std::string site;  // Empty: nobody.
  std::string node;
  std::string nsid;
  std::optional<int64_t> rtt_us;
  std::optional<uint32_t> serial;
  uint64_t asked = 0;
  uint64_t lost = 0;
  std::string error;  // If there was no answer; not reported by the agents.
};
absl::StatusOr<std::vector<ClientAnswer>> ReadAnswers(absl::string_view text);

// {"error": "..."} of an answer other than 200; empty: not given.
std::string ReadError(absl::string_view text);

}  // namespace hither

#endif  // HITHER_TOOL_CONSOLE_REPORTS_H_
