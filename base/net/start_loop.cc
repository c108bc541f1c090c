#include "base/net/start_loop.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file_descriptor.h"

namespace hither {
namespace {

// Two pipes for signals, epoll, an eventfd; and one for a request.
constexpr size_t kDescriptorsLeast = 8;

}  // namespace

absl::Status StartLoop(uv_loop_t& loop) {
  std::vector<FileDescriptor> tried;
  int error = 0;
  while (tried.size() < kDescriptorsLeast && error == 0) {
    FileDescriptor fd(dup(STDERR_FILENO));
    error = !fd && errno != EBADF ? errno : 0;  // EBADF: standard error is closed.
    if (!fd) break;
    tried.push_back(std::move(fd));
  }
  tried.clear();
  if (error == 0) error = -uv_loop_init(&loop);
  if (error == 0) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "cannot create an event loop: ", std::strerror(error), "; raise the limit on open files"));
}

}  // namespace hither
