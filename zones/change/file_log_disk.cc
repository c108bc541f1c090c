#include "zones/change/file_log_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/file_place.h"
#include "base/make_folder.h"
#include "base/replace_file.h"

namespace hither {
namespace {

constexpr mode_t kLogFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr char kLockName[] = "zones.lock";
constexpr size_t kJoinedBytesMax = 64 * 1024;
constexpr size_t kOpenToReadMax = 8;

std::string FileName(uint32_t number) { return absl::StrFormat("zones-%016x.log", number); }

// Only names that FileName() gives.
std::optional<uint32_t> NumberOf(absl::string_view name) {
  uint64_t number = 0;
  absl::string_view digits = name;
  if (!absl::ConsumePrefix(&digits, "zones-") || !absl::ConsumeSuffix(&digits, ".log") ||
      digits.size() != 16 || !absl::SimpleHexAtoi(digits, &number) || number > UINT32_MAX) {
    return std::nullopt;
  }
  const auto short_number = static_cast<uint32_t>(number);
  return FileName(short_number) == name ? std::optional(short_number) : std::nullopt;
}

absl::Status Error(const std::string& path, absl::string_view what, int error) {
  const absl::string_view advice =
      error == ENOSPC || error == EDQUOT ? "free space on the disk" : "check the disk";
  return absl::UnavailableError(
      absl::StrCat(path, ": cannot ", what, ": ", std::strerror(error), "; ", advice));
}

FileDescriptor OpenSegment(int folder, const std::string& name, int flags) {
  FileDescriptor fd(::openat(folder, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  struct stat facts;
  if (fd && (::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode))) {
    fd.Reset();
    errno = EINVAL;
  }
  return fd;
}

struct CloseFolder {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

}  // namespace

absl::StatusOr<std::unique_ptr<FileLogDisk>> FileLogDisk::Open(const std::string& folder) {
  const absl::Status made = MakeFolder(folder, kLogFolderMode);
  if (!made.ok()) return made;
  FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Error(folder, "open the folder", errno);
  const std::string lock_path = absl::StrCat(folder, "/", kLockName);
  FileDescriptor lock = OpenSegment(fd.get(), kLockName, O_RDWR | O_CREAT);
  if (!lock) return Error(lock_path, "open", errno);
  if (!LockToWrite(lock.get())) {
    if (errno != EAGAIN && errno != EACCES) return Error(lock_path, "lock", errno);
    return absl::UnavailableError(absl::StrCat(
        folder, ": another process uses this zone log; stop it, or set another state_dir"));
  }
  return std::unique_ptr<FileLogDisk>(new FileLogDisk(folder, std::move(fd), std::move(lock)));
}

absl::Status FileLogDisk::Failed(uint32_t number, absl::string_view what) const {
  return Error(absl::StrCat(folder_, "/", FileName(number)), what, errno);
}

absl::StatusOr<std::vector<LogSegment>> FileLogDisk::List() {
  FileDescriptor copy(::openat(folder_fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, CloseFolder> dir(copy ? ::fdopendir(copy.get()) : nullptr);
  if (dir == nullptr) return Error(folder_, "list the folder", errno);
  copy.Release();  // It belongs to `dir`.
  std::vector<LogSegment> segments;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::optional<uint32_t> number = NumberOf(entry->d_name);
    struct stat facts;
    if (!number.has_value()) continue;
    if (::fstatat(folder_fd_.get(), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
      return Failed(*number, "look at");
    }
    segments.push_back({*number, static_cast<uint64_t>(facts.st_size)});
    errno = 0;
  }
  if (errno != 0) return Error(folder_, "list the folder", errno);
  std::sort(segments.begin(), segments.end(),
            [](const LogSegment& a, const LogSegment& b) { return a.number < b.number; });
  return segments;
}

absl::Status FileLogDisk::Create(uint32_t number) {
  written_.fd.Reset();
  written_.fd =
      OpenSegment(folder_fd_.get(), FileName(number), O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
  written_.number = number;
  folder_is_synced_ = false;
  return written_.fd ? absl::OkStatus() : Failed(number, "create");
}

absl::StatusOr<int> FileLogDisk::OpenToWrite(uint32_t number) {
  if (!written_.fd || written_.number != number) {
    written_.fd = OpenSegment(folder_fd_.get(), FileName(number), O_WRONLY | O_APPEND);
    written_.number = number;
  }
  if (!written_.fd) return Failed(number, "open");
  return written_.fd.get();
}

absl::Status FileLogDisk::Append(uint32_t number, std::span<const ByteView> parts) {
  const absl::StatusOr<int> fd = OpenToWrite(number);
  if (!fd.ok()) return fd.status();
  joined_.clear();
  for (const ByteView part : parts) {
    const bool joins = joined_.size() + part.size() <= kJoinedBytesMax;
    if (joins) joined_.insert(joined_.end(), part.begin(), part.end());
    if (joins) continue;
    if (!WriteAll(*fd, joined_.data(), joined_.size()) ||
        !WriteAll(*fd, part.data(), part.size())) {
      return Failed(number, "write");
    }
    joined_.clear();
  }
  return WriteAll(*fd, joined_.data(), joined_.size()) ? absl::OkStatus() : Failed(number, "write");
}

absl::Status FileLogDisk::Sync(uint32_t number) {
  const absl::StatusOr<int> fd = OpenToWrite(number);
  if (!fd.ok()) return fd.status();
  if (::fdatasync(*fd) != 0) return Failed(number, "sync");
  return folder_is_synced_ ? absl::OkStatus() : SyncFolder();
}

absl::Status FileLogDisk::SyncFolder() {
  // EINVAL: the file system has no fsync for folders.
  if (::fsync(folder_fd_.get()) != 0 && errno != EINVAL) {
    return Error(folder_, "sync the folder", errno);
  }
  folder_is_synced_ = true;
  return absl::OkStatus();
}

absl::StatusOr<int> FileLogDisk::OpenToRead(uint32_t number) {
  const auto found = std::find_if(read_.begin(), read_.end(),
                                  [number](const OpenFile& file) { return file.number == number; });
  if (found != read_.end()) {
    std::rotate(found, found + 1, read_.end());  // The last one is the one used last.
    return read_.back().fd.get();
  }
  OpenFile file{number, OpenSegment(folder_fd_.get(), FileName(number), O_RDONLY)};
  if (!file.fd) return Failed(number, "open");
  if (read_.size() >= kOpenToReadMax) read_.erase(read_.begin());
  read_.push_back(std::move(file));
  return read_.back().fd.get();
}

absl::Status FileLogDisk::Read(uint32_t number, uint64_t offset, std::span<uint8_t> to) {
  const absl::StatusOr<int> fd = OpenToRead(number);
  if (!fd.ok()) return fd.status();
  while (!to.empty()) {
    const ssize_t got = ::pread(*fd, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed(number, "read");
    if (got == 0) {
      return absl::OutOfRangeError(absl::StrCat(folder_, "/", FileName(number), ": ends early"));
    }
    offset += static_cast<uint64_t>(got);
    to = to.subspan(static_cast<size_t>(got));
  }
  return absl::OkStatus();
}

absl::Status FileLogDisk::Delete(uint32_t number) {
  std::erase_if(read_, [number](const OpenFile& file) { return file.number == number; });
  if (written_.number == number) written_.fd.Reset();
  if (::unlinkat(folder_fd_.get(), FileName(number).c_str(), 0) != 0 && errno != ENOENT) {
    return Failed(number, "delete");
  }
  return SyncFolder();
}

uint64_t FileLogDisk::RandomKey() {
  uint64_t key = 0;
  HITHER_CHECK(::getrandom(&key, sizeof(key), 0) == sizeof(key));  // 8 octets: never interrupted.
  return key;
}

}  // namespace hither
