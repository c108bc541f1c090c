#include "server/listen/udp_listener.h"

#include <errno.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>

#include "tests/server/loopback.h"

namespace hither {
namespace {

TEST(UdpListener, Answers) {
  TestServer server;
  Client client = server.Udp();
  client.Send(WwwQuery(7));
  const Bytes reply = client.ReceiveDatagram();
  ASSERT_GE(reply.size(), 12u);
  EXPECT_EQ(IdOf(reply), 7);
  EXPECT_EQ(AnswersIn(reply), 1);
}

// Costly queries end a turn before its eight batches, so that TCP and timers have theirs.
TEST(UdpListener, CostlyQueriesEndATurn) {
  auto socket = OpenSocket(SocketKind::kUdp, *SocketAddress::FromText("127.0.0.1", 0), {});
  ASSERT_TRUE(socket.ok()) << socket.status();
  Client client(SocketKind::kUdp, *LocalAddressOf(socket->get()));
  std::string text = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a\n";
  for (int i = 0; i < 70; ++i) {  // The names share all labels but one, and are compressed.
    std::string labels;
    for (int k = 0; k < 110; ++k) labels += "a.";
    text += absl::StrCat("mx 60 MX 1 ", absl::Hex(i, absl::kZeroPad2), ".", labels, "b\n");
  }
  Snapshot<ZoneSet> zones{ZoneOf(*Name::FromText("e."), text)};
  Snapshot<ZoneSet>::Reader reader{zones};
  Counters counters;
  LatencyHistogram latency;
  Responder responder({}, counters);
  constexpr size_t kBatch = 64;
  UdpBatch batch(kBatch, 1'232);
  UdpListener listener(*std::move(socket), batch, responder, reader, counters, latency);
  uv_loop_t loop;
  ASSERT_EQ(uv_loop_init(&loop), 0);
  ASSERT_TRUE(listener.Start(loop).ok());
  const Bytes query = MakeQuery(1, "mx.e.", RrType::kMx, 1'232);
  constexpr uint64_t kQueries = 6 * kBatch;
  for (uint64_t i = 0; i < kQueries; ++i) client.Send(query);
  responder.BeginTurn();
  uv_run(&loop, UV_RUN_NOWAIT);
  const uint64_t work = responder.turn_work();
  const uint64_t answered = counters.Get(Counter::kQueriesUdp);
  EXPECT_LE(work, kWorkOfTurnMax + kBatch * (work / answered));
  EXPECT_LT(answered, kQueries) << "at " << work / answered << " units each";
  for (int turn = 0; turn < 20 && counters.Get(Counter::kQueriesUdp) < kQueries; ++turn) {
    responder.BeginTurn();
    uv_run(&loop, UV_RUN_NOWAIT);
  }
  EXPECT_EQ(counters.Get(Counter::kQueriesUdp), kQueries);
  listener.Stop();
  uv_run(&loop, UV_RUN_DEFAULT);
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

TEST(UdpListener, AnswersOverIpv6) {
  if (!HasIpv6()) GTEST_SKIP() << "no IPv6 here";
  TestServer server({}, "::1");
  Client client = server.Udp();
  client.Send(WwwQuery(8));
  EXPECT_EQ(AnswersIn(client.ReceiveDatagram()), 1);
}

// Every one of many more than fit into a batch; a connected socket refuses strangers' answers.
TEST(UdpListener, AnswersEachOfManyOnce) {
  TestServer server;
  Client client = server.Udp();
  constexpr uint16_t kQueries = 200;
  for (uint16_t id = 0; id < kQueries; ++id) client.Send(WwwQuery(id));
  std::set<uint16_t> ids;
  for (uint16_t i = 0; i < kQueries; ++i) {
    const Bytes reply = client.ReceiveDatagram();
    ASSERT_GE(reply.size(), 12u);
    ids.insert(IdOf(reply));
  }
  EXPECT_EQ(ids.size(), kQueries);
  EXPECT_FALSE(client.HasDatagram());
  EXPECT_EQ(server.Count(Counter::kQueriesUdp), kQueries);
  // Written after the answers have gone.
  EXPECT_TRUE(Eventually([&] { return server.Measured(&AnswerLatency::udp) == kQueries; }));
  EXPECT_EQ(server.Measured(&AnswerLatency::tcp), 0u);
}

struct AskedCase {
  const char* name;
  const char* bound;
  const char* asked;
};
void PrintTo(const AskedCase& c, std::ostream* os) { *os << c.name; }

class UdpSource : public testing::TestWithParam<AskedCase> {};

TEST_P(UdpSource, IsTheAddressThatWasAsked) {
  if (std::string(GetParam().bound) == "::" && !HasIpv6()) GTEST_SKIP() << "no IPv6 here";
  TestServer server({}, GetParam().bound);
  Client client(SocketKind::kUdp, *SocketAddress::FromText(GetParam().asked, server.port()));
  client.Send(WwwQuery(9));
  EXPECT_EQ(AnswersIn(client.ReceiveDatagram()), 1);
}

// clang-format off
const AskedCase kAsked[] = {
    {"WildcardFirst",  "0.0.0.0",   "127.0.0.1"},
    {"WildcardOther",  "0.0.0.0",   "127.0.0.2"},  // Routing alone would answer from 127.0.0.1.
    {"WildcardFar",    "0.0.0.0",   "127.255.3.4"},
    {"OneAddress",     "127.0.0.9", "127.0.0.9"},
    {"WildcardV6",     "::",        "::1"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Udp, UdpSource, testing::ValuesIn(kAsked),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(UdpListener, DropsWhatIsNoQueryAndGoesOn) {
  TestServer server;
  Client client = server.Udp();
  client.Send(Bytes());    // Nothing at all.
  client.Send(Bytes(11));  // No header.
  Bytes response = WwwQuery(1);
  response[2] |= 0x80;  // QR: two servers that answered answers would never end.
  client.Send(response);
  client.Send(WwwQuery(2));
  EXPECT_EQ(IdOf(client.ReceiveDatagram()), 2);
  EXPECT_FALSE(client.HasDatagram());
  EXPECT_EQ(server.Count(Counter::kDroppedShort), 2u);
  EXPECT_EQ(server.Count(Counter::kDroppedResponse), 1u);
  EXPECT_TRUE(Eventually([&] { return server.Measured(&AnswerLatency::udp) == 1; }));
}

// A query longer than UdpBatch::kQueryBytesMax is cut; it must not be read beyond.
TEST(UdpListener, SurvivesTheLongestDatagram) {
  TestServer server;
  Client client = server.Udp();
  Bytes longest = WwwQuery(3);
  longest.resize(65'507, 0xff);
  ASSERT_TRUE(client.Send(longest));
  client.ReceiveDatagram();
  client.Send(WwwQuery(4));
  EXPECT_EQ(IdOf(client.ReceiveDatagram()), 4);
}

// On the loopback interface nothing fails to be sent. Datagrams over UNIX sockets do fail, with
// the same errors and for the same reasons: a peer that has gone, is full, or a message too long.
class UdpSendErrors : public testing::Test {
 protected:
  explicit UdpSendErrors(size_t datagrams = UdpBatch::kDatagramsMax)
      : batch_(datagrams, options_.udp_payload_bytes_max) {}
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "hither.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    FileDescriptor socket = Bound("server");
    const int bytes = 4'608;  // The least; Linux sends no longer message than that.
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    ASSERT_EQ(uv_loop_init(&loop_), 0);
    listener_.emplace(std::move(socket), batch_, responder_, reader_, counters_, latency_);
    ASSERT_TRUE(listener_->Start(loop_).ok());
  }
  void TearDown() override {
    listener_->Stop();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
    std::filesystem::remove_all(folder_);
  }

  sockaddr_un PathOf(const std::string& name) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder_.c_str(),
                  name.c_str());
    return address;
  }
  FileDescriptor Bound(const std::string& name) {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    const sockaddr_un address = PathOf(name);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    return socket;
  }
  void Ask(const FileDescriptor& client, const Bytes& query) {
    const sockaddr_un server = PathOf("server");
    EXPECT_GT(::sendto(client.get(), query.data(), query.size(), 0,
                       reinterpret_cast<const sockaddr*>(&server), sizeof(server)),
              0);
  }
  Bytes Reply(const FileDescriptor& client) {
    Bytes octets(65'536);
    const ssize_t got = ::recv(client.get(), octets.data(), octets.size(), 0);
    octets.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return octets;
  }
  uint64_t Measured() const {
    LatencySummary summary;
    summary.Add(latency_);
    return summary.answers();
  }
  void OneTurn() { uv_run(&loop_, UV_RUN_NOWAIT); }

  std::string folder_;
  Snapshot<ZoneSet> zones_{TestZones()};
  Snapshot<ZoneSet>::Reader reader_{zones_};
  Counters counters_;
  LatencyHistogram latency_;
  ResponderOptions options_{.nsid = "", .version = "", .udp_payload_bytes_max = 60'000};
  Responder responder_{options_, counters_};
  UdpBatch batch_;
  uv_loop_t loop_;
  std::optional<UdpListener> listener_;
};

TEST_F(UdpSendErrors, APeerThatHasGoneCostsOnlyItself) {
  const FileDescriptor before = Bound("before");
  FileDescriptor gone = Bound("gone");
  const FileDescriptor after = Bound("after");
  Ask(before, WwwQuery(1));
  Ask(gone, WwwQuery(2));
  Ask(after, WwwQuery(3));
  gone.Reset();  // ECONNREFUSED
  OneTurn();
  EXPECT_EQ(IdOf(Reply(before)), 1);
  EXPECT_EQ(IdOf(Reply(after)), 3);
  EXPECT_EQ(counters_.Get(Counter::kUdpSendErrors), 1u);
  EXPECT_EQ(counters_.Get(Counter::kUdpSendFaults), 0u);  // Theirs, not ours.
  EXPECT_EQ(Measured(), 2u);                              // What was not sent took no time.
}

TEST_F(UdpSendErrors, AReplyTooLongForTheLinkComesAgainTruncated) {
  const FileDescriptor client = Bound("client");
  const FileDescriptor other = Bound("other");
  Ask(client, MakeQuery(4, "big.example.org.", RrType::kTxt, 60'000));  // EMSGSIZE
  Ask(other, WwwQuery(5));
  OneTurn();
  const Bytes reply = Reply(client);
  ASSERT_GE(reply.size(), 12u);
  EXPECT_LE(reply.size(), 512u);
  EXPECT_EQ(IdOf(reply), 4);
  EXPECT_TRUE(IsTruncated(reply));
  EXPECT_EQ(IdOf(Reply(other)), 5);
  EXPECT_EQ(counters_.Get(Counter::kUdpSendErrors), 1u);
  EXPECT_EQ(counters_.Get(Counter::kUdpSendFaults), 0u);
}

TEST_F(UdpSendErrors, AFullWayOutDropsAndDoesNotSpin) {
  const FileDescriptor client = Bound("client");
  constexpr uint64_t kQueries = 60;  // A UNIX socket queues 10 or so, then EAGAIN.
  for (uint64_t asked = 0; asked < kQueries;) {
    const uint64_t before = counters_.Get(Counter::kQueriesUdp);
    Ask(client, WwwQuery(6));
    OneTurn();
    asked += counters_.Get(Counter::kQueriesUdp) - before;
  }
  uint64_t replies = 0;
  while (!Reply(client).empty()) ++replies;
  EXPECT_GT(replies, 0u);
  EXPECT_LT(replies, kQueries);
  EXPECT_EQ(replies + counters_.Get(Counter::kUdpSendErrors), kQueries);
  EXPECT_EQ(replies + counters_.Get(Counter::kUdpSendFaults), kQueries);
  EXPECT_EQ(Measured(), replies);
  Ask(client, WwwQuery(7));
  OneTurn();
  EXPECT_EQ(IdOf(Reply(client)), 7);
}

// A stranger chooses the address that we answer to. By what that address alone provokes nobody may
// make a node look broken.
TEST(UdpErrors, OfOnePeerAreNoFaultOfTheHost) {
  for (const int error : {EACCES, EINVAL, EHOSTUNREACH, EHOSTDOWN, ECONNREFUSED, EMSGSIZE}) {
    EXPECT_TRUE(IsOfThatPeer(error)) << std::strerror(error);
  }
  for (const int error : {EPERM, ENETUNREACH, ENETDOWN, ENOBUFS, EAGAIN, ENOMEM, EADDRNOTAVAIL}) {
    EXPECT_FALSE(IsOfThatPeer(error)) << std::strerror(error);
  }
}

// Between turns of a busy socket the loop does not wait, and asks epoll nothing about it.
class UdpBusy : public UdpSendErrors {
 protected:
  UdpBusy() : UdpSendErrors(1) {}  // So that a few queries are many batches.
};

TEST_F(UdpBusy, ASocketIsLookedAtEachTurnUntilItIsEmpty) {
  const FileDescriptor client = Bound("client");
  const auto ask_for_a_turn = [&] {
    for (int i = 0; i < UdpListener::kBatchesPerTurnMax; ++i) Ask(client, WwwQuery(8));
  };
  const auto replies = [&] {
    int count = 0;
    while (!Reply(client).empty()) ++count;
    return count;
  };
  OneTurn();  // Tells epoll of the socket.
  EXPECT_EQ(uv_backend_timeout(&loop_), -1);
  for (int round = 0; round < 3; ++round) {
    ask_for_a_turn();
    OneTurn();
    EXPECT_EQ(replies(), UdpListener::kBatchesPerTurnMax);
    EXPECT_EQ(uv_backend_timeout(&loop_), 0);
    ask_for_a_turn();
    OneTurn();
    EXPECT_EQ(replies(), UdpListener::kBatchesPerTurnMax);
    EXPECT_EQ(uv_backend_timeout(&loop_), 0);
    OneTurn();
    EXPECT_EQ(uv_backend_timeout(&loop_), -1);
    Ask(client, WwwQuery(9));
    OneTurn();
    EXPECT_EQ(IdOf(Reply(client)), 9);
    EXPECT_EQ(uv_backend_timeout(&loop_), -1);
  }
}

TEST_F(UdpBusy, StopsWhileItIsBusy) {
  const FileDescriptor client = Bound("client");
  for (int i = 0; i < UdpListener::kBatchesPerTurnMax; ++i) Ask(client, WwwQuery(8));
  OneTurn();
  EXPECT_EQ(uv_backend_timeout(&loop_), 0);
  Ask(client, WwwQuery(9));  // TearDown() would wait for ever if something stayed active.
}

}  // namespace
}  // namespace hither
