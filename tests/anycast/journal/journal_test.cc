#include "anycast/journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "anycast/journal/journal_changes.h"
#include "anycast/journal/replay.h"

namespace hither {
namespace {

using ::testing::HasSubstr;

const absl::Time kZero = absl::FromUnixSeconds(5000);
const absl::Time kWall = absl::FromUnixSeconds(1'700'000'000);

// A sidecar's ticks as its loop makes them, with what is written of them.
class Sidecar {
 public:
  Sidecar() {
    facts_.now = kZero;
    facts_.signals = {{"probe", Scope::kLocal, Level::kOk, Families::kBoth, false, "in 1ms"}};
  }

  void Tick(Level level, absl::Duration passed = absl::Milliseconds(250)) {
    facts_.now += passed;
    facts_.signals[0].level = level;
    facts_.signals[0].detail = absl::StrCat("tick ", ++ticks_);
    const PolicyMemory before4 = memory4_, before6 = memory6_;
    const Verdict v4 = Decide(policy_, IpFamily::kV4, facts_, memory4_);
    const Verdict v6 = Decide(policy_, IpFamily::kV6, facts_, memory6_);
    journal_ += writer_.Tick(kWall + (facts_.now - kZero), "dns", policy_, facts_, {v4, before4},
                             {v6, before6});
  }
  // About 250 ms each, as timers are.
  void Ticks(int count, Level level) {
    for (int i = 0; i < count; ++i) Tick(level, absl::Milliseconds(i % 3 == 0 ? 243 : 254));
  }

  void WriteWhole() { writer_.WriteWhole(); }
  void LoseLine() {
    journal_.erase(journal_.rfind('\n', journal_.size() - 2) + 1);
    WriteWhole();
  }
  void Undrain() { facts_.intent.forgiven_at = facts_.now + absl::Milliseconds(1); }

  const std::string& journal() const { return journal_; }
  PolicyMemory& memory4() { return memory4_; }

 private:
  AnycastConfig::Policy policy_;
  Facts facts_;
  PolicyMemory memory4_, memory6_;
  JournalWriter writer_;
  int ticks_ = 0;
  std::string journal_;
};

Sidecar OneOutage() {
  Sidecar sidecar;
  sidecar.Ticks(400, Level::kOk);
  sidecar.Ticks(7, Level::kHard);
  sidecar.Ticks(200, Level::kOk);
  sidecar.Tick(Level::kOk, absl::Seconds(100));  // The host slept.
  sidecar.Ticks(300, Level::kOk);
  return sidecar;
}

absl::Status Play(absl::string_view journal, Replay& replay) {
  JournalReader reader;
  for (const absl::string_view line : absl::StrSplit(journal, '\n', absl::SkipEmpty())) {
    absl::StatusOr<std::optional<JournalEntry>> entry = reader.Read(line);
    if (!entry.ok()) return entry.status();
    if (!entry->has_value()) continue;
    const absl::Status added = replay.Add(**std::move(entry));
    if (!added.ok()) return added;
  }
  return absl::OkStatus();
}

std::string Transitions(const Replay& replay) {
  std::string text;
  for (const Replay::Transition& t : replay.transitions()) {
    if (t.family == IpFamily::kV6) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", absl::ToInt64Seconds(t.wall - kWall), " ",
                    ToText(t.verdict.state), " ", t.verdict.rule);
  }
  return text;
}

TEST(JournalTest, ReplaysToWhatWasRecorded) {
  Replay replay({});
  ASSERT_EQ(Play(OneOutage().journal(), replay), absl::OkStatus());
  EXPECT_EQ(replay.differences().size(), 0);
  EXPECT_GT(replay.ticks(), 908 - 240) << "at most the last minute is not yet written";
  EXPECT_EQ(Transitions(replay),
            "1 SOFT warm-up, 6 UP ok, 100 DOWN hard-fault, 112 SOFT warm-up, 117 UP ok");
}

TEST(JournalTest, AnUndrainIsReplayed) {
  Sidecar sidecar;
  sidecar.Ticks(400, Level::kOk);
  sidecar.Ticks(7, Level::kHard);
  sidecar.Ticks(10, Level::kOk);
  sidecar.Undrain();  // Ends the hold-down.
  sidecar.Ticks(10, Level::kOk);
  ASSERT_NE(sidecar.memory4().state, State::kDown);
  Replay replay({});
  ASSERT_EQ(Play(sidecar.journal(), replay), absl::OkStatus());
  EXPECT_TRUE(replay.differences().empty());
}

TEST(JournalTest, FewTicksAreWorthALine) {
  const std::string journal = OneOutage().journal();
  const std::vector<std::string> lines = absl::StrSplit(journal, '\n', absl::SkipEmpty());
  EXPECT_LT(lines.size(), 25);
  EXPECT_GT(lines.size(), 10);
}

TEST(JournalTest, AnotherSettingDecidesOtherwise) {
  Replay replay({"fall=8"});
  ASSERT_EQ(Play(OneOutage().journal(), replay), absl::OkStatus());
  EXPECT_EQ(Transitions(replay), "1 SOFT warm-up, 6 UP ok");
  EXPECT_GT(replay.differences().size(), 0);
}

TEST(JournalTest, AnotherVerdictThanRecordedIsADifference) {
  Replay replay({});
  const std::string journal =
      absl::StrReplaceAll(OneOutage().journal(), {{"\"hard-fault\"", "\"some-other\""}});
  ASSERT_EQ(Play(journal, replay), absl::OkStatus());
  ASSERT_GT(replay.differences().size(), 0);
  EXPECT_EQ(replay.differences()[0].recorded.rule, "some-other");
  EXPECT_EQ(replay.differences()[0].now.rule, "hard-fault");
}

// A journal that was rotated: its head has only changes until the next hour's whole entry.
TEST(JournalTest, ACutHeadIsSkipped) {
  Sidecar sidecar;
  sidecar.Ticks(14'400, Level::kOk);  // An hour.
  sidecar.Ticks(7, Level::kHard);
  sidecar.Ticks(200, Level::kOk);
  const std::string journal = sidecar.journal();
  const std::string cut = journal.substr(journal.find('\n') + 1);
  JournalReader reader;
  EXPECT_EQ(*reader.Read(cut.substr(0, cut.find('\n'))), std::nullopt);
  EXPECT_EQ(reader.skipped(), 1);
  Replay replay({});
  ASSERT_EQ(Play(cut, replay), absl::OkStatus());
  EXPECT_EQ(replay.differences().size(), 0);
  EXPECT_EQ(Transitions(replay), "3605 DOWN hard-fault, 3616 SOFT warm-up, 3621 UP ok");
}

// A disk that was full: the lines after a lost one cannot be read until a whole entry comes.
TEST(JournalTest, ALostLineIsNoticed) {
  Sidecar sidecar;
  sidecar.Ticks(400, Level::kOk);
  sidecar.Ticks(7, Level::kHard);
  sidecar.Ticks(14'400, Level::kOk);
  sidecar.Ticks(7, Level::kHard);
  std::vector<std::string> lines = absl::StrSplit(sidecar.journal(), '\n', absl::SkipEmpty());
  const auto lost = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("hard-fault") != std::string::npos;
  });
  ASSERT_NE(lost, lines.end());
  lines.erase(lost);
  Replay replay({});
  ASSERT_EQ(Play(absl::StrJoin(lines, "\n"), replay), absl::OkStatus());
  EXPECT_EQ(replay.differences().size(), 0);
  EXPECT_THAT(Transitions(replay), testing::EndsWith("DOWN hard-fault"));
}

// The sidecar knows that a write failed: the whole entry that follows ends the gap, and what is
// played from it on is exact.
TEST(JournalTest, AfterALostLineAWholeEntryIsWritten) {
  Sidecar sidecar;
  sidecar.Ticks(400, Level::kOk);
  sidecar.Ticks(3, Level::kHard);
  sidecar.LoseLine();  // The withdrawal.
  const size_t size = sidecar.journal().size();
  sidecar.Ticks(1, Level::kOk);
  EXPECT_THAT(sidecar.journal().substr(size), HasSubstr("\"policy\":")) << "whole";
  EXPECT_THAT(sidecar.journal().substr(size), HasSubstr("\"follows\":"));
  sidecar.Ticks(400, Level::kOk);
  sidecar.Ticks(7, Level::kHard);
  Replay replay({});
  ASSERT_EQ(Play(sidecar.journal(), replay), absl::OkStatus());
  EXPECT_EQ(replay.differences().size(), 0);
  EXPECT_THAT(Transitions(replay), testing::EndsWith("DOWN hard-fault"));
}

// While the disk is full, there is not a large line each tick.
TEST(JournalTest, WholeEntriesAfterLostLinesAreFew) {
  Sidecar sidecar;
  sidecar.Ticks(400, Level::kOk);
  const auto lines = [&] { return std::ranges::count(sidecar.journal(), '\n'); };
  const auto before = lines();
  for (int tick = 0; tick < 240; ++tick) {  // A minute.
    sidecar.WriteWhole();
    sidecar.Tick(Level::kOk);
  }
  EXPECT_GE(lines() - before, 10);
  EXPECT_LE(lines() - before, 14);
}

TEST(JournalTest, ALineTwiceIsNoJournal) {
  Sidecar sidecar;
  sidecar.Ticks(400, Level::kOk);
  Replay replay({});
  const std::string twice = absl::StrCat(sidecar.journal(), sidecar.journal());
  const std::string once_first =
      absl::StrReplaceAll(twice, {{"\"is_first\":true", "\"is_first\":false"}});
  EXPECT_THAT(std::string(Play(once_first, replay).message()), HasSubstr("older than"));
}

TEST(JournalTest, ARestartBeginsAnew) {
  Sidecar first, second;
  first.Ticks(40, Level::kOk);
  second.memory4() = Resume(first.memory4(), kZero + absl::Seconds(20));
  second.Ticks(40, Level::kOk);
  Replay replay({});
  ASSERT_EQ(Play(first.journal() + second.journal(), replay), absl::OkStatus());
  EXPECT_EQ(replay.differences().size(), 0);
  EXPECT_EQ(Transitions(replay), "1 SOFT warm-up, 6 UP ok, 1 SOFT warm-up, 6 UP ok");
}

TEST(JournalTest, AnEntryComesBackAsItWas) {
  const std::string journal = OneOutage().journal();
  JournalReader reader;
  std::optional<JournalEntry> last;
  for (const absl::string_view line : absl::StrSplit(journal, '\n', absl::SkipEmpty())) {
    const absl::StatusOr<std::optional<JournalEntry>> entry = reader.Read(line);
    ASSERT_EQ(entry.status(), absl::OkStatus());
    ASSERT_TRUE(entry->has_value());
    const bool is_whole = !last.has_value();
    EXPECT_EQ(is_whole ? ToLine(**entry) : ToChangeLine(**entry, *last), absl::StrCat(line, "\n"));
    last = **entry;
  }
}

TEST(JournalTest, TheMemoryComesBackAsItWas) {
  Sidecar sidecar = OneOutage();
  const absl::StatusOr<PolicyMemory> again = ParsePolicyMemory(ToText(sidecar.memory4()));
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_EQ(*again, sidecar.memory4());
}

struct Wrong {
  const char* name;
  const char* from;  // In a good line,
  const char* to;    // replaced by this,
  const char* error;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.name; }

// clang-format off
constexpr Wrong kWrong[] = {
    {"NoJson",         "{",                         "",                        "not JSON: error at octet 7"},
    {"Deep",           "\"service\":\"dns\"",       "\"service\":[[[[[[[[[[]]]]]]]]]]", "nested too deeply, or too many values"},
    {"Missing",        "\"service\":\"dns\",",      "",                        "service is missing"},
    {"NoText",         "\"service\":\"dns\"",       "\"service\":7",           "service is not a string"},
    {"NoObject",       "\"fleet_ipv6\":{",          "\"fleet_ipv6\":7,\"x\":{", "facts.fleet_ipv6 is not an object"},
    {"UnknownLevel",   "\"level\":\"ok\"",          "\"level\":\"okay\"",      "facts.signals[0].level is not a known word"},
    {"NoTicks",        "\"ticks\":1",               "\"ticks\":0",             "ticks is not within 1 and 120000"},
    {"EndlessTicks",   "\"ticks\":1",               "\"ticks\":9000000000",    "ticks is not within 1 and 120000"},
    {"TicksPastInt64", "\"ticks\":1",               "\"ticks\":18446744073709551615", "ticks is not a whole number of 64 bits"},
    {"NoTickAtAll",    "\"tick\":250000000",        "\"tick\":0",              "tick is less than 1ms"},
    {"PolicyRange",    "\"fall\":3",                "\"fall\":-3",             "fall is out of range"},
    {"NowIsNever",     "\"now\":",                  "\"now\":\"never\",\"x\":", "facts.now is not a time"},
    {"FromTheFuture",  "\"previous\":",             "\"previous\":9000000000000000000,\"x\":", "previous is after facts.now"},
    {"SignalIsText",   "\"signals\":[",             "\"signals\":[\"probe\",", "facts.signals[0] is not an object"},
    {"Withdrawals",    "\"withdrawals\":[]",        "\"withdrawals\":[2,1]",   "ipv4.memory.withdrawals are not in order"},
};
// clang-format on

class WrongLines : public testing::TestWithParam<Wrong> {};

TEST_P(WrongLines, AreRefused) {
  Sidecar sidecar;
  sidecar.Tick(Level::kOk);
  std::string line = sidecar.journal();
  const size_t at = line.find(GetParam().from);
  ASSERT_NE(at, std::string::npos);
  line.replace(at, std::string(GetParam().from).size(), GetParam().to);
  EXPECT_EQ(ParseJournalLine(line).status(), absl::InvalidArgumentError(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(All, WrongLines, testing::ValuesIn(kWrong),
                         [](const auto& one) { return std::string(one.param.name); });

// clang-format off
constexpr Wrong kWrongChanges[] = {
    {"NoService",   "\"service\":\"dns\",", "",                     "service is missing"},
    {"BaseIsText",  "\"base\":",            "\"base\":\"x\",\"y\":", "base is not a time in nanoseconds"},
    {"NoTicks",     "\"ticks\":4",          "\"ticks\":0",          "ticks is not within 1 and 120000"},
    {"NoFacts",     "\"facts\":",           "\"x\":",               "facts is missing"},
    {"FarSignal",   "\"index\":0",          "\"index\":1",          "facts.signals[0].index is not one of the entry before"},
    {"UnknownState", "\"state\":\"DOWN\"", "\"state\":\"AWAY\"",   "ipv4.state is not a known word"},
};
// clang-format on

class WrongChanges : public testing::TestWithParam<Wrong> {};

TEST_P(WrongChanges, AreRefused) {
  Sidecar sidecar;
  sidecar.Tick(Level::kOk);
  const size_t first = sidecar.journal().size();
  sidecar.Ticks(3, Level::kOk);
  ASSERT_EQ(sidecar.journal().size(), first);
  sidecar.Tick(Level::kHard);
  std::string line = sidecar.journal().substr(first);
  const size_t at = line.find(GetParam().from);
  ASSERT_NE(at, std::string::npos) << line;
  line.replace(at, std::string(GetParam().from).size(), GetParam().to);
  JournalReader reader;
  ASSERT_EQ(reader.Read(sidecar.journal().substr(0, first)).status(), absl::OkStatus());
  EXPECT_EQ(reader.Read(line).status(), absl::InvalidArgumentError(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(All, WrongChanges, testing::ValuesIn(kWrongChanges),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(JournalTest, ALongLineIsRefused) {
  const std::string line(kJournalLineMax + 1, ' ');
  EXPECT_THAT(std::string(ParseJournalLine(line).status().message()), HasSubstr("longer than"));
}

}  // namespace
}  // namespace hither
