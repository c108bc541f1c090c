#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "tests/server/transfer/client/client_fixture.h"

// What a primary sends is random, and each turn has to end nevertheless.
namespace hither {
namespace {

class HostilePrimaryTest : public ClientFixture {
 protected:
  using Peer = FakePrimary::Peer;

  uint32_t Random(uint32_t below) { return random_() % below; }
  Bytes RandomOctets(size_t size) {
    Bytes octets(size);
    for (uint8_t& octet : octets) octet = static_cast<uint8_t>(random_());
    return octets;
  }
  // A reply with some octets changed, or cut, with its length right or wrong.
  Bytes ChangedReply(const TransferQuery& query) {
    const auto reply = replies_.find(QueryToText(query));
    Bytes message = ReplyFromText(query, reply == replies_.end() ? "SOA 7" : reply->second);
    for (uint32_t changes = Random(6); changes > 0; --changes) {
      message[2 + Random(static_cast<uint32_t>(message.size() - 2))] =
          static_cast<uint8_t>(random_());
    }
    if (Random(4) == 0) message.resize(2 + Random(static_cast<uint32_t>(message.size())));
    Bytes framed = WithLength(message);
    if (Random(8) == 0) framed[Random(2)] = static_cast<uint8_t>(random_());
    return framed;
  }
  void Misbehave(Peer& peer, const TransferQuery& query) {
    switch (Random(4)) {
      case 0:
        peer.SendRaw(RandomOctets(Random(300)));
        break;
      case 1: {
        Bytes message = RandomOctets(12 + Random(300));
        StoreU16(message.data(), query.id);
        peer.Send(message);
        break;
      }
      default:
        for (uint32_t messages = Random(4); messages > 0; --messages) {
          peer.SendRaw(ChangedReply(query));
        }
    }
    if (Random(2) == 0) peer.Close();
  }
  void RunTurns(int count, std::optional<TsigKey> key) {
    MakeClient(
        {.lanes = {.check_period = absl::Milliseconds(20)}, .soa_timeout = absl::Milliseconds(100)},
        std::move(key));
    primary_->script = [this](Peer& peer, const TransferQuery& query, ByteView) {
      Misbehave(peer, query);
    };
    const PaceLimits pace{.stall_max = absl::Milliseconds(100),
                          .total_max = absl::Milliseconds(500)};
    for (int i = 0; i < count; ++i) {
      TurnOrder order{.pace = pace};
      if (Random(4) != 0) order.held_serial = 5;
      if (Random(4) == 0) order.hint = 7;
      Begin(order);
      if (Random(3) == 0) TurnTimes(3);
      if (Random(10) == 0) ASSERT_TRUE(TurnUntilResults(static_cast<size_t>(i) + 1)) << seed_;
      ASSERT_LE(client_->connections(), 6u) << seed_;
    }
    EXPECT_TRUE(TurnUntilResults(static_cast<size_t>(count))) << seed_;
  }

  const uint32_t seed_ = std::random_device()();
  std::mt19937 random_{seed_};
};

TEST_F(HostilePrimaryTest, EndsEveryTurn) { RunTurns(1'000, std::nullopt); }

TEST_F(HostilePrimaryTest, EndsEverySignedTurnWithoutBelievingAnything) {
  RunTurns(500, TsigKey{.name = Name::FromText("key.").value(), .secret = Bytes(32, 1)});
  for (const std::string& result : results_) {
    EXPECT_THAT(result, testing::AnyOf(testing::StartsWith("failed"), testing::StartsWith("broken"),
                                       testing::StartsWith("unreachable")))
        << seed_;
  }
}

}  // namespace
}  // namespace hither
