#include "server/listen/tcp_listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/socket_address.h"

namespace hither {
namespace {

// One read takes so much: about 60 queries.
constexpr size_t kReadBytes = 4096;
// The answers to one read; at least one of the greatest size, 2 + 65,535.
constexpr size_t kWriteBytes = 128 << 10;

// Who has just come, or has just asked, is not pushed out by a newcomer.
constexpr absl::Duration kSettledAfter = absl::Milliseconds(500);

// So many of the longest idle are looked at for one to close.
constexpr size_t kIdlestMax = 16;

absl::Duration TickOf(const TcpLimits& limits) {
  const absl::Duration shortest = std::min(limits.idle_timeout, limits.unread_timeout);
  return std::clamp(shortest / 16, absl::Milliseconds(5), absl::Milliseconds(500));
}

}  // namespace

absl::Duration IdleTimeoutAt(const TcpLimits& limits, size_t connections) {
  const size_t percent = connections * 100 / std::max<size_t>(limits.connections_max, 1);
  if (percent <= 50) return limits.idle_timeout;
  if (percent <= 75) return limits.idle_timeout / 2;
  if (percent <= 90) return limits.idle_timeout / 4;
  return limits.idle_timeout / 10;
}

uint64_t PrefixOf(const sockaddr_storage& client) {
  if (client.ss_family == AF_INET6) {
    const uint8_t* octets = reinterpret_cast<const sockaddr_in6&>(client).sin6_addr.s6_addr;
    return (static_cast<uint64_t>(LoadU32(octets)) << 32 | LoadU32(octets + 4)) >> 8;  // 56 bits.
  }
  const uint32_t address = ntohl(reinterpret_cast<const sockaddr_in&>(client).sin_addr.s_addr);
  return uint64_t{1} << 56 | address >> 8;  // Above all of IPv6.
}

TcpListener::TcpListener(const TcpLimits& limits, Responder& responder,
                         Snapshot<ZoneSet>::Reader& zones, Counters& counters,
                         LatencyHistogram& latency)
    : limits_(limits),
      responder_(responder),
      zones_(zones),
      counters_(counters),
      latency_(latency),
      read_room_(kReadBytes),
      write_room_(kWriteBytes) {}

TcpListener::~TcpListener() { HITHER_CHECK(connections_.empty() && closing_.empty()); }

absl::Status TcpListener::Start(uv_loop_t& loop, std::vector<FileDescriptor> sockets, int backlog) {
  loop_ = &loop;
  tick_ = UvTimer(loop, [this] { OnTick(); });
  tick_.StartEvery(TickOf(limits_));
  HITHER_CHECK(uv_prepare_init(&loop, &begin_turn_) == 0);
  HITHER_CHECK(uv_idle_init(&loop, &turn_) == 0);
  begin_turn_.data = turn_.data = this;
  // Where somebody waits, OnTurn() begins the turn: those who wait come before those who are read.
  uv_prepare_start(&begin_turn_, [](uv_prepare_t* h) {
    auto* self = static_cast<TcpListener*>(h->data);
    if (self->waiting_.empty()) self->answered_ = 0;
  });
  for (FileDescriptor& socket : sockets) {
    if (::listen(socket.get(), backlog) != 0) {
      return absl::UnavailableError(absl::StrCat("listen: ", std::strerror(errno)));
    }
    auto port = std::make_unique<Port>();
    port->socket = std::move(socket);
    const auto on_readable = [this, at = port.get()](int /*status*/, int /*events*/) {
      AcceptSome(*at);
    };
    const int error = port->poll.Open(loop, port->socket.get(), on_readable);
    if (error != 0) return absl::InternalError(absl::StrCat("uv_poll: ", uv_strerror(error)));
    ports_.push_back(std::move(port));
  }
  OnTick();  // Begins to poll.
  return absl::OkStatus();
}

void TcpListener::StopAccepting() {
  for (const auto& port : ports_) {
    port->poll.Close();
    port->socket.Reset();
    port->polled = true;  // So that no tick starts it again.
  }
}

void TcpListener::FinishConnections() {
  for (auto at = connections_.begin(); at != connections_.end();) (*at++)->Finish();
}

void TcpListener::CloseConnections() {
  for (auto at = connections_.begin(); at != connections_.end();) (*at++)->Close();
  tick_.Close();
  uv_close(reinterpret_cast<uv_handle_t*>(&begin_turn_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&turn_), nullptr);
}

// Each client has its turn after the other, however many connections it has; UDP, timers and reads
// have theirs between the turns of the loop.
void TcpListener::OnTurn() {
  answered_ = 0;
  while (!waiting_.empty() && MayAnswer()) TakeNext().TakeTurn();  // It may wait again.
  if (waiting_.empty()) uv_idle_stop(&turn_);
}

// The connection that has waited longest of the client that was served the longest time ago.
TcpConnection& TcpListener::TakeNext() {
  const auto next = std::min_element(waiting_.begin(), waiting_.end(),
                                     [](const TcpConnection* a, const TcpConnection* b) {
                                       return a->client->served_at < b->client->served_at;
                                     });
  TcpConnection& connection = **next;
  waiting_.erase(next);
  connection.client->served_at = ++turns_;
  return connection;
}

void TcpListener::OnWaiting(TcpConnection& connection) {
  waiting_.push_back(&connection);
  const auto on_turn = [](uv_idle_t* h) { static_cast<TcpListener*>(h->data)->OnTurn(); };
  uv_idle_start(&turn_, on_turn);
}

void TcpListener::OnTick() {
  for (const auto& port : ports_) {
    if (port->polled) continue;
    port->polled = port->poll.Start(UV_READABLE) == 0;
  }
  // All of them, not only the head of the list: that is in order of idleness alone.
  for (auto at = connections_.begin(); at != connections_.end();) {
    TcpConnection& connection = **at++;
    connection.CheckTime(NowMs(), IdleTimeoutAt(limits_, connections_.size()));
  }
}

void TcpListener::AcceptSome(Port& port) {
  for (int i = 0; i < kAcceptsPerTurnMax; ++i) {
    sockaddr_storage client = {};
    socklen_t size = sizeof(client);
    FileDescriptor socket(::accept4(port.socket.get(), reinterpret_cast<sockaddr*>(&client), &size,
                                    SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      Admit(std::move(socket), client);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      // Out of file descriptors or memory. The connection stays in the queue and the socket
      // readable, so polling would spin; the next tick polls again.
      counters_.Add(Counter::kTcpRefused);
      port.poll.Stop();
      port.polled = false;
      return;
    }
  }
}

void TcpListener::Admit(FileDescriptor socket, const sockaddr_storage& client) {
  const uint64_t prefix = PrefixOf(client);
  const auto counted = clients_.find(prefix);
  const bool prefix_full = counted != clients_.end() &&
                           counted->second->connections >= limits_.connections_per_prefix_max;
  if (prefix_full || !MakeRoom()) {
    counters_.Add(Counter::kTcpRefused);
    return;
  }
  std::list<std::unique_ptr<TcpConnection>> one;
  try {
    TcpConnectionHost& host = *this;
    one.push_back(std::make_unique<TcpConnection>(host, AddressOctets(client), NowMs()));
    one.front()->client = &ClientOf(prefix);
  } catch (const std::bad_alloc&) {  // A load takes all that there is: a client may come again.
    counters_.Add(Counter::kTcpRefused);
    return;
  }
  counters_.Add(Counter::kTcpAccepted);
  TcpConnection& added = *one.front();
  ++added.client->connections;
  added.place = one.begin();
  connections_.splice(connections_.end(), one);
  added.Start(*loop_, std::move(socket));
}

TcpClient& TcpListener::ClientOf(uint64_t prefix) {
  if (const auto known = clients_.find(prefix); known != clients_.end()) return *known->second;
  auto client = std::make_unique<TcpClient>(TcpClient{.prefix = prefix});
  return *clients_.emplace(prefix, std::move(client)).first->second;
}

// Closes the longest idle connection, if there is one among those that wait to be closed soonest.
bool TcpListener::MakeRoom() {
  if (connections_.size() < limits_.connections_max) return true;
  const absl::Duration settled = std::min(kSettledAfter, limits_.idle_timeout);
  size_t looked_at = 0;
  for (const auto& connection : connections_) {
    const auto idle =
        absl::Milliseconds(static_cast<int64_t>(NowMs() - connection->active_at_ms()));
    if (idle < settled || ++looked_at > kIdlestMax) return false;
    if (connection->HasUnsent()) continue;  // Not idle: it is being answered.
    counters_.Add(Counter::kTcpIdleClosed);
    connection->Close();
    return true;
  }
  return false;
}

Response TcpListener::Answer(const Exchange& exchange, uint64_t now_ns) {
  const TransportFacts facts{
      .transport = Transport::kTcp,
      .tcp_idle_timeout = IdleTimeoutAt(limits_, connections_.size()),
      .now_ns = now_ns,
  };
  ++answered_;
  return responder_.Answer(exchange, facts, zones_.Refresh());
}

void TcpListener::OnActive(TcpConnection& connection) {
  connections_.splice(connections_.end(), connections_, connection.place);
}

void TcpListener::OnClosing(TcpConnection& connection) {
  if (connection.IsWaiting()) std::erase(waiting_, &connection);
  TcpClient& client = *connection.client;
  connection.client = nullptr;
  HITHER_CHECK(client.connections > 0);
  if (--client.connections == 0) clients_.erase(client.prefix);
  closing_.splice(closing_.end(), connections_, connection.place);
}

void TcpListener::OnClosed(TcpConnection& connection) { closing_.erase(connection.place); }

}  // namespace hither
