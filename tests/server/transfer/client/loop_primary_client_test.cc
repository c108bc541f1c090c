#include "server/transfer/client/loop_primary_client.h"

#include "dns/tsig/tsig_request.h"
#include "gmock/gmock.h"
#include "tests/server/transfer/client/client_fixture.h"

namespace hither {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

class LoopPrimaryClientTest : public ClientFixture {};

TEST_F(LoopPrimaryClientTest, MakesTurns) {
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(1));
  Begin({.held_serial = 5});
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(last_.diffs, SizeIs(1));
  Begin({});
  ASSERT_TRUE(TurnUntilResults(3));
  EXPECT_EQ(last_.whole.count, 3u);
  EXPECT_THAT(results_, ElementsAre("current", "diffs", "whole"));
  EXPECT_THAT(primary_->log, ElementsAre("1 SOA", "1 SOA", "2 IXFR 5", "3 AXFR"));
  EXPECT_EQ(client_->turns(), 0u);
}

TEST_F(LoopPrimaryClientTest, CallsNothingWithinBegin) {
  Begin({.held_serial = 5, .hint = 7, .may_transfer = [](uint32_t) { return false; }});
  EXPECT_TRUE(results_.empty());
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_THAT(results_, ElementsAre(StartsWith("held")));
}

TEST_F(LoopPrimaryClientTest, FallsBackToAxfrWithinTheTurn) {
  replies_["IXFR 5"] = "rcode=4; opt";
  Begin({.held_serial = 5});
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_THAT(results_, ElementsAre("whole"));
  EXPECT_THAT(last_.warning, HasSubstr("IXFR cannot be used"));
}

TEST_F(LoopPrimaryClientTest, RemembersThatThePrimaryHasNoEdns) {
  replies_ = {{"SOA", "rcode=1"}, {"SOA-", "aa; SOA 7"}};
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(1));
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(results_, Each(std::string("current")));
  EXPECT_THAT(primary_->log, ElementsAre("1 SOA", "1 SOA-", "1 SOA-"));
}

TEST_F(LoopPrimaryClientTest, SignsAndVerifies) {
  const TsigKey key{.name = Name::FromText("key.").value(), .secret = Bytes(32, 1)};
  const TsigKeyRing ring({key});
  MakeClient({}, key);
  primary_->script = [&](FakePrimary::Peer& peer, const TransferQuery& query, ByteView message) {
    TsigRequest request;
    const auto now = static_cast<uint64_t>(absl::ToUnixSeconds(absl::Now()));
    EXPECT_EQ(request.Check(ring, message, now), TsigCheck::kGood);
    Bytes reply = ReplyFromText(query, replies_[QueryToText(query)]);
    const size_t size = reply.size();
    reply.resize(size + request.ReservedBytes());
    EXPECT_EQ(request.Sign(reply, size, now), reply.size());
    peer.Send(reply);
  };
  Begin({.held_serial = 5});
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_THAT(results_, ElementsAre("diffs"));
}

TEST_F(LoopPrimaryClientTest, SaysThatThePrimaryIsUnreachable) {
  primary_->StopListening();
  Begin({});
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(results_, Each(HasSubstr("unreachable: nothing listens there")));
}

TEST_F(LoopPrimaryClientTest, DoesNotWaitForeverForAReply) {
  replies_.clear();
  MakeClient({.soa_timeout = absl::Milliseconds(300)});
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_THAT(results_[0], HasSubstr("unreachable: no answer within"));
  Begin({.held_serial = std::nullopt, .pace = {.stall_max = absl::Milliseconds(300)}});
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(results_[1], HasSubstr("unreachable: no answer within"));
  EXPECT_EQ(client_->connections(), 0u) << "more of an unwanted reply might come";
}

// A loop that did not run has missed the reply, not the primary.
TEST_F(LoopPrimaryClientTest, DoesNotTimeOutWhileTheLoopHangs) {
  MakeClient({.soa_timeout = absl::Milliseconds(600)});
  FakePrimary::Peer* asked = nullptr;
  TransferQuery asked_for;
  primary_->script = [&](FakePrimary::Peer& peer, const TransferQuery& query, ByteView) {
    asked = &peer;
    asked_for = query;
  };
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntil([&] { return asked != nullptr; }));
  absl::SleepFor(absl::Seconds(1));
  Answer(*asked, asked_for);
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_THAT(results_, ElementsAre("current"));
}

// Complete messages would be delivered; this one never becomes complete.
TEST_F(LoopPrimaryClientTest, CutsOffADrippingPrimary) {
  primary_->script = [&](FakePrimary::Peer& peer, const TransferQuery& query, ByteView) {
    const Bytes reply = WithLength(ReplyFromText(query, "SOA 7; a A 192.0.2.1"));
    timer_ = UvTimer(loop_, [&peer, reply, at = size_t{0}]() mutable {
      if (at < 30) peer.SendRaw(ByteView(reply).subspan(at++, 1));
    });
    timer_.StartEvery(absl::Milliseconds(20));
  };
  Begin({.pace = {.stall_max = absl::Minutes(10),
                  .window = absl::Milliseconds(300),
                  .window_octets_min = 1000}});
  ASSERT_TRUE(TurnUntilResults(1));
  timer_.Close();
  EXPECT_THAT(results_[0], HasSubstr("broken: only"));
  EXPECT_TRUE(TurnUntil([this] { return primary_->open() == 0; }));
}

TEST_F(LoopPrimaryClientTest, CutsOffAnEndlessPrimaryAndServesOthers) {
  primary_->script = [&](FakePrimary::Peer& peer, const TransferQuery& query, ByteView) {
    if (query.type != RrType::kAxfr) return Answer(peer, query);
    std::string text = "SOA 7";
    for (int i = 0; i < 1000; ++i) absl::StrAppend(&text, "; a A 192.0.2.1");
    const Bytes first = ReplyFromText(query, text);
    const Bytes rest = ReplyFromText(query, text.substr(6));
    peer.Send(first);
    timer_ = UvTimer(loop_, [&peer, rest] { peer.Send(rest); });
    timer_.StartEvery(absl::Milliseconds(1));
  };
  Begin({.pace = {.octets_max = 2'000'000}});
  TurnUntil([this] { return !primary_->log.empty(); });
  Begin({.held_serial = 5});
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_EQ(results_[0], "diffs") << "during the endless transfer";
  ASSERT_TRUE(TurnUntilResults(2));
  timer_.Close();
  EXPECT_THAT(results_[1], HasSubstr("broken: over 2000000 octets"));
}

TEST_F(LoopPrimaryClientTest, CancelsInEveryState) {
  for (int times = 0; times < 40; ++times) {
    for (const std::optional<uint32_t> held : {std::optional<uint32_t>(5), {}}) {
      results_.clear();
      const uint64_t turn = Begin({.held_serial = held});
      TurnTimes(times);
      const size_t before = results_.size();
      client_->Cancel(turn);
      client_->Cancel(turn);
      TurnTimes(20);
      EXPECT_EQ(results_.size(), before);
      EXPECT_EQ(client_->turns(), 0u);
      results_.clear();
      Begin({.held_serial = held});
      ASSERT_TRUE(TurnUntilResults(1));
      EXPECT_EQ(results_[0], held.has_value() ? "diffs" : "whole");
    }
  }
}

TEST_F(LoopPrimaryClientTest, CancelsWhileSilent) {
  replies_.clear();
  for (int i = 0; i < 100; ++i) {
    const uint64_t turn =
        Begin({.held_serial = i % 2 == 0 ? std::optional<uint32_t>(5) : std::nullopt});
    TurnTimes(2);
    client_->Cancel(turn);
    EXPECT_LE(client_->connections(), 6u);
  }
  EXPECT_EQ(client_->turns(), 0u);
}

TEST_F(LoopPrimaryClientTest, MayBeDestroyedInEveryState) {
  for (int times = 0; times < 40; ++times) {
    for (const std::optional<uint32_t> held : {std::optional<uint32_t>(5), {}}) {
      MakeClient({});
      Begin({.held_serial = held});
      Begin({.held_serial = held});
      TurnTimes(times);
      client_.reset();
      const size_t before = results_.size();
      TurnTimes(5);
      EXPECT_EQ(results_.size(), before);
    }
  }
}

TEST_F(LoopPrimaryClientTest, MayBeDestroyedByDone) {
  int calls = 0;
  for (int i = 0; i < 3; ++i) {
    client_->Begin({.zone = TestZone(), .held_serial = 7}, [&](const TurnResult&) {
      ++calls;
      client_.reset();
    });
  }
  ASSERT_TRUE(TurnUntil([&] { return calls > 0; }));
  TurnTimes(10);
  EXPECT_EQ(calls, 1);
}

TEST_F(LoopPrimaryClientTest, TakesTurnsFromDone) {
  int calls = 0;
  std::function<void(TurnResult)> done = [&](const TurnResult& result) {
    EXPECT_EQ(ResultToText(result), "current");
    if (++calls < 100) client_->Begin({.zone = TestZone(), .held_serial = 7}, done);
  };
  client_->Begin({.zone = TestZone(), .held_serial = 7}, done);
  ASSERT_TRUE(TurnUntil([&] { return calls == 100; }));
  EXPECT_EQ(primary_->accepted, 1u);
}

TEST_F(LoopPrimaryClientTest, CancelsAnotherTurnFromDone) {
  uint64_t second = 0;
  client_->Begin({.zone = TestZone(), .held_serial = 7},
                 [&](const TurnResult&) { client_->Cancel(second); });
  second = Begin({.held_serial = 7});
  TurnTimes(50);
  EXPECT_EQ(client_->turns(), 0u);
  EXPECT_TRUE(results_.empty());
}

}  // namespace
}  // namespace hither
