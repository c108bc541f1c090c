#include "base/stderr_sink.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

bool IsSocket(int fd) {
  struct stat facts;
  return fstat(fd, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

}  // namespace

StderrSink::StderrSink(int fd) : fd_(fd), is_socket_(IsSocket(fd)) {}

// A pipe that is writable has room for PIPE_BUF octets: the write does not wait. A socket may have
// less; for it there is a flag.
bool StderrSink::Write(absl::string_view line) {
  pollfd ready = {fd_, POLLOUT, 0};
  if (poll(&ready, 1, lost_ == 0 ? kPatienceMs : 0) != 1) return false;
  const ssize_t wrote = is_socket_
                            ? send(fd_, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                            : write(fd_, line.data(), line.size());
  is_torn_ = wrote > 0 && wrote < static_cast<ssize_t>(line.size());
  return wrote > 0;
}

void StderrSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t text;
  formatter_->format(message, text);
  std::string line(text.data(), text.size());
  if (line.size() > kLineBytesMax) line = line.substr(0, kLineBytesMax - 4) + "...\n";
  if (is_torn_ && !Write("\n")) {
    ++lost_;
    return;
  }
  if (lost_ > 0 &&
      Write(absl::StrCat("(", lost_, " earlier log lines are lost: nobody read them)\n"))) {
    lost_ = 0;
  }
  if (lost_ > 0 || !Write(line)) ++lost_;
}

}  // namespace hither
