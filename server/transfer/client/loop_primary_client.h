#ifndef HITHER_SERVER_TRANSFER_CLIENT_LOOP_PRIMARY_CLIENT_H_
#define HITHER_SERVER_TRANSFER_CLIENT_LOOP_PRIMARY_CLIENT_H_

#include <uv.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/net/uv.h"
#include "dns/tsig/tsig_key.h"
#include "server/transfer/client/primary_client.h"
#include "server/transfer/client/primary_connection.h"
#include "server/transfer/client/query_lanes.h"
#include "server/transfer/client/turn_steps.h"

namespace hither {

// Turns at one primary, over connections on a libuv loop.
//
// Everything is sent over TCP or TLS, as the opener has it. Memory: what the turns under way have
// collected (see TransferCollector), and 64 KiB a connection.
//
// See PrimaryClient. `loop` runs once more after this is destroyed.
class LoopPrimaryClient : public PrimaryClient {
 public:
  struct Limits {
    QueryLanes::Limits lanes = {};
    absl::Duration soa_timeout = absl::Seconds(10);
    absl::Duration no_edns_for = absl::Hours(1);  // After the primary has rejected EDNS.
  };

  LoopPrimaryClient(uv_loop_t& loop, PrimaryConnection::Opener open, std::optional<TsigKey> key,
                    const Limits& limits);
  LoopPrimaryClient(uv_loop_t& loop, PrimaryConnection::Opener open, std::optional<TsigKey> key)
      : LoopPrimaryClient(loop, std::move(open), std::move(key), Limits()) {}

  uint64_t Begin(TurnOrder order, Done done) override;
  void Cancel(uint64_t turn) override;

  size_t turns() const { return turns_.size(); }
  size_t connections() const { return lanes_.connections(); }

 private:
  struct Turn : TurnSteps {
    Turn(uint64_t its_number, TurnOrder order, PrimaryFacts& facts, Done its_done)
        : TurnSteps(std::move(order), facts), number(its_number), done(std::move(its_done)) {}
    const uint64_t number;
    Done done;
  };

  void Advance(Turn& turn);
  void Deliver();

  PrimaryFacts facts_;
  uint64_t last_turn_ = 0;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Turn>> turns_;
  std::vector<uint64_t> ended_;  // In order; some may have been cancelled since.
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  UvTimer deliver_;
  QueryLanes lanes_;  // Refers to turns.
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_CLIENT_LOOP_PRIMARY_CLIENT_H_
