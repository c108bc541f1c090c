#include "server/listen/tcp_listener.h"

#include <sys/resource.h>

#include <algorithm>

#include "base/check.h"
#include "tests/server/loopback.h"

namespace hither {
namespace {

void Append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

WorkerOptions With(const TcpLimits& limits) {
  WorkerOptions options;
  options.tcp = limits;
  return options;
}

TEST(TcpListener, AnswersAQuerySplitAnywhere) {
  TestServer server;
  Client client = server.Tcp();
  const Bytes query = Framed(WwwQuery(1));
  for (size_t split = 1; split < query.size(); ++split) {
    ASSERT_TRUE(client.Send(ByteView(query).first(split)));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(client.Send(ByteView(query).subspan(split)));
    ASSERT_EQ(AnswersIn(client.ReceiveMessage()), 1) << "split at " << split;
  }
  for (const uint8_t octet : query) ASSERT_TRUE(client.Send({&octet, 1}));
  EXPECT_EQ(AnswersIn(client.ReceiveMessage()), 1);
}

// Whatever the segments: one for all, or cut in the middle of the second query.
TEST(TcpListener, AnswersPipelinedQueriesInTheirOrder) {
  TestServer server;
  Client client = server.Tcp();
  constexpr uint16_t kQueries = 500;  // About 17,000 octets: several reads.
  Bytes all;
  for (uint16_t id = 0; id < kQueries; ++id) Append(all, Framed(WwwQuery(id)));
  for (const size_t cut : {all.size(), size_t{50}}) {
    ASSERT_TRUE(client.Send(ByteView(all).first(cut)));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(cut == all.size() || client.Send(ByteView(all).subspan(cut)));
    for (uint16_t id = 0; id < kQueries; ++id) ASSERT_EQ(IdOf(client.ReceiveMessage()), id);
  }
  EXPECT_TRUE(Eventually([&] { return server.Measured(&AnswerLatency::tcp) == 2 * kQueries; }));
  EXPECT_EQ(server.Measured(&AnswerLatency::udp), 0u);
}

TEST(TcpListener, SendsWhatUdpCannot) {
  TestServer server;
  Client client = server.Tcp();
  client.Send(Framed(BigQuery(1)));
  const Bytes reply = client.ReceiveMessage();
  ASSERT_GE(reply.size(), 12u);
  EXPECT_FALSE(IsTruncated(reply));
  EXPECT_EQ(AnswersIn(reply), kBigTxtCount);
}

TEST(TcpListener, AnswersOverIpv6) {
  if (!HasIpv6()) GTEST_SKIP() << "no IPv6 here";
  TestServer server({}, "::1");
  Client client = server.Tcp();
  client.Send(Framed(WwwQuery(2)));
  EXPECT_EQ(AnswersIn(client.ReceiveMessage()), 1);
}

// RFC 7766 §6.2.4: a client may end its half as soon as it has asked.
TEST(TcpListener, AnswersWhatWasAskedBeforeTheClientsEnd) {
  TestServer server;
  Client client = server.Tcp();
  Bytes queries = Framed(BigQuery(1));
  Append(queries, Framed(BigQuery(2)));
  Append(queries, Framed(WwwQuery(3)));
  queries.push_back(0);  // And half a length that never goes on.
  ASSERT_TRUE(client.Send(queries));
  client.HalfClose();
  for (const uint16_t id : {1, 2, 3}) EXPECT_EQ(IdOf(client.ReceiveMessage()), id);
  EXPECT_TRUE(client.ReceiveMessage().empty());
}

class TcpShortLength : public testing::TestWithParam<uint16_t> {};

// Less than a header has no ID to answer to, and the stream is not what we think it is.
TEST_P(TcpShortLength, ClosesAfterTheAnswersBefore) {
  TestServer server;
  Client client = server.Tcp();
  Bytes octets = Framed(WwwQuery(1));
  Append(octets, Framed(Bytes(GetParam())));
  Append(octets, Framed(WwwQuery(2)));
  ASSERT_TRUE(client.Send(octets));
  EXPECT_EQ(IdOf(client.ReceiveMessage()), 1);
  EXPECT_TRUE(client.ReceiveMessage().empty());
  EXPECT_EQ(server.Count(Counter::kTcpLimitClosed), 1u);
}
INSTANTIATE_TEST_SUITE_P(Tcp, TcpShortLength, testing::Values(0, 1, 11));

TEST(TcpListener, TakesTheLongestMessageAndGoesOn) {
  TestServer server;
  Client client = server.Tcp();
  Bytes longest = WwwQuery(1);
  longest.resize(65'535, 0xff);
  ASSERT_TRUE(client.Send(Framed(longest)));
  EXPECT_EQ(IdOf(client.ReceiveMessage()), 1);  // FORMERR: trailing octets.
  client.Send(Framed(WwwQuery(2)));
  EXPECT_EQ(IdOf(client.ReceiveMessage()), 2);
}

TEST(TcpListener, ClosesWhoSaysNothing) {
  TestServer server(With({.idle_timeout = absl::Milliseconds(50)}));
  Client client = server.Tcp();
  EXPECT_TRUE(client.IsClosedByServer());
  EXPECT_EQ(server.Count(Counter::kTcpIdleClosed), 1u);
}

// Octet by octet is still idle: only a complete query counts.
TEST(TcpListener, ClosesWhoDribbles) {
  TestServer server(With({.idle_timeout = absl::Milliseconds(100)}));
  Client client = server.Tcp();
  const Bytes endless = Framed(Bytes(60'000, 1));
  size_t sent = 0;
  EXPECT_TRUE(Eventually([&] {
    client.Send(ByteView(endless).subspan(sent++ % endless.size(), 1));
    return server.Count(Counter::kTcpIdleClosed) == 1;
  }));
}

TEST(TcpListener, KeepsWhoAsks) {
  TestServer server(With({.idle_timeout = absl::Seconds(1)}));
  Client client = server.Tcp();
  for (uint16_t id = 0; id < 15; ++id) {  // Half as long again as an idle connection lives.
    ASSERT_TRUE(client.Send(Framed(WwwQuery(id))));
    ASSERT_EQ(AnswersIn(client.ReceiveMessage()), 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

// RFC 7828 §3.3.2: a client that asks is told how long it may idle, in tenths of a second.
TEST(TcpListener, TellsWhoAsksHowLongItMayIdle) {
  TestServer server(With({.idle_timeout = absl::Seconds(30)}));
  Client client = server.Tcp();
  Bytes query = MakeQuery(1, "www.example.org.", RrType::kA, 1232);
  query.back() = 4;                       // OPT's RDLENGTH: one option follows,
  const Bytes keepalive = {0, 11, 0, 0};  // edns-tcp-keepalive, empty as a client's must be.
  Append(query, keepalive);
  ASSERT_TRUE(client.Send(Framed(query)));
  const Bytes reply = client.ReceiveMessage();
  const Bytes told = {0, 11, 0, 2, 300 >> 8, 300 & 0xff};
  EXPECT_NE(std::search(reply.begin(), reply.end(), told.begin(), told.end()), reply.end());
}

TEST(TcpListener, ClosesEvenTheBusyInTheEnd) {
  TestServer server(With({.lifetime_max = absl::Milliseconds(300)}));
  Client client = server.Tcp();
  EXPECT_TRUE(Eventually([&] {
    client.Send(Framed(WwwQuery(1)));
    return client.ReceiveMessage().empty();
  }));
  EXPECT_EQ(server.Count(Counter::kTcpLimitClosed), 1u);
}

// 200 answers of 53,000 octets do not fit into any socket: the server stops reading, holds little,
// and goes on as soon as the client reads.
TEST(TcpListener, WaitsForASlowReader) {
  TestServer server;
  Client client = server.Tcp(/*receive_buffer_bytes=*/4096);
  constexpr uint16_t kQueries = 200;
  Bytes all;
  for (uint16_t id = 0; id < kQueries; ++id) Append(all, Framed(BigQuery(id)));
  ASSERT_TRUE(client.Send(all));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LT(server.Count(Counter::kQueriesTcp), kQueries);
  for (uint16_t id = 0; id < kQueries; ++id) {
    const Bytes reply = client.ReceiveMessage();
    ASSERT_GE(reply.size(), 12u);
    ASSERT_EQ(IdOf(reply), id);
    ASSERT_EQ(AnswersIn(reply), kBigTxtCount);
  }
}

TEST(TcpListener, ClosesWhoNeverReads) {
  TestServer server(With({.unread_timeout = absl::Milliseconds(100)}));
  Client client = server.Tcp(/*receive_buffer_bytes=*/4096);
  Bytes all;
  for (uint16_t id = 0; id < 200; ++id) Append(all, Framed(BigQuery(id)));
  ASSERT_TRUE(client.Send(all));
  EXPECT_TRUE(Eventually([&] { return server.Count(Counter::kTcpLimitClosed) == 1; }));
}

TEST(TcpListener, HoldsEachNetworkToItsLimit) {
  TestServer server(With({.connections_per_prefix_max = 2}));
  Client first = server.Tcp();
  Client second = server.Tcp();
  Client third = server.Tcp();
  EXPECT_TRUE(third.IsClosedByServer());
  for (Client* client : {&first, &second}) {
    client->Send(Framed(WwwQuery(1)));
    EXPECT_EQ(AnswersIn(client->ReceiveMessage()), 1);
  }
  EXPECT_EQ(server.Count(Counter::kTcpRefused), 1u);
}

TEST(TcpListener, GivesAPlaceBackWhenItsClientLeaves) {
  TestServer server(With({.connections_per_prefix_max = 1}));
  for (uint64_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(Eventually([&] {
      Client client = server.Tcp();
      client.Send(Framed(WwwQuery(1)));
      return !client.ReceiveMessage().empty();
    }));
  }
}

TEST(TcpListener, LetsTheLongestIdleMakeRoom) {
  TestServer server(With({.connections_max = 2}));
  Client oldest = server.Tcp();
  Client asker = server.Tcp();
  std::this_thread::sleep_for(std::chrono::seconds(1));  // Longer than a newcomer is spared.
  asker.Send(Framed(WwwQuery(1)));
  EXPECT_EQ(AnswersIn(asker.ReceiveMessage()), 1);
  Client newcomer = server.Tcp();
  EXPECT_TRUE(oldest.IsClosedByServer());
  for (Client* client : {&asker, &newcomer}) {
    client->Send(Framed(WwwQuery(2)));
    EXPECT_EQ(AnswersIn(client->ReceiveMessage()), 1);
  }
}

// Each gets a place, or another one's, or none; never more than there are.
TEST(TcpListener, NeverHoldsMoreThanItsLimit) {
  TestServer server(With({.connections_max = 4}));
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(server.Tcp());
  EXPECT_TRUE(Eventually([&] {
    return server.Count(Counter::kTcpRefused) + server.Count(Counter::kTcpIdleClosed) == 16;
  }));
}

// accept() that fails leaves the connection in the queue; when there are descriptors again it is
// answered, and until then UDP is.
TEST(TcpListener, OutlivesALackOfFileDescriptors) {
  TestServer server;
  Client udp = server.Udp();
  Client tcp(SocketKind::kTcp, *SocketAddress::FromText("127.0.0.1", server.port()));
  tcp.Send(Framed(WwwQuery(1)));
  EXPECT_EQ(AnswersIn(tcp.ReceiveMessage()), 1);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int newest = ::dup(0);
  const rlimit none = {static_cast<rlim_t>(newest) + 1, before.rlim_max};
  FileDescriptor late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const SocketAddress address = *SocketAddress::FromText("127.0.0.1", server.port());
  EXPECT_EQ(::connect(late.get(), address.get(), address.size()), 0);
  EXPECT_TRUE(Eventually([&] { return server.Count(Counter::kTcpRefused) > 0; }));
  udp.Send(WwwQuery(2));
  EXPECT_EQ(AnswersIn(udp.ReceiveDatagram()), 1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ::close(newest);
  EXPECT_TRUE(Eventually([&] { return server.Count(Counter::kTcpAccepted) == 2; }));
}

// A TcpListener on a loop that turns when the test says so.
class TurnByTurn {
 public:
  TurnByTurn() {
    auto socket = OpenSocket(SocketKind::kTcp, *SocketAddress::FromText("127.0.0.1", 0), {});
    HITHER_CHECK(socket.ok());
    address_ = *LocalAddressOf(socket->get());
    HITHER_CHECK(uv_loop_init(&loop_) == 0);
    std::vector<FileDescriptor> sockets;
    sockets.push_back(*std::move(socket));
    HITHER_CHECK(listener_.Start(loop_, std::move(sockets), 64).ok());
  }
  ~TurnByTurn() {
    listener_.StopAccepting();
    listener_.CloseConnections();
    uv_run(&loop_, UV_RUN_DEFAULT);
    HITHER_CHECK(uv_loop_close(&loop_) == 0);
  }

  Client Connect() { return Client(SocketKind::kTcp, address_); }
  void Accept(size_t connections) {
    while (listener_.connections() < connections) Turn();
  }
  // Returns how many queries were answered in it.
  uint64_t Turn() {
    const uint64_t before = counters_.Get(Counter::kQueriesTcp);
    responder_.BeginTurn();
    uv_run(&loop_, UV_RUN_NOWAIT);
    return counters_.Get(Counter::kQueriesTcp) - before;
  }
  const SocketAddress& address() const { return address_; }

 private:
  Snapshot<ZoneSet> zones_{TestZones()};
  Snapshot<ZoneSet>::Reader reader_{zones_};
  Counters counters_;
  LatencyHistogram latency_;
  Responder responder_{{}, counters_};
  TcpLimits limits_;
  TcpListener listener_{limits_, responder_, reader_, counters_, latency_};
  SocketAddress address_;
  uv_loop_t loop_;
};

bool HasOctets(const Client& client) {
  uint8_t octet;
  return ::recv(client.fd(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

// However much one client asks at once, with however many connections, a turn ends, and another one
// has its answer in the next: between a read of its query and its answer each client answers no
// more than a turn holds.
TEST(TcpListener, AnswersOthersBetweenOnesQueries) {
  TurnByTurn server;
  constexpr size_t kConnections = 20;
  Bytes many;
  for (uint16_t id = 0; id < 1'000; ++id) Append(many, Framed(WwwQuery(id)));
  std::vector<Client> busy;
  for (size_t i = 0; i < kConnections; ++i) busy.push_back(server.Connect());
  Client other = server.Connect();
  server.Accept(kConnections + 1);
  for (Client& client : busy) ASSERT_TRUE(client.Send(many));
  uint64_t answered = server.Turn();
  EXPECT_LE(answered, uint64_t{TcpListener::kQueriesPerTurnMax});
  ASSERT_TRUE(other.Send(Framed(WwwQuery(1))));
  for (int turn = 0; turn < 3 && !HasOctets(other); ++turn) {
    const uint64_t more = server.Turn();
    EXPECT_LE(more, 2 * uint64_t{TcpListener::kQueriesPerTurnMax});  // The rest of one, and one.
    answered += more;
  }
  EXPECT_TRUE(HasOctets(other));
  EXPECT_LT(answered, 2'000u) << "of 20,000";
  // And the busy ones get all of theirs, in order.
  while (server.Turn() > 0) continue;
  for (Client& client : busy) {
    for (uint16_t id = 0; id < 10; ++id) ASSERT_EQ(IdOf(client.ReceiveMessage()), id);
  }
}

// Costly queries end a turn by their work, and a newcomer from another network is served first.
TEST(TcpListener, CostlyQueriesEndATurn) {
  TurnByTurn server;
  Bytes costly;  // 53,000 octets each, some 3,400 units of work.
  for (uint16_t id = 0; id < 4; ++id) Append(costly, Framed(BigQuery(id)));
  std::vector<Client> busy;
  for (int i = 0; i < 60; ++i) busy.push_back(server.Connect());
  server.Accept(60);
  for (Client& client : busy) ASSERT_TRUE(client.Send(costly));
  const uint64_t answered = server.Turn() + server.Turn();
  EXPECT_GT(answered, 0u);
  EXPECT_LT(answered, 4 * 60u);
}

struct IdleCase {
  size_t connections;
  absl::Duration want;
};
void PrintTo(const IdleCase& c, std::ostream* os) { *os << c.connections << " of 100"; }

class IdleTimeout : public testing::TestWithParam<IdleCase> {};

TEST_P(IdleTimeout, ShrinksAsPlacesRunOut) {
  TcpLimits limits;
  limits.connections_max = 100;
  limits.idle_timeout = absl::Seconds(20);
  EXPECT_EQ(IdleTimeoutAt(limits, GetParam().connections), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Tcp, IdleTimeout,
                         testing::ValuesIn(std::vector<IdleCase>{{0, absl::Seconds(20)},
                                                                 {50, absl::Seconds(20)},
                                                                 {51, absl::Seconds(10)},
                                                                 {75, absl::Seconds(10)},
                                                                 {76, absl::Seconds(5)},
                                                                 {90, absl::Seconds(5)},
                                                                 {91, absl::Seconds(2)},
                                                                 {100, absl::Seconds(2)}}));

struct PrefixCase {
  const char* name;
  const char* one;
  const char* other;
  bool same;
};
void PrintTo(const PrefixCase& c, std::ostream* os) { *os << c.name; }

class Prefix : public testing::TestWithParam<PrefixCase> {};

sockaddr_storage StorageOf(const char* text) {
  const SocketAddress address = *SocketAddress::FromText(text, 53);
  sockaddr_storage storage = {};
  std::memcpy(&storage, address.get(), address.size());
  return storage;
}

TEST_P(Prefix, IsOneCustomersNetwork) {
  EXPECT_EQ(PrefixOf(StorageOf(GetParam().one)) == PrefixOf(StorageOf(GetParam().other)),
            GetParam().same);
}

// clang-format off
const PrefixCase kPrefixes[] = {
    {"V4Same24",     "192.0.2.1",            "192.0.2.255",          true},
    {"V4Other24",    "192.0.2.1",            "192.0.3.1",            false},
    {"V6Same56",     "2001:db8:0:1100::1",   "2001:db8:0:11ff::2",   true},
    {"V6Other56",    "2001:db8:0:1100::1",   "2001:db8:0:1200::1",   false},
    {"V4IsNotV6",    "0.0.0.0",              "::",                   false},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Tcp, Prefix, testing::ValuesIn(kPrefixes),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hither
