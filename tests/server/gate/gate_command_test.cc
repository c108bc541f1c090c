#include "server/gate/gate_command.h"

#include <signal.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/support/flat_zone.h"

namespace hither {
namespace {

constexpr char kOld[] = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.\nwww 60 A 192.0.2.1\n";
constexpr char kNew[] = "@ 60 SOA a b 2 2 3 4 5\n@ 60 NS ns.other.\nwww 60 A 192.0.2.2\n";

class GateCommandTest : public testing::Test {
 protected:
  GateCommandTest() { ::signal(SIGPIPE, SIG_IGN); }  // As hitherd does.

  GateResult Run(const std::string& script, absl::Duration deadline = absl::Seconds(60)) {
    GateSettings settings;
    settings.command = {"sh", "-c", script};
    return Run(settings, deadline);
  }
  GateResult Run(const GateSettings& settings, absl::Duration deadline) {
    const absl::Time end = absl::Now() + deadline;
    GateWatch watch(&stop_, [end] { return absl::Now() >= end; });
    GateCommand command;
    const GateInput input{.old_zone = is_first_ ? nullptr : old_zone_.get(),
                          .new_zone = *new_zone_};
    return RunGates(input, settings, watch, &command);
  }

  std::shared_ptr<const Zone> old_zone_ = BuildZone(FlatZoneFromText("example.", kOld));
  std::shared_ptr<const Zone> new_zone_ = BuildZone(FlatZoneFromText("example.", kNew));
  bool is_first_ = false;
  StopFlag stop_;
};

constexpr auto kPassed = GateResult::Outcome::kPassed;
constexpr auto kRefused = GateResult::Outcome::kRefused;

TEST_F(GateCommandTest, ExitCodeZeroPasses) {
  EXPECT_EQ(Run("exit 0").outcome, kPassed);  // Without having read its input.
  EXPECT_EQ(Run("cat >/dev/null; echo fine").outcome, kPassed);
}

TEST_F(GateCommandTest, TheFirstLineIsTheReason) {
  const GateResult result = Run("cat >/dev/null; printf 'no \\033changes\\nat night\\n'; exit 3");
  EXPECT_EQ(result.outcome, kRefused);
  EXPECT_EQ(result.gate, GateId::kCommand);
  EXPECT_EQ(result.text, "sh: no ?changes");
  EXPECT_EQ(Run("echo to stderr >&2; exit 1").text, "sh: to stderr");
  EXPECT_EQ(Run("exit 7").text, "sh: exit code 7");
  EXPECT_EQ(Run("kill -9 $$").text, "sh: killed by signal 9");
}

TEST_F(GateCommandTest, ReadsTheDifference) {
  const char kWant[] =
      "-example. 60 IN SOA a.example. b.example. 1 2 3 4 5\n"
      "+example. 60 IN SOA a.example. b.example. 2 2 3 4 5\n"
      "-www.example. 60 IN A 192.0.2.1\n"
      "+www.example. 60 IN A 192.0.2.2\n";
  const std::string file = absl::StrCat(testing::TempDir(), "gate_command_input");
  EXPECT_EQ(Run(absl::StrCat("cat >", file)).outcome, kPassed);
  std::ifstream in(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), kWant);
  std::remove(file.c_str());
}

TEST_F(GateCommandTest, KnowsTheZoneAndItsSerials) {
  const char kScript[] = "echo \"$HITHER_ZONE $HITHER_OLD_SERIAL,$HITHER_NEW_SERIAL\"; exit 1";
  EXPECT_EQ(Run(kScript).text, "sh: example. 1,2");
  is_first_ = true;
  EXPECT_EQ(Run(kScript).text, "sh: example. ,2");
}

// More than the pipes hold, in both directions at once.
TEST_F(GateCommandTest, LargeDifferenceAndOutput) {
  FlatZone large = FlatZoneFromText("example.", kNew);
  const Bytes address = {192, 0, 2, 1};
  for (int i = 0; i < 5'000; ++i) {
    large.records.push_back(
        {*Name::FromText(absl::StrCat("n", i, ".example.")), RrType::kA, 60, address});
  }
  new_zone_ = BuildZone(large);
  EXPECT_EQ(Run("cat; exit 0").outcome, kPassed);
  EXPECT_EQ(Run("test $(wc -l) = 5004").outcome, kPassed);
  EXPECT_EQ(Run("head -n 1 >/dev/null; echo enough; exit 1").text, "sh: enough");
  EXPECT_EQ(Run("exec <&-; sleep 0.2; exit 0").outcome, kPassed);
}

TEST_F(GateCommandTest, TheDeadlineKillsTheGroup) {
  const absl::Time begin = absl::Now();
  const GateResult result = Run("sleep 600 & sleep 600", absl::Milliseconds(200));
  EXPECT_EQ(result.outcome, GateResult::Outcome::kUndecided);
  EXPECT_EQ(result.gate, GateId::kCommand);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(60));
}

TEST_F(GateCommandTest, EndlessOutputEndsAtTheDeadline) {
  EXPECT_EQ(Run("exec yes", absl::Milliseconds(300)).outcome, GateResult::Outcome::kUndecided);
}

TEST_F(GateCommandTest, AChildThatKeepsTheOutputDoesNotDelayTheVerdict) {
  EXPECT_EQ(Run("sleep 600 & exit 0").outcome, kPassed);
}

TEST_F(GateCommandTest, StopsWhenTold) {
  stop_.Raise();
  EXPECT_EQ(Run("sleep 600").outcome, GateResult::Outcome::kStopped);
}

TEST_F(GateCommandTest, AProgramThatDoesNotExistRefuses) {
  GateSettings settings;
  settings.command = {"/nonexistent/check"};
  const GateResult result = Run(settings, absl::Seconds(60));
  EXPECT_EQ(result.outcome, kRefused);
  EXPECT_EQ(result.text,
            "cannot start /nonexistent/check: No such file or directory; correct the gate's "
            "command");
}

}  // namespace
}  // namespace hither
