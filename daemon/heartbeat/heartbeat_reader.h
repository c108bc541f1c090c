#ifndef HITHER_DAEMON_HEARTBEAT_HEARTBEAT_READER_H_
#define HITHER_DAEMON_HEARTBEAT_HEARTBEAT_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/file_descriptor.h"
#include "daemon/heartbeat/heartbeat_layout.h"
#include "dns/name.h"

namespace hither {

// The contents of a heartbeat page at one moment. A value; times as MonotonicNow() (base/clock.h),
// except those of zones.
struct Heartbeat {
  struct Worker {
    absl::Time last_turn = absl::InfinitePast();  // InfinitePast: has not begun.
    uint64_t queries = 0;
    uint64_t answered = 0;
    uint64_t servfail = 0;
    uint64_t dropped = 0;
    uint64_t unsent = 0;
  };
  struct Zone {
    Name name;
    uint32_t serial = 0;
    uint32_t flags = 0;  // HeartbeatZoneFlag
    uint32_t expire_seconds = 0;
    absl::Time stale_since = absl::InfinitePast();  // Wall clock; so is the next one.
    absl::Time signatures_end = absl::InfiniteFuture();
  };

  int64_t pid = 0;
  absl::Time started_at;
  std::string site;
  std::string node;
  std::string nsid_template;
  HeartbeatPhase phase = HeartbeatPhase::kLoading;
  absl::Time control_turn = absl::InfinitePast();
  std::vector<Worker> workers;
  bool zones_are_known = false;  // False: being written at each try.
  uint64_t zones_total = 0;
  uint64_t zones_loaded = 0;
  uint64_t zones_stale = 0;
  uint64_t zones_expired = 0;
  std::vector<Zone> zones;  // kHeartbeatZonesMax at most, failed ones first.

  const Zone* Find(NameView apex) const;
  // The deepest zone that `name` is at or below; null if none has a record.
  const Zone* FindEnclosing(NameView name) const;
};

// Reads the page of a hitherd, alive or dead, without ever waiting.
//
// Source: a file that anybody may have placed there; it is not believed if anyone but hitherd's
// user can have created or locked it. It is read by pread() into our own memory, because a mapping
// would cause SIGBUS once somebody truncates it; no number in it is used unchecked.
//
// Threads: one at a time.
class HeartbeatReader {
 public:
  enum class Life : uint8_t {
    kAlive,    // A process holds the write lock.
    kDead,     // There is a page, and nobody holds the lock.
    kUnknown,  // No page, or none that we can read: see the status.
  };

  explicit HeartbeatReader(std::string path) : path_(std::move(path)) {}
  HeartbeatReader(const HeartbeatReader&) = delete;
  HeartbeatReader& operator=(const HeartbeatReader&) = delete;

  // Opens the file if necessary (its path is looked up each time, since it may have been replaced),
  // queries the lock, reads. An error leaves `out` unchanged and says why it is unknown.
  absl::Status Read(Heartbeat& out);
  // As of the last Read(), even if that gave an error.
  Life life() const { return life_; }
  const std::string& path() const { return path_; }

 private:
  absl::Status Open();
  absl::Status AskLock();
  absl::Status ReadParts(Heartbeat& out);
  absl::Status ReadHead(Heartbeat& out);
  absl::Status ReadWorkers(Heartbeat& out);
  void ReadZones(Heartbeat& out);
  bool ReadZonesOnce(Heartbeat& out);

  const std::string path_;
  FileDescriptor file_;
  Life life_ = Life::kUnknown;
  std::vector<HeartbeatZoneRecord> records_;
};

}  // namespace hither

#endif  // HITHER_DAEMON_HEARTBEAT_HEARTBEAT_READER_H_
