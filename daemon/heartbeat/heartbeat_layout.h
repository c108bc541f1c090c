#ifndef HITHER_DAEMON_HEARTBEAT_HEARTBEAT_LAYOUT_H_
#define HITHER_DAEMON_HEARTBEAT_HEARTBEAT_LAYOUT_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hither {

// The octets of the heartbeat page, in which hitherd reports to any reader unasked. Integers are in
// the machine's order: writer and reader are on one host. Any change needs a new kHeartbeatVersion,
// but for the use of reserved octets, which an older writer leaves at 0: not known.
//
//   0        header   who writes, written once
//   4,096    control  one line, the control thread's
//   4,160    workers  kHeartbeatWorkersMax lines, each one worker's own
//   20,544   zones    a head under a seqlock, then kHeartbeatZonesMax records

inline constexpr uint64_t kHeartbeatMagic = 0x7461656272746948;  // "Hitrbeat", as octets.
inline constexpr uint32_t kHeartbeatVersion = 2;
inline constexpr uint32_t kHeartbeatWorkersMax = 256;  // As kWorkersMax (nsid.h).
inline constexpr uint32_t kHeartbeatZonesMax = 4'096;

struct HeartbeatHeader {
  // Written last: until then, nothing else is valid.
  std::atomic<uint64_t> magic;
  uint32_t layout_version;
  uint32_t page_bytes;
  uint32_t worker_count;
  uint32_t zones_max;
  int64_t pid;  // In the writer's pid namespace: for people. The lock shows if it is alive.
  int64_t started_monotonic_ns;
  int64_t started_wall_ns;
  char site[256];  // All three end in a 0 octet.
  char node[256];
  char nsid[256];  // The template, for ExpandNsid().
};

enum class HeartbeatPhase : uint32_t { kLoading = 1, kServing = 2, kEnding = 3 };

struct alignas(64) HeartbeatControlLine {
  std::atomic<int64_t> last_turn_ns;  // CLOCK_MONOTONIC
  std::atomic<uint32_t> phase;
};

// Written once per turn of the worker's loop, by relaxed stores; a cache line that no other thread
// of the server reads. An idle loop runs every kHeartbeatIdleTurnMs.
struct alignas(64) HeartbeatWorkerLine {
  std::atomic<int64_t> last_turn_ns;  // CLOCK_MONOTONIC; 0: has not begun.
  std::atomic<uint64_t> queries;      // All of these since startup.
  std::atomic<uint64_t> answered;
  std::atomic<uint64_t> servfail;
  std::atomic<uint64_t> dropped;  // Queries that the kernel had no room for: overload.
  std::atomic<uint64_t> unsent;   // Answers not sent because of a fault of this host.
};
static_assert(sizeof(HeartbeatWorkerLine) == 64 && sizeof(HeartbeatControlLine) == 64);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

inline constexpr uint64_t kHeartbeatIdleTurnMs = 100;

enum HeartbeatZoneFlag : uint32_t {
  kHeartbeatLoaded = 1,   // A version is served; otherwise SERVFAIL.
  kHeartbeatStale = 2,    // The last load failed, an older version is served.
  kHeartbeatExpired = 4,  // Stale for longer than its SOA EXPIRE.
};

struct HeartbeatZoneRecord {
  uint8_t name_bytes;
  uint8_t name[255];  // Wire form, lower case (RFC 4034 §6.2).
  uint32_t serial;
  uint32_t flags;
  uint32_t expire_seconds;  // Of its SOA.
  uint32_t unused;
  int64_t stale_since_ns;  // Wall clock; 0: not stale.
  int64_t signatures_end;  // Unix time when the first signature expires; 0: not signed, not known.
  uint8_t reserved[32];
};
static_assert(sizeof(HeartbeatZoneRecord) == 320);

struct HeartbeatZonesHead {
  // Odd while the rest is being written (a seqlock). The reader checks it before and after.
  std::atomic<uint64_t> sequence;
  uint64_t total;
  uint64_t loaded;
  uint64_t stale;
  uint64_t expired;
  uint32_t record_count;  // Zones with a record: failed ones first.
  uint32_t unused;
};

struct HeartbeatLayout {
  alignas(4096) HeartbeatHeader header;
  alignas(4096) HeartbeatControlLine control;
  std::array<HeartbeatWorkerLine, kHeartbeatWorkersMax> workers;
  alignas(64) HeartbeatZonesHead zones_head;
  alignas(64) std::array<HeartbeatZoneRecord, kHeartbeatZonesMax> zones;
};
static_assert(offsetof(HeartbeatLayout, control) == 4'096);
static_assert(offsetof(HeartbeatLayout, workers) == 4'160);
static_assert(offsetof(HeartbeatLayout, zones_head) == 20'544);
inline constexpr size_t kHeartbeatPageBytes = sizeof(HeartbeatLayout);  // 1.3 MiB

}  // namespace hither

#endif  // HITHER_DAEMON_HEARTBEAT_HEARTBEAT_LAYOUT_H_
