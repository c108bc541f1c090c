#include "server/transfer/client/query_lanes.h"

#include "gmock/gmock.h"
#include "tests/server/transfer/client/client_fixture.h"

namespace hither {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class QueryLanesTest : public ClientFixture {
 protected:
  using Peer = FakePrimary::Peer;
  struct Asked {
    Peer* peer;
    TransferQuery query;
  };
  // Collects queries for the test to answer.
  void Collect() {
    primary_->script = [this](Peer& peer, const TransferQuery& query, ByteView) {
      asked_.push_back({&peer, query});
    };
  }
  bool TurnUntilAsked(size_t count) {
    return TurnUntil([&] { return asked_.size() >= count; });
  }
  void BeginMany(int count) {
    for (int i = 0; i < count; ++i) Begin({.held_serial = 7});
  }
  std::vector<Asked> asked_;
};

TEST_F(QueryLanesTest, PipelineSoaQueriesOnOneConnection) {
  Collect();
  BeginMany(50);
  ASSERT_TRUE(TurnUntilAsked(50));
  for (size_t i = asked_.size(); i-- > 0;) Answer(*asked_[i].peer, asked_[i].query);
  ASSERT_TRUE(TurnUntilResults(50));
  EXPECT_THAT(results_, Each(std::string("current")));
  EXPECT_EQ(primary_->accepted, 1u);
}

TEST_F(QueryLanesTest, PipelineTransfers) {
  Collect();
  for (int i = 0; i < 20; ++i) Begin({});
  ASSERT_TRUE(TurnUntilAsked(20));
  for (const Asked& asked : asked_) asked.peer->Reply(asked.query, "SOA 7; a A 192.0.2.1");
  for (const Asked& asked : asked_) asked.peer->Reply(asked.query, "b A 192.0.2.1; SOA 7");
  ASSERT_TRUE(TurnUntilResults(20));
  EXPECT_THAT(results_, Each(std::string("whole")));
  EXPECT_EQ(primary_->accepted, 1u);
}

TEST_F(QueryLanesTest, LetQueriesWaitInOrderAndNotTooMany) {
  MakeClient({.lanes = {.waiting_max = 10}});
  Collect();
  BeginMany(PrimaryConnection::kQueriesMax + 12);
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(results_, Each(HasSubstr("own fault: too many queries wait")));
  ASSERT_TRUE(TurnUntilAsked(PrimaryConnection::kQueriesMax));
  for (size_t i = 0; i < PrimaryConnection::kQueriesMax + 10; ++i) {
    ASSERT_TRUE(TurnUntilAsked(i + 1));
    Answer(*asked_[i].peer, asked_[i].query);
  }
  ASSERT_TRUE(TurnUntilResults(PrimaryConnection::kQueriesMax + 12));
  EXPECT_EQ(results_.back(), "current");
}

TEST_F(QueryLanesTest, CloseIdleConnections) {
  MakeClient({.lanes = {.idle_timeout = absl::Milliseconds(300)}});
  Begin({.held_serial = 5});
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_EQ(client_->connections(), 2u);
  ASSERT_TRUE(TurnUntil([this] { return primary_->open() == 0; }));
  EXPECT_EQ(client_->connections(), 0u);
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(results_, ElementsAre("diffs", "current"));
}

// The next query is on its way when the connection is found to be closed.
TEST_F(QueryLanesTest, RepeatAQueryOnAConnectionClosedWhileIdle) {
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(1));
  primary_->CloseAll();
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(results_, Each(std::string("current")));
  EXPECT_THAT(primary_->log, ElementsAre("1 SOA", "2 SOA"));
}

TEST_F(QueryLanesTest, RepeatAQueryThatAReusedConnectionIsClosedFor) {
  primary_->script = [&](Peer& peer, const TransferQuery& query, ByteView) {
    primary_->log.size() == 2 ? peer.Close() : Answer(peer, query);
  };
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(1));
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_EQ(results_[1], "current");
  EXPECT_THAT(primary_->log, ElementsAre("1 SOA", "1 SOA", "2 SOA"));
}

TEST_F(QueryLanesTest, RepeatAQueryOnlyOnce) {
  primary_->script = [&](Peer& peer, const TransferQuery& query, ByteView) {
    primary_->log.size() >= 2 ? peer.Close() : Answer(peer, query);
  };
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(1));
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(results_[1], HasSubstr("unreachable: closed by the other side"));
  EXPECT_THAT(primary_->log, ElementsAre("1 SOA", "1 SOA", "2 SOA"));
}

TEST_F(QueryLanesTest, DoNotRepeatAQueryThatAFreshConnectionIsClosedFor) {
  primary_->script = [](Peer& peer, const TransferQuery&, ByteView) { peer.Close(); };
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_THAT(results_[0], HasSubstr("unreachable: closed by the other side"));
  EXPECT_THAT(primary_->log, SizeIs(1));
}

TEST_F(QueryLanesTest, DoNotRepeatATransferThatHasBegun) {
  primary_->script = [&](Peer& peer, const TransferQuery& query, ByteView) {
    if (primary_->log.size() == 1) return Answer(peer, query);
    peer.Reply(query, "SOA 7; a A 192.0.2.1");
    peer.Close();
  };
  Begin({});
  ASSERT_TRUE(TurnUntilResults(1));
  Begin({});
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(results_[1], HasSubstr("failed: the transfer was cut off: closed"));
  EXPECT_THAT(primary_->log, SizeIs(2));
}

// Some primaries answer so many queries and close.
TEST_F(QueryLanesTest, FinishOnAsManyConnectionsAsThePrimaryWants) {
  std::map<size_t, int> answered;
  primary_->script = [&](Peer& peer, const TransferQuery& query, ByteView) {
    Answer(peer, query);
    if (++answered[peer.number()] == 3) peer.Close();
  };
  BeginMany(40);
  ASSERT_TRUE(TurnUntilResults(40));
  EXPECT_THAT(results_, Each(std::string("current")));
}

TEST_F(QueryLanesTest, KeepSoaQueriesAndIxfrFromWaitingForAxfr) {
  replies_["AXFR"] = "SOA 7; a A 192.0.2.1";  // And then nothing.
  Begin({});
  ASSERT_TRUE(TurnUntil([this] { return primary_->log.size() == 1; }));
  Begin({.held_serial = 5});
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_THAT(results_, ElementsAre("diffs"));
  EXPECT_EQ(primary_->accepted, 3u);
}

TEST_F(QueryLanesTest, SendIxfrElsewhereDuringALargeOne) {
  MakeClient({.lanes = {.large_octets = 50}});
  int queries = 0;
  primary_->script = [&](Peer& peer, const TransferQuery& query, ByteView) {
    ++queries == 1 ? peer.Reply(query, "SOA 7; a A 192.0.2.1; b A 192.0.2.1") : Answer(peer, query);
  };
  Begin({.held_serial = 5, .hint = 7});
  ASSERT_TRUE(TurnUntil([&] { return queries == 1; }));
  TurnFor(absl::Milliseconds(50));
  Begin({.held_serial = 5, .hint = 7});
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_THAT(primary_->log, ElementsAre("1 IXFR 5", "2 IXFR 5"));
}

// This primary answers one query after the other.
TEST_F(QueryLanesTest, DoNotLeaveATransferWaitingForALargeOne) {
  MakeClient({.lanes = {.large_octets = 50, .patience = absl::Milliseconds(100)}});
  primary_->script = [&](Peer& peer, const TransferQuery& query, ByteView) {
    if (peer.number() == 2) return Answer(peer, query);
    if (primary_->log.size() == 2) peer.Reply(asked_[0].query, "SOA 7; a A 192.0.2.1");
    asked_.push_back({&peer, query});
  };
  Begin({});
  Begin({});
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_THAT(primary_->log, ElementsAre("1 AXFR", "1 AXFR", "2 AXFR"));
  asked_[0].peer->Reply(asked_[0].query, "SOA 7");
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(results_, Each(std::string("whole")));
}

// The rest of a reply that is not wanted may be long.
TEST_F(QueryLanesTest, StartTransfersAgainThatWouldWaitForAnUnwantedOne) {
  primary_->script = [&](Peer& peer, const TransferQuery& query, ByteView) {
    if (peer.number() == 2) return Answer(peer, query);
    if (primary_->log.size() == 1) asked_.push_back({&peer, query});
    if (primary_->log.size() == 2) asked_[0].peer->Reply(asked_[0].query, "SOA 7; a A 192.0.2.1");
  };
  Begin({.may_transfer = [](uint32_t) { return false; }});
  Begin({});
  ASSERT_TRUE(TurnUntilResults(2));
  EXPECT_THAT(results_, Contains("whole"));
  EXPECT_THAT(results_, Contains(HasSubstr("held")));
  EXPECT_THAT(primary_->log, ElementsAre("1 AXFR", "1 AXFR", "2 AXFR"));
  EXPECT_TRUE(TurnUntil([this] { return primary_->open() == 1; }));
}

TEST_F(QueryLanesTest, EndAtAReplyThatNobodyAskedFor) {
  primary_->script = [](Peer& peer, TransferQuery query, ByteView) {
    query.id ^= 0x8000;
    peer.Reply(query, "aa; SOA 7");
  };
  Begin({.held_serial = 7});
  ASSERT_TRUE(TurnUntilResults(1));
  EXPECT_THAT(results_[0], HasSubstr("broken: it sent a message that nobody had asked for"));
}

}  // namespace
}  // namespace hither
