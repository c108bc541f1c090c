#include "server/base/admin_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/time/clock.h"

namespace hither {
namespace {

constexpr size_t kLingerBytesMax = 65'536;
constexpr int kStreamBufferBytes = 65'536;  // A round trip of 100 ms still allows 600 kB a second.
constexpr absl::Duration kLingerTime = absl::Seconds(1);
constexpr absl::Duration kLingerStep = absl::Milliseconds(10);

}  // namespace

AdminConnection::~AdminConnection() { close(fd_); }

bool AdminConnection::WaitFor(short events, absl::Time deadline) const {  // NOLINT: poll()'s type.
  pollfd waits[] = {{fd_, events, 0}, {stop_event_, POLLIN, 0}};
  int ready = 0;
  do {
    const int64_t left_ms = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left_ms <= 0) return false;
    ready = poll(waits, 2, static_cast<int>(std::min<int64_t>(left_ms, 60'000)));
  } while (ready < 0 && errno == EINTR);
  return ready > 0 && waits[1].revents == 0;
}

AdminConnection::Head AdminConnection::ReadHead() {
  char block[kAdminHeadBytesMax];
  const ssize_t got = recv(fd_, block, kAdminHeadBytesMax - head_.size(), 0);
  if (got > 0) {
    head_.append(block, static_cast<size_t>(got));
    if (head_.find("\r\n\r\n") != std::string::npos) {
      head_state_ = Head::kComplete;
    } else if (head_.size() >= kAdminHeadBytesMax) {
      head_state_ = Head::kTooLarge;
    }
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    head_state_ = Head::kGone;
  }
  return head_state_;
}

void AdminConnection::BeginStream() const {
  setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &kStreamBufferBytes, sizeof kStreamBufferBytes);
}

void AdminConnection::Linger(const std::function<bool()>& is_hurried) {
  shutdown(fd_, SHUT_WR);
  const absl::Time deadline = absl::Now() + kLingerTime;
  char block[4'096];
  for (size_t total = 0; total < kLingerBytesMax && absl::Now() < deadline && !is_hurried();) {
    if (!WaitFor(POLLIN, absl::Now() + kLingerStep)) continue;
    const ssize_t got = recv(fd_, block, sizeof block, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
    if (got > 0) total += static_cast<size_t>(got);
  }
}

ssize_t AdminConnection::read(char* to, size_t size) {
  const size_t count = std::min(size, head_.size() - at_);
  std::memcpy(to, head_.data() + at_, count);
  at_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t AdminConnection::write(const char* from, size_t size) {
  if (write_deadline_ == absl::InfiniteFuture()) {
    write_deadline_ = absl::Now() + timeouts_.write;
  }
  for (;;) {
    const ssize_t sent = send(fd_, from, size, MSG_NOSIGNAL);
    if (sent >= 0 || (errno != EAGAIN && errno != EINTR)) return sent;
    if (!WaitFor(POLLOUT, write_deadline_)) return -1;
  }
}

void AdminConnection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();  // On this host, and that is all we ask for.
  port = 0;
}

void AdminConnection::get_local_ip_and_port(std::string& ip, int& port) const {
  get_remote_ip_and_port(ip, port);
}

}  // namespace hither
