#include "daemon/admin/admin_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/monotonic_clock.h"

namespace hither {
namespace {

constexpr absl::string_view kHeadEnd = "\r\n\r\n";
constexpr size_t kLingerBytesMax = 65'536;
constexpr absl::Duration kLingerTime = absl::Seconds(1);
constexpr int kStreamBufferBytes = 65'536;  // A round trip of 100 ms still allows 600 kB a second.

bool IsTransient(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

AdminConnection::AdminConnection(FileDescriptor fd, std::string source,
                                 const AdminTimeouts& timeouts, absl::Time now)
    : fd_(std::move(fd)), source_(std::move(source)), timeouts_(timeouts), began_(now) {}

absl::Time AdminConnection::deadline() const {
  switch (state_) {
    case State::kReading:
    case State::kComplete:
    case State::kTooLarge:
      return began_ + timeouts_.read;
    case State::kWriting:
      return std::min(began_ + timeouts_.write, progress_ + timeouts_.stall);
    case State::kLingering:
      return began_ + kLingerTime;
    case State::kGone:
      break;
  }
  return absl::InfinitePast();
}

void AdminConnection::Step(absl::Time now) {
  if (state_ == State::kReading) {
    Read();
  } else if (state_ == State::kWriting) {
    Write(now);
  } else if (state_ == State::kLingering) {
    Linger();
  }
}

void AdminConnection::Read() {
  char block[kAdminHeadBytesMax];
  const ssize_t got = recv(fd_.get(), block, kAdminHeadBytesMax - head_.size(), MSG_DONTWAIT);
  if (got <= 0) {
    if (got == 0 || !IsTransient(errno)) state_ = State::kGone;
    return;
  }
  const size_t searched = head_.size() - std::min(head_.size(), kHeadEnd.size() - 1);
  head_.append(block, static_cast<size_t>(got));
  const size_t end = head_.find(kHeadEnd.data(), searched, kHeadEnd.size());
  if (end != std::string::npos) {
    head_.resize(end + kHeadEnd.size());  // The rest is a body, which no page uses.
    state_ = State::kComplete;
  } else if (head_.size() >= kAdminHeadBytesMax) {
    state_ = State::kTooLarge;
  }
}

void AdminConnection::Answer(std::string text, absl::Time now) {
  answer_ = std::move(text);
  sent_ = 0;
  began_ = progress_ = now;
  state_ = State::kWriting;
  Write(now);
}

void AdminConnection::Write(absl::Time now) {
  while (sent_ < answer_.size()) {
    const ssize_t sent = send(fd_.get(), answer_.data() + sent_, answer_.size() - sent_,
                              MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (!IsTransient(errno)) state_ = State::kGone;
      return;
    }
    sent_ += static_cast<size_t>(sent);
    progress_ = now;
  }
  BeginLinger(now);
}

// Ends our side and reads what the client still sends (an unused body): a close with unread octets
// would reset the connection, and the client could lose the answer.
void AdminConnection::BeginLinger(absl::Time now) {
  answer_ = {};
  sent_ = 0;
  began_ = now;
  state_ = State::kLingering;
  shutdown(fd_.get(), SHUT_WR);
}

void AdminConnection::Linger() {
  char block[4'096];
  const ssize_t got = recv(fd_.get(), block, sizeof block, MSG_DONTWAIT);
  if (got > 0) lingered_ += static_cast<size_t>(got);
  if (got == 0 || (got < 0 && !IsTransient(errno)) || lingered_ >= kLingerBytesMax) {
    state_ = State::kGone;
  }
}

void AdminConnection::BeginStream() const {
  setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &kStreamBufferBytes, sizeof kStreamBufferBytes);
}

bool AdminConnection::WriteWaiting(absl::string_view text, int stop_event) {
  const absl::Time deadline = MonotonicNow() + timeouts_.write;
  while (!text.empty()) {
    const ssize_t sent = send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      text.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (!IsTransient(errno)) return false;
    pollfd waits[] = {{fd_.get(), POLLOUT, 0}, {stop_event, POLLIN, 0}};
    const int64_t left_ms = absl::ToInt64Milliseconds(deadline - MonotonicNow());
    if (left_ms <= 0) return false;
    const int ready = poll(waits, 2, static_cast<int>(std::min<int64_t>(left_ms, 60'000)));
    if (waits[1].revents != 0 || (ready < 0 && errno != EINTR)) return false;
  }
  return true;
}

void AdminConnection::EndStream(absl::Time now) { BeginLinger(now); }

}  // namespace hither
