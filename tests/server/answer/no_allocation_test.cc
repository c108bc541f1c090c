// From recvmmsg to sendmmsg nothing is allocated, whatever is asked.

#include <uv.h>

#include <random>
#include <string>
#include <vector>

#include "server/listen/udp_listener.h"
#include "tests/server/loopback.h"
#include "tests/support/count_allocations.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"
#include "tests/support/packet_text.h"
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

// Additional records behind "www.example. A": OPT, TSIG and names that are wrong in every way.
constexpr const char* kAdditional[] = {
    "00 0029 04d0 00000000 0004 0003 0000           ; A good OPT: NSID.",
    "00 0029 04d0 00000000 0003 0003 00             ; An option without its length,",
    "00 0029 04d0 00000000 0006 0003 00ff 0102      ; longer than the RDATA,",
    "00 0029 04d0 00000000 0007 000b 0003 010203    ; of a length that it never has.",
    "00 0029 04d0 00000000 0005 0013 0001 00        ; ZONEVERSION with data.",
    "00 0029 04d0 00000000 00ff                     ; RDATA past the end.",
    "01'a' 00 0029 04d0 00000000 0000               ; OPT below the root.",
    "00 0029 04d0 00ff0000 0002 0003                ; Version 255: options are not looked at.",
    "03'key' 00 00fa 00ff 00000000 001a 08'hmac-md5' 00 000000000001 012c 0000 1234 0000 0000",
    "03'key' 00 00fa 00ff 00000000 0000             ; TSIG without an algorithm,",
    "03'key' 00 00fa 00ff 00000000 0001 40          ; one that is a label of 64 octets,",
    "03'key' 00 00fa 00ff 00000000 0002 c00c        ; a pointer,",
    "03'key' 00 00fa 00ff 00000000 0004 03'abc'     ; or not ended;",
    "03'key' 00 00fa 00ff 00000000 0003 01'a' 00    ; without a time,",
    "03'key' 00 00fa 00ff 00000000 000d 01'a' 00 000000000001 012c ffff ; its MAC past the end,",
    "03'key' 00 00fa 00ff 00000000 0014 01'a' 00 000000000001 012c 0000 1234 0000 0000 00",
    "c00c 00fa 00ff 00000000 0000                   ; its key's name is a pointer.",
    "c0ff 0001 0001 00000000 0000                   ; A pointer to what is not there,",
    "c0 ; cut off,",
    "80 0001 0001 00000000 0000                     ; no label and no pointer,",
    "3f'abc'                                        ; a label past the end.",
};

Bytes LongName() {  // 130 labels: 261 octets.
  Bytes record;
  for (int i = 0; i < 130; ++i) record.insert(record.end(), {1, 'a'});
  return record;
}

std::vector<Bytes> MalformedQueries() {
  std::vector<Bytes> queries = {{}, {1, 2, 3}, Bytes(12, 0), Bytes(600, 1)};
  std::vector<Bytes> additional = {LongName()};
  for (const char* text : kAdditional) additional.push_back(PacketFromText(text));
  for (const Bytes& record : additional) {
    Bytes query = QueryFromText("www.example. A").message;
    StoreU16(query.data() + 10, 1);  // ARCOUNT
    query.insert(query.end(), record.begin(), record.end());
    queries.push_back(std::move(query));
  }
  return queries;
}

// Of each query some with an octet changed, a stretch taken out, or the end cut off.
void AddMutations(std::vector<Bytes>& queries) {
  std::minstd_rand random(1);
  const size_t count = queries.size();
  for (size_t i = 0; i < count; ++i) {
    for (int k = 0; k < 24 && queries[i].size() > 12; ++k) {
      Bytes mutated = queries[i];
      const size_t at = 2 + random() % (mutated.size() - 2);
      const auto place = mutated.begin() + static_cast<ptrdiff_t>(at);
      if (k % 3 == 0) mutated[at] = static_cast<uint8_t>(random() >> 8);
      if (k % 3 == 1) mutated.erase(place, mutated.end());
      if (k % 3 == 2) mutated.erase(place);
      queries.push_back(std::move(mutated));
    }
  }
}

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

  std::vector<Bytes> queries = MalformedQueries();
  for (const char* asked : kAsked) queries.push_back(QueryFromText(asked).message);
  AddMutations(queries);
  client.Send(queries.back());
  for (int turn = 0; turn < 3; ++turn) uv_run(&loop, UV_RUN_NOWAIT);  // It makes its own room.
  for (const Bytes& query : queries) {
    client.Send(query);
    const uint64_t before = Allocations();
    for (int turn = 0; turn < 2; ++turn) uv_run(&loop, UV_RUN_NOWAIT);
    ASSERT_EQ(Allocations() - before, 0u) << ToHex(query);
    while (client.HasDatagram()) client.ReceiveDatagram();
  }
  EXPECT_GT(Allocations(), 0u) << "nothing is counted at all";
  EXPECT_GE(counters.Get(Counter::kQueriesUdp), 20 * std::size(kAsked));

  listener.Stop();
  uv_run(&loop, UV_RUN_DEFAULT);
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

}  // namespace
}  // namespace hither
