#include "bench/volley_flow.h"

#include <poll.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/socket_address.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

TEST(LatencyHistogram, IsEmptyAtFirst) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.Quantile(0.5), 0u);
  EXPECT_EQ(histogram.largest(), 0u);
}

TEST(LatencyHistogram, IsExactBelow16) {
  LatencyHistogram histogram;
  for (int64_t value = 0; value < 16; ++value) histogram.Add(value);
  for (unsigned value = 0; value < 16; ++value) {
    EXPECT_EQ(histogram.Quantile(value / 16.0), value);
  }
}

TEST(LatencyHistogram, ErrsByASixteenthAtMost) {
  for (uint64_t value = 1; value < (uint64_t{1} << 62); value = value * 5 / 3 + 1) {
    LatencyHistogram histogram;
    histogram.Add(static_cast<int64_t>(value));
    const auto found = static_cast<double>(histogram.Quantile(0.5));
    EXPECT_NEAR(found / static_cast<double>(value), 1, 1.0 / 16) << value;
    EXPECT_EQ(histogram.largest(), value);
  }
}

TEST(LatencyHistogram, PutsQuantilesInOrder) {
  LatencyHistogram histogram;
  for (int64_t value = 1; value <= 1000; ++value) histogram.Add(value * 1000);
  EXPECT_NEAR(static_cast<double>(histogram.Quantile(0.5)), 500'000, 500'000 / 16);
  EXPECT_NEAR(static_cast<double>(histogram.Quantile(0.99)), 990'000, 990'000 / 16);
  histogram.Add(-1);  // A clock that goes backwards; not a crash.
}

// A server that answers as a test tells it to.
class FlowTest : public testing::Test {
 protected:
  void SetUp() override {
    auto address = SocketAddress::FromText("127.0.0.1", 0);
    ASSERT_TRUE(address.ok());
    auto socket = OpenSocket(SocketKind::kUdp, *address, {});
    ASSERT_TRUE(socket.ok());
    server_ = std::move(*socket);
    auto bound = LocalAddressOf(server_.get());
    ASSERT_TRUE(bound.ok());
    at_ = *bound;
  }

  void Plan(size_t group_max, const char* text) {
    auto plan = PlanQueries(text, {.group_max = group_max});
    ASSERT_TRUE(plan.ok());
    plan_ = std::move(*plan);
  }

  Flow OpenFlow(size_t window, bool segments) {
    auto flow = Flow::Open(at_, window, segments);
    EXPECT_TRUE(flow.ok());
    return std::move(*flow);
  }

  // The datagrams that have come, and who sent the last of them.
  std::vector<Bytes> Arrived() {
    std::vector<Bytes> datagrams;
    std::array<uint8_t, 2048> octets;
    socklen_t size = sizeof(asker_);
    for (ssize_t got; (got = ::recvfrom(server_.get(), octets.data(), octets.size(), MSG_DONTWAIT,
                                        reinterpret_cast<sockaddr*>(&asker_), &size)) >= 0;) {
      datagrams.emplace_back(octets.begin(), octets.begin() + got);
    }
    return datagrams;
  }

  void Answer(Bytes query, uint8_t rcode, uint8_t flags = 0x80) {
    query[2] = flags;
    query[3] = rcode;
    query[7] = 2;  // Two records in the answer section, or so it says.
    ::sendto(server_.get(), query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&asker_),
             sizeof(sockaddr_in));
  }

  FileDescriptor server_;
  SocketAddress at_;
  QueryPlan plan_;
  sockaddr_storage asker_{};
  AnswerBatch answers_;
  Tally tally_;
};

TEST_F(FlowTest, SendsAsManyDatagramsOneWayOrTheOther) {
  Plan(4, "a. A\nb. A\ncc. A\nc. A\nd. A\ndd. A\n");
  for (const bool segments : {false, true}) {
    Flow flow = OpenFlow(8, segments);
    QuerySource source(plan_, 6);
    flow.Send(source, 0, tally_);
    const auto datagrams = Arrived();
    ASSERT_EQ(datagrams.size(), 6u) << segments;
    for (size_t i = 0; i < 6; ++i) EXPECT_EQ(datagrams[i].size(), i < 4 ? 19u : 20u);
    EXPECT_EQ(flow.waiting(), 6u);
  }
  EXPECT_EQ(tally_.sent, 12u);
}

TEST_F(FlowTest, KeepsToItsWindow) {
  Plan(2, "a. A\nb. A\n");
  Flow flow = OpenFlow(4, true);
  QuerySource source(plan_, 100);
  flow.Send(source, 0, tally_);
  flow.Send(source, 0, tally_);
  EXPECT_EQ(flow.waiting(), 4u);
  EXPECT_EQ(Arrived().size(), 4u);
}

TEST_F(FlowTest, StopsAtTheCount) {
  Plan(4, "a. A\nb. A\nc. A\nd. A\n");
  Flow flow = OpenFlow(64, true);
  QuerySource source(plan_, 7);
  flow.Send(source, 0, tally_);
  EXPECT_EQ(tally_.sent, 7u);
  EXPECT_TRUE(source.empty());
  EXPECT_EQ(Arrived().size(), 7u);
}

TEST_F(FlowTest, CountsAnswers) {
  Plan(1, "a. A\nb. A\n");
  Flow flow = OpenFlow(4, false);
  QuerySource source(plan_, 2);
  flow.Send(source, 0, tally_);
  const auto queries = Arrived();
  ASSERT_EQ(queries.size(), 2u);
  Answer(queries[0], 0);
  Answer(queries[1], 3, 0x82);  // NXDOMAIN with TC.
  EXPECT_EQ(flow.Receive(answers_, tally_), 2u);
  EXPECT_EQ(tally_.answered, 2u);
  EXPECT_EQ(tally_.rcodes[0], 1u);
  EXPECT_EQ(tally_.rcodes[3], 1u);
  EXPECT_EQ(tally_.truncated, 1u);
  EXPECT_EQ(tally_.records[0], 4u);
  EXPECT_EQ(flow.waiting(), 0u);
  EXPECT_EQ(flow.Receive(answers_, tally_), 0u);
}

TEST_F(FlowTest, DoesNotTakeEveryDatagramForAnAnswer) {
  Plan(1, "a. A\n");
  Flow flow = OpenFlow(4, false);
  QuerySource source(plan_, 1);
  flow.Send(source, 0, tally_);
  const Bytes query = Arrived().at(0);
  Answer(query, 0, 0);  // Without QR.
  Bytes other = query;
  other[0] ^= 0x40;  // The same slot, but another time.
  Answer(other, 0);
  Answer(query, 0);
  Answer(query, 0);  // A second time.
  EXPECT_EQ(flow.Receive(answers_, tally_), 4u);
  EXPECT_EQ(tally_.answered, 1u);
  EXPECT_EQ(tally_.strange, 3u);
}

TEST_F(FlowTest, GivesUpOnWhatIsLate) {
  Plan(1, "a. A\nb. A\n");
  Flow flow = OpenFlow(2, false);
  QuerySource source(plan_, 4);
  flow.Send(source, 1000, tally_);
  const Bytes late = Arrived().at(0);
  flow.Expire(1000, tally_);
  EXPECT_EQ(tally_.lost, 0u);
  flow.Expire(1001, tally_);
  EXPECT_EQ(tally_.lost, 2u);
  flow.Send(source, 2000, tally_);  // Its slots are free again.
  EXPECT_EQ(flow.waiting(), 2u);
  Arrived();
  Answer(late, 0);
  flow.Receive(answers_, tally_);
  EXPECT_EQ(tally_.strange, 1u);
  EXPECT_EQ(tally_.answered, 0u);
}

// A refusal is told once: to the call that sends or to the one that receives.
TEST_F(FlowTest, NoticesThatNobodyListens) {
  Plan(1, "a. A\n");
  for (const size_t window : {1, 2, 4}) {
    Flow flow = OpenFlow(window, false);
    server_.Reset();
    QuerySource source(plan_, 100);
    for (int i = 0; i < 4 && !flow.failed(); ++i) {
      flow.Receive(answers_, tally_);
      flow.Send(source, 0, tally_);
      flow.Expire(1, tally_);
    }
    EXPECT_TRUE(flow.failed()) << window;
  }
}

}  // namespace
}  // namespace hither
