#include "server/listen/udp_listener.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/socket_address.h"

namespace hither {
namespace {

// What every link carries: IPv4 hosts take 576 octets (RFC 791), headers included.
constexpr size_t kShortReplyBytes = 512;

uint16_t PortOf(const sockaddr_storage& peer) {
  return peer.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(peer).sin6_port
                                    : reinterpret_cast<const sockaddr_in&>(peer).sin_port;
}

// The address that was asked came in as PKTINFO and goes out as the source of the answer. Only the
// interface is left to the routing table: the way back need not be the way here.
void ForgetInterface(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      reinterpret_cast<in_pktinfo*>(CMSG_DATA(part))->ipi_ifindex = 0;
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      auto* info = reinterpret_cast<in6_pktinfo*>(CMSG_DATA(part));
      // A link-local source means nothing without its link.
      if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr)) info->ipi6_ifindex = 0;
    }
  }
}

}  // namespace

// ENETUNREACH is not among them: a lost default route gives it for every client. Neither is EPERM,
// which a firewall gives.
bool IsOfThatPeer(int error) {
  switch (error) {
    case EACCES:        // A broadcast address; a route of type prohibit.
    case EINVAL:        // A route of type blackhole; no unicast address.
    case EHOSTUNREACH:  // A route of type unreachable; nobody has that address.
    case EHOSTDOWN:
    case ECONNREFUSED:  // Said by the client's host.
    case EMSGSIZE:      // The path's MTU, which ICMP from there can lower.
      return true;
    default:
      return false;
  }
}

UdpBatch::UdpBatch(size_t datagrams, size_t reply_bytes_max)
    : datagrams_(std::clamp<size_t>(datagrams, 1, kDatagramsMax)),
      reply_bytes_max_(std::max(reply_bytes_max, kShortReplyBytes)),
      query_octets_(datagrams_ * kQueryStrideBytes),
      reply_octets_(datagrams_ * reply_bytes_max_),
      queries_(datagrams_),
      replies_(datagrams_),
      query_parts_(datagrams_),
      reply_parts_(datagrams_),
      peers_(datagrams_),
      controls_(datagrams_),
      exchanges_(datagrams_),
      exchange_of_(datagrams_),
      asked_by_(datagrams_) {
  for (size_t i = 0; i < datagrams_; ++i) {
    query_parts_[i] = {query_octets_.data() + i * kQueryStrideBytes, kQueryBytesMax};
    queries_[i].msg_hdr.msg_iov = &query_parts_[i];
    queries_[i].msg_hdr.msg_iovlen = 1;
    queries_[i].msg_hdr.msg_name = &peers_[i];
    queries_[i].msg_hdr.msg_control = &controls_[i];
    reply_parts_[i].iov_base = reply_octets_.data() + i * reply_bytes_max_;
    replies_[i].msg_hdr.msg_iovlen = 1;
  }
}

UdpListener::UdpListener(FileDescriptor socket, UdpBatch& batch, Responder& responder,
                         Snapshot<ZoneSet>::Reader& zones, Counters& counters,
                         LatencyHistogram& latency)
    : socket_(std::move(socket)),
      batch_(batch),
      responder_(responder),
      zones_(zones),
      counters_(counters),
      latency_(latency) {}

absl::Status UdpListener::Start(uv_loop_t& loop) {
  int error = uv_poll_init(&loop, &poll_, socket_.get());
  if (error == 0) {
    poll_.data = this;
    uv_idle_init(&loop, &every_turn_);
    every_turn_.data = this;
    error = uv_poll_start(&poll_, UV_READABLE, &UdpListener::OnReadable);
  }
  if (error == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("uv_poll: ", uv_strerror(error)));
}

void UdpListener::Stop() {
  for (int i = 0; i < kLastBatchesMax && Drain(1); ++i) continue;  // No turn bounds it any more.
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&every_turn_), nullptr);
}

uint32_t UdpListener::KernelDrops() const {
  uint32_t facts[SK_MEMINFO_VARS] = {};
  socklen_t bytes = sizeof facts;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_MEMINFO, facts, &bytes) != 0) return 0;
  return facts[SK_MEMINFO_DROPS];
}

void UdpListener::OnReadable(uv_poll_t* handle, int /*status*/, int /*events*/) {
  // An error of the socket is read, and thereby cleared, by recvmmsg like a datagram.
  auto* const self = static_cast<UdpListener*>(handle->data);
  if (self->Drain(kBatchesPerTurnMax)) self->BeBusy();
}

void UdpListener::OnTurn(uv_idle_t* handle) {
  auto* const self = static_cast<UdpListener*>(handle->data);
  if (!self->Drain(kBatchesPerTurnMax)) self->BePolled();
}

void UdpListener::BeBusy() {
  if (uv_idle_start(&every_turn_, &UdpListener::OnTurn) == 0) uv_poll_stop(&poll_);
}

void UdpListener::BePolled() {
  // What has come meanwhile is told at once: epoll is asked for the state, not for changes.
  if (uv_poll_start(&poll_, UV_READABLE, &UdpListener::OnReadable) == 0) uv_idle_stop(&every_turn_);
}

bool UdpListener::Drain(int batches_max) {
  for (int i = 0; i < batches_max; ++i) {
    const size_t received = Receive();
    const uint64_t received_at_ns = MonotonicNs();
    const size_t sent = Send(AnswerAll(received, received_at_ns));
    if (sent > 0) latency_.Record(MonotonicNs() - received_at_ns, sent);
    if (received < std::min(kBusyDatagrams, batch_.datagrams_)) return false;
    if (responder_.IsTurnSpent()) return true;  // A batch of each socket's is always answered.
  }
  return true;
}

size_t UdpListener::Receive() {
  for (size_t i = 0; i < batch_.datagrams_; ++i) {
    msghdr& header = batch_.queries_[i].msg_hdr;
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_controllen = sizeof(UdpBatch::Control);
  }
  const int received = ::recvmmsg(socket_.get(), batch_.queries_.data(),
                                  static_cast<unsigned>(batch_.datagrams_), MSG_DONTWAIT, nullptr);
  if (received >= 0) return static_cast<size_t>(received);
  if (errno != EAGAIN && errno != EINTR) counters_.Add(Counter::kUdpReceiveErrors);
  return 0;
}

// Returns how many replies are to be sent.
size_t UdpListener::AnswerAll(size_t received, uint64_t now_ns) {
  if (received == 0) return 0;
  const ZoneSet& zones = zones_.Refresh();
  const TransportFacts facts{.transport = Transport::kUdp, .now_ns = now_ns};
  size_t count = 0;
  for (size_t i = 0; i < received; ++i) {
    // Nobody listens on port 0; such a query is forged, or its answer goes nowhere.
    if (PortOf(batch_.peers_[i]) == 0) continue;
    batch_.exchanges_[count] = {
        .query = {static_cast<const uint8_t*>(batch_.query_parts_[i].iov_base),
                  batch_.queries_[i].msg_len},
        .reply = {static_cast<uint8_t*>(batch_.reply_parts_[i].iov_base), batch_.reply_bytes_max_},
        .client = AddressOctets(batch_.peers_[i])};
    batch_.exchange_of_[count++] = static_cast<uint8_t>(i);
  }
  responder_.AnswerAll(std::span(batch_.exchanges_).first(count), facts, zones);
  size_t replies = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t reply_bytes = batch_.exchanges_[i].reply_bytes;
    if (reply_bytes != 0) Prepare(batch_.exchange_of_[i], replies++, reply_bytes);
  }
  return replies;
}

void UdpListener::Prepare(size_t query, size_t reply, size_t reply_bytes) {
  msghdr& from = batch_.queries_[query].msg_hdr;
  msghdr& to = batch_.replies_[reply].msg_hdr;
  to.msg_name = from.msg_name;
  to.msg_namelen = from.msg_namelen;
  to.msg_control = from.msg_controllen == 0 ? nullptr : from.msg_control;
  to.msg_controllen = from.msg_controllen;
  if (from.msg_controllen != 0) ForgetInterface(to);
  to.msg_iov = &batch_.reply_parts_[query];
  batch_.reply_parts_[query].iov_len = reply_bytes;
  batch_.asked_by_[reply] = static_cast<uint8_t>(query);
}

// Returns how many the kernel took.
size_t UdpListener::Send(size_t count) {
  size_t at = 0;
  size_t taken = 0;
  // Each turn sends, gives up or shortens one reply, the last at most once.
  for (size_t turns = 0; at < count && turns < 3 * count; ++turns) {
    const int sent = ::sendmmsg(socket_.get(), batch_.replies_.data() + at,
                                static_cast<unsigned>(count - at), MSG_DONTWAIT);
    const int error = errno;
    if (sent > 0) {
      at += static_cast<size_t>(sent);
      taken += static_cast<size_t>(sent);
    } else if (error == EMSGSIZE && Shorten(at)) {
      continue;
    } else if (error == EAGAIN || error == ENOBUFS || error == ENOMEM) {
      // The way out is full. To wait would stop the queries behind; these will be asked again.
      counters_.Add(Counter::kUdpSendErrors, count - at);
      counters_.Add(Counter::kUdpSendFaults, count - at);
      return taken;
    } else {  // Whatever the cause, the others may get theirs.
      counters_.Add(Counter::kUdpSendErrors);
      if (!IsOfThatPeer(error)) counters_.Add(Counter::kUdpSendFaults);
      ++at;
    }
  }
  return taken;
}

// A reply with DF is too long for the link. Answers again in what any link carries, with TC where
// that cuts it, so that the asker comes back over TCP. False if it is that short already.
bool UdpListener::Shorten(size_t reply) {
  const size_t query = batch_.asked_by_[reply];
  iovec& part = batch_.reply_parts_[query];
  if (part.iov_len <= kShortReplyBytes) return false;
  counters_.Add(Counter::kUdpSendErrors);
  const ByteView octets(static_cast<const uint8_t*>(batch_.query_parts_[query].iov_base),
                        batch_.queries_[query].msg_len);
  const std::span<uint8_t> room(static_cast<uint8_t*>(part.iov_base), kShortReplyBytes);
  const TransportFacts facts{.transport = Transport::kUdp, .now_ns = MonotonicNs()};
  const Exchange exchange{
      .query = octets, .reply = room, .client = AddressOctets(batch_.peers_[query])};
  const size_t size = responder_.Answer(exchange, facts, zones_.Refresh()).message_bytes;
  if (size == 0 || size > kShortReplyBytes) return false;
  part.iov_len = size;
  return true;
}

}  // namespace hither
