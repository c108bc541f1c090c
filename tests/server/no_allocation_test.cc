// From recvmmsg to sendmmsg nothing is allocated, whatever is asked.

#include <uv.h>

#include <string>
#include <vector>

#include "server/udp_listener.h"
#include "tests/server/loopback.h"
#include "tests/support/count_allocations.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"
#include "tests/support/query_text.h"

namespace hither {
namespace {

constexpr char kZone[] = R"(
@ 60 SOA ns host 7 2 3 4 5
@ 60 NS ns
ns 60 A 192.0.2.1
www 60 A 192.0.2.80
mail 60 MX 1 ns
alias 60 CNAME www
long 60 CNAME alias
d 60 DNAME other.example.
sub 60 NS ns.sub
ns.sub 60 A 192.0.2.53
*.wild 60 TXT x
svc 60 SVCB 1 .
)";

constexpr const char* kAsked[] = {
    "www.example. A",
    "WWW.eXample. A +do",
    "mail.example. MX +edns",
    "long.example. A +do",
    "a.d.example. A +do",
    "a.b.sub.example. A +do",
    "x.wild.example. TXT +do",
    "www.example. AAAA +do",
    "nothing.example. A +do",
    "a.b.c.example. A",
    "svc.example. SVCB +edns",
    "example. ANY +do",
    "example. RRSIG +do",
    "example. DNSKEY +do",
    "elsewhere. A",
    "broken. A +edns",
    "www.example. A +nsid +keepalive +zoneversion opt=10:0102030405060708",
    "www.example. A version=1",
    "id.server. TXT class=CH",
    "www.example. A opcode=NOTIFY",
    "example. AXFR",
};

std::shared_ptr<const ZoneSet> Zones() {
  auto zones = std::make_shared<ZoneSet>();
  FlatZone flat = FlatZoneFromText("example.", kZone);
  SignWithNsec3(flat, {1, {0xab}, false});
  ServedZone served = zones->Make(*Name::FromText("example."));
  served.zone = BuildZone(flat);
  zones->Add(std::move(served));
  zones->Add(zones->Make(*Name::FromText("broken.")));
  return zones;
}

TEST(NoAllocation, FromReceiveToSend) {
  if (!AllocationsAreCounted()) GTEST_SKIP() << "a sanitizer allocates here";
  auto socket = OpenSocket(SocketKind::kUdp, *SocketAddress::FromText("127.0.0.1", 0), {});
  ASSERT_TRUE(socket.ok()) << socket.status();
  Client client(SocketKind::kUdp, *LocalAddressOf(socket->get()));

  Snapshot<ZoneSet> zones{Zones()};
  Snapshot<ZoneSet>::Reader reader{zones};
  Counters counters;
  LatencyHistogram latency;
  const ResponderOptions options{.nsid = "site", .version = "v"};
  Responder responder(options, counters);
  UdpBatch batch(UdpBatch::kDatagramsMax, options.udp_payload_bytes_max);
  UdpListener listener(*std::move(socket), batch, responder, reader, counters, latency);
  uv_loop_t loop;
  ASSERT_EQ(uv_loop_init(&loop), 0);
  ASSERT_TRUE(listener.Start(loop).ok());

  std::vector<Bytes> queries = {{}, {1, 2, 3}, Bytes(12, 0), Bytes(600, 1)};
  for (const char* asked : kAsked) queries.push_back(QueryFromText(asked).message);
  uint64_t allocations = 0;
  for (int round = 0; round < 3; ++round) {  // In the first the loop makes its own room.
    for (const Bytes& query : queries) client.Send(query);
    const uint64_t before = Allocations();
    for (int turn = 0; turn < 3; ++turn) uv_run(&loop, UV_RUN_NOWAIT);
    allocations = Allocations() - before;
  }
  EXPECT_EQ(allocations, 0u);
  EXPECT_GT(Allocations(), 0u) << "nothing is counted at all";
  EXPECT_GE(counters.Get(Counter::kQueriesUdp), 3 * std::size(kAsked));

  listener.Stop();
  uv_run(&loop, UV_RUN_DEFAULT);
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

}  // namespace
}  // namespace hither
