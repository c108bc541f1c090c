#include "zones/load/image_note.h"

#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <new>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/open_to_read.h"
#include "base/path.h"

namespace hither {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytes = 64 * 1024;
// Limits on what a note may cause to be read for comparison: as many files as a zone may have
// (ZoneFileLimits), and more text than the largest image is made from.
constexpr size_t kFilesMax = 10'000;
constexpr uint64_t kTextBytesMax = uint64_t{64} << 30;

// Opens a regular file, and nothing else at that path.
bool IsFile(int fd) {
  struct stat facts;
  return ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

// XXH3 of 128 bits, in hexadecimal. Empty if it cannot be read, or is not a file of `bytes`: a note
// may name an endless file.
std::string DigestOf(const std::string& path, uint64_t bytes) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              &XXH3_freeState);
  if (state == nullptr) throw std::bad_alloc();
  XXH3_128bits_reset(state.get());
  const absl::StatusOr<FileDescriptor> file = OpenToRead(path);
  if (!file.ok()) return "";
  char piece[kPieceBytes];
  uint64_t left = bytes;
  ssize_t got = IsFile(file->get()) ? 1 : 0;
  while (left > 0 && got > 0) {
    do {
      got = ::read(file->get(), piece, std::min<uint64_t>(left, kPieceBytes));
    } while (got < 0 && errno == EINTR);
    if (got <= 0) break;
    XXH3_128bits_update(state.get(), piece, static_cast<size_t>(got));
    left -= static_cast<uint64_t>(got);
  }
  if (left > 0 || got <= 0) return "";
  const XXH128_hash_t digest = XXH3_128bits_digest(state.get());
  return absl::StrFormat("%016x%016x", digest.high64, digest.low64);
}

std::string FromFolder(const std::string& path, const std::string& folder) {
  const std::string relative = fs::path(path).lexically_relative(folder).string();
  return relative.empty() ? path : relative;  // One is absolute, the other is not.
}

bool IsUntouched(const FileStamp& then, const FileStamp& now) {
  return then.changed_ns == now.changed_ns && then.inode == now.inode;
}

}  // namespace

std::optional<std::string> ImageNote::Write(const LoadedZone& loaded) {
  const std::string folder = FolderOf(loaded.files[0].path);
  std::string note = absl::StrCat("records ", loaded.extents.records_per_rrset, " types ",
                                  loaded.extents.types_per_name);
  for (size_t i = 0; i < loaded.files.size(); ++i) {
    const FileStamp& file = loaded.files[i];
    if (file.changed_ns >= loaded.began_ns - kClockTickNsMax) return std::nullopt;
    const std::string digest = DigestOf(file.path, file.size_bytes);
    if (digest.empty()) return std::nullopt;
    absl::StrAppend(&note, "\nfile ", file.changed_ns, " ", file.size_bytes, " ", file.inode, " ",
                    digest, " ", i == 0 ? "" : absl::CEscape(FromFolder(file.path, folder)));
  }
  // If they are the same before and after reading, they are what was loaded.
  if (HasChanged(loaded.files)) return std::nullopt;
  return note;
}

std::optional<ImageNote> ImageNote::Read(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  ImageNote note;
  const std::vector<absl::string_view> head = absl::StrSplit(lines[0], ' ');
  if (head.size() != 4 || head[0] != "records" || head[2] != "types" ||
      !absl::SimpleAtoi(head[1], &note.extents_.records_per_rrset) ||
      !absl::SimpleAtoi(head[3], &note.extents_.types_per_name)) {
    return std::nullopt;
  }
  if (lines.size() > 1 + kFilesMax) return std::nullopt;
  uint64_t bytes = 0;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<absl::string_view> fields = absl::StrSplit(lines[i], absl::MaxSplits(' ', 5));
    Source source;
    if (fields.size() != 6 || fields[0] != "file" ||
        !absl::SimpleAtoi(fields[1], &source.stamp.changed_ns) ||
        !absl::SimpleAtoi(fields[2], &source.stamp.size_bytes) ||
        !absl::SimpleAtoi(fields[3], &source.stamp.inode) ||
        !absl::CUnescape(fields[5], &source.stamp.path) || source.stamp.path.empty() != (i == 1) ||
        source.stamp.size_bytes > kTextBytesMax - bytes) {
      return std::nullopt;
    }
    bytes += source.stamp.size_bytes;
    source.digest = std::string(fields[4]);
    note.sources_.push_back(std::move(source));
  }
  if (note.sources_.empty()) return std::nullopt;
  return note;
}

std::vector<FileStamp> ImageNote::UnchangedFiles(const std::string& path) const {
  std::vector<FileStamp> files;
  for (const Source& source : sources_) {
    const std::string& relative = source.stamp.path;
    FileStamp now =
        StampOf(relative.empty() ? path : (fs::path(FolderOf(path)) / relative).string());
    if (now.size_bytes != source.stamp.size_bytes) return {};
    // The stamp is from before reading: a later change will show.
    if (!IsUntouched(source.stamp, now) && DigestOf(now.path, now.size_bytes) != source.digest)
      return {};
    files.push_back(std::move(now));
  }
  return files;
}

}  // namespace hither
