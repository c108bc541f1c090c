#include "daemon/heartbeat/heartbeat_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file_place.h"
#include "base/path.h"

namespace hither {
namespace {

constexpr char kJoinGroup[] = "; run hither-anycast as hitherd's user, or in the page's group";
constexpr int kTornReadsMax = 4;  // A write takes under a millisecond, once a second.

absl::Status Unreadable(const std::string& path, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat("heartbeat ", path, ": ", why));
}

bool ReadAt(int fd, void* to, size_t bytes, size_t at) {
  return ::pread(fd, to, bytes, static_cast<off_t>(at)) == static_cast<ssize_t>(bytes);
}

// An atomic has its value's representation; this reads a copy of the octets, not the shared ones.
template <typename T>
T ValueOf(const std::atomic<T>& cell) {
  return cell.load(std::memory_order_relaxed);
}

template <size_t kBytes>
std::string TextOf(const char (&from)[kBytes]) {
  return std::string(from, ::strnlen(from, kBytes));
}

absl::Time MonotonicTime(int64_t ns) {
  return ns == 0 ? absl::InfinitePast() : absl::FromUnixNanos(ns);
}

bool ToZone(const HeartbeatZoneRecord& record, Heartbeat::Zone& out) {
  const absl::StatusOr<Name> name =
      Name::FromWire(ByteView(record.name, std::min<size_t>(record.name_bytes, 255)));
  if (!name.ok()) return false;
  out.name = *name;
  out.serial = record.serial;
  out.flags = record.flags;
  out.expire_seconds = record.expire_seconds;
  out.stale_since = record.stale_since_ns == 0 ? absl::InfinitePast()
                                               : absl::FromUnixNanos(record.stale_since_ns);
  out.signatures_end = record.signatures_end == 0 ? absl::InfiniteFuture()
                                                  : absl::FromUnixSeconds(record.signatures_end);
  return true;
}

// Why somebody else may have created the page, or may hold its lock, or "".
std::string WhyNotTrusted(const std::string& path, const struct stat& page) {
  if (page.st_mode & S_IWOTH) return "anyone can write it, so it may be forged; remove it";
  if (page.st_uid == 0 || page.st_uid == ::geteuid()) return "";
  struct stat folder = {};
  if (::stat(FolderOf(path).c_str(), &folder) != 0) return std::strerror(errno);
  if (page.st_uid == folder.st_uid || (folder.st_mode & S_IWOTH) == 0) return "";
  return absl::StrCat("belongs to user ", page.st_uid, ", and anyone can write in its folder; ",
                      "in heartbeat: name a folder that only hitherd can write to");
}

}  // namespace

const Heartbeat::Zone* Heartbeat::Find(NameView apex) const {
  for (const Zone& zone : zones) {
    if (zone.name.view().EqualsIgnoreCase(apex)) return &zone;
  }
  return nullptr;
}

const Heartbeat::Zone* Heartbeat::FindEnclosing(NameView name) const {
  const Zone* best = nullptr;
  for (const Zone& zone : zones) {
    if (!name.IsAtOrBelow(zone.name)) continue;
    if (best == nullptr || zone.name.view().size() > best->name.view().size()) best = &zone;
  }
  return best;
}

absl::Status HeartbeatReader::Read(Heartbeat& out) {
  life_ = Life::kUnknown;
  if (auto opened = Open(); !opened.ok()) return opened;
  Heartbeat read;
  if (auto parts = ReadParts(read); !parts.ok()) return parts;
  if (auto asked = AskLock(); !asked.ok()) return asked;
  out = std::move(read);
  return absl::OkStatus();
}

absl::Status HeartbeatReader::Open() {
  struct stat named = {};
  struct stat held = {};
  if (::lstat(path_.c_str(), &named) != 0) {
    return Unreadable(path_,
                      absl::StrCat(std::strerror(errno), "; is hitherd running, and does its ",
                                   "heartbeat: name this path?"));
  }
  if (!file_ || ::fstat(file_.get(), &held) != 0 || held.st_ino != named.st_ino ||
      held.st_dev != named.st_dev) {
    file_.Reset(::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file_) {
      return Unreadable(path_, absl::StrCat("cannot be read: ", std::strerror(errno),
                                            errno == EACCES ? kJoinGroup : ""));
    }
    if (::fstat(file_.get(), &held) != 0 || !S_ISREG(held.st_mode)) {
      return Unreadable(path_, "is not a regular file");
    }
  }
  const std::string why = WhyNotTrusted(path_, held);
  return why.empty() ? absl::OkStatus() : Unreadable(path_, why);
}

absl::Status HeartbeatReader::AskLock() {
  const std::optional<bool> lives = HasWriter(file_.get());
  if (!lives.has_value()) {
    return Unreadable(path_, absl::StrCat("its lock cannot be queried: ", std::strerror(errno)));
  }
  life_ = *lives ? Life::kAlive : Life::kDead;
  return absl::OkStatus();
}

absl::Status HeartbeatReader::ReadParts(Heartbeat& out) {
  if (auto head = ReadHead(out); !head.ok()) return head;
  if (auto workers = ReadWorkers(out); !workers.ok()) return workers;
  ReadZones(out);
  return absl::OkStatus();
}

absl::Status HeartbeatReader::ReadHead(Heartbeat& out) {
  HeartbeatHeader header;
  HeartbeatControlLine control;
  if (!ReadAt(file_.get(), &header, sizeof header, offsetof(HeartbeatLayout, header)) ||
      !ReadAt(file_.get(), &control, sizeof control, offsetof(HeartbeatLayout, control))) {
    return Unreadable(path_, "is too short for a heartbeat page");
  }
  if (ValueOf(header.magic) != kHeartbeatMagic) return Unreadable(path_, "is not a heartbeat page");
  if (header.layout_version != kHeartbeatVersion || header.page_bytes != kHeartbeatPageBytes) {
    return Unreadable(
        path_, absl::StrCat("has layout ", header.layout_version, ", not ", kHeartbeatVersion,
                            "; run the same version of both daemons"));
  }
  if (header.worker_count == 0 || header.worker_count > kHeartbeatWorkersMax) {
    return Unreadable(path_, "reports an impossible number of workers");
  }
  out.pid = header.pid;
  out.started_at = MonotonicTime(header.started_monotonic_ns);
  out.site = TextOf(header.site);
  out.node = TextOf(header.node);
  out.nsid_template = TextOf(header.nsid);
  const auto phase = static_cast<HeartbeatPhase>(ValueOf(control.phase));
  // An unknown phase would be misjudged; a loading server answers nothing.
  out.phase = phase == HeartbeatPhase::kLoading || phase == HeartbeatPhase::kEnding
                  ? phase
                  : HeartbeatPhase::kServing;
  out.control_turn = MonotonicTime(ValueOf(control.last_turn_ns));
  out.workers.resize(header.worker_count);
  return absl::OkStatus();
}

// A number may be torn while it is written; it is right a tick later, and no single tick decides.
absl::Status HeartbeatReader::ReadWorkers(Heartbeat& out) {
  std::array<HeartbeatWorkerLine, kHeartbeatWorkersMax> lines;
  const size_t bytes = out.workers.size() * sizeof lines[0];
  if (!ReadAt(file_.get(), lines.data(), bytes, offsetof(HeartbeatLayout, workers))) {
    return Unreadable(path_, "is truncated within its workers");
  }
  for (size_t i = 0; i < out.workers.size(); ++i) {
    out.workers[i] = {MonotonicTime(ValueOf(lines[i].last_turn_ns)),
                      ValueOf(lines[i].queries),
                      ValueOf(lines[i].answered),
                      ValueOf(lines[i].servfail),
                      ValueOf(lines[i].dropped),
                      ValueOf(lines[i].unsent)};
  }
  return absl::OkStatus();
}

void HeartbeatReader::ReadZones(Heartbeat& out) {
  for (int tried = 0; tried < kTornReadsMax; ++tried) {
    if (ReadZonesOnce(out)) return;
  }
  out.zones.clear();
}

// False if it was being written, or is not one of ours.
bool HeartbeatReader::ReadZonesOnce(Heartbeat& out) {
  constexpr size_t kHeadAt = offsetof(HeartbeatLayout, zones_head);
  HeartbeatZonesHead before;
  if (!ReadAt(file_.get(), &before, sizeof before, kHeadAt)) return false;
  const uint64_t sequence = ValueOf(before.sequence);
  if (sequence == 0 || sequence % 2 != 0 || before.record_count > kHeartbeatZonesMax) return false;
  records_.resize(before.record_count);
  const size_t bytes = records_.size() * sizeof(HeartbeatZoneRecord);
  if (!ReadAt(file_.get(), records_.data(), bytes, offsetof(HeartbeatLayout, zones))) return false;
  uint64_t after = 0;
  if (!ReadAt(file_.get(), &after, sizeof after, kHeadAt) || after != sequence) return false;
  out.zones_total = before.total;
  out.zones_loaded = before.loaded;
  out.zones_stale = before.stale;
  out.zones_expired = before.expired;
  out.zones.resize(records_.size());
  for (size_t i = 0; i < records_.size(); ++i) {
    if (!ToZone(records_[i], out.zones[i])) return false;
  }
  return out.zones_are_known = true;
}

}  // namespace hither
