#include "base/net/conversation.h"

#include <errno.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace hither {
namespace {

constexpr int kReadsPerTurnMax = 16;

Conversation::End EndOf(int error) {
  switch (error) {
    case ECONNREFUSED:  // A reset in answer to our SYN, or ICMP's word on a port.
      return Conversation::End::kRefused;
    // RFC 9293 §3.10.7.4: a reset of a connection that stood. Whether a server that closes early is
    // seen to send a FIN or a reset depends on who was faster, and means the same.
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
    default:  // EMFILE, ENFILE, ENOMEM, ENOBUFS, EPERM, EACCES: says nothing of the other side.
      return Conversation::End::kOwnFault;
  }
}

}  // namespace

Conversation* Conversation::Start(uv_loop_t& loop, Order order,
                                  std::function<void(Result)> on_end) {
  auto* self = new Conversation(std::move(order), std::move(on_end));
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
  fd_.Reset(::socket(order_.to.family(), type, 0));
  if (!fd_) return errno;
  const absl::StatusOr<SocketAddress> to = order_.to.Resolve();
  if (!to.ok()) return ENETDOWN;  // The way there is missing: the other side is not to be reached.
  if (::connect(fd_.get(), to->get(), to->size()) != 0 && errno != EINPROGRESS) return errno;
  return 0;
}

int Conversation::Watch(uv_loop_t& loop) {
  const int watched = uv_poll_init(&loop, &poll_, fd_.get());
  if (watched != 0) return -watched;
  HITHER_CHECK(uv_timer_init(&loop, &timer_) == 0);
  open_handles_ = 2;
  poll_.data = timer_.data = this;
  // The loop's own clock may be as old as its turn; the timeout counts from now.
  const uint64_t late_ms = began_ns_ / 1'000'000 - std::min(began_ns_ / 1'000'000, uv_now(&loop));
  uv_timer_start(
      &timer_, [](uv_timer_t* t) { static_cast<Conversation*>(t->data)->OnTimeout(); },
      static_cast<uint64_t>(absl::ToInt64Milliseconds(order_.timeout)) + late_ms, 0);
  return -uv_poll_start(&poll_, UV_WRITABLE, [](uv_poll_t* p, int status, int events) {
    static_cast<Conversation*>(p->data)->OnReady(status < 0 ? UV_READABLE | UV_WRITABLE : events);
  });
}

void Conversation::Cancel() {
  on_end_ = nullptr;
  ended_ = true;
  Close();
}

void Conversation::OnReady(int events) {
  if (sent_bytes_ < order_.request.size() && (events & UV_WRITABLE)) Send();
  if (!ended_ && (events & UV_READABLE)) Receive();
}

// Replies may have come while this process did not run: libuv calls timers before it looks.
void Conversation::OnTimeout() {
  if (sent_bytes_ > 0) Receive();
  if (ended_) return;
  Finish(End::kTimeout, absl::StrCat(received_.empty() ? "no answer within " : "no end within ",
                                     absl::FormatDuration(order_.timeout)));
}

void Conversation::Send() {
  const uint8_t* from = order_.request.data() + sent_bytes_;
  const ssize_t sent =
      ::send(fd_.get(), from, order_.request.size() - sent_bytes_, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) Fail(errno);
    return;
  }
  sent_bytes_ += static_cast<size_t>(sent);
  if (sent_bytes_ < order_.request.size()) return;
  uv_poll_start(&poll_, UV_READABLE, poll_.poll_cb);
}

void Conversation::Receive() {
  std::vector<uint8_t> octets(std::min<size_t>(order_.reply_bytes_max + 1, 65'536));
  for (int reads = 0; reads < kReadsPerTurnMax && !ended_; ++reads) {
    const ssize_t got = ::recv(fd_.get(), octets.data(), octets.size(), MSG_DONTWAIT);
    if (got < 0) {
      if (errno != EAGAIN && errno != EINTR) Fail(errno);
      return;
    }
    if (got == 0 && order_.transport == Transport::kTcp) {
      return Finish(End::kClosed, "closed without a whole answer");
    }
    if (!Take({octets.data(), static_cast<size_t>(got)})) return;
  }
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
  const char* const text = end == End::kRefused       ? "nobody listens there: "
                           : end == End::kUnreachable ? "no way there: "
                           : end == End::kClosed      ? "closed without a whole answer: "
                                                      : "could not be asked: ";
  Finish(end, absl::StrCat(text, std::strerror(error)));
}

void Conversation::Finish(End end, std::string detail) {
  if (std::exchange(ended_, true)) return;
  Result result{end, std::move(detail), std::move(received_),
                absl::Nanoseconds(static_cast<int64_t>(uv_hrtime() - began_ns_))};
  const auto on_end = std::exchange(on_end_, nullptr);
  Close();  // May free this.
  if (on_end) on_end(std::move(result));
}

void Conversation::Close() {
  if (open_handles_ == 0) {
    delete this;
    return;
  }
  uv_poll_stop(&poll_);
  fd_.Reset();
  const auto on_close = [](uv_handle_t* handle) {
    auto* const self = static_cast<Conversation*>(handle->data);
    if (--self->open_handles_ == 0) delete self;
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), on_close);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), on_close);
}

}  // namespace hither
