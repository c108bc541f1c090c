#include "daemon/heartbeat/heartbeat_page.h"

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
#include "base/file_place.h"
#include "base/log.h"
#include "base/replace_file.h"

namespace hither {
namespace {

constexpr mode_t kHeartbeatMode = 0640;
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

absl::Status AnotherRuns(const std::string& path) {
  return absl::AlreadyExistsError(
      absl::StrCat("heartbeat ", path,
                   ": another hitherd is running and has locked it; stop that one", kElsewhere));
}

// A user who may write in the folder may have placed another file there: only a page of ours may be
// replaced.
absl::Status CheckIsPage(const std::string& path, int fd) {
  struct stat facts = {};
  if (::fstat(fd, &facts) != 0) return SystemError(path, "cannot be examined");
  if (!S_ISREG(facts.st_mode) || facts.st_nlink != 1) {
    return Refused(path, "is not a regular file with a single name");
  }
  if (facts.st_uid != ::geteuid() && facts.st_uid != 0) {
    return Refused(path, "belongs to another user; remove it");
  }
  uint64_t magic = kHeartbeatMagic;
  const ssize_t got = ::pread(fd, &magic, sizeof magic, 0);
  // Zeros: an older version died while creating one.
  if (facts.st_size == 0 || (got == sizeof magic && (magic == kHeartbeatMagic || magic == 0))) {
    return absl::OkStatus();
  }
  return Refused(path, "already exists and is not a heartbeat page; remove it");
}

// May the existing file be replaced?
absl::Status CheckOld(const std::string& path, const FilePlace& place) {
  // Not a FIFO's other end, and not a terminal: both would be opened before they can be refused.
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const FileDescriptor old(::openat(place.folder.get(), place.name.c_str(), kFlags));
  if (!old && errno == ENOENT) return absl::OkStatus();
  if (!old) return SystemError(path, "cannot be opened");
  if (auto page = CheckIsPage(path, old.get()); !page.ok()) return page;
  const std::optional<bool> lives = HasWriter(old.get());
  if (!lives.has_value()) return SystemError(path, "its lock cannot be queried");
  return *lives ? AnotherRuns(path) : absl::OkStatus();
}

// A setgid folder determines the group.
absl::Status SetRights(const std::string& path, int fd, std::optional<gid_t> readers) {
  struct stat facts = {};
  if (::fchmod(fd, kHeartbeatMode) != 0 || ::fstat(fd, &facts) != 0) {  // Whatever the umask.
    return SystemError(path, "mode 0640");
  }
  if (!readers.has_value() || facts.st_gid != ::getegid()) return absl::OkStatus();
  if (::fchown(fd, -1, *readers) != 0) return SystemError(path, "cannot be given to its group");
  return absl::OkStatus();
}

absl::Status Size(const std::string& path, int fd) {
  if (::ftruncate(fd, kHeartbeatPageBytes) != 0) return SystemError(path, "cannot be sized");
  const int error = ::posix_fallocate(fd, 0, kHeartbeatPageBytes);
  if (error != 0) {
    errno = error;
    return SystemError(path, absl::StrCat("no room for its ", kHeartbeatPageBytes, " octets"));
  }
  struct statfs facts = {};
  if (::fstatfs(fd, &facts) == 0 && facts.f_type != TMPFS_MAGIC && facts.f_type != RAMFS_MAGIC) {
    Log(LogLevel::kWarning, "heartbeat ", path,
        ": is on a disk, and slow disk writes may delay workers; use a tmpfs such as /run");
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
                                                                     size_t workers,
                                                                     std::optional<gid_t> readers) {
  if (workers > kHeartbeatWorkersMax) return Refused(path, "too many workers");
  const absl::StatusOr<FilePlace> place = FindPlace(path, LastLink::kKeep);
  if (!place.ok()) return Refused(path, place.status().message());
  const FilePlace next = NewPlace(*place);
  FileDescriptor file = OpenNew(next);  // Locked: one process at a time gets further.
  if (!file && errno == EBUSY) return AnotherRuns(path);
  if (!file) return SystemError(path, "cannot be created");
  const int fd = file.get();
  absl::Status status = CheckOld(path, *place);
  if (status.ok()) status = Size(path, fd);
  if (status.ok()) status = SetRights(path, fd, readers);
  absl::StatusOr<std::unique_ptr<HeartbeatPage>> page(nullptr);
  if (status.ok()) {
    page = Map(path, std::move(file), identity, workers);
  } else {
    page = status;
  }
  // Complete before it gets its name.
  if (page.ok() && ::renameat(next.folder.get(), next.name.c_str(), place->folder.get(),
                              place->name.c_str()) != 0) {
    page = SystemError(path, "cannot be replaced");
  }
  if (!page.ok()) ::unlinkat(next.folder.get(), next.name.c_str(), 0);
  return page;
}

absl::StatusOr<std::unique_ptr<HeartbeatPage>> HeartbeatPage::Map(const std::string& path,
                                                                  FileDescriptor file,
                                                                  const Identity& identity,
                                                                  size_t workers) {
  void* mapped = ::mmap(nullptr, kHeartbeatPageBytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_POPULATE, file.get(), 0);
  if (mapped == MAP_FAILED) return SystemError(path, "cannot be mapped");
  auto* layout = static_cast<HeartbeatLayout*>(mapped);  // All zeros: the fields' initial values.
  std::unique_ptr<HeartbeatPage> page(new HeartbeatPage(std::move(file), layout));
  FillHeader(identity, workers, layout->header);
  page->TellPhase(HeartbeatPhase::kLoading);
  layout->header.magic.store(kHeartbeatMagic, std::memory_order_release);
  return page;
}

HeartbeatPage::~HeartbeatPage() { ::munmap(layout_, kHeartbeatPageBytes); }  // Held the lock.

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
    record.signatures_end = zone.signatures_end == absl::InfiniteFuture()
                                ? 0
                                : absl::ToUnixSeconds(zone.signatures_end);
  }
  head.sequence.store(sequence + 2, std::memory_order_release);
}

}  // namespace hither
