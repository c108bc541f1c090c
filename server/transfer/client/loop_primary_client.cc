#include "server/transfer/client/loop_primary_client.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {

LoopPrimaryClient::LoopPrimaryClient(uv_loop_t& loop, PrimaryConnection::Opener open,
                                     std::optional<TsigKey> key, const Limits& limits)
    : facts_{.key = std::move(key),
             .soa_timeout = limits.soa_timeout,
             .no_edns_for = limits.no_edns_for},
      deliver_(loop, [this] { Deliver(); }),
      lanes_(loop, std::move(open), limits.lanes,
             [this](LaneQuery& query) { Advance(static_cast<Turn&>(query)); }) {}

uint64_t LoopPrimaryClient::Begin(TurnOrder order, Done done) {
  const uint64_t number = ++last_turn_;
  std::unique_ptr<Turn>& turn = turns_[number];
  turn = std::make_unique<Turn>(number, std::move(order), facts_, std::move(done));
  Advance(*turn);
  return number;
}

void LoopPrimaryClient::Cancel(uint64_t number) {
  const auto turn = turns_.extract(number);
  if (!turn.empty()) lanes_.Remove(*turn.mapped());
}

// Sends its next query. An ended turn waits for the timer: `done` may destroy this and must not be
// called from within the lanes.
void LoopPrimaryClient::Advance(Turn& turn) {
  if (!turn.has_ended()) {
    if (lanes_.Add(turn.lane(), turn)) return;
    turn.OnLost({.end = ByteStream::End::kOwnFault,
                 .detail = "too many queries wait for a connection to it"},
                lanes_.Now());
  }
  ended_.push_back(turn.number);
  deliver_.Start(absl::ZeroDuration());
}

void LoopPrimaryClient::Deliver() {
  const std::weak_ptr<const bool> alive = alive_;
  for (uint64_t number : std::exchange(ended_, {})) {
    const auto turn = turns_.extract(number);
    if (turn.empty()) continue;
    turn.mapped()->done(turn.mapped()->TakeResult());
    if (alive.expired()) return;
  }
}

}  // namespace hither
