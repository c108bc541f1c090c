#include "bench/volley_flow.h"

#include <errno.h>
#include <netinet/udp.h>
#include <time.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"

namespace hither {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr int kReceiveBufferBytes = 8 << 20;  // No answer may be lost here.
constexpr int kSendTriesMax = 1000;

}  // namespace

int64_t MonotonicNanoseconds() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

AnswerBatch::AnswerBatch() {
  for (size_t i = 0; i < kDatagramsMax; ++i) {
    parts_[i] = {octets_[i].data(), kAnswerBytesMax};
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

absl::StatusOr<Flow> Flow::Open(const SocketAddress& server, size_t window, bool segments) {
  FileDescriptor socket(
      ::socket(server.system_family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return absl::UnavailableError(absl::StrCat("socket: ", std::strerror(errno)));
  const int bytes = kReceiveBufferBytes;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  }
  if (::connect(socket.get(), server.get(), server.size()) != 0) {
    return absl::UnavailableError(
        absl::StrCat("connect ", server.ToText(), ": ", std::strerror(errno)));
  }
  return Flow(std::move(socket), std::bit_floor(window), segments);
}

Flow::Flow(FileDescriptor socket, size_t window, bool segments)
    : socket_(std::move(socket)),
      segments_(segments),
      slots_(window),
      out_(std::make_unique<Outgoing>()) {
  for (size_t i = window; i > 0; --i) {
    slots_[i - 1].id = static_cast<uint16_t>(i - 1);
    free_.push_back(static_cast<uint16_t>(i - 1));
  }
}

void Flow::Claim(uint8_t* query, int64_t now) {
  Slot& slot = slots_[free_.back()];
  free_.pop_back();
  slot.id = static_cast<uint16_t>(slot.id + slots_.size());  // The same slot, modulo the window.
  slot.sent_at = now;
  slot.waiting = true;
  StoreU16(query, slot.id);
}

void Flow::AddMessage(uint8_t* octets, size_t query_bytes, size_t queries) {
  const size_t at = out_->count++;
  out_->parts[at] = {octets, query_bytes * queries};
  out_->queries[at] = static_cast<uint16_t>(queries);
  msghdr& header = out_->messages[at].msg_hdr;
  header.msg_iov = &out_->parts[at];
  header.msg_iovlen = 1;
  header.msg_control = nullptr;
  header.msg_controllen = 0;
  if (queries == 1) return;
  header.msg_control = &out_->controls[at];
  header.msg_controllen = sizeof(Control);
  cmsghdr* segment = CMSG_FIRSTHDR(&header);
  segment->cmsg_level = SOL_UDP;
  segment->cmsg_type = UDP_SEGMENT;
  segment->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  const auto bytes = static_cast<uint16_t>(query_bytes);
  std::memcpy(CMSG_DATA(segment), &bytes, sizeof(bytes));
}

void Flow::AddGroup(uint8_t* octets, const QueryGroup& group, int64_t now) {
  for (size_t i = 0; i < group.count; ++i) Claim(octets + i * group.query_bytes, now);
  if (segments_) return AddMessage(octets, group.query_bytes, group.count);
  for (size_t i = 0; i < group.count; ++i) {
    AddMessage(octets + i * group.query_bytes, group.query_bytes, 1);
  }
}

void Flow::Send(QuerySource& source, int64_t now, Tally& tally) {
  out_->count = 0;
  while (!source.empty()) {
    const QueryGroup group = source.Peek();
    if (group.count > free_.size()) break;
    if (out_->count + (segments_ ? 1 : group.count) > kMessagesMax) break;
    AddGroup(source.octets(group), group, now);
    source.Take(group);
  }
  if (out_->count > 0) SendAll(tally);
}

// A refused datagram (ICMP) is reported once, by the next call on the socket, whichever it is.
void Flow::NoteError() { failed_ |= errno != EAGAIN && errno != ENOBUFS && errno != EINTR; }

void Flow::SendAll(Tally& tally) {
  size_t at = 0;
  // If the send queue is full, the claimed queries are retried, and lost if that fails.
  for (int tries = 0; at < out_->count && tries < kSendTriesMax && !failed_; ++tries) {
    const int sent = ::sendmmsg(socket_.get(), &out_->messages[at],
                                static_cast<unsigned>(out_->count - at), MSG_DONTWAIT);
    if (sent < 0) NoteError();
    for (int i = 0; i < sent; ++i) tally.sent += out_->queries[at++];
  }
}

void Flow::Judge(std::span<const uint8_t> answer, int64_t now, Tally& tally) {
  const bool whole = answer.size() >= kHeaderBytes && (answer[2] & 0x80) != 0;
  const uint16_t id = whole ? LoadU16(answer.data()) : 0;
  Slot& slot = slots_[id & (slots_.size() - 1)];
  if (!whole || !slot.waiting || slot.id != id) {
    ++tally.strange;
    return;
  }
  slot.waiting = false;
  free_.push_back(static_cast<uint16_t>(id & (slots_.size() - 1)));
  ++tally.answered;
  ++tally.rcodes[answer[3] & 15];
  tally.truncated += (answer[2] & 2) != 0;
  for (size_t section = 0; section < 3; ++section) {
    tally.records[section] += LoadU16(answer.data() + 6 + 2 * section);
  }
  tally.latency.Add(now - slot.sent_at);
}

size_t Flow::Receive(AnswerBatch& batch, Tally& tally) {
  const int received = ::recvmmsg(socket_.get(), batch.messages_.data(), AnswerBatch::kDatagramsMax,
                                  MSG_DONTWAIT, nullptr);
  if (received < 0) NoteError();
  if (received <= 0) return 0;
  const int64_t now = MonotonicNanoseconds();
  for (size_t i = 0; i < static_cast<size_t>(received); ++i) {
    const size_t size = batch.messages_[i].msg_len;
    tally.octets += size;
    Judge({batch.octets_[i].data(), size}, now, tally);
  }
  return static_cast<size_t>(received);
}

void Flow::Expire(int64_t then, Tally& tally) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].waiting || slots_[i].sent_at >= then) continue;
    slots_[i].waiting = false;
    free_.push_back(static_cast<uint16_t>(i));
    ++tally.lost;
  }
}

}  // namespace hither
