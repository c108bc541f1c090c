#include "base/net/conversation.h"

#include <errno.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr int kReadsPerTurnMax = 16;

Conversation::End EndOf(int error) {
  switch (error) {
    case ECONNREFUSED:  // A reset in answer to our SYN, or ICMP port unreachable.
      return Conversation::End::kRefused;
    // RFC 9293 §3.10.7.4: a reset of an established connection. Whether a server that closes early
    // sends a FIN or a reset depends on timing, and means the same.
    case ECONNRESET:
    case EPIPE:
      return Conversation::End::kClosed;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
    case ENETDOWN:
      return Conversation::End::kUnreachable;
    case ETIMEDOUT:
      return Conversation::End::kTimeout;
    default:  // EMFILE, ENFILE, ENOMEM, ENOBUFS, EPERM, EACCES: says nothing about the other side.
      return Conversation::End::kOwnFault;
  }
}

}  // namespace

std::unique_ptr<Conversation> Conversation::Start(uv_loop_t& loop, Order order,
                                                  std::function<void(Result)> on_end) {
  std::unique_ptr<Conversation> self(new Conversation(std::move(order), std::move(on_end)));
  self->began_ns_ = uv_hrtime();
  int error = self->Open(loop);
  if (error == 0) error = self->Watch(loop);
  if (error == 0) return self;
  self->Fail(error);
  return nullptr;
}

int Conversation::Open(uv_loop_t&) {
  const bool udp = order_.transport == Transport::kUdp;
  const int type = (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  fd_.Reset(::socket(order_.to.system_family(), type, 0));
  if (!fd_) return errno;
  const absl::StatusOr<SocketAddress> to = order_.to.Resolve();
  if (!to.ok()) return ENETDOWN;  // There is no route: the other side is unreachable.
  if (::connect(fd_.get(), to->get(), to->size()) != 0 && errno != EINPROGRESS) return errno;
  return 0;
}

int Conversation::Watch(uv_loop_t& loop) {
  const int watched = poll_.Open(loop, fd_.get(), [this](int status, int events) {
    OnReady(status < 0 ? UV_READABLE | UV_WRITABLE : events);
  });
  if (watched != 0) return -watched;
  timer_ = UvTimer(loop, [this] { OnTimeout(); });
  // The loop's clock may be stale; the timeout counts from now.
  const uint64_t late_ms = began_ns_ / 1'000'000 - std::min(began_ns_ / 1'000'000, uv_now(&loop));
  timer_.Start(order_.timeout + absl::Milliseconds(static_cast<int64_t>(late_ms)));
  return -poll_.Start(UV_WRITABLE);
}

void Conversation::OnReady(int events) {
  const bool sends = sent_bytes_ < order_.request.size() && (events & UV_WRITABLE);
  if (sends && !Send()) return;
  if (events & UV_READABLE) (void)Receive();
}

// Replies may have arrived while this process did not run: libuv calls timers before it polls.
void Conversation::OnTimeout() {
  if (sent_bytes_ > 0 && !Receive()) return;
  Finish(End::kTimeout,
         absl::StrCat(received_.empty() ? "no answer within " : "no complete answer within ",
                      absl::FormatDuration(order_.timeout)));
}

bool Conversation::Send() {
  const uint8_t* from = order_.request.data() + sent_bytes_;
  const ssize_t sent =
      ::send(fd_.get(), from, order_.request.size() - sent_bytes_, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EINTR) return true;
    return Fail(errno), false;
  }
  sent_bytes_ += static_cast<size_t>(sent);
  if (sent_bytes_ == order_.request.size()) poll_.Start(UV_READABLE);
  return true;
}

bool Conversation::Receive() {
  std::vector<uint8_t> octets(std::min<size_t>(order_.reply_bytes_max + 1, 65'536));
  for (int reads = 0; reads < kReadsPerTurnMax; ++reads) {
    const ssize_t got = ::recv(fd_.get(), octets.data(), octets.size(), MSG_DONTWAIT);
    if (got < 0) {
      if (errno == EAGAIN || errno == EINTR) return true;
      return Fail(errno), false;
    }
    if (got == 0 && order_.transport == Transport::kTcp) {
      return Finish(End::kClosed, "closed before the answer was complete"), false;
    }
    if (!Take({octets.data(), static_cast<size_t>(got)})) return false;
  }
  return true;
}

bool Conversation::Take(std::span<const uint8_t> octets) {
  if (order_.transport == Transport::kUdp) {
    if (octets.size() > order_.reply_bytes_max || !order_.is_complete(octets)) return true;
    received_.assign(octets.begin(), octets.end());
  } else {
    received_.insert(received_.end(), octets.begin(), octets.end());
    if (received_.size() > order_.reply_bytes_max) {
      Finish(End::kTooLong, absl::StrCat("more than ", order_.reply_bytes_max, " octets"));
      return false;
    }
    if (!order_.is_complete(received_)) return true;
  }
  Finish(End::kDone, "");
  return false;
}

void Conversation::Fail(int error) {
  const End end = EndOf(error);
  const char* const text = end == End::kRefused       ? "nothing listens there: "
                           : end == End::kUnreachable ? "unreachable: "
                           : end == End::kClosed      ? "closed before the answer was complete: "
                                                      : "request failed: ";
  Finish(end, absl::StrCat(text, std::strerror(error)));
}

void Conversation::Finish(End end, std::string detail) {
  Result result{end, std::move(detail), std::move(received_),
                absl::Nanoseconds(static_cast<int64_t>(uv_hrtime() - began_ns_))};
  poll_.Close();
  timer_.Close();
  fd_.Reset();
  const auto on_end = std::exchange(on_end_, nullptr);
  on_end(std::move(result));  // May destroy this.
}

}  // namespace hither
