#ifndef HITHER_DAEMON_HEARTBEAT_HEARTBEAT_PAGE_H_
#define HITHER_DAEMON_HEARTBEAT_HEARTBEAT_PAGE_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/file_descriptor.h"
#include "daemon/heartbeat/heartbeat_layout.h"
#include "dns/name.h"

namespace hither {

inline constexpr char kHeartbeatDefaultPath[] = "/run/hither/heartbeat";

// One zone on the page. `name` is a view; its owner outlives this.
struct HeartbeatZone {
  NameView name;
  uint32_t serial = 0;
  uint32_t flags = 0;  // HeartbeatZoneFlag
  uint32_t expire_seconds = 0;
  absl::Time stale_since = absl::InfinitePast();
  absl::Time signatures_end = absl::InfiniteFuture();  // When the first expires.
};

struct HeartbeatZoneCounts {
  uint64_t total = 0;
  uint64_t loaded = 0;
  uint64_t stale = 0;
  uint64_t expired = 0;
};

// hitherd's side of the heartbeat: a file in memory (tmpfs), mapped and locked for as long as the
// process lives. The lock is an open file description's (fcntl(2), F_OFD_SETLK): the kernel
// releases it when the process ends, however it ends, and it is visible in any pid namespace.
//
// Only this write lock counts as a sign of life: any reader of a file can hold a read lock. The
// page is new at each start, so that a lock on an older one does not matter, and only hitherd's
// user and group can open it (0640). A process of that user or of root could still take a dead
// hitherd's lock or truncate the page: it could just as well kill hitherd.
//
// Threads: made and destroyed by the control thread. worker(i) is that worker's alone, the rest the
// control thread's. Nothing blocks; nothing fails once Create() has returned: the file has all its
// blocks, so that a full tmpfs cannot turn a store into a SIGBUS.
class HeartbeatPage {
 public:
  struct Identity {
    std::string site;
    std::string node;
    std::string nsid_template;
  };

  // Creates `path`. Replaces an existing file if it is a dead hitherd's page: a regular file with a
  // single name, owned by us or by root, empty or a heartbeat page of any version. Anything else is
  // left alone and is an error; so is a page that a running process holds or is just creating
  // (kAlreadyExists). `readers`: the sidecar's group.
  static absl::StatusOr<std::unique_ptr<HeartbeatPage>> Create(
      const std::string& path, const Identity& identity, size_t workers,
      std::optional<gid_t> readers = std::nullopt);
  // Releases the lock, which shows readers that the server has exited. The file stays.
  ~HeartbeatPage();
  HeartbeatPage(const HeartbeatPage&) = delete;
  HeartbeatPage& operator=(const HeartbeatPage&) = delete;

  HeartbeatWorkerLine& worker(size_t number) { return layout_->workers[number]; }
  void TellPhase(HeartbeatPhase phase);
  void TellControlTurn();
  // Writes the first kHeartbeatZonesMax of `zones`.
  void TellZones(const HeartbeatZoneCounts& counts, std::span<const HeartbeatZone> zones);

 private:
  static absl::StatusOr<std::unique_ptr<HeartbeatPage>> Map(const std::string& path,
                                                            FileDescriptor file,
                                                            const Identity& identity,
                                                            size_t workers);
  HeartbeatPage(FileDescriptor file, HeartbeatLayout* layout)
      : file_(std::move(file)), layout_(layout) {}

  const FileDescriptor file_;  // With the lock.
  HeartbeatLayout* const layout_;
};

}  // namespace hither

#endif  // HITHER_DAEMON_HEARTBEAT_HEARTBEAT_PAGE_H_
