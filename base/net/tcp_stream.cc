#include "base/net/tcp_stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr size_t kReadBytes = 65'536;

ByteStream::End EndOfError(int error) {
  switch (error) {
    case ECONNREFUSED:
      return ByteStream::End::kRefused;
    case ECONNRESET:
    case EPIPE:
      return ByteStream::End::kClosed;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
      return ByteStream::End::kUnreachable;
    case ETIMEDOUT:
      return ByteStream::End::kTimeout;
    default:  // EADDRNOTAVAIL: the address to send from is not ours.
      return ByteStream::End::kOwnFault;
  }
}

bool IsForLater(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

std::unique_ptr<TcpStream> TcpStream::Open(uv_loop_t& loop, const Order& order, Handler handler) {
  std::unique_ptr<TcpStream> self(new TcpStream(std::move(handler), order.reads_per_turn));
  self->Watch(loop, self->Connect(order), order.open_timeout);
  return self;
}

int TcpStream::Connect(const Order& order) {
  const absl::StatusOr<SocketAddress> to = order.to.Resolve();
  if (!to.ok()) return ENETDOWN;
  fd_.Reset(::socket(to->system_family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return errno;
  // Queries are small and wait for nothing.
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (order.from.has_value()) {
    const absl::StatusOr<SocketAddress> from = order.from->Resolve();
    if (!from.ok()) return EADDRNOTAVAIL;
    if (::bind(fd_.get(), from->get(), from->size()) != 0) return errno;
  }
  if (::connect(fd_.get(), to->get(), to->size()) != 0 && errno != EINPROGRESS) return errno;
  return 0;
}

void TcpStream::Watch(uv_loop_t& loop, int error, absl::Duration open_timeout) {
  if (error == 0) {
    error = -poll_.Open(loop, fd_.get(), [this](int status, int events) {
      (void)OnReady(status < 0 ? UV_READABLE | UV_WRITABLE : events);
    });
  }
  if (error == 0) error = -poll_.Start(UV_WRITABLE);
  if (error != 0) {  // Told on the loop: the caller does not have the stream yet.
    timer_ = UvTimer(loop, [this, error] { Fail(error); });
    timer_.Start(absl::ZeroDuration());
    return;
  }
  timer_ = UvTimer(loop, [this, open_timeout] {
    Finish(End::kTimeout, absl::StrCat("not open within ", absl::FormatDuration(open_timeout)));
  });
  timer_.Start(open_timeout);
}

bool TcpStream::OnReady(int events) {
  if (!is_open_ && !OnConnected()) return false;
  if ((events & UV_WRITABLE) && !Send()) return false;
  if ((events & UV_READABLE) && !Receive()) return false;
  return true;
}

bool TcpStream::OnConnected() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return Fail(error);
  is_open_ = true;
  timer_.Close();
  poll_.Start(WantedEvents());
  const std::weak_ptr<const bool> alive = alive_;
  const std::shared_ptr<Handler> handler = handler_;
  if (handler->on_open) handler->on_open();
  return !alive.expired();
}

void TcpStream::Write(ByteView octets) {
  if (sent_bytes_ > unsent_.size() / 2) {
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<ptrdiff_t>(sent_bytes_));
    sent_bytes_ = 0;
  }
  unsent_.insert(unsent_.end(), octets.begin(), octets.end());
  // The loop sends it: a failure must not end the stream within this call.
  if (is_open_) poll_.Start(WantedEvents());
}

int TcpStream::WantedEvents() const {
  return unsent_bytes() > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE;
}

bool TcpStream::Send() {
  while (unsent_bytes() > 0) {
    const ssize_t sent = ::send(fd_.get(), unsent_.data() + sent_bytes_, unsent_bytes(),
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (IsForLater(errno)) return true;
      return Fail(errno);
    }
    sent_bytes_ += static_cast<size_t>(sent);
  }
  unsent_.clear();
  sent_bytes_ = 0;
  poll_.Start(WantedEvents());
  return true;
}

void TcpStream::SendNow() {
  if (!is_open_ || unsent_bytes() == 0) return;
  const ssize_t sent =
      ::send(fd_.get(), unsent_.data() + sent_bytes_, unsent_bytes(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) sent_bytes_ += static_cast<size_t>(sent);
}

bool TcpStream::Receive() {
  static thread_local std::array<uint8_t, kReadBytes> octets;
  for (int reads = 0; reads < reads_per_turn_; ++reads) {
    const ssize_t got = ::recv(fd_.get(), octets.data(), octets.size(), MSG_DONTWAIT);
    if (got < 0) {
      if (IsForLater(errno)) return true;
      return Fail(errno);
    }
    if (got == 0) return Finish(End::kClosed, "closed by the other side");
    const std::weak_ptr<const bool> alive = alive_;
    const std::shared_ptr<Handler> handler = handler_;
    handler->on_octets({octets.data(), static_cast<size_t>(got)});
    if (alive.expired()) return false;
  }
  return true;
}

bool TcpStream::Fail(int error) {
  const End end = EndOfError(error);
  const char* const text = end == End::kRefused       ? "nothing listens there: "
                           : end == End::kUnreachable ? "unreachable: "
                           : end == End::kClosed      ? "closed by the other side: "
                                                      : "";
  return Finish(end, absl::StrCat(text, std::strerror(error)));
}

bool TcpStream::Finish(End end, const std::string& detail) {
  poll_.Close();
  timer_.Close();
  fd_.Reset();
  const auto on_end = std::exchange(handler_->on_end, nullptr);
  on_end(end, detail);  // May destroy this.
  return false;
}

}  // namespace hither
