#ifndef HITHER_SERVER_TRANSFER_CLIENT_TURN_STEPS_H_
#define HITHER_SERVER_TRANSFER_CLIENT_TURN_STEPS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "dns/tsig/tsig_key.h"
#include "server/transfer/client/lane_query.h"
#include "server/transfer/client/primary_turn.h"
#include "server/transfer/client/signed_exchange.h"
#include "server/transfer/soa_answer.h"
#include "server/transfer/transfer_diff.h"
#include "server/transfer/transfer_pace.h"
#include "server/transfer/transfer_reader.h"

namespace hither {

// What all turns at one primary share.
struct PrimaryFacts {
  std::optional<TsigKey> key = std::nullopt;
  absl::Duration soa_timeout = absl::Seconds(10);
  // Queries have no OPT until then: the primary does not know EDNS. Steady time.
  absl::Duration no_edns_for = absl::Hours(1);
  absl::Time no_edns_until = absl::InfinitePast();
};

// The queries of one turn, one after the other, and what becomes of it:
//
//   SOA  →  IXFR  →  AXFR, each possibly repeated without EDNS
//
// The code that drives it sends it on lane() until has_ended(). Pure: no sockets and no clock.
class TurnSteps : public LaneQuery {
 public:
  // `facts` outlives this. The turn may have ended after that: kHeld.
  TurnSteps(TurnOrder order, PrimaryFacts& facts);
  TurnSteps(const TurnSteps&) = delete;
  TurnSteps& operator=(const TurnSteps&) = delete;

  bool has_ended() const { return step_ == Step::kEnded; }
  Lane lane() const;  // Of the next query.
  TurnResult TakeResult() { return std::move(result_); }

  Bytes Write(uint16_t id, TransferNow now) override;
  ReplyNext OnOctets(uint64_t octets, TransferNow now) override;
  ReplyNext OnMessage(std::span<uint8_t> message, TransferNow now) override;
  ReplyNext Check(absl::Time progress, TransferNow now) override;
  void OnLost(const ConnectionLoss& loss, TransferNow now) override;

 private:
  enum class Step : uint8_t { kSoa, kIxfr, kAxfr, kEnded };
  using Kind = TurnResult::Kind;

  void StartWithOffer(uint32_t serial);
  bool IsWanted(uint32_t serial);
  void PrepareTransfer();
  ReplyNext OnSoa(ByteView message);
  ReplyNext CompareSoa(const SoaFields& soa);
  ReplyNext OnTransfer(ByteView message);
  ReplyNext EndTransfer(TransferState state, ReplyNext next);
  ReplyNext EndUpToDate(ReplyNext next);
  std::string Overdue(absl::Time progress) const;
  TransferPace& Pace();
  // These return `next`.
  ReplyNext RepeatWithoutEdns(ReplyNext next);
  ReplyNext UseAxfr(ReplyNext next);
  ReplyNext End(Kind kind, std::string reason, ReplyNext next);
  void Warn(const std::string& warning);

  const TurnOrder order_;
  PrimaryFacts& facts_;
  Step step_ = Step::kSoa;
  TurnResult result_;
  std::optional<uint32_t> asked_ = std::nullopt;  // may_transfer(), of this serial.
  bool without_edns_ = false;                     // The primary has rejected a query with it.
  absl::Time now_ = absl::InfinitePast();
  // Of the query under way.
  TransferQuery query_;
  SignedExchange exchange_;
  absl::Time sent_ = absl::InfinitePast();
  // Of a transfer.
  absl::Time began_ = absl::InfiniteFuture();  // Its first query.
  TransferCollector collector_;
  std::optional<TransferReader> reader_;
  std::optional<TransferPace> pace_;  // Once its reply has begun.
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_CLIENT_TURN_STEPS_H_
