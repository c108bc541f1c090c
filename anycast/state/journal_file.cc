#include "anycast/state/journal_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file_place.h"

namespace hither {
namespace {

absl::Status Failed(absl::string_view path, absl::string_view why) {
  return absl::UnavailableError(
      absl::StrCat("journal ", path, ": ", why, "; check the path, its permissions and the disk"));
}

}  // namespace

absl::Status JournalFile::Open(const std::string& path) {
  if (path == path_ && file_) return absl::OkStatus();
  file_.Reset();
  path_ = path;
  has_failed_ = false;
  if (path_.empty()) return absl::OkStatus();
  absl::StatusOr<FileDescriptor> opened = OpenToAppend(path_, 0640);
  if (!opened.ok()) return Failed(path_, opened.status().message());
  file_ = *std::move(opened);
  struct stat facts;
  if (fstat(file_.get(), &facts) != 0) return Failed(path_, std::strerror(errno));
  if (!S_ISREG(facts.st_mode)) {
    file_.Reset();
    return absl::InvalidArgumentError(
        absl::StrCat("journal ", path_, ": it is not a regular file; name one"));
  }
  bytes_ = static_cast<uint64_t>(facts.st_size);
  return absl::OkStatus();
}

absl::Status JournalFile::Rotate() {
  if (rename(path_.c_str(), absl::StrCat(path_, ".1").c_str()) != 0) {
    return Failed(path_, std::strerror(errno));
  }
  const std::string path = path_;
  file_.Reset();
  return Open(path);
}

absl::Status JournalFile::AppendTo(const std::string& path, absl::string_view line) {
  const bool had_failed = path == path_ && has_failed_;
  const absl::Status opened = Open(path);
  if (opened.ok()) return Append(line);
  has_failed_ = true;
  return had_failed ? absl::OkStatus() : opened;
}

absl::Status JournalFile::Append(absl::string_view line) {
  if (path_.empty() || line.empty()) return absl::OkStatus();
  absl::Status status;
  if (bytes_ >= kBytesMax) status = Rotate();
  const ssize_t wrote = !file_ ? -1 : write(file_.get(), line.data(), line.size());
  if (wrote == static_cast<ssize_t>(line.size())) {
    bytes_ += line.size();
    has_failed_ = false;
    return status;
  }
  if (status.ok()) status = Failed(path_, std::strerror(wrote < 0 ? errno : ENOSPC));
  // A partly written line must not corrupt the next one.
  if (wrote > 0) (void)!ftruncate(file_.get(), static_cast<off_t>(bytes_));
  return std::exchange(has_failed_, true) ? absl::OkStatus() : status;
}

}  // namespace hither
