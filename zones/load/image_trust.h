#ifndef HITHER_ZONES_LOAD_IMAGE_TRUST_H_
#define HITHER_ZONES_LOAD_IMAGE_TRUST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_descriptor.h"

namespace hither {

// Whose images are trusted. An image's contents are served unchanged, so it must come from users
// who may also write the zone file: the open file's owner and permissions are checked.

// The open folder of a server's own images. It must belong to the process's user or root, and
// nobody else may write in it; a sticky bit does not help, because anybody could be the first to
// place an image there. An error says what to do, without the path.
class ImageFolder {
 public:
  static absl::StatusOr<ImageFolder> Open(const std::string& path);

  const std::string& path() const { return path_; }
  // Can images be kept in it? An error as from Open().
  absl::Status CheckWritable() const;
  // A file in it; none, with errno, on failure. Follows no link.
  FileDescriptor OpenFile(const std::string& name) const;

 private:
  ImageFolder(FileDescriptor folder, const std::string& path)
      : folder_(std::move(folder)), path_(path) {}

  FileDescriptor folder_;
  std::string path_;
};

// Why an open image must not be trusted, or "". In an ImageFolder: someone other than the process's
// user and root may have written it.
absl::string_view WhyNotOurs(int image);

// For an image that replaces the zone file `text`: somebody who may not write that may have written
// it. It may belong to root, the process's user or the owner of `text`.
absl::string_view WhyNotAsTrustedAs(const std::string& text, int image, const std::string& path);

// For an image without a zone file: anybody may have written it.
absl::string_view WhyNotTrustedAlone(int image, const std::string& path);

}  // namespace hither

#endif  // HITHER_ZONES_LOAD_IMAGE_TRUST_H_
