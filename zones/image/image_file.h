#ifndef HITHER_ZONES_IMAGE_IMAGE_FILE_H_
#define HITHER_ZONES_IMAGE_IMAGE_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_descriptor.h"
#include "base/replace_file.h"
#include "dns/name.h"
#include "zones/image/zone.h"

namespace hither {

// A zone image in a file: the image as it is in memory, with its checksum set, then the note: a
// text from its writer (the zone's sources), its length and its checksum.

inline constexpr size_t kImageNoteBytesMax = 16u << 20;

// Replaces `path` atomically (replace_file.h), with the permissions `mode`. Errors are for
// operators, and begin with the path.
absl::Status WriteImageFile(const Zone& zone, const std::string& path, absl::string_view note,
                            mode_t mode = 0644, Durable durable = Durable::kYes);

// An open image file. Used once, by one thread. Its source may be anybody: a damaged or truncated
// file, or one with another format or from another kind of machine, is an error that says so.
//
// It is read, not mapped: truncating or overwriting a mapped file would crash the server or change
// data already checked; and our own memory can have huge pages, which make lookups cheaper.
class ImageFile {
 public:
  static absl::StatusOr<ImageFile> Open(const std::string& path);
  // The file opened as `path`; if it is empty, errno says why.
  static absl::StatusOr<ImageFile> FromOpened(FileDescriptor opened, const std::string& path);

  const std::string& note() const { return note_; }
  int fd() const { return file_.get(); }

  // The zone, which must be `apex`. Throws std::bad_alloc.
  absl::StatusOr<std::shared_ptr<const Zone>> Read(NameView apex);

 private:
  ImageFile(FileDescriptor file, const std::string& path) : file_(std::move(file)), path_(path) {}
  absl::Status ReadHead();
  absl::Status ReadNote(uint64_t file_bytes);
  absl::Status Wrong(absl::string_view what, absl::string_view remedy) const;
  bool ReadAt(uint64_t offset, void* to, size_t bytes) const;

  FileDescriptor file_;
  std::string path_;
  uint64_t image_bytes_ = 0;
  uint64_t checksum_ = 0;
  std::string note_;
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_IMAGE_FILE_H_
