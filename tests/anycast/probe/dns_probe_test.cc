#include "anycast/probe/dns_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <ostream>
#include <set>

#include "tests/anycast/signals/fake_responder.h"
#include "tests/anycast/signals/loop.h"

namespace hither {
namespace {

using Kind = ProbeResult::Kind;
using Transport = Conversation::Transport;
using testing::HasSubstr;

ProbeResult AskOnce(Loop& loop, DnsProbe& probe) {
  const absl::Time now = MonotonicNow();
  probe.Ask(now, {"ns2.fra1"}, 7);
  EXPECT_TRUE(loop.Until([&] { return probe.last().asked_at == now; }));
  return probe.last();
}

struct Case {
  const char* name;
  Manners manners;
  Kind udp;
  Kind tcp;
  const char* detail;  // Part of UDP's.
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class DnsProbeTest : public testing::TestWithParam<Case> {};

TEST_P(DnsProbeTest, FindsOut) {
  FakeResponder responder;
  responder.Behave(GetParam().manners);
  Loop loop;
  DnsProbe udp(loop.get(), Transport::kUdp, responder.address(), "example.org", "SOA");
  const ProbeResult over_udp = AskOnce(loop, udp);
  EXPECT_EQ(over_udp.kind, GetParam().udp) << over_udp.detail;
  EXPECT_THAT(over_udp.detail, HasSubstr(GetParam().detail));
  DnsProbe tcp(loop.get(), Transport::kTcp, responder.address(), "example.org", "SOA");
  const ProbeResult over_tcp = AskOnce(loop, tcp);
  EXPECT_EQ(over_tcp.kind, GetParam().tcp) << over_tcp.detail;
}

// clang-format off
const Case kCases[] = {
    {"Right",      {},                                      Kind::kOk,       Kind::kOk,       ""},
    {"ServFail",   {.rcode = 2, .with_answer = false},      Kind::kWrong,    Kind::kWrong,    "SERVFAIL"},
    {"NoAa",       {.aa = false},                           Kind::kWrong,    Kind::kWrong,    "without AA"},
    {"WrongNsid",  {.nsid = "ns1.ams1"},                    Kind::kImpostor, Kind::kImpostor, "NSID ns1.ams1"},
    {"OldSerial",  {.serial = 6},                           Kind::kBehind,   Kind::kBehind,   "serial 6"},
    {"Silent",     {.silent = true},                        Kind::kSilent,   Kind::kSilent,   "no answer within 200ms"},
    {"Slow",       {.delay_ms = 50},                        Kind::kOk,       Kind::kOk,       ""},
    {"TooSlow",    {.delay_ms = 300},                       Kind::kSilent,   Kind::kOk,       "no answer within 200ms"},
    // Over UDP it may be a stranger's; a stream has one other end.
    {"OtherId",    {.other_id = true},                      Kind::kSilent,   Kind::kWrong,    "no answer within 200ms"},
    {"ClosesTcp",  {.close_tcp = true},                     Kind::kOk,       Kind::kWrong,    ""},
    {"ResetsTcp",  {.reset_tcp = true},                     Kind::kOk,       Kind::kWrong,    ""},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, DnsProbeTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

TEST(DnsProbe, NobodyListens) {
  FakeResponder responder;
  const SocketAddress address = responder.address();
  responder.Stop();
  Loop loop;
  for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
    DnsProbe probe(loop.get(), transport, address, "example.org", "SOA");
    const ProbeResult result = AskOnce(loop, probe);
    EXPECT_EQ(result.kind, Kind::kAbsent);
    EXPECT_THAT(result.detail, HasSubstr("nothing listens there"));
    EXPECT_LT(result.took, absl::Milliseconds(100));  // Told at once.
  }
}

// SO_REUSEPORT chooses the worker by the source, too.
TEST(DnsProbe, AsksFromAnotherPortEachTime) {
  FakeResponder responder;
  Loop loop;
  DnsProbe probe(loop.get(), Transport::kUdp, responder.address(), "example.org", "SOA");
  for (int i = 0; i < 8; ++i) EXPECT_EQ(AskOnce(loop, probe).kind, Kind::kOk);
  const std::vector<uint16_t> ports = responder.Ports();
  EXPECT_EQ(ports.size(), 8u);
  EXPECT_GE(std::set<uint16_t>(ports.begin(), ports.end()).size(), 6u);
  EXPECT_EQ(probe.asked(), 8u);
  uint64_t counted = 0;
  for (const uint64_t count : probe.latency().counts) counted += count;
  EXPECT_EQ(counted, 8u);
}

TEST(DnsProbe, HasOneQuestionInFlight) {
  FakeResponder responder;
  responder.Behave({.silent = true});
  Loop loop;
  DnsProbe probe(loop.get(), Transport::kUdp, responder.address(), "example.org", "SOA");
  for (int i = 0; i < 5; ++i) probe.Ask(MonotonicNow(), {}, std::nullopt);
  EXPECT_EQ(probe.asked(), 1u);
  EXPECT_TRUE(loop.Until([&] { return probe.failures() == 1; }));
  AskOnce(loop, probe);
  EXPECT_EQ(probe.failures(), 2);
}

// To have no descriptor says nothing of the server.
TEST(DnsProbe, NoDescriptorIsOurOwnFault) {
  FakeResponder responder;
  Loop loop;
  DnsProbe probe(loop.get(), Transport::kUdp, responder.address(), "example.org", "SOA");
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  probe.Ask(MonotonicNow(), {}, std::nullopt);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(probe.last().kind, Kind::kOwnFault);
  EXPECT_THAT(probe.last().detail, HasSubstr("Too many open files"));
  EXPECT_EQ(probe.failures(), 0);
}

// A sidecar that was held up for longer than the timeout finds its answer in the socket.
TEST(DnsProbe, ReadsTheSocketBeforeItCallsTheServerSilent) {
  FakeResponder responder;
  Loop loop;
  DnsProbe probe(loop.get(), Transport::kUdp, responder.address(), "example.org", "SOA");
  probe.Ask(MonotonicNow(), {"ns2.fra1"}, 7);
  uv_run(&loop.get(), UV_RUN_NOWAIT);  // Sent.
  uv_sleep(400);
  EXPECT_TRUE(loop.Until([&] { return probe.last().kind != Kind::kNone; }));
  EXPECT_EQ(probe.last().kind, Kind::kOk) << probe.last().detail;
}

TEST(DnsProbe, MayGoWhileItAsks) {
  FakeResponder responder;
  responder.Behave({.silent = true});
  Loop loop;
  for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
    DnsProbe probe(loop.get(), transport, responder.address(), "example.org", "SOA");
    probe.Ask(MonotonicNow(), {}, std::nullopt);
    uv_run(&loop.get(), UV_RUN_NOWAIT);
  }
}

}  // namespace
}  // namespace hither
