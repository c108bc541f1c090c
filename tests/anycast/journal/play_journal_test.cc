#include "anycast/journal/play_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace hither {
namespace {

using ::testing::HasSubstr;

const absl::Time kZero = absl::FromUnixSeconds(5000);

// The lines of two services: 100 s that are good, an outage, and two hours more with an outage
// each.
std::vector<std::string> Lines() {
  std::string journal;
  AnycastConfig::Policy policy;
  policy.tick = absl::Seconds(1);  // Fewer to replay.
  std::vector<JournalWriter> writers(2);
  std::vector<PolicyMemory> memories(4);
  absl::Time now = kZero;
  for (int tick = 1; tick <= 7'500; ++tick) {
    now += absl::Milliseconds(tick % 3 == 0 ? 992 : 1004);  // As timers are.
    for (size_t service = 0; service < 2; ++service) {
      const int outage = tick % 3'625 - 100 - 20 * static_cast<int>(service);
      Facts facts;
      facts.now = now;
      facts.signals = {{"probe", Scope::kLocal,
                        outage >= 0 && outage < 7 ? Level::kHard : Level::kOk, Families::kBoth,
                        false, ""}};
      PolicyMemory& v4 = memories[2 * service];
      PolicyMemory& v6 = memories[2 * service + 1];
      const PolicyMemory before4 = v4, before6 = v6;
      const Verdict verdict4 = Decide(policy, IpFamily::kV4, facts, v4);
      const Verdict verdict6 = Decide(policy, IpFamily::kV6, facts, v6);
      journal += writers[service].Tick(facts.now, service == 0 ? "dns" : "ns", policy, facts,
                                       {verdict4, before4}, {verdict6, before6});
    }
  }
  return absl::StrSplit(journal, '\n', absl::SkipEmpty());
}

struct Played {
  absl::Status status;
  JournalDamage damage;
  int64_t skipped = 0;
  size_t differences = 0;
  std::vector<std::string> withdrawals;  // "dns 100": the second.
};

Played Play(const std::string& text) {
  std::istringstream in(text);
  Played played;
  JournalReader reader;
  Replay replay({});
  played.status = PlayJournal(in, "journal", reader, replay, played.damage);
  played.skipped = reader.skipped() + replay.skipped();
  played.differences = replay.differences().size();
  for (const Replay::Transition& t : replay.transitions()) {
    if (t.family == IpFamily::kV6 || t.verdict.rule != "hard-fault") continue;
    played.withdrawals.push_back(
        absl::StrCat(t.service, " ", absl::ToInt64Seconds(t.wall - kZero)));
  }
  return played;
}

std::string Text(const std::vector<std::string>& lines) {
  return absl::StrJoin(lines, "\n") + "\n";
}

TEST(PlayJournal, AGoodOneHasNoDamage) {
  const Played played = Play(Text(Lines()));
  EXPECT_EQ(played.status, absl::OkStatus());
  EXPECT_EQ(played.damage.text, "");
  EXPECT_EQ(played.skipped + static_cast<int64_t>(played.differences), 0);
  EXPECT_EQ(played.withdrawals.size(), 6u);
}

// Whichever line is damaged, and however: what is read decides exactly, and a service is read again
// from its next whole entry on.
TEST(PlayJournal, OneDamagedLineHidesNoMoreThanItsService) {
  const std::vector<std::string> lines = Lines();
  const Played whole = Play(Text(lines));
  ASSERT_GT(lines.size(), 100u);
  for (size_t at = 0; at < lines.size(); at += 13) {
    for (const std::string& damage :
         {lines[at].substr(0, lines[at].size() / 2), std::string(300'000, '\0'), std::string("7"),
          absl::StrReplaceAll(lines[at], {{"\"facts\"", "\"fact\""}})}) {
      std::vector<std::string> torn = lines;
      torn[at] = damage;
      const Played played = Play(Text(torn));
      ASSERT_EQ(played.status, absl::OkStatus());
      EXPECT_EQ(played.damage.lines, 1);
      EXPECT_THAT(played.damage.text, testing::StartsWith(absl::StrCat("journal:", at + 1, ": ")));
      EXPECT_THAT(played.damage.text, testing::EndsWith("; the line was skipped\n"));
      EXPECT_EQ(played.differences, 0u) << at;
      EXPECT_GE(played.withdrawals.size() + 1, whole.withdrawals.size()) << at;
      if (at < lines.size() / 2) EXPECT_EQ(played.withdrawals.back(), whole.withdrawals.back());
    }
  }
}

// Whole entries of older versions do not say what they follow.
TEST(PlayJournal, ADamagedLineOfAnOlderJournal) {
  std::vector<std::string> lines = Lines();
  for (std::string& line : lines) {
    const size_t follows = line.find(",\"follows\":");
    if (follows != std::string::npos) line = line.substr(0, follows) + "}";
  }
  size_t whole = lines.size() - 1;
  while (lines[whole].find("\"policy\"") == std::string::npos) --whole;
  ASSERT_GT(whole, 100u);
  lines[whole - 2] = "torn";  // The same service's, before its whole entry.
  const Played played = Play(Text(lines));
  EXPECT_EQ(played.damage.lines, 1);
  EXPECT_EQ(played.differences, 0u);
}

// The line may have been of any service.
TEST(PlayJournal, AfterADamagedLineAWholeEntryOfAnOlderJournalFollowsAGap) {
  std::vector<std::string> lines = Lines();
  size_t whole = lines.size() - 1;
  while (lines[whole].find("\"policy\"") == std::string::npos) --whole;
  ASSERT_GT(whole, 100u);
  lines[whole] = lines[whole].substr(0, lines[whole].find(",\"follows\":")) + "}";
  for (const bool is_torn : {false, true}) {
    JournalReader reader;
    for (size_t i = 0; i < whole; ++i) ASSERT_TRUE(reader.Read(lines[i]).ok());
    if (is_torn) EXPECT_FALSE(reader.Read("torn").ok());
    const auto entry = reader.Read(lines[whole]);
    ASSERT_TRUE(entry.ok() && entry->has_value());
    EXPECT_EQ((*entry)->follows_gap, is_torn);
  }
}

TEST(PlayJournal, AnUnfinishedLastLineIsIgnored) {
  const std::vector<std::string> lines = Lines();
  const std::string text = Text(lines);
  const Played played = Play(text.substr(0, text.size() - 37));
  EXPECT_EQ(played.status, absl::OkStatus());
  EXPECT_EQ(played.damage.lines, 0);
  EXPECT_THAT(played.damage.text, HasSubstr("the last line is incomplete and was ignored"));
  EXPECT_EQ(played.differences, 0u);
}

// What ends a torn line may leave an empty one.
TEST(PlayJournal, AnEmptyLineIsNoDamage) {
  std::vector<std::string> lines = Lines();
  lines.insert(lines.begin() + 20, "");
  const Played played = Play(Text(lines));
  EXPECT_EQ(played.damage.lines, 0);
  EXPECT_EQ(played.differences, 0u);
}

TEST(PlayJournal, ManyDamagedLinesAreCounted) {
  std::vector<std::string> lines = Lines();
  for (size_t i = 20; i < 40; ++i) lines[i] = "x";
  const Played played = Play(Text(lines));
  EXPECT_EQ(played.damage.lines, 20);
  EXPECT_EQ(std::ranges::count(played.damage.text, '\n'), JournalDamage::kShownMax + 1);
  EXPECT_THAT(played.damage.text,
              testing::EndsWith("journal: 10 more damaged lines were skipped\n"));
}

TEST(PlayJournal, WhatIsNoJournalIsAnError) {
  EXPECT_EQ(Play("hello\nworld\n").status,
            absl::InvalidArgumentError("journal:1: not JSON: error at octet 1"));
}

}  // namespace
}  // namespace hither
