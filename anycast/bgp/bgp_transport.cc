#include "anycast/bgp/bgp_transport.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/bgp/bgp_remedy.h"
#include "anycast/bgp/bgp_socket.h"

namespace hither {
namespace {

bool WouldWait(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

int SocketError(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

std::string WhyNotConnected(const BgpTransport::Options& options, int error) {
  const std::string remedy =
      RemedyOfConnecting(error, !options.password.empty(), options.ttl_security);
  return absl::StrCat("connect to ", options.neighbor.ToText(), ": ", std::strerror(error),
                      remedy.empty() ? "" : "; ", remedy);
}

}  // namespace

BgpTransport::BgpTransport(uv_loop_t* loop, Options options, Owner& owner)
    : loop_(loop), options_(std::move(options)), owner_(owner) {}

BgpTransport::~BgpTransport() { Abort(); }

absl::Status BgpTransport::Connect(const std::optional<SocketAddress>& local) {
  Abort();
  Options now = options_;
  if (local.has_value()) now.local = local;
  const absl::StatusOr<SocketAddress> neighbor = options_.neighbor.Resolve();
  if (!neighbor.ok()) return neighbor.status();
  now.neighbor = *neighbor;
  absl::StatusOr<FileDescriptor> socket = OpenBgpSocket(now);
  if (!socket.ok()) return socket.status();
  socket_ = *std::move(socket);
  phase_ = Phase::kConnecting;
  if (connect(socket_.get(), neighbor->get(), neighbor->size()) != 0 && errno != EINPROGRESS) {
    absl::Status status = absl::UnavailableError(WhyNotConnected(options_, errno));
    socket_.Reset();
    return status;
  }
  const auto on_poll = [this](int event_status, int events) { OnPoll(event_status, events); };
  if (const int failed = poll_.Open(*loop_, socket_.get(), on_poll); failed != 0) {
    socket_.Reset();
    return absl::ResourceExhaustedError(absl::StrCat(
        "cannot watch a socket to ", options_.neighbor.ToText(), ": ", uv_strerror(failed)));
  }
  UpdateEvents();
  return absl::OkStatus();
}

bool BgpTransport::Send(ByteView bytes) {
  if (!socket_) return true;  // The session learns of it elsewhere.
  if (output_.size() - output_sent_ + bytes.size() > kOutputBytesMax) return false;
  output_.insert(output_.end(), bytes.begin(), bytes.end());
  if (phase_ == Phase::kConnected) Write();
  return true;
}

void BgpTransport::ReadNow() {
  if (phase_ == Phase::kConnected) Read();
}

void BgpTransport::Finish(absl::Time now) {
  if (!socket_) return;
  if (phase_ == Phase::kConnecting) return Abort();
  phase_ = Phase::kFinishing;
  finish_by_ = now + kFinishMax;
  Write();
}

void BgpTransport::Abort() {
  if (!socket_) return;
  poll_.Close();
  socket_.Reset();
  output_.clear();
  output_sent_ = 0;
}

void BgpTransport::OnTick(absl::Time now) {
  if (phase_ == Phase::kFinishing && now >= finish_by_) Abort();
}

void BgpTransport::OnPoll(int status, int events) {
  if (phase_ == Phase::kConnecting) return OnConnectDone();
  if (status < 0) return OnError();
  if ((events & UV_WRITABLE) != 0) Write();
  if (socket_ && (events & UV_READABLE) != 0) Read();
}

// A reset keeps the octets received before it: a NOTIFICATION may say why.
void BgpTransport::OnError() {
  ReadNow();
  if (!socket_) return;
  const int error = SocketError(socket_.get());
  Lost(error == 0 ? "the connection was lost" : std::strerror(error));
}

void BgpTransport::OnConnectDone() {
  const int error = SocketError(socket_.get());
  if (error != 0) return Lost(WhyNotConnected(options_, error));
  sockaddr_storage local = {};
  socklen_t size = sizeof local;
  if (getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&local), &size) == 0) {
    local_ = SocketAddress::FromSystem(local);
  }
  phase_ = Phase::kConnected;
  UpdateEvents();
  owner_.OnTransportConnected();
}

void BgpTransport::Read() {
  std::array<uint8_t, 8192> buffer;
  for (size_t got = 0; socket_ && got < kReadBytesMax;) {
    const ssize_t size = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && WouldWait(errno)) return;
    if (size < 0) return Lost(std::strerror(errno));
    if (size == 0) return Lost("the neighbor closed the connection");
    got += static_cast<size_t>(size);
    if (phase_ == Phase::kConnected) {
      owner_.OnTransportBytes({buffer.data(), static_cast<size_t>(size)});
    }
  }
}

void BgpTransport::Write() {
  while (output_sent_ < output_.size()) {  // At most kOutputBytesMax; a full socket ends it.
    const ssize_t size =
        send(socket_.get(), &output_[output_sent_], output_.size() - output_sent_, MSG_NOSIGNAL);
    // The poll reports a lost connection, with no caller of Send() in between.
    if (size < 0) return UpdateEvents();
    output_sent_ += static_cast<size_t>(size);
  }
  output_.clear();
  output_sent_ = 0;
  if (phase_ == Phase::kFinishing) shutdown(socket_.get(), SHUT_WR);
  UpdateEvents();
}

void BgpTransport::UpdateEvents() {
  const bool writes = phase_ == Phase::kConnecting || output_sent_ < output_.size();
  const int events =
      phase_ == Phase::kConnecting ? UV_WRITABLE : UV_READABLE | (writes ? UV_WRITABLE : 0);
  poll_.Start(events);
}

void BgpTransport::Lost(absl::string_view why) {
  const bool expected = phase_ == Phase::kFinishing;
  Abort();
  if (!expected) owner_.OnTransportClosed(why);
}

}  // namespace hither
