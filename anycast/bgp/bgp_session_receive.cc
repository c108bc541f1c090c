// How a session handles the messages that it receives.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "anycast/bgp/bgp_remedy.h"
#include "anycast/bgp/bgp_session.h"
#include "anycast/bgp/bgp_update.h"

namespace hither {
namespace {

constexpr absl::string_view kTypeNames[] = {"?",         "OPEN",         "UPDATE", "NOTIFICATION",
                                            "KEEPALIVE", "ROUTE-REFRESH"};

}  // namespace

void BgpSession::OnMessage(absl::Time now, const BgpFrame& frame) {
  const bool open_awaited = state_ == State::kOpenSent;
  const bool established = state_ == State::kEstablished;
  switch (frame.type) {
    case BgpType::kNotification:
      return OnNotification(now, frame.body);
    case BgpType::kOpen:
      return open_awaited ? OnOpen(now, frame.body) : OnUnexpected(now, frame.type);
    case BgpType::kKeepalive:
      return open_awaited ? OnUnexpected(now, frame.type) : OnKeepalive(now);
    case BgpType::kUpdate:
      return established ? OnUpdate(now, frame.body) : OnUnexpected(now, frame.type);
    case BgpType::kRouteRefresh:
      return established ? OnRefresh(frame.body) : OnUnexpected(now, frame.type);
  }
}

void BgpSession::OnOpen(absl::Time now, ByteView body) {
  if (auto error = DecodeOpen(body, theirs_)) return Fail(now, *error);
  if (auto error = CheckOpen(theirs_, ours_, options_.peer_as, options_.role_strict)) {
    is_explained_ = true;
    return Fail(now, *error, RemedyOfSent(*error, ours_, theirs_, options_.peer_as));
  }
  hold_time_ = absl::Seconds(std::min(ours_.hold_seconds, theirs_.hold_seconds));
  Enter(State::kOpenConfirm, now);
  give_up_at_ = now + hold_time_;
  keepalive_at_ = now;
  SendKeepaliveIfDue(now);
}

void BgpSession::OnKeepalive(absl::Time now) {
  give_up_at_ = now + hold_time_;
  if (state_ == State::kEstablished) return;
  Enter(State::kEstablished, now);
  is_explained_ = false;
  actions_.established = true;
}

void BgpSession::OnUpdate(absl::Time now, ByteView body) {
  give_up_at_ = now + hold_time_;
  ++counters_.updates_received;
  const UpdateForm form = CheckUpdate(body);
  if (form != UpdateForm::kGood) ++counters_.malformed_updates;
  if (form != UpdateForm::kUnframed) return;
  Fail(now, {NotificationCode::kUpdate, kMalformedAttributeList, {}});
}

void BgpSession::OnRefresh(ByteView body) {
  const std::optional<IpFamily> family = DecodeRouteRefresh(body);
  // RFC 2918 §4: for a family that was not negotiated, it is ignored.
  if (!family || !Negotiated().Has(*family)) return;
  ++counters_.refreshes;
  (*family == IpFamily::kV6 ? actions_.refresh.ipv6 : actions_.refresh.ipv4) = true;
}

void BgpSession::OnNotification(absl::Time now, ByteView body) {
  const Notification notification = DecodeNotification(body);
  std::string text = absl::StrCat("NOTIFICATION received: ", ToText(notification));
  const std::string remedy = RemedyOfReceived(notification, ours_, theirs_);
  if (!remedy.empty()) absl::StrAppend(&text, "; ", remedy);
  if (notification.code == NotificationCode::kUpdate) update_error_ = text;
  is_explained_ = true;
  // RFC 5492 §3: a neighbor that does not know the parameter may still talk without it.
  without_capabilities_ = notification.code == NotificationCode::kOpen &&
                          notification.subcode == kUnsupportedParameter && options_.families.ipv4 &&
                          options_.local_as <= 0xffff && ours_.has_capabilities;
  End(now, text);
}

// RFC 6608: the subcode says in which state, the data which message.
void BgpSession::OnUnexpected(absl::Time now, BgpType type) {
  const uint8_t subcode = state_ == State::kOpenSent      ? kUnexpectedInOpenSent
                          : state_ == State::kOpenConfirm ? kUnexpectedInOpenConfirm
                                                          : kUnexpectedInEstablished;
  Fail(now, {NotificationCode::kStateMachine, subcode, {static_cast<uint8_t>(type)}},
       kTypeNames[static_cast<size_t>(type)]);
}

}  // namespace hither
