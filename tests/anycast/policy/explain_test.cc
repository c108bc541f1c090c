#include "anycast/policy/explain.h"

#include <gtest/gtest.h>

namespace hither {
namespace {

const absl::Time kZero = absl::FromUnixSeconds(5000);

Facts FactsAt(double seconds, Level level, bool is_certain = false) {
  Facts facts;
  facts.now = kZero + absl::Seconds(seconds);
  facts.signals = {
      {"probe udp 192.0.2.53", Scope::kLocal, Level::kOk, Families::kIpv4, false, "1ms"},
      {"probe udp 2001:db8::53", Scope::kLocal, Level::kHard, Families::kIpv6, false, "lost"},
      {"responder", Scope::kLocal, level, Families::kBoth, is_certain, "its lock\nis free"},
      {"zone example.org", Scope::kShared, Level::kUnknown, Families::kBoth, false, ""}};
  return facts;
}

std::string ExplainedAfter(const std::vector<Facts>& ticks) {
  AnycastConfig::Policy policy;
  policy.tick = absl::Seconds(1);
  PolicyMemory memory;
  Verdict verdict;
  for (const Facts& facts : ticks) verdict = Decide(policy, IpFamily::kV4, facts, memory);
  return ToText(Explain(policy, "dns", IpFamily::kV4, ticks.back(), verdict, memory));
}

TEST(ExplainTest, SaysWhyItIsDownAndWhatComesNext) {
  const std::string text =
      ExplainedAfter({FactsAt(0, Level::kOk), FactsAt(1, Level::kOk),
                      FactsAt(2, Level::kHard, true), FactsAt(3, Level::kHard, true)});
  EXPECT_EQ(text, R"(dns ipv4: DOWN for 1s (certain-fault)
  because: responder: its lock?is free
  rule:    certain-fault - DOWN immediately: the responder is certainly dead
  next:    hold-down ends in 9s
  next:    good for 0 of 10s
  next:    flap budget: 1 of 2 withdrawals within 10m spent
  signal:  certain        responder: its lock?is free
  signal:  unknown, ignored zone example.org
  signal:  ok             probe udp 192.0.2.53: 1ms
)");
}

TEST(ExplainTest, SaysHowLongItWarmsUp) {
  const std::string text =
      ExplainedAfter({FactsAt(0, Level::kOk), FactsAt(1, Level::kOk), FactsAt(2, Level::kOk)});
  EXPECT_EQ(text, R"(dns ipv4: SOFT for 1s (warm-up)
  because: all well for 1s of 5s
  rule:    warm-up - SOFT: announced, all well for less than `warm_up`
  next:    warm-up: UP after 4s more without a fault
  next:    flap budget: 0 of 2 withdrawals within 10m spent
  signal:  unknown, ignored zone example.org
  signal:  ok             probe udp 192.0.2.53: 1ms
  signal:  ok             responder: its lock?is free
)");
}

TEST(ExplainTest, SaysWhatADrainWaitsFor) {
  std::vector<Facts> ticks = {FactsAt(0, Level::kOk), FactsAt(1, Level::kOk),
                              FactsAt(2, Level::kOk), FactsAt(3, Level::kOk)};
  ticks[2].intent.drain = ticks[3].intent.drain = true;
  ticks[3].queries_per_second = 250;
  ticks[3].fleet_ipv4 = {true, true, 3, 1, 1, false, false, 1};
  const std::string text = ExplainedAfter(ticks);
  EXPECT_NE(text.find("next:    withdrawn in 59s at the latest\n"), std::string::npos) << text;
  EXPECT_NE(text.find("next:    250.0 queries a second; gone at 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("next:    fleet: 1 others announce, 1 do not; at most 1 of 3 may be "
                      "withdrawn\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace hither
