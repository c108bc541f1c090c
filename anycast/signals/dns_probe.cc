#include "anycast/signals/dns_probe.h"

#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using Kind = ProbeResult::Kind;
using End = Conversation::End;

constexpr size_t kTcpReplyBytesMax = 2 + 65'535;  // RFC 1035 §4.2.2: a length, then the message.

// Not to be guessed: who does might answer for a dead server (RFC 5452 §4.4).
uint16_t RandomId() {
  uint16_t id = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id);
  return id;
}

std::vector<uint8_t> Framed(const std::vector<uint8_t>& message) {
  std::vector<uint8_t> out = {static_cast<uint8_t>(message.size() >> 8),
                              static_cast<uint8_t>(message.size())};
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

// The message that a stream begins with; empty while it is not all there.
std::span<const uint8_t> MessageIn(std::span<const uint8_t> stream) {
  if (stream.size() < 2) return {};
  const size_t bytes = static_cast<size_t>(stream[0]) << 8 | stream[1];
  if (stream.size() < 2 + bytes) return {};
  return stream.subspan(2, bytes);
}

Kind KindOf(Reply reply) {
  switch (reply) {
    case Reply::kRight:
      return Kind::kOk;
    case Reply::kBehind:
      return Kind::kBehind;
    case Reply::kImpostor:
      return Kind::kImpostor;
    case Reply::kNotOurs:  // Of a stream nobody else could have sent it.
    case Reply::kWrong:
      return Kind::kWrong;
  }
  return Kind::kWrong;
}

Kind KindOf(End end) {
  switch (end) {
    case End::kRefused:
    case End::kUnreachable:
      return Kind::kAbsent;
    case End::kTimeout:
      return Kind::kSilent;
    case End::kOwnFault:
      return Kind::kOwnFault;
    case End::kDone:
    case End::kClosed:
    case End::kTooLong:
      return Kind::kWrong;
  }
  return Kind::kWrong;
}

}  // namespace

DnsProbe::DnsProbe(uv_loop_t& loop, Conversation::Transport transport, SocketAddress address,
                   std::string name, std::string type)
    : loop_(loop),
      transport_(transport),
      address_(address),
      name_(std::move(name)),
      type_(std::move(type)) {}

DnsProbe::~DnsProbe() {
  if (asking_ != nullptr) asking_->Cancel();
}

void DnsProbe::Ask(absl::Time now, const std::vector<std::string>& nsids,
                   std::optional<uint32_t> serial_min) {
  if (asking_ != nullptr) return;
  asked_at_ = now;
  expected_ = {name_, type_, RandomId(), nsids, serial_min};
  auto message = BuildProbe(name_, type_, expected_.id);
  if (!message.ok()) return Record(Kind::kOwnFault, std::string(message.status().message()), {});
  const bool udp = transport_ == Conversation::Transport::kUdp;
  Conversation::Order order{
      .transport = transport_,
      .to = address_,
      .request = udp ? *std::move(message) : Framed(*message),
      .timeout = udp ? kUdpProbeTimeout : kTcpProbeTimeout,
      .reply_bytes_max = udp ? kProbePayloadBytesMax : kTcpReplyBytesMax,
      .is_complete = nullptr,
  };
  if (udp) {
    order.is_complete = [this](std::span<const uint8_t> datagram) {
      return JudgeReply(datagram, expected_).reply != Reply::kNotOurs;
    };
  } else {
    order.is_complete = [](std::span<const uint8_t> stream) { return !MessageIn(stream).empty(); };
  }
  ++asked_;
  asking_ = Conversation::Start(loop_, std::move(order),
                                [this](Conversation::Result ended) { OnEnd(std::move(ended)); });
}

void DnsProbe::OnEnd(Conversation::Result ended) {
  asking_ = nullptr;
  if (ended.end != End::kDone) {
    return Record(KindOf(ended.end), std::move(ended.detail), ended.took);
  }
  const bool udp = transport_ == Conversation::Transport::kUdp;
  const std::span<const uint8_t> message =
      udp ? std::span<const uint8_t>(ended.reply) : MessageIn(ended.reply);
  ReplyVerdict verdict = JudgeReply(message, expected_);
  Record(KindOf(verdict.reply), std::move(verdict.detail), ended.took);
}

void DnsProbe::Record(Kind kind, std::string detail, absl::Duration took) {
  last_ = {kind, std::move(detail), took, asked_at_};
  const bool answered = kind == Kind::kOk || kind == Kind::kBehind;
  if (kind != Kind::kOwnFault) {
    failures_ = answered ? 0 : failures_ + 1;
    recent_ = recent_ << 1;
    recent_[0] = !answered;
  }
  if (!answered) return;
  const auto bucket = std::lower_bound(kBuckets.begin(), kBuckets.end(), took);
  ++latency_.counts[static_cast<size_t>(bucket - kBuckets.begin())];
  latency_.sum += took;
}

std::string DnsProbe::ToText() const {
  constexpr uint16_t kDnsPortUsual = 53;
  const std::string at =
      address_.port() == kDnsPortUsual ? address_.AddressText() : address_.ToText();
  return absl::StrCat(transport_ == Conversation::Transport::kUdp ? "udp " : "tcp ", at, " ", name_,
                      " ", type_);
}

}  // namespace hither
