// How much a journal takes, and that what it leaves out is not missed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "anycast/journal/journal.h"
#include "anycast/journal/journal_changes.h"
#include "anycast/journal/replay.h"

namespace hither {
namespace {

const absl::Time kZero = absl::FromUnixSeconds(5000);
const absl::Time kWall = absl::FromUnixSeconds(1'700'000'000);

std::string ToText(absl::Time wall, IpFamily family, State before, const Verdict& verdict) {
  return absl::StrCat(absl::ToUnixNanos(wall), " ", WordOf(family), " ", ToText(before), " -> ",
                      ToText(verdict.state), " ", verdict.rule, ": ", verdict.reason, " since ",
                      absl::ToUnixNanos(verdict.since));
}

// A sidecar's loop: it notes what it decides, and keeps what the journal's writer returns.
class Loop {
 public:
  explicit Loop(int signals) {
    facts_.now = kZero;
    for (int i = 0; i < signals; ++i) {
      facts_.signals.push_back({absl::StrCat("probe udp 192.0.2.", i), Scope::kLocal, Level::kOk,
                                i % 3 == 2 ? Families::kIpv6 : Families::kBoth, false, ""});
    }
  }

  void Tick(absl::Duration passed) {
    facts_.now += passed;
    const absl::Time wall = kWall + (facts_.now - kZero);
    const PolicyMemory before4 = memory4_, before6 = memory6_;
    const Verdict v4 = Decide(policy_, IpFamily::kV4, facts_, memory4_);
    const Verdict v6 = Decide(policy_, IpFamily::kV6, facts_, memory6_);
    if (v4.state != before4.state) {
      decided_.push_back(ToText(wall, IpFamily::kV4, before4.state, v4));
    }
    if (v6.state != before6.state) {
      decided_.push_back(ToText(wall, IpFamily::kV6, before6.state, v6));
    }
    journal_ += writer_.Tick(wall, "dns", policy_, facts_, {v4, before4}, {v6, before6});
  }

  AnycastConfig::Policy& policy() { return policy_; }
  Facts& facts() { return facts_; }
  const std::string& journal() const { return journal_; }
  const std::vector<std::string>& decided() const { return decided_; }

 private:
  AnycastConfig::Policy policy_;
  Facts facts_;
  PolicyMemory memory4_, memory6_;
  JournalWriter writer_;
  std::string journal_;
  std::vector<std::string> decided_;
};

struct Replayed {
  std::vector<std::string> decided;
  size_t differences = 0;
};

Replayed Play(const std::string& journal) {
  JournalReader reader;
  Replay replay({});
  for (const absl::string_view line : absl::StrSplit(journal, '\n', absl::SkipEmpty())) {
    absl::StatusOr<std::optional<JournalEntry>> entry = reader.Read(line);
    EXPECT_EQ(entry.status(), absl::OkStatus());
    EXPECT_TRUE(entry->has_value());
    EXPECT_EQ(replay.Add(**std::move(entry)), absl::OkStatus());
  }
  Replayed result{{}, replay.differences().size()};
  for (const Replay::Transition& t : replay.transitions()) {
    result.decided.push_back(ToText(t.wall, t.family, t.before, t.verdict));
  }
  return result;
}

// Twelve signals of one healthy service. Latencies differ at every tick, the loop is late now and
// then, as on a busy virtual machine, and there is about one query a second.
TEST(JournalSizeTest, AWeekOfAQuietServiceFitsInto50Megabytes) {
  constexpr int kWeekSeconds = 7 * 24 * 3600;
  constexpr size_t kBytesMax = 50'000'000;
  Loop loop(12);
  loop.policy().tick = absl::Seconds(5);  // Fewer ticks to simulate; lines come by time.
  std::mt19937 random(1);
  for (int64_t ms = 0; ms < int64_t{kWeekSeconds} * 1000;) {
    for (Signal& signal : loop.facts().signals) {
      signal.detail = absl::StrCat("in ", random() % 900 + 100, "us");
    }
    loop.facts().queries_per_second = (random() % 200) / 100.0;
    const int passed = random() % 50 == 0 ? 13'000 : 4985 + static_cast<int>(random() % 30);
    loop.Tick(absl::Milliseconds(passed));
    ms += passed;
  }
  EXPECT_LT(loop.journal().size(), kBytesMax);
  const Replayed again = Play(loop.journal());
  EXPECT_EQ(again.differences, 0);
  EXPECT_EQ(again.decided, loop.decided());
  RecordProperty("bytes", static_cast<int>(loop.journal().size()));
}

void Disturb(std::mt19937& random, Facts& facts) {
  Signal& signal = facts.signals[random() % facts.signals.size()];
  const Level levels[] = {Level::kOk,      Level::kOk,   Level::kOk,
                          Level::kUnknown, Level::kSoft, Level::kHard};
  if (random() % 12 == 0) signal.level = levels[random() % 6];
  signal.is_certain = signal.level == Level::kHard && random() % 8 == 0;
  signal.detail = absl::StrCat("attempt ", random() % 100);
  if (random() % 40 == 0) signal.scope = random() % 2 == 0 ? Scope::kLocal : Scope::kShared;
  if (random() % 200 == 0) {
    facts.intent.drain = !facts.intent.drain;
    facts.intent.drain_since = facts.intent.drain ? facts.now : absl::InfiniteFuture();
    if (!facts.intent.drain) facts.intent.forgiven_at = facts.now;
  }
  if (random() % 300 == 0) facts.intent.frozen_until = facts.now + absl::Seconds(random() % 20);
  if (random() % 60 == 0) {
    FleetView& fleet = random() % 2 == 0 ? facts.fleet_ipv4 : facts.fleet_ipv6;
    fleet = {.is_asked = random() % 4 != 0,
             .is_known = random() % 3 != 0,
             .nodes = 3,
             .others_withdrawn = static_cast<int>(random() % 3),
             .others_announcing = static_cast<int>(random() % 3),
             .settled = random() % 2 == 0};
  }
  facts.lost_ipv4 = random() % 500 == 0;
  facts.queries_per_second.reset();
  if (random() % 10 != 0) facts.queries_per_second = (random() % 300) / 100.0;
  if (random() % 400 == 0) facts.signals.pop_back();
  if (facts.signals.size() < 3) {
    facts.signals.push_back({absl::StrCat("zone z", random() % 1000), Scope::kLocal, Level::kOk,
                             Families::kBoth, false, ""});
  }
}

// Whatever happens, each change of state is replayed at its tick, by its rule and with its reason.
TEST(JournalSizeTest, AReplayDecidesExactlyWhatWasDecided) {
  size_t changes = 0;
  for (uint32_t seed = 1; seed <= 15; ++seed) {
    std::mt19937 random(seed);
    Loop loop(5);
    loop.policy().withdrawals_max = 20;
    for (int tick = 0; tick < 2000; ++tick) {
      const bool is_calm = (tick / 300) % 2 == 1;  // Long enough for the way back.
      if (is_calm && tick % 300 == 0) {
        for (Signal& signal : loop.facts().signals) signal.level = Level::kOk;
      }
      if (!is_calm) Disturb(random, loop.facts());
      if (is_calm) loop.facts().queries_per_second = (random() % 200) / 100.0;
      const int rare = random() % 200 == 0 ? 4'000 : random() % 20 == 0 ? 900 : 240;
      loop.Tick(absl::Milliseconds(rare + static_cast<int>(random() % 20)));
    }
    const Replayed again = Play(loop.journal());
    EXPECT_EQ(again.differences, 0) << "seed " << seed;
    EXPECT_EQ(again.decided, loop.decided()) << "seed " << seed;
    changes += loop.decided().size();
  }
  EXPECT_GT(changes, 150);
}

}  // namespace
}  // namespace hither
