#include "anycast/bgp/bgp_session.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/bgp/bgp_remedy.h"

namespace hither {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(3);
// RFC 4271 §8.2.2 suggests four minutes from OPEN to OPEN; it is better to retry a router that
// needs longer than this.
constexpr absl::Duration kOpenTimeout = absl::Seconds(10);
// A session that lasted this long was good: the next try counts as the first.
constexpr absl::Duration kSessionIsGood = absl::Seconds(30);

// RFC 4271 §4.4 says a third of the hold time, §10 to take 0.75 to 1 of that. With 3 s it is 0.8 s:
// two of three may be lost or late.
absl::Duration KeepaliveInterval(absl::Duration hold_time) { return hold_time / 3 * 0.8; }

uint16_t HoldSeconds(absl::Duration hold_time) {
  return static_cast<uint16_t>(std::clamp<int64_t>(absl::ToInt64Seconds(hold_time), 3, 0xffff));
}

}  // namespace

absl::string_view ToText(BgpSession::State state) {
  switch (state) {
    case BgpSession::State::kIdle:
      return "Idle";
    case BgpSession::State::kConnect:
      return "Connect";
    case BgpSession::State::kOpenSent:
      return "OpenSent";
    case BgpSession::State::kOpenConfirm:
      return "OpenConfirm";
    case BgpSession::State::kEstablished:
      return "Established";
  }
  return "?";
}

BgpSession::BgpSession(const Options& options, absl::Time now)
    : options_(options), since_(now), back_off_(options.seed), connect_at_(now) {}

FamilySet BgpSession::Negotiated() const {
  return {ours_.families.ipv4 && theirs_.families.ipv4,
          ours_.families.ipv6 && theirs_.families.ipv6};
}

void BgpSession::Enter(State state, absl::Time now) {
  if (state_ == state) return;
  state_ = state;
  since_ = now;
}

void BgpSession::Renew(absl::Time now, absl::Time until) {
  lease_until_ = until;
  OnTick(now);
}

void BgpSession::OnTick(absl::Time now) {
  if (is_shut_down_) return;
  if (state_ == State::kIdle) {
    if (now < connect_at_ || !HasLease(now)) return;
    Enter(State::kConnect, now);
    give_up_at_ = now + kConnectTimeout;
    actions_.connect = true;
    return;
  }
  if (now >= give_up_at_) {
    if (state_ == State::kConnect) {
      return OnClosed(now, absl::StrCat("no connection within 3 s; ",
                                        RemedyOfConnecting(ETIMEDOUT, options_.has_password,
                                                           options_.has_ttl_security)));
    }
    return Fail(now, {NotificationCode::kHoldTimer, 0, {}},
                state_ == State::kOpenSent ? RemedyOfNoOpen(options_.has_ttl_security) : "");
  }
  if (now >= lease_until_ + hold_time_) {
    // The neighbor's hold timer should have closed it by now; whatever the cause, the route must
    // go.
    return Fail(now, CeaseWithText(kAdminReset, "hither: the last decision is too old"));
  }
  if (state_ == State::kEstablished && now - since_ > kSessionIsGood) update_error_.clear();
  SendKeepaliveIfDue(now);
}

void BgpSession::OnConnected(absl::Time now, uint32_t router_id) {
  if (state_ != State::kConnect) return;
  ours_ = {.as = options_.local_as,
           .hold_seconds = HoldSeconds(options_.hold_time),
           .identifier = router_id,
           .has_capabilities = !without_capabilities_,
           .four_octet_as = !without_capabilities_,
           .route_refresh = !without_capabilities_,
           .families = options_.families};
  if (options_.role.has_value() && !without_capabilities_) {
    ours_.role = static_cast<uint8_t>(*options_.role);
  }
  if (without_capabilities_) ours_.families.ipv6 = false;
  without_capabilities_ = false;  // The next try has them again.
  theirs_ = {};
  input_.clear();
  hold_time_ = absl::Seconds(ours_.hold_seconds);
  Enter(State::kOpenSent, now);
  give_up_at_ = now + std::max(kOpenTimeout, hold_time_);
  Send(now, EncodeOpen(ours_));
}

void BgpSession::OnClosed(absl::Time now, absl::string_view why) {
  if (state_ == State::kOpenSent && theirs_.as == 0 && !is_explained_) {
    return End(now, absl::StrCat(why, "; it sent no OPEN: it may have no neighbor statement for ",
                                 "the address that this host connects from"));
  }
  if (state_ != State::kIdle) End(now, std::string(why));
}

void BgpSession::OnBytes(absl::Time now, ByteView bytes) {
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  size_t used = 0;
  while (state_ > State::kConnect) {  // As many messages as there are, of at least 19 octets each.
    const BgpFrame frame = NextBgpMessage(ByteView(input_).subspan(used));
    if (frame.kind == BgpFrame::Kind::kNeedMore) break;
    if (frame.kind == BgpFrame::Kind::kBroken) {
      Fail(now, frame.error);
      break;
    }
    used += frame.bytes;
    OnMessage(now, frame);
  }
  if (state_ <= State::kConnect) return input_.clear();
  input_.erase(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(used));
}

void BgpSession::SendUpdate(absl::Time now, const Bytes& message) {
  if (CanUpdate(now)) Send(now, message);
}

void BgpSession::Shutdown(absl::Time now, absl::string_view text, CeaseSubcode subcode) {
  is_shut_down_ = true;
  if (state_ != State::kIdle) Fail(now, CeaseWithText(subcode, text));
}

// RFC 4271 §8.2.2: a KEEPALIVE or UPDATE restarts the timer of the next.
void BgpSession::Send(absl::Time now, const Bytes& message) {
  actions_.send.insert(actions_.send.end(), message.begin(), message.end());
  if (state_ >= State::kOpenConfirm) keepalive_at_ = now + KeepaliveInterval(hold_time_);
}

void BgpSession::SendKeepaliveIfDue(absl::Time now) {
  if (state_ >= State::kOpenConfirm && now >= keepalive_at_ && HasLease(now)) {
    Send(now, EncodeKeepalive());
  }
}

// We close it and say why, unless there is no connection yet.
void BgpSession::Fail(absl::Time now, const Notification& notification, absl::string_view why) {
  if (state_ > State::kConnect) Send(now, EncodeNotification(notification));
  const std::string text = absl::StrCat("NOTIFICATION sent: ", ToText(notification));
  End(now, why.empty() ? text : absl::StrCat(text, " (", why, ")"));
}

void BgpSession::End(absl::Time now, std::string error) {
  if (state_ == State::kEstablished) {
    ++counters_.resets;
    if (now - since_ > kSessionIsGood) back_off_.Reset();
  }
  last_error_ = std::move(error);
  last_error_at_ = now;
  actions_.close = true;
  actions_.connect = false;
  actions_.established = false;
  actions_.refresh = {};
  Enter(State::kIdle, now);
  connect_at_ = now + back_off_.Next();
  give_up_at_ = absl::InfiniteFuture();
  keepalive_at_ = absl::InfiniteFuture();
}

}  // namespace hither
