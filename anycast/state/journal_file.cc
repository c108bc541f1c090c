#include "anycast/state/journal_file.h"

#include <fcntl.h>
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
  has_failed_ = is_ended_ = false;
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
  ++breaks_;
  return Open(path);
}

// By another descriptor: ours can only append. If the file cannot be read, an empty line more is
// better than two lines that became one.
bool JournalFile::IsEnded() const {
  if (bytes_ == 0) return true;
  const FileDescriptor file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  char last = '\0';
  return !!file && pread(file.get(), &last, 1, static_cast<off_t>(bytes_ - 1)) == 1 && last == '\n';
}

absl::Status JournalFile::AppendTo(const std::string& path, absl::string_view line) {
  const bool had_failed = path == path_ && has_failed_;
  const absl::Status opened = Open(path);
  if (opened.ok()) return Append(line);
  has_failed_ = true;
  ++breaks_;
  return had_failed ? absl::OkStatus() : opened;
}

absl::Status JournalFile::Append(absl::string_view line) {
  if (path_.empty() || line.empty()) return absl::OkStatus();
  absl::Status status;
  if (bytes_ >= kBytesMax) status = Rotate();
  is_ended_ = is_ended_ || IsEnded();
  const std::string text = absl::StrCat(is_ended_ ? "" : "\n", line);
  const ssize_t wrote = !file_ ? -1 : write(file_.get(), text.data(), text.size());
  if (wrote == static_cast<ssize_t>(text.size())) {
    bytes_ += text.size();
    has_failed_ = false;
    is_ended_ = true;
    return status;
  }
  ++breaks_;
  if (status.ok()) status = Failed(path_, std::strerror(wrote < 0 ? errno : ENOSPC));
  // A partly written line must not corrupt the next one.
  if (wrote > 0 && ftruncate(file_.get(), static_cast<off_t>(bytes_)) != 0) {
    bytes_ += static_cast<uint64_t>(wrote);
    is_ended_ = false;
  }
  return std::exchange(has_failed_, true) ? absl::OkStatus() : status;
}

}  // namespace hither
