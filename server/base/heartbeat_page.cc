#include "server/base/heartbeat_page.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/log.h"

namespace hither {
namespace {

constexpr char kElsewhere[] = "; name another path, or none, in heartbeat: or --heartbeat";

int64_t MonotonicNs() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

absl::Status Refused(const std::string& path, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat("heartbeat ", path, ": ", what, kElsewhere));
}

absl::Status SystemError(const std::string& path, absl::string_view what) {
  return Refused(path, absl::StrCat(what, ": ", std::strerror(errno)));
}

// Closes what it holds unless it was let go of.
class Opened {
 public:
  explicit Opened(int fd) : fd_(fd) {}
  ~Opened() {
    if (fd_ >= 0) ::close(fd_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// Whoever may write in the folder may have put another file there, or a link to one (O_NOFOLLOW
// and the count of names), for us to overwrite: what is no page of ours stays as it is.
absl::Status CheckIsOurs(const std::string& path, int fd) {
  struct stat facts = {};
  if (::fstat(fd, &facts) != 0) return SystemError(path, "cannot be looked at");
  if (!S_ISREG(facts.st_mode) || facts.st_nlink != 1) {
    return Refused(path, "is no regular file with one name");
  }
  if (facts.st_uid != ::geteuid() && facts.st_uid != 0) {
    return Refused(path, "belongs to another user; remove it");
  }
  uint64_t magic = kHeartbeatMagic;
  const ssize_t got = ::pread(fd, &magic, sizeof magic, 0);
  // Zeros: somebody died while making one.
  if (facts.st_size == 0 || (got == sizeof magic && (magic == kHeartbeatMagic || magic == 0))) {
    return absl::OkStatus();
  }
  return Refused(path, "is there already and is no heartbeat page; remove it");
}

absl::Status Lock(const std::string& path, int fd) {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return absl::OkStatus();
  if (errno != EAGAIN && errno != EACCES) return SystemError(path, "cannot be locked");
  return absl::AlreadyExistsError(absl::StrCat(
      "heartbeat ", path, ": another hitherd is running and holds it; stop that one", kElsewhere));
}

// Empties it first: what an older version or another size left must not shine through.
absl::Status Fill(const std::string& path, int fd) {
  if (::ftruncate(fd, 0) != 0 || ::ftruncate(fd, kHeartbeatPageBytes) != 0) {
    return SystemError(path, "cannot be sized");
  }
  const int error = ::posix_fallocate(fd, 0, kHeartbeatPageBytes);
  if (error != 0) {
    errno = error;
    return SystemError(path, absl::StrCat("no room for its ", kHeartbeatPageBytes, " octets"));
  }
  if (::fchmod(fd, 0644) != 0) return SystemError(path, "mode 0644");  // Whatever the umask.
  struct statfs facts = {};
  if (::fstatfs(fd, &facts) == 0 && facts.f_type != TMPFS_MAGIC && facts.f_type != RAMFS_MAGIC) {
    Log(LogLevel::kWarning, "heartbeat ", path,
        ": is on a disk, whose writes may hold workers up; a tmpfs as /run is better");
  }
  return absl::OkStatus();
}

template <size_t kBytes>
void CopyText(absl::string_view from, char (&to)[kBytes]) {
  const size_t bytes = std::min(from.size(), kBytes - 1);
  std::memcpy(to, from.data(), bytes);
  to[bytes] = '\0';
}

void FillHeader(const HeartbeatPage::Identity& identity, size_t workers, HeartbeatHeader& header) {
  header.layout_version = kHeartbeatVersion;
  header.page_bytes = kHeartbeatPageBytes;
  header.worker_count = static_cast<uint32_t>(workers);
  header.zones_max = kHeartbeatZonesMax;
  header.pid = ::getpid();
  header.started_monotonic_ns = MonotonicNs();
  header.started_wall_ns = absl::GetCurrentTimeNanos();
  CopyText(identity.site, header.site);
  CopyText(identity.node, header.node);
  CopyText(identity.nsid_template, header.nsid);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HeartbeatPage>> HeartbeatPage::Create(const std::string& path,
                                                                     const Identity& identity,
                                                                     size_t workers) {
  if (workers > kHeartbeatWorkersMax) return Refused(path, "too many workers");
  // Not a FIFO's other end, and not a terminal: both would be opened before they can be refused.
  constexpr int kFlags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  Opened file(::open(path.c_str(), kFlags, 0644));
  if (file.get() < 0) return SystemError(path, "cannot be opened");
  if (auto ours = CheckIsOurs(path, file.get()); !ours.ok()) return ours;
  if (auto locked = Lock(path, file.get()); !locked.ok()) return locked;
  if (auto filled = Fill(path, file.get()); !filled.ok()) return filled;
  void* mapped = ::mmap(nullptr, kHeartbeatPageBytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_POPULATE, file.get(), 0);
  if (mapped == MAP_FAILED) return SystemError(path, "cannot be mapped");
  auto* layout = static_cast<HeartbeatLayout*>(mapped);  // All zeros: fields begin as such.
  std::unique_ptr<HeartbeatPage> page(new HeartbeatPage(file.Release(), layout));
  FillHeader(identity, workers, layout->header);
  page->TellPhase(HeartbeatPhase::kLoading);
  layout->header.magic.store(kHeartbeatMagic, std::memory_order_release);
  return page;
}

HeartbeatPage::~HeartbeatPage() {
  ::munmap(layout_, kHeartbeatPageBytes);  // A mapping would keep the lock.
  ::close(fd_);
}

void HeartbeatPage::TellPhase(HeartbeatPhase phase) {
  layout_->control.phase.store(static_cast<uint32_t>(phase), std::memory_order_relaxed);
  TellControlTurn();
}

void HeartbeatPage::TellControlTurn() {
  layout_->control.last_turn_ns.store(MonotonicNs(), std::memory_order_relaxed);
}

void HeartbeatPage::TellZones(const HeartbeatZoneCounts& counts,
                              std::span<const HeartbeatZone> zones) {
  HeartbeatZonesHead& head = layout_->zones_head;
  const uint64_t sequence = head.sequence.load(std::memory_order_relaxed);
  head.sequence.store(sequence + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  const size_t told = std::min<size_t>(zones.size(), kHeartbeatZonesMax);
  head.total = counts.total;
  head.loaded = counts.loaded;
  head.stale = counts.stale;
  head.expired = counts.expired;
  head.record_count = static_cast<uint32_t>(told);
  for (size_t i = 0; i < told; ++i) {
    const HeartbeatZone& zone = zones[i];
    HeartbeatZoneRecord& record = layout_->zones[i];
    record.name_bytes = static_cast<uint8_t>(zone.name.size());
    std::transform(zone.name.data(), zone.name.data() + zone.name.size(), record.name,
                   ToLowerOctet);
    record.serial = zone.serial;
    record.flags = zone.flags;
    record.expire_seconds = zone.expire_seconds;
    record.stale_since_ns =
        zone.stale_since == absl::InfinitePast() ? 0 : absl::ToUnixNanos(zone.stale_since);
  }
  head.sequence.store(sequence + 2, std::memory_order_release);
}

}  // namespace hither
