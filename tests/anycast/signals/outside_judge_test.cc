#include "anycast/signals/outside_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

namespace hither {
namespace {

using testing::HasSubstr;
using Word = OutsideWitness::Word;

struct Case {
  const char* name;
  const char* words;  // A letter for each peer: hears, silent, unproven, none.
  bool is_settled;
  const char* expected;  // Scope and level.
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

OutsideWitness Witness(char word, size_t number) {
  OutsideWitness witness;
  witness.name = "ns" + std::to_string(number);
  witness.word = word == 'h'   ? Word::kHears
                 : word == 's' ? Word::kSilent
                 : word == 'u' ? Word::kUnproven
                               : Word::kNone;
  if (word == 's') witness.age = absl::Seconds(7);
  return witness;
}

OutsideCase CaseOf(const std::string& words, bool is_settled) {
  OutsideCase at;
  for (const char word : words) at.witnesses.push_back(Witness(word, at.witnesses.size() + 1));
  at.is_settled = is_settled;
  return at;
}

std::string Text(const Signal& signal) {
  return std::string(ToText(signal.scope)) + " " + std::string(ToText(signal.level));
}

// clang-format off
constexpr Case kCases[] = {
    {"HeardByAll",                 "hh",   true,  "path ok"},
    {"NoPeer",                     "",     true,  "shared unknown"},
    {"NoPeerHasAWord",             "nnn",  true,  "shared unknown"},
    {"TwoAgree",                   "ss",   true,  "path hard"},
    {"TwoAgreeOneHasNoWord",       "ssn",  true,  "path hard"},
    {"TwoAgreeOneHearsNobody",     "ssu",  true,  "path hard"},
    {"ManyAgree",                  "ssss", true,  "path hard"},
    {"OneAlone",                   "s",    true,  "path soft"},
    {"OneWhereOthersHaveNoWord",   "snn",  true,  "path soft"},
    {"OneWhereOthersHearNobody",   "su",   true,  "path soft"},
    {"FleetOfTwo",                 "u",    true,  "path soft"},
    {"NobodyHearsAnybody",         "uu",   true,  "shared unknown"},
    {"OneHearsOneDoesNot",         "hs",   true,  "path ok"},
    {"MostDoNotHear",              "hss",  true,  "path soft"},
    {"MostHear",                   "hhs",  true,  "path ok"},
    {"JustStarted",                "ss",   false, "path unknown"},
    {"JustStartedFleetOfTwo",      "u",    false, "path unknown"},
    {"JustStartedFirstHears",      "hss",  false, "path ok"},
    {"JustStartedWithoutWords",    "nn",   false, "shared unknown"},
};
// clang-format on

class OutsideJudge : public testing::TestWithParam<Case> {};

TEST_P(OutsideJudge, Says) {
  const Case& tested = GetParam();
  const Signal signal = JudgeOutside(CaseOf(tested.words, tested.is_settled), "192.0.2.53");
  EXPECT_EQ(Text(signal), tested.expected) << signal.detail;
  EXPECT_FALSE(signal.is_certain);
  EXPECT_EQ(signal.name, "outside 192.0.2.53");
  EXPECT_EQ(signal.families, Families::kIpv4);
}

INSTANTIATE_TEST_SUITE_P(All, OutsideJudge, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(OutsideJudgeText, NamesWhoDoesNotHear) {
  OutsideCase at = CaseOf("sssss", true);
  at.send_error = "Network is unreachable";
  const Signal signal = JudgeOutside(at, "2001:db8::53");
  EXPECT_EQ(signal.families, Families::kIpv6);
  EXPECT_EQ(signal.detail,
            "no answer leaves this node: not heard by ns1 (for 7s), ns2 (for 7s), ns3 (for 7s) and "
            "2 more; sending fails: Network is unreachable");
}

TEST(OutsideJudgeText, WhatCannotBeSentIsNoFaultOfTheWay) {
  OutsideCase at = CaseOf("ss", true);
  at.own_fault = "192.0.2.53: Cannot assign requested address";
  EXPECT_EQ(Text(JudgeOutside(at, "192.0.2.53")), "shared unknown");
}

// --- What a page says -----------------------------------------------------------------------

OutsidePage Page(std::optional<int> ours_ms, std::optional<int> other_ms, bool is_able = true) {
  OutsidePage page;
  page.is_present = true;
  OutsidePage::Hears us{"ns1.fra1", is_able, {}};
  if (ours_ms.has_value()) us.ages["192.0.2.53"] = absl::Milliseconds(*ours_ms);
  OutsidePage::Hears other{"ns1.nyc1", true, {}};
  if (other_ms.has_value()) other.ages["192.0.2.53"] = absl::Milliseconds(*other_ms);
  page.hears = {us, other};
  return page;
}

Word WordOf(const OutsidePage& page, int page_ms = 0, bool was_heard = false) {
  return ReadWitness(page, "ns1.ams1", "ns1.fra1", "192.0.2.53", absl::Milliseconds(page_ms),
                     was_heard)
      .word;
}

TEST(OutsideWitnessTest, OfEachPage) {
  EXPECT_EQ(WordOf(Page(400, 300)), Word::kHears);
  EXPECT_EQ(WordOf(Page(5'000, 300)), Word::kHears);
  EXPECT_EQ(WordOf(Page(5'001, 300)), Word::kSilent);
  EXPECT_EQ(WordOf(Page(5'001, 5'001)), Word::kUnproven) << "it hears nobody any more";
  EXPECT_EQ(WordOf(Page(5'001, std::nullopt)), Word::kUnproven);
  EXPECT_EQ(WordOf(Page(std::nullopt, 300)), Word::kNone) << "never heard: a firewall, perhaps";
  EXPECT_EQ(WordOf(Page(std::nullopt, 300), 0, /*was_heard=*/true), Word::kSilent)
      << "it has forgotten, we have not";
  EXPECT_EQ(WordOf(Page(9'000, 300, /*is_able=*/false)), Word::kNone);
  EXPECT_EQ(WordOf(OutsidePage{}, 0, true), Word::kNone) << "an older version";
}

TEST(OutsideWitnessTest, AnOldPageDoesNotMakeASilence) {
  EXPECT_EQ(WordOf(Page(2'500, 300), 2'400), Word::kHears);
  EXPECT_EQ(WordOf(Page(2'500, 300), 2'600), Word::kNone);
  EXPECT_EQ(WordOf(Page(5'001, 4'900), 2'900), Word::kSilent);
}

TEST(OutsideWitnessTest, AnotherFamilyProvesNothing) {
  OutsidePage page = Page(9'000, std::nullopt);
  page.hears[1].ages["2001:db8::53"] = absl::Milliseconds(100);
  EXPECT_EQ(WordOf(page), Word::kUnproven);
}

// --- After a hard verdict -------------------------------------------------------------------

class OutsideLatchTest : public testing::Test {
 protected:
  std::string After(const std::string& words, absl::Duration time) {
    const Signal signal = JudgeOutside(CaseOf(words, true), "192.0.2.53");
    const Signal latched = latch_.Apply(signal, absl::UnixEpoch() + time);
    detail_ = latched.detail;
    return Text(latched);
  }
  OutsideLatch latch_;
  std::string detail_;
};

TEST_F(OutsideLatchTest, OnlyAPeerThatHearsUsClearsIt) {
  EXPECT_EQ(After("ss", absl::Seconds(1)), "path hard");
  EXPECT_EQ(After("su", absl::Seconds(2)), "path unknown") << "one witness is gone";
  EXPECT_THAT(detail_, HasSubstr("no answer left this node 1s ago; now: not heard by ns1"));
  EXPECT_EQ(After("", absl::Seconds(3)), "path unknown") << "all are";
  EXPECT_EQ(After("ss", absl::Seconds(5)), "path hard");
  EXPECT_EQ(After("hs", absl::Seconds(6)), "path ok");
  EXPECT_EQ(After("su", absl::Seconds(7)), "path soft");
}

TEST_F(OutsideLatchTest, ItEnds) {
  EXPECT_EQ(After("ss", absl::Seconds(0)), "path hard");
  EXPECT_EQ(After("n", absl::Minutes(10)), "path unknown");
  EXPECT_EQ(After("n", absl::Minutes(10) + absl::Seconds(1)), "shared unknown");
}

}  // namespace
}  // namespace hither
