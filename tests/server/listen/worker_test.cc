#include "server/listen/worker.h"

#include "tests/server/loopback.h"

namespace hither {
namespace {

// What SO_REUSEPORT gives to whom is the kernel's choice; together they answer everybody.
TEST(Worker, SeveralShareOnePort) {
  TestServer server({}, "127.0.0.1", 3);
  constexpr uint16_t kClients = 100;
  for (uint16_t id = 0; id < kClients; ++id) {
    Client udp = server.Udp();
    udp.Send(WwwQuery(id));
    ASSERT_EQ(IdOf(udp.ReceiveDatagram()), id);
    Client tcp = server.Tcp();
    tcp.Send(Framed(WwwQuery(id)));
    ASSERT_EQ(IdOf(tcp.ReceiveMessage()), id);
  }
  EXPECT_EQ(server.Count(Counter::kQueriesUdp), kClients);
  EXPECT_EQ(server.Count(Counter::kQueriesTcp), kClients);
}

TEST(Worker, AnswersFromWhatWasPublishedLast) {
  TestServer server;
  Client client = server.Udp();
  server.zones().Publish(std::make_shared<ZoneSet>());  // None at all: REFUSED.
  client.Send(WwwQuery(1));
  EXPECT_EQ(RcodeOf(client.ReceiveDatagram()), 5);
  server.zones().Publish(TestZones());
  client.Send(WwwQuery(2));
  EXPECT_EQ(RcodeOf(client.ReceiveDatagram()), 0);
}

// An idle worker would hold a large zone for as long as nobody asks.
TEST(Worker, LetsGoOfOldZonesWhenWoken) {
  TestServer server;
  const std::weak_ptr<const ZoneSet> old = server.zones().current();
  server.zones().Publish(TestZones(2));
  server.worker().Wake();
  EXPECT_TRUE(Eventually([&] { return server.zones().Reap() == 0; }));
  EXPECT_TRUE(old.expired());
}

TEST(Worker, ComesRoundEvenIfIdle) {
  TestServer server;
  const uint64_t first_ms = server.worker().last_turn_ms();
  EXPECT_GT(first_ms, 0u);
  EXPECT_TRUE(Eventually([&] { return server.worker().last_turn_ms() > first_ms; }));
}

WorkerOptions OptionsWith(HeartbeatWorkerLine& line) {
  WorkerOptions options;
  options.heartbeat = &line;
  return options;
}

TEST(Worker, TellsItsHeartbeat) {
  HeartbeatWorkerLine line{};
  std::vector<SocketAddress> addresses = {*SocketAddress::FromText("127.0.0.1", 0)};
  auto sockets = OpenWorkerSockets(addresses, 1, {});
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  Snapshot<ZoneSet> zones(TestZones());
  Worker worker(OptionsWith(line), std::move(sockets->front()), zones);
  ASSERT_TRUE(worker.Start().ok());
  const int64_t first_ns = line.last_turn_ns;
  EXPECT_GT(first_ns, 0);
  // Nobody asks, but it turns.
  EXPECT_TRUE(Eventually([&] { return line.last_turn_ns > first_ns + 300'000'000; }));
  Client client(SocketKind::kUdp, addresses[0]);
  client.Send(WwwQuery(1));
  EXPECT_EQ(RcodeOf(client.ReceiveDatagram()), 0);
  EXPECT_TRUE(Eventually([&] { return line.queries == 1 && line.answered == 1; }));
  EXPECT_EQ(line.servfail, 0u);
  EXPECT_EQ(line.dropped, 0u);
}

// Nobody else knows of them: they never reach the process.
TEST(Worker, TellsWhatTheKernelHasDropped) {
  HeartbeatWorkerLine line{};
  std::vector<SocketAddress> addresses = {*SocketAddress::FromText("127.0.0.1", 0)};
  auto sockets = OpenWorkerSockets(addresses, 1, {.receive_buffer_bytes = 4'096});
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  Client client(SocketKind::kUdp, addresses[0]);
  constexpr uint16_t kQueries = 100;
  for (uint16_t id = 0; id < kQueries; ++id) client.Send(WwwQuery(id));
  Snapshot<ZoneSet> zones(TestZones());
  Worker worker(OptionsWith(line), std::move(sockets->front()), zones);
  ASSERT_TRUE(worker.Start().ok());
  EXPECT_TRUE(Eventually([&] { return line.queries + line.dropped == kQueries; }));
  EXPECT_GT(line.dropped, 0u);
  EXPECT_EQ(line.unsent, 0u);
  EXPECT_GT(line.queries, 0u);
}

TEST(Worker, AnswersWhatIsQueuedBeforeItEnds) {
  TestServer server;
  Client udp = server.Udp();
  Client tcp = server.Tcp();
  tcp.Send(Framed(WwwQuery(1)));
  EXPECT_EQ(IdOf(tcp.ReceiveMessage()), 1);  // Accepted.
  constexpr uint16_t kQueries = 100;
  for (uint16_t id = 0; id < kQueries; ++id) udp.Send(WwwQuery(id));
  tcp.Send(Framed(WwwQuery(2)));
  server.worker().RequestStop();
  for (uint16_t i = 0; i < kQueries; ++i) ASSERT_FALSE(udp.ReceiveDatagram().empty()) << i;
  EXPECT_EQ(IdOf(tcp.ReceiveMessage()), 2);
  EXPECT_TRUE(tcp.IsClosedByServer());
}

// Who does not read cannot keep it from ending.
TEST(Worker, EndsInSpiteOfASlowReader) {
  std::optional<TestServer> server;
  server.emplace();
  Client client = server->Tcp(/*receive_buffer_bytes=*/4096);
  for (uint16_t id = 0; id < 100; ++id) client.Send(Framed(BigQuery(id)));
  EXPECT_TRUE(Eventually([&] { return server->Count(Counter::kQueriesTcp) > 0; }));
  server->worker().RequestStop();
  server.reset();  // Waits for the thread.
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST(UsableCpus, AreAtLeastOne) { EXPECT_FALSE(UsableCpus().empty()); }

}  // namespace
}  // namespace hither
