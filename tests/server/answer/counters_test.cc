#include "server/answer/counters.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/packet_text.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

// clang-format off
constexpr char kZone[] = R"(
@ 3600 SOA ns1 hostmaster 1 7200 900 1209600 300
@ 3600 NS ns1
ns1 3600 A 192.0.2.1
sub 3600 NS ns.sub
old 3600 DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
big 3600 TXT aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
)";
// clang-format on

// What of the counters a text names: "kNoError=1 kQueriesUdp=1", those at 0 left out.
std::string Counted(const Counters& counters) {
  std::string text;
  for (size_t i = 0; i < kCounterCount; ++i) {
    const auto which = static_cast<Counter>(i);
    if (counters.Get(which) == 0) continue;
    const CounterText& words = TextOf(which);
    absl::StrAppend(&text, text.empty() ? "" : " ", words.metric, "{", words.label,
                    "}=", counters.Get(which));
  }
  return text;
}

struct Case {
  const char* name;
  const char* question;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.question; }

class Counting : public testing::TestWithParam<Case> {};

TEST_P(Counting, OfOneQuery) {
  TestServer server({{"example.", kZone}});
  server.AddBroken("broken.");
  server.Ask(GetParam().question);
  EXPECT_EQ(Counted(server.counters()), GetParam().want);
}

// clang-format off
constexpr Case kCases[] = {
    {"Udp",      "ns1.example. A",           "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"NOERROR\"}=1"},
    {"Tcp",      "ns1.example. A +tcp",      "hither_queries_total{transport=\"tcp\"}=1 hither_answers_total{rcode=\"NOERROR\"}=1"},
    {"Edns",     "ns1.example. A +edns",     "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"NOERROR\"}=1 hither_edns_total{has=\"edns\"}=1"},
    {"DoNsid",   "ns1.example. A +do +nsid", "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"NOERROR\"}=1 hither_edns_total{has=\"edns\"}=1 hither_edns_total{has=\"do\"}=1 hither_edns_total{has=\"nsid\"}=1"},
    {"NoData",   "ns1.example. TXT",         "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"NOERROR\"}=1 hither_answer_kinds_total{kind=\"nodata\"}=1"},
    {"Referral", "x.sub.example. TXT",       "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"NOERROR\"}=1 hither_answer_kinds_total{kind=\"referral\"}=1"},
    {"NxDomain", "x.example. TXT",           "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"NXDOMAIN\"}=1"},
    {"Refused",  "x.example.net. TXT",       "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"REFUSED\"}=1"},
    {"ServFail", "x.broken. TXT",            "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"SERVFAIL\"}=1"},
    {"FormErr",  "example. OPT",             "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"FORMERR\"}=1"},
    {"NotImp",   "example. A opcode=2",      "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"NOTIMP\"}=1"},
    {"BadVers",  "example. A version=1",     "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"BADVERS\"}=1 hither_edns_total{has=\"edns\"}=1"},
    {"YxDomain", "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.ccccccccccccccccccccccccccccccccccccccccccccccccccccccc.old.example. A",
                                             "hither_queries_total{transport=\"udp\"}=1 hither_answers_total{rcode=\"YXDOMAIN\"}=1"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Responder, Counting, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Counting, OfOctetsThatGetNoAnswer) {
  TestServer server;
  server.AskPacket(PacketFromText("1234 0000"));
  server.AskPacket(PacketFromText("1234 8000 0000 0000 0000 0000"));
  server.AskPacket(PacketFromText("1234 8000 0000 0000 0000 0000"));
  EXPECT_EQ(Counted(server.counters()),
            "hither_dropped_total{reason=\"short\"}=1 hither_dropped_total{reason=\"response\"}=2");
}

TEST(Counting, OfTruncatedAndOfUnknownKeys) {
  std::string zone = kZone;
  for (int i = 0; i < 9; ++i)
    absl::StrAppend(&zone, "big 3600 TXT ", i, std::string(99, 'x'), "\n");
  TestServer server({{"example.", zone}});
  server.Ask("big.example. TXT");
  EXPECT_EQ(server.counters().Get(Counter::kTruncated), 1u);
  server.AskPacket(PacketFromText(
      "1234 0000 0001 0000 0000 0001 07 'example' 00 0006 0001\n"
      "03 'key' 00 00fa 00ff 00000000 001d 0b 'hmac-sha256' 00 000065000000 012c 0000\n"
      "1234 0000 0000"));
  EXPECT_EQ(server.counters().Get(Counter::kNotAuth), 1u);
}

TEST(Counters, CountFromZeroByAnyAmount) {
  Counters counters;
  EXPECT_EQ(counters.Get(Counter::kUdpSendErrors), 0u);
  counters.Add(Counter::kUdpSendErrors);
  counters.Add(Counter::kUdpSendErrors, 41);
  EXPECT_EQ(counters.Get(Counter::kUdpSendErrors), 42u);
}

// A metric and label name one counter, and Prometheus wants the ending of a counter.
TEST(Counters, HaveTexts) {
  std::set<std::string> seen;
  for (size_t i = 0; i < kCounterCount; ++i) {
    const CounterText& text = TextOf(static_cast<Counter>(i));
    EXPECT_TRUE(seen.insert(absl::StrCat(text.metric, "{", text.label, "}")).second);
    EXPECT_TRUE(absl::StartsWith(text.metric, "hither_") && absl::EndsWith(text.metric, "_total"));
    EXPECT_TRUE(absl::EndsWith(text.help, "."));
  }
}

}  // namespace
}  // namespace hither
