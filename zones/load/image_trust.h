#ifndef HITHER_ZONES_LOAD_IMAGE_TRUST_H_
#define HITHER_ZONES_LOAD_IMAGE_TRUST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_descriptor.h"

namespace hither {

// Whose images are believed. What an image says is served as it is, so it must be of those who
// could as well write the zone file: who owns it and who may write it is asked of the open file.

// The folder of a server's own images, open. It must be the process's user's or root's, and nobody
// else may write in it; a sticky bit does not help, as anybody could be the first to put an image
// there. An error says what to do, without the path.
class ImageFolder {
 public:
  static absl::StatusOr<ImageFolder> Open(const std::string& path);

  const std::string& path() const { return path_; }
  // Can images be kept in it? An error as from Open().
  absl::Status CheckWritable() const;
  // A file in it; none with errno. No link is followed.
  FileDescriptor OpenFile(const std::string& name) const;

 private:
  ImageFolder(FileDescriptor folder, const std::string& path)
      : folder_(std::move(folder)), path_(path) {}

  FileDescriptor folder_;
  std::string path_;
};

// Why an open image is not to be believed, or "". Of an ImageFolder: others than the process's user
// and root may have written it.
absl::string_view WhyNotOurs(int image);

// Of an image that stands for the zone file `text`: somebody may have written it who may not write
// that. It may be root's, the process's user's, or whose `text` is.
absl::string_view WhyNotAsTrustedAs(const std::string& text, int image, const std::string& path);

// Of an image in place of a zone file: anybody may have written it.
absl::string_view WhyNotTrustedAlone(int image, const std::string& path);

}  // namespace hither

#endif  // HITHER_ZONES_LOAD_IMAGE_TRUST_H_
