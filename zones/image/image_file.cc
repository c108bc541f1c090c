#include "zones/image/image_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/open_to_read.h"
#include "zones/image/image_check.h"
#include "zones/image/image_format.h"
#include "zones/image/image_layout.h"
#include "zones/image/image_memory.h"

namespace hither {
namespace {

constexpr size_t kPieceBytes = 512 * 1024;  // Stays in the cache between read and checksum.
constexpr absl::string_view kCompileAgain = "compile it again (hither compile)";

// A running checksum of the octets read or written.
class Checksum {
 public:
  Checksum() : state_(XXH3_createState(), &XXH3_freeState) {
    if (state_ == nullptr) throw std::bad_alloc();
    XXH3_64bits_reset(state_.get());
  }
  void Update(const void* octets, size_t bytes) { XXH3_64bits_update(state_.get(), octets, bytes); }
  uint64_t Value() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

bool WriteParts(int fd, const Zone& zone, absl::string_view note) {
  const ByteView image = zone.image();
  ImageHead head;
  std::memcpy(&head, image.data(), sizeof(head));
  const ByteView rest = image.subspan(sizeof(head));
  head.checksum = XXH3_64bits(rest.data(), rest.size());
  const ImageTail tail{note.size(), XXH3_64bits(note.data(), note.size())};
  return WriteAll(fd, &head, sizeof(head)) && WriteAll(fd, rest.data(), rest.size()) &&
         WriteAll(fd, note.data(), note.size()) && WriteAll(fd, &tail, sizeof(tail));
}

}  // namespace

absl::Status WriteImageFile(const Zone& zone, const std::string& path, absl::string_view note,
                            mode_t mode, Durable durable) {
  if (note.size() > kImageNoteBytesMax) {
    return absl::UnavailableError(absl::StrCat(
        path, ": the zone has too many files for an image; join some, or shorten their paths"));
  }
  return ReplaceFile(path, mode, durable, [&](int fd) { return WriteParts(fd, zone, note); });
}

absl::Status ImageFile::Wrong(absl::string_view what, absl::string_view remedy) const {
  return absl::DataLossError(absl::StrCat(path_, ": ", what, "; ", remedy));
}

bool ImageFile::ReadAt(uint64_t offset, void* to, size_t bytes) const {
  auto* at = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t got = ::pread(file_.get(), at, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    offset += static_cast<uint64_t>(got);
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

absl::StatusOr<ImageFile> ImageFile::Open(const std::string& path) {
  absl::StatusOr<FileDescriptor> opened = OpenToRead(path);
  if (opened.ok()) return FromOpened(*std::move(opened), path);
  if (absl::IsPermissionDenied(opened.status())) {
    return absl::UnavailableError(absl::StrCat(path, ": ", opened.status().message()));
  }
  const std::string text =
      absl::StrCat(path, ": cannot open the image: ", opened.status().message(),
                   "; check the path and its permissions");
  return absl::IsNotFound(opened.status()) ? absl::NotFoundError(text)
                                           : absl::UnavailableError(text);
}

absl::StatusOr<ImageFile> ImageFile::FromOpened(FileDescriptor opened, const std::string& path) {
  if (!opened) {
    const absl::string_view why = std::strerror(errno);
    const std::string text = absl::StrCat(path, ": cannot open the image: ", why,
                                          "; check the path and its permissions");
    return errno == ENOENT ? absl::NotFoundError(text) : absl::UnavailableError(text);
  }
  ImageFile file(std::move(opened), path);
  const absl::Status head = file.ReadHead();
  if (!head.ok()) return head;
  return file;
}

absl::Status ImageFile::ReadHead() {
  struct stat facts;
  if (::fstat(file_.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return Wrong("not a regular file", "name an image file");
  }
  const auto file_bytes = static_cast<uint64_t>(facts.st_size);
  ImageHead head;
  if (file_bytes < sizeof(head) || !ReadAt(0, &head, sizeof(head)) ||
      std::memcmp(head.magic, kImageMagic, sizeof(kImageMagic)) != 0) {
    return Wrong("not a zone image", "name a file made by hither compile");
  }
  if (head.byte_order != kImageByteOrder) {
    return Wrong("an image from a machine with another byte order", kCompileAgain);
  }
  if (head.version != kImageVersion) {
    return Wrong(absl::StrCat("an image of format ", head.version, "; this version reads format ",
                              kImageVersion),
                 kCompileAgain);
  }
  image_bytes_ = head.image_bytes;
  checksum_ = head.checksum;
  return ReadNote(file_bytes);
}

absl::Status ImageFile::ReadNote(uint64_t file_bytes) {
  ImageTail tail;
  const bool has_tail = file_bytes >= sizeof(Zone) + sizeof(tail) &&
                        ReadAt(file_bytes - sizeof(tail), &tail, sizeof(tail));
  const uint64_t rest = has_tail ? file_bytes - sizeof(tail) : 0;
  if (!has_tail || image_bytes_ < sizeof(Zone) || image_bytes_ > kImageBytesMax ||
      image_bytes_ > rest || tail.note_bytes != rest - image_bytes_ ||
      tail.note_bytes > kImageNoteBytesMax) {
    return Wrong(absl::StrCat("the image is cut off or damaged (", file_bytes, " octets)"),
                 kCompileAgain);
  }
  note_.resize(tail.note_bytes);
  if (!ReadAt(image_bytes_, note_.data(), note_.size()) ||
      XXH3_64bits(note_.data(), note_.size()) != tail.note_checksum) {
    return Wrong("the image is damaged (the note's checksum differs)", kCompileAgain);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Zone>> ImageFile::Read(NameView apex) {
  ImageMemory memory(image_bytes_);
  memory.Extend(image_bytes_);
  Checksum checksum;
  ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  for (uint64_t at = 0; at < image_bytes_;) {
    const size_t piece = static_cast<size_t>(std::min<uint64_t>(kPieceBytes, image_bytes_ - at));
    if (!ReadAt(at, memory.data() + at, piece)) {
      return Wrong("the rest of the image cannot be read", "check the disk, then compile it again");
    }
    const size_t skip = at == 0 ? sizeof(ImageHead) : 0;
    checksum.Update(memory.data() + at + skip, piece - skip);
    at += piece;
  }
  if (checksum.Value() != checksum_) {
    return Wrong("the image is damaged (its checksum differs)", kCompileAgain);
  }
  const absl::string_view wrong = CheckImage({memory.data(), memory.size()});
  if (!wrong.empty()) return Wrong(absl::StrCat("not a valid image: ", wrong), kCompileAgain);
  std::shared_ptr<const Zone> zone = memory.Release();
  if (!zone->apex().EqualsIgnoreCase(apex)) {
    return Wrong(absl::StrCat("the image is of the zone ", zone->apex().ToText(), ", not of ",
                              Name(apex).ToText()),
                 "correct the name or the path");
  }
  return zone;
}

}  // namespace hither
