// The gates that need no signatures, one by one, and how they end.

#include "zones/gate/gates.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/support/flat_zone.h"
#include "tests/zones/gate/signed_versions.h"

namespace hither {
namespace {

constexpr char kZone[] = R"(
@ 60 SOA ns1 host 10 2 3 4 5
@ 60 NS ns1
@ 60 NS ns2
@ 60 MX 10 mail
@ 60 A 192.0.2.1
@ 60 TXT "x"
ns1 60 A 192.0.2.2
ns1 60 AAAA 2001:db8::2
ns2 60 A 192.0.2.3
mail 60 A 192.0.2.4
www 60 A 192.0.2.5
www 60 AAAA 2001:db8::5
api 60 CNAME www
sub 60 NS ns.sub
ns.sub 60 A 192.0.2.6
)";

// "refused serial | example. SOA: ... | example. 60 IN SOA ...", without the remedy.
std::string Text(const GateResult& result) {
  constexpr const char* kOutcomes[] = {"passed", "refused", "stopped", "undecided"};
  const std::string outcome = kOutcomes[static_cast<size_t>(result.outcome)];
  if (result.outcome == GateResult::Outcome::kPassed) return outcome;
  const std::string what = result.text.substr(0, result.text.find(';'));
  return absl::StrCat(outcome, " ", GateName(result.gate), " | ", what, " | ",
                      absl::StrJoin(result.records, " | "));
}

GateResult Judge(const FlatZone& before, const FlatZone& after, const GateSettings& settings) {
  const auto old_zone = BuildZone(before);
  const auto new_zone = BuildZone(after);
  GateWatch watch;
  return RunGates({.old_zone = old_zone.get(), .new_zone = *new_zone}, settings, watch);
}

GateSettings Strict() {
  GateSettings settings = RecommendedGates();
  settings.apex_ns = ChangeGate::kHold;
  settings.busy_names = {*Name::FromText("www.example."), *Name::FromText("api.example.")};
  return settings;
}

struct Case {
  const char* name;
  uint32_t serial;
  std::vector<std::pair<const char*, RrType>> remove;
  const char* add;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class GatesTest : public testing::TestWithParam<Case> {};

TEST_P(GatesTest, Decide) {
  const Case& tested = GetParam();
  const FlatZone before = FlatZoneFromText("example.", kZone);
  FlatZone after = before;
  for (const auto& [owner, type] : tested.remove) RemoveRRset(after, owner, type);
  AddRecords(after, tested.add);
  SetSerial(after, tested.serial);
  EXPECT_EQ(Text(Judge(before, after, Strict())), tested.want);
}

// clang-format off
const Case kCases[] = {
    {"NothingChanged",      10, {}, "", "passed"},
    {"SerialAlone",         11, {}, "", "passed"},
    {"SerialWraps", 0x80000009, {}, "", "passed"},
    {"SerialBackward",       9, {}, "", "refused serial | example. SOA: the serial goes backward, from 10 to 9 | "
                                        "example. 60 IN SOA ns1.example. host.example. 9 2 3 4 5"},
    {"SerialUndefined", 0x8000000a, {}, "", "refused serial | example. SOA: the serial goes backward, from 10 to 2147483658 | "
                                        "example. 60 IN SOA ns1.example. host.example. 2147483658 2 3 4 5"},
    {"SerialStays",         10, {}, "new 60 A 192.0.2.9", "refused serial | new.example. has changed, but the serial is still 10 | "
                                        "new.example. 60 IN A 192.0.2.9"},
    {"TtlIsAChange",        10, {{"mail.example.", RrType::kA}}, "mail 61 A 192.0.2.4",
                                        "refused serial | mail.example. has changed, but the serial is still 10 | mail.example. 61 IN A 192.0.2.4"},
    {"ApexNsAdded",         11, {}, "@ 60 NS ns3", "refused apex_ns | example. NS: the RRset has changed | example. 60 IN NS ns1.example. | "
                                        "example. 60 IN NS ns2.example. | example. 60 IN NS ns3.example."},
    {"OrderOfRecords",      10, {{"example.", RrType::kNs}}, "@ 60 NS ns2\n@ 60 NS ns1", "passed"},
    {"NoApexNs",            11, {{"example.", RrType::kNs}}, "", "refused structure | example. SOA: the zone has no NS RRset at its apex | "
                                        "example. 60 IN SOA ns1.example. host.example. 11 2 3 4 5"},
    {"ApexMx",              11, {{"example.", RrType::kMx}}, "", "refused empty_rrset | example. MX has been removed | example. 60 IN MX 10 mail.example."},
    {"ApexAddress",         11, {{"example.", RrType::kA}}, "", "refused empty_rrset | example. A has been removed | example. 60 IN A 192.0.2.1"},
    {"ApexTextIsNotBusy",   11, {{"example.", RrType::kTxt}}, "", "passed"},
    {"MxTarget",            11, {{"mail.example.", RrType::kA}}, "", "refused empty_rrset | mail.example. A has been removed, but example. MX still points there | "
                                        "mail.example. 60 IN A 192.0.2.4"},
    {"MxTargetEmptied",     11, {{"mail.example.", RrType::kA}}, "mail 60 TXT x", "refused empty_rrset | mail.example. A has been removed, but example. MX still points there | "
                                        "mail.example. 60 IN A 192.0.2.4"},
    {"MxTargetMoved",       11, {{"mail.example.", RrType::kA}}, "mail 60 AAAA 2001:db8::4", "passed"},
    {"MxMovedWithItsTarget", 11, {{"mail.example.", RrType::kA}, {"example.", RrType::kMx}}, "@ 60 MX 1 www", "passed"},
    {"OneAddressOfAnNs",    11, {{"ns1.example.", RrType::kA}}, "", "passed"},
    {"Glue",                11, {{"ns.sub.example.", RrType::kA}}, "", "refused empty_rrset | ns.sub.example. A has been removed, but sub.example. NS still points there | "
                                        "ns.sub.example. 60 IN A 192.0.2.6"},
    {"DelegationAndGlue",   11, {{"ns.sub.example.", RrType::kA}, {"sub.example.", RrType::kNs}}, "", "passed"},
    {"BusyName",            11, {{"www.example.", RrType::kAaaa}}, "", "refused empty_rrset | www.example. AAAA has been removed, and the name is one of busy_names | "
                                        "www.example. 60 IN AAAA 2001:db8::5"},
    {"BusyNameIsAliasNow",  11, {{"www.example.", RrType::kA}, {"www.example.", RrType::kAaaa}}, "www 60 CNAME mail", "passed"},
    {"BusyAliasVanishes",   11, {{"api.example.", RrType::kCname}}, "", "refused empty_rrset | api.example. CNAME has been removed, and the name is one of busy_names | "
                                        "api.example. 60 IN CNAME www.example."},
    {"BusyAliasIsAddressNow", 11, {{"api.example.", RrType::kCname}}, "api 60 A 192.0.2.7", "passed"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Zones, GatesTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

// Names n0..n<count-1>, one record each.
FlatZone ZoneOf(int count, uint32_t serial) {
  std::string text = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.\n";
  for (int i = 0; i < count; ++i) absl::StrAppend(&text, "n", i, " 60 A 192.0.2.1\n");
  FlatZone zone = FlatZoneFromText("example.", text);
  SetSerial(zone, serial);
  return zone;
}

TEST(SizeGate, LimitsShrinkAndGrowth) {
  GateSettings settings;
  settings.shrink_max = SizeLimit{.percent = 10, .ignored_max = 5};
  settings.growth_max = SizeLimit{.percent = 50, .ignored_max = 5};
  const auto step = [&](int from, int to) {
    const std::string text = Text(Judge(ZoneOf(from, 1), ZoneOf(to, 2), settings));
    return text.substr(0, text.find(" | example"));
  };
  EXPECT_EQ(step(199, 179), "passed");  // 200 names: exactly 10 %.
  EXPECT_EQ(step(199, 178),
            "refused size | n178.example. is the first name removed: the zone shrinks from 201 to "
            "180 records, by more than 10 % | n178.example. 60 IN A 192.0.2.1");
  EXPECT_EQ(step(199, 299), "passed");
  EXPECT_EQ(step(199, 300),
            "refused size | n199.example. is the first name added: the zone grows from 201 to 302 "
            "records, by more than 50 % | n199.example. 60 IN A 192.0.2.1");
  EXPECT_EQ(step(6, 1), "passed");  // Five records do not count in a small zone.
  EXPECT_EQ(step(6, 0),
            "refused size | n0.example. is the first name removed: the zone shrinks from 8 to 2 "
            "records, by more than 10 % | n0.example. 60 IN A 192.0.2.1");
}

TEST(GateSettings, TheDefaultsLetEverythingPass) {
  EXPECT_EQ(Text(Judge(ZoneOf(300, 9), ZoneOf(0, 3), GateSettings())), "passed");
}

TEST(RunGates, TheFirstVersionHasNothingToBeComparedWith) {
  const auto zone = BuildZone(FlatZoneFromText("example.", kZone));
  GateWatch watch;
  EXPECT_EQ(Text(RunGates({.new_zone = *zone}, Strict(), watch)), "passed");
}

TEST(RunGates, AnotherApexIsRefused) {
  const FlatZone other =
      FlatZoneFromText("other.", "@ 60 SOA a b 9 2 3 4 5\n@ 60 NS ns.example.\n");
  EXPECT_TRUE(absl::StartsWith(Text(Judge(ZoneOf(3, 1), other, GateSettings())),
                               "refused structure | other. SOA: the last version is one of "
                               "example."));
}

TEST(RunGates, StopsWhenTold) {
  const auto before = BuildZone(ZoneOf(3, 1));
  const auto after = BuildZone(ZoneOf(3, 2));
  StopFlag stop;
  stop.Raise();
  GateWatch watch(&stop, {});
  const GateResult result =
      RunGates({.old_zone = before.get(), .new_zone = *after}, Strict(), watch);
  EXPECT_EQ(Text(result), "stopped structure | the gates were stopped | ");
  EXPECT_FALSE(MayPublish(result, Strict()));
}

// The clock is read now and then, so a zone of some size is needed to meet the deadline within it.
TEST(RunGates, TheDeadlineLeavesItUndecided) {
  const auto before = BuildZone(ZoneOf(500, 1));
  const auto after = BuildZone(ZoneOf(500, 2));
  for (int readings = 0; readings < 5; ++readings) {
    int left = readings;
    GateWatch watch(nullptr, [&left] { return left-- <= 0; });
    GateSettings settings = Strict();
    const GateResult result =
        RunGates({.old_zone = before.get(), .new_zone = *after}, settings, watch);
    EXPECT_EQ(result.outcome, GateResult::Outcome::kUndecided) << readings;
    EXPECT_TRUE(absl::StrContains(result.text, "the gates' deadline of 1m has passed"));
    EXPECT_FALSE(MayPublish(result, settings));
    settings.on_deadline = DeadlineAction::kAccept;
    EXPECT_TRUE(MayPublish(result, settings));
  }
}

class FakeRunner : public CommandRunner {
 public:
  CommandVerdict Run(const GateInput&, const GateSettings&, GateWatch&) override {
    ++runs;
    return verdict;
  }
  CommandVerdict verdict;
  int runs = 0;
};

TEST(RunGates, TheCommandIsLast) {
  const auto before = BuildZone(ZoneOf(3, 2));
  const auto after = BuildZone(ZoneOf(4, 3));
  GateSettings settings = Strict();
  settings.command = {"check"};
  FakeRunner runner;
  GateWatch watch;
  const GateInput good{.old_zone = before.get(), .new_zone = *after};
  runner.verdict.text = "check: not on a Friday";
  EXPECT_EQ(Text(RunGates(good, settings, watch, &runner)),
            "refused command | check: not on a Friday | ");
  runner.verdict.passed = true;
  EXPECT_EQ(Text(RunGates(good, settings, watch, &runner)), "passed");
  EXPECT_EQ(runner.runs, 2);
  const GateInput bad{.old_zone = after.get(), .new_zone = *before};
  EXPECT_TRUE(absl::StartsWith(Text(RunGates(bad, settings, watch, &runner)), "refused serial"));
  EXPECT_EQ(runner.runs, 2);
}

TEST(ZonemdGate, VerifiesAndRequires) {
  FlatZone plain = ZoneOf(3, 1);
  FlatZone good = WithZonemd(ZoneOf(3, 2), nullptr);
  FlatZone bad = good;
  AddRecords(bad, "intruder 60 A 192.0.2.66");
  GateSettings settings;
  EXPECT_EQ(Text(Judge(plain, bad, settings)), "passed");
  for (const ZonemdGate gate : {ZonemdGate::kVerify, ZonemdGate::kRequire}) {
    settings.zonemd = gate;
    EXPECT_EQ(Text(Judge(plain, good, settings)), "passed");
    EXPECT_TRUE(
        absl::StartsWith(Text(Judge(plain, bad, settings)),
                         "refused zonemd | example. ZONEMD: the digest is not that of the zone"));
  }
  EXPECT_EQ(Text(Judge(good, ZoneOf(3, 3), settings)),
            "refused zonemd | example. ZONEMD: the zone has no digest | ");
  settings.zonemd = ZonemdGate::kVerify;
  const GateResult removed = Judge(good, ZoneOf(3, 3), settings);
  EXPECT_EQ(Text(removed), "passed");
  EXPECT_EQ(absl::StrJoin(removed.warnings, "|"), "example. ZONEMD: the zone has no digest");
}

TEST(ZonemdGate, ObeysTheDeadline) {
  const auto before = BuildZone(WithZonemd(ZoneOf(500, 1), nullptr));
  const auto after = BuildZone(WithZonemd(ZoneOf(500, 2), nullptr));
  GateSettings settings;
  settings.zonemd = ZonemdGate::kVerify;
  int left = 3;
  GateWatch watch(nullptr, [&left] { return left-- <= 0; });
  const GateResult result =
      RunGates({.old_zone = before.get(), .new_zone = *after}, settings, watch);
  EXPECT_EQ(result.outcome, GateResult::Outcome::kUndecided);
  EXPECT_EQ(result.gate, GateId::kZonemd);
}

}  // namespace
}  // namespace hither
