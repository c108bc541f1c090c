#ifndef HITHER_BASE_OPEN_TO_READ_H_
#define HITHER_BASE_OPEN_TO_READ_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_descriptor.h"

namespace hither {

// Opens a zone's text or image. A user who may write in a zone's folder could place a link there to
// a file that only the server may read, and read it in an answer or an error.
//
// A link is followed if it is root's or ours, if only root and we may write in its folder, or if
// its target has the link's owner. The last is not enough if we may read every file (root, or
// CAP_DAC_READ_SEARCH). A path without links takes one call; opening a pipe does not wait.
//
// Errors: NotFound, Unavailable with the system's words, or PermissionDenied with advice. They do
// not name `path`.
absl::StatusOr<FileDescriptor> OpenToRead(const std::string& path);

// For a sentence: "cannot open: No such file or directory; check the path and its permissions".
std::string WhyNotOpened(const absl::Status& failed);

// `folder` without links, found by the same rules.
absl::StatusOr<std::string> ResolveFolder(const std::string& folder);

}  // namespace hither

#endif  // HITHER_BASE_OPEN_TO_READ_H_
