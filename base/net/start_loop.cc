#include "base/net/start_loop.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

// Two pipes for signals, epoll, an eventfd; and something to ask by.
constexpr size_t kDescriptorsLeast = 8;

}  // namespace

absl::Status StartLoop(uv_loop_t& loop) {
  std::vector<int> tried;
  int error = 0;
  while (tried.size() < kDescriptorsLeast && error == 0) {
    const int fd = dup(STDERR_FILENO);
    error = fd < 0 && errno != EBADF ? errno : 0;  // EBADF: standard error is closed.
    if (fd < 0) break;
    tried.push_back(fd);
  }
  for (const int fd : tried) close(fd);
  if (error == 0) error = -uv_loop_init(&loop);
  if (error == 0) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("cannot ask: ", std::strerror(error), "; raise the limit on open files"));
}

}  // namespace hither
