#include "server/transfer/keep/gate_rules.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/flat_zone.h"

namespace hither {
namespace {

using testing::HasSubstr;

TEST(GateRules, TheRecommendedProfileHoldsIncidents) {
  const GateSettings rules = GateRulesOf(GatesOf(GateProfile::kRecommended));
  EXPECT_EQ(rules.shrink_max->percent, 10u);
  EXPECT_EQ(rules.growth_max->percent, 100u);
  EXPECT_EQ(rules.serial, SerialGate::kForward);
  EXPECT_EQ(rules.apex_ns, ChangeGate::kHold);
  EXPECT_EQ(rules.dnssec, DnssecGate::kVerify);
  EXPECT_EQ(rules.zonemd, ZonemdGate::kVerify);
  EXPECT_EQ(rules.empty_rrset, ChangeGate::kHold);
  EXPECT_EQ(rules.on_deadline, DeadlineAction::kReject);
}

// The gates' own tests run with the one, hitherd with the other.
TEST(GateRules, TheRecommendedProfileIsThatOfTheGates) {
  EXPECT_TRUE(GateRulesOf(GatesOf(GateProfile::kRecommended)) == RecommendedGates());
}

TEST(GateRules, EverySettingReachesTheGates) {
  GateConfig config = GatesOf(GateProfile::kRecommended);
  config.zonemd = GateZonemd::kRequire;
  config.command = {"check", "--fast"};
  config.deadline = absl::Minutes(7);
  config.on_deadline = GateDeadline::kAccept;
  config.expires_in_min = absl::Hours(5);
  GateSettings want = RecommendedGates();
  want.zonemd = ZonemdGate::kRequire;
  want.command = {"check", "--fast"};
  want.deadline = absl::Minutes(7);
  want.on_deadline = DeadlineAction::kAccept;
  want.expires_in_min = absl::Hours(5);
  EXPECT_TRUE(GateRulesOf(config) == want);
}

TEST(GateRules, WithoutGatesOnlyTheSerialCounts) {
  const GateSettings rules = GateRulesOf(GatesOf(GateProfile::kNone));
  EXPECT_FALSE(rules.shrink_max.has_value());
  EXPECT_EQ(rules.apex_ns, ChangeGate::kPass);
  EXPECT_EQ(rules.empty_rrset, ChangeGate::kPass);
}

TEST(GateRules, LessThanOnePercentIsOne) {
  GateConfig config;
  config.shrink_max = 50;
  EXPECT_EQ(GateRulesOf(config).shrink_max->percent, 1u);
}

TEST(GateRules, KeptRrsetsMustBeThere) {
  const std::shared_ptr<const Zone> zone = BuildZone(FlatZoneFromText(
      "example.", "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.\nwww 60 A 192.0.2.1\n"));
  GateConfig config;
  config.keep_rrsets.push_back({.owner = std::nullopt, .type = RrType::kNs});
  config.keep_rrsets.push_back({.owner = *Name::FromText("www.example."), .type = RrType::kA});
  EXPECT_EQ(CheckKeptRrsets(*zone, config).outcome, GateResult::Outcome::kPassed);

  config.keep_rrsets.push_back({.owner = std::nullopt, .type = RrType::kMx});
  const GateResult refused = CheckKeptRrsets(*zone, config);
  EXPECT_EQ(refused.outcome, GateResult::Outcome::kRefused);
  EXPECT_THAT(refused.text, HasSubstr("example. MX is missing"));
}

}  // namespace
}  // namespace hither
