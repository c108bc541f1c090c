// What the costliest answers cost, counted in work.h's units: no zone that loads makes one that
// costs more than kWorkOfAnswerMax. bench_parts shows that the units are true.

#include "server/answer/work.h"

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"
#include "tests/support/query_text.h"
#include "tests/support/reply_parser.h"
#include "zones/set/limit_defaults.h"
#include "zones/set/zone_set.h"

namespace hither {
namespace {

constexpr char kApexText[] = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a\na 60 A 192.0.2.1\n";

std::string Labels(char letter, size_t count) {
  std::string name;
  for (size_t i = 0; i < count; ++i)
    absl::StrAppend(&name, i == 0 ? "" : ".", std::string(1, letter));
  return name;
}

// `count` names of 120 labels; no two share more than the apex.
std::string LongMx(size_t count) {
  std::string text = kApexText;
  for (size_t i = 0; i < count; ++i) {
    absl::StrAppend(&text, "mx 60 MX 1 ", Labels('m', 118), ".", absl::Hex(i, absl::kZeroPad3),
                    "\n");
  }
  return text;
}

// Short names, as each is the last one's parent; each with addresses that do not fit beside it.
std::string LongAdditional(size_t count) {
  std::string text = kApexText;
  for (size_t i = 0; i < count; ++i) {
    const std::string host = Labels('h', 120 - i);
    absl::StrAppend(&text, "mx 60 MX 1 ", host, "\n");
    for (int k = 0; k < 90; ++k) absl::StrAppend(&text, host, " 60 A 10.0.0.", k, "\n");
  }
  return text;
}

// Delegated to `count` hosts below the cut, with 120 labels each that they share.
std::string DeepGlue(size_t count) {
  std::string text = kApexText;
  for (size_t i = 0; i < count; ++i) {
    const std::string host = absl::StrCat("h", i, ".", Labels('g', 118), ".cut");
    absl::StrAppend(&text, "cut 60 NS ", host, "\n", host, " 60 A 192.0.2.1\n");
  }
  return text;
}

std::string LongChain(const char* type) {
  std::string text = kApexText;
  for (int i = 0; i < 18; ++i) {
    absl::StrAppend(&text, "c", i, ".", Labels('c', 100), " 60 ", type, " c", i + 1, ".",
                    Labels('c', 100), "\n");
  }
  return text;
}

// Each alias is a wildcard's, so that each has a proof of its own.
std::string WildcardChain() {
  std::string text = kApexText;
  for (int i = 0; i < 18; ++i) absl::StrAppend(&text, "*.w", i, " 60 CNAME x.w", i + 1, "\n");
  return text;
}

struct Case {
  const char* name;
  std::function<std::string()> text;
  std::string question;
  std::function<void(FlatZone&)> sign = nullptr;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Server {
 public:
  explicit Server(const Case& c) {
    FlatZone flat = FlatZoneFromText("example.", c.text());
    if (c.sign != nullptr) c.sign(flat);
    ServedZone served = zones_.Make(*Name::FromText("example."));
    served.zone = BuildZone(flat);
    zones_.Add(std::move(served));
  }

  ByteView Ask(const std::string& question) {
    const TestQuery query = QueryFromText(question);
    responder_.BeginTurn();
    return ByteView(reply_).first(
        responder_.Answer({query.message, reply_}, query.facts, zones_).message_bytes);
  }
  uint64_t work() const { return responder_.turn_work(); }

 private:
  ZoneSet zones_;
  Counters counters_;
  Responder responder_{{}, counters_};
  Bytes reply_ = Bytes(65'535);
};

class Work : public testing::TestWithParam<Case> {};

TEST_P(Work, IsBounded) {
  Server server(GetParam());
  for (const char* how : {"", " +edns", " +do", " +tcp", " +do +tcp"}) {
    const ParsedMessage reply = ParseMessage(server.Ask(GetParam().question + how));
    EXPECT_EQ(reply.error, "") << how;
    EXPECT_LE(server.work(), kWorkOfAnswerMax) << how;
  }
}

void Nsec3AtTheLimit(FlatZone& zone) { SignWithNsec3(zone, {kNsec3IterationsDefault, {}, false}); }

const std::string kDeepName = Labels('q', 118) + ".q.example. A";

const Case kCases[] = {
    {"MxFitsNoMessage", [] { return LongMx(1'000); }, "mx.example. MX"},
    {"MxFitsOverTcp", [] { return LongMx(240); }, "mx.example. MX"},
    {"MxFitsOverUdp", [] { return LongMx(4); }, "mx.example. MX"},
    {"Additional", [] { return LongAdditional(60); }, "mx.example. MX"},
    {"AdditionalOfTcp", [] { return LongAdditional(110); }, "mx.example. MX"},
    {"DeepGlue", [] { return DeepGlue(250); }, "x.cut.example. A"},
    {"CnameChain", [] { return LongChain("CNAME"); }, "c0." + Labels('c', 100) + ".example. A"},
    {"DnameChain", [] { return LongChain("DNAME"); }, "x.c0." + Labels('c', 100) + ".example. A"},
    {"WildcardChain", WildcardChain, "x.w0.example. A", Nsec3AtTheLimit},
    {"WildcardChainNsec", WildcardChain, "x.w0.example. A", SignWithNsec},
    {"Nsec3Denial", [] { return std::string(kApexText); }, kDeepName, Nsec3AtTheLimit},
    {"Any", [] { return LongMx(240); }, "mx.example. ANY", SignWithNsec},
};
INSTANTIATE_TEST_SUITE_P(Answers, Work, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

// What is known to fit no message is not tried.
TEST(Work, OfWhatFitsNoMessageIsNone) {
  Server server({"", [] { return LongMx(1'000); }, ""});
  EXPECT_EQ(ParseMessage(server.Ask("mx.example. MX +tcp")).flags & 15, 2);  // SERVFAIL
  EXPECT_LT(server.work(), 2 * kWorkOfQuery);
  EXPECT_NE(ParseMessage(server.Ask("mx.example. MX")).flags & 0x0200, 0);  // TC, as always.
  EXPECT_LT(server.work(), 2 * kWorkOfQuery);
}

// Names that are not compressed any more are right all the same.
TEST(Work, NamesAreWholeWhenItIsSpent) {
  Server server({"", [] { return LongMx(240); }, ""});
  const ParsedMessage reply = ParseMessage(server.Ask("mx.example. MX +tcp"));
  ASSERT_EQ(reply.error, "");
  ASSERT_EQ(reply.answer().size(), 240u);
  const Name last = *Name::FromText(absl::StrCat(Labels('m', 118), ".0ef.example."));
  const ByteView wire = last.view().wire();
  EXPECT_EQ(reply.answer()[239].rdata,
            absl::StrCat(std::string("\0\1", 2), std::string(wire.begin(), wire.end())));
}

// A chain of cheap proofs is followed to its 16th alias, one of dear ones is not: the resolver asks
// for the rest.
TEST(Work, EndsADearChain) {
  const auto hops = [](uint16_t iterations) {
    Server server({"", WildcardChain, "", [iterations](FlatZone& zone) {
                     SignWithNsec3(zone, {iterations, {}, false});
                   }});
    const ParsedMessage reply = ParseMessage(server.Ask("x.w0.example. A +do +tcp"));
    size_t aliases = 0;
    for (const ParsedRecord& record : reply.answer()) aliases += record.type == 5;
    return aliases;
  };
  EXPECT_EQ(hops(0), 17u);
  EXPECT_LT(hops(kNsec3IterationsDefault), 12u);
  EXPECT_GT(hops(kNsec3IterationsDefault), 4u);
}

}  // namespace
}  // namespace hither
