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

// What a heartbeat page says at one moment. A value; times as MonotonicNow() (base/clock.h),
// but for `stale_since`.
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
    absl::Time stale_since = absl::InfinitePast();  // Wall clock.
  };

  int64_t pid = 0;
  absl::Time started_at;
  std::string site;
  std::string node;
  std::string nsid_template;
  HeartbeatPhase phase = HeartbeatPhase::kLoading;
  absl::Time control_turn = absl::InfinitePast();
  std::vector<Worker> workers;
  bool zones_are_known = false;  // False: written to each time that we looked.
  uint64_t zones_total = 0;
  uint64_t zones_loaded = 0;
  uint64_t zones_stale = 0;
  uint64_t zones_expired = 0;
  std::vector<Zone> zones;  // kHeartbeatZonesMax at most, failed ones first.

  const Zone* Find(NameView apex) const;
  // The deepest that `name` is at or below; null where none has a record.
  const Zone* FindEnclosing(NameView name) const;
};

// Looks at the page of a hitherd, alive or dead, never waiting for it.
//
// Source: a file that anybody may have put there; one that somebody else than hitherd's user can
// have made or locked is not believed. It is read by pread() into memory of ours, as a
// mapping would be a SIGBUS once somebody has cut it; no number in it is used before it is checked.
//
// Threads: one at a time.
class HeartbeatReader {
 public:
  enum class Life : uint8_t {
    kAlive,    // A process holds the write lock.
    kDead,     // There is a page, and nobody holds that.
    kUnknown,  // No page, or none that we can read: see the status.
  };

  explicit HeartbeatReader(std::string path) : path_(std::move(path)) {}
  HeartbeatReader(const HeartbeatReader&) = delete;
  HeartbeatReader& operator=(const HeartbeatReader&) = delete;

  // Opens the file where that is due (it is looked up again each time: somebody may have replaced
  // it), asks for the lock, reads. An error leaves `out` as it was and says why it is unknown.
  absl::Status Read(Heartbeat& out);
  // As of the last Read(), also if that gave an error.
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
