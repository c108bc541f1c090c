#include "anycast/probe/dns_probe.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/probe/dns_packet.h"

namespace hither {
namespace {

using Kind = ProbeResult::Kind;
using End = Conversation::End;

Kind KindOf(Reply reply) {
  switch (reply) {
    case Reply::kRight:
      return Kind::kOk;
    case Reply::kBehind:
      return Kind::kBehind;
    case Reply::kImpostor:
      return Kind::kImpostor;
    case Reply::kNotOurs:  // Over a stream nobody else could have sent it.
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
  asking_.reset();
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
  was_good_ = true;
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
