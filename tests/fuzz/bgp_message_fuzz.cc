// Any octets as a neighbor's side of a connection. The first octet says how far the session has
// come when they arrive, the second the size of the pieces.
//
// Oracle: what the session says is made of whole messages that our own readers take, they are few,
// and the pieces change nothing.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "anycast/bgp/bgp_session.h"
#include "anycast/bgp/bgp_update.h"
#include "base/check.h"

namespace {

using hither::BgpFrame;
using hither::BgpSession;
using hither::BgpType;
using hither::Bytes;
using hither::ByteView;

const absl::Time kNow = absl::UnixEpoch();

Bytes TheirOpen() {
  return hither::EncodeOpen({.as = 65002,
                             .hold_seconds = 3,
                             .identifier = 9,
                             .four_octet_as = true,
                             .route_refresh = true,
                             .families = {true, true}});
}

void CheckBody(const BgpFrame& frame) {
  hither::BgpOpen open;
  switch (frame.type) {
    case BgpType::kOpen:
      HITHER_CHECK(!hither::DecodeOpen(frame.body, open));
      break;
    case BgpType::kUpdate:
      HITHER_CHECK(hither::CheckUpdate(frame.body) == hither::UpdateForm::kGood);
      break;
    case BgpType::kNotification:
      HITHER_CHECK(!ToText(hither::DecodeNotification(frame.body)).empty());
      break;
    case BgpType::kKeepalive:
    case BgpType::kRouteRefresh:
      break;
  }
}

// How many messages `said` is made of.
size_t CheckSaid(ByteView said) {
  size_t count = 0;
  while (!said.empty()) {
    const BgpFrame frame = hither::NextBgpMessage(said);
    HITHER_CHECK(frame.kind == BgpFrame::Kind::kWhole);
    CheckBody(frame);
    said = said.subspan(frame.bytes);
    ++count;
  }
  return count;
}

struct Outcome {
  Bytes said;
  std::string error;
  BgpSession::State state;
  uint64_t malformed;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome Run(uint8_t progress, ByteView data, size_t piece) {
  // Every second time with a role (RFC 9234), every fourth time with a strict one.
  BgpSession::Options options{.local_as = 65001, .peer_as = 65002, .families = {true, true}};
  if ((progress & 0x80) != 0) options.role = hither::BgpRole::kCustomer;
  options.role_strict = (progress & 0x40) != 0;
  BgpSession session(options, kNow);
  session.Renew(kNow, kNow + absl::Seconds(2));
  session.OnConnected(kNow, 7);
  if (progress % 3 > 0) session.OnBytes(kNow, TheirOpen());
  if (progress % 3 > 1) session.OnBytes(kNow, hither::EncodeKeepalive());
  Outcome outcome;
  while (!data.empty()) {
    const size_t size = std::min(piece, data.size());
    session.OnBytes(kNow, data.first(size));
    data = data.subspan(size);
  }
  const BgpSession::Actions actions = session.TakeActions();
  CheckSaid(actions.send);
  HITHER_CHECK(actions.close == (session.state() == BgpSession::State::kIdle));
  session.OnTick(kNow + absl::Seconds(1));
  const Bytes later = session.TakeActions().send;
  HITHER_CHECK(CheckSaid(later) <= 1);
  outcome.said = actions.send;
  outcome.error = session.last_error();
  outcome.state = session.state();
  outcome.malformed = session.counters().malformed_updates;
  return outcome;
}

void CheckDecoders(ByteView data) {
  hither::BgpOpen open;
  if (!hither::DecodeOpen(data, open)) {
    HITHER_CHECK(open.families.ipv4 || open.families.ipv6 || open.has_capabilities);
  }
  hither::CheckUpdate(data);
  hither::DecodeRouteRefresh(data);
  const std::string text = ToText(hither::DecodeNotification(data));
  HITHER_CHECK(text.size() < 600);  // A text of 255 octets, or 64 octets of data, and names.
  for (const char c : text) HITHER_CHECK(static_cast<unsigned char>(c) >= 0x20);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 100'000) return 0;
  const ByteView rest(data + 2, size - 2);
  CheckDecoders(rest);
  const Outcome whole = Run(data[0], rest, rest.size() + 1);
  // Four messages are said at most: OPEN, two KEEPALIVEs, a NOTIFICATION.
  HITHER_CHECK(CheckSaid(whole.said) <= 4);
  HITHER_CHECK(Run(data[0], rest, size_t{data[1]} + 1) == whole);
  return 0;
}
