#include "anycast/signals/exec_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <optional>
#include <ostream>

#include "tests/anycast/signals/loop.h"

namespace hither {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

AnycastConfig::ExecCheck Shell(const std::string& script) {
  AnycastConfig::ExecCheck check;
  check.name = "disk";
  check.command = {"/bin/sh", "-c", script};
  check.timeout = absl::Seconds(2);
  return check;
}

// After one run.
Signal RunOnce(const AnycastConfig::ExecCheck& config) {
  Loop loop;
  ExecCheck check(loop.get(), config);
  const std::string before = check.ToSignal(MonotonicNow()).detail;
  check.Tick(MonotonicNow());
  EXPECT_TRUE(loop.Until([&] { return check.ToSignal(MonotonicNow()).detail != before; }));
  return check.ToSignal(MonotonicNow());
}

struct Case {
  const char* name;
  const char* script;
  bool is_hard;
  Level level;
  const char* detail;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class ExecCheckTest : public testing::TestWithParam<Case> {};

TEST_P(ExecCheckTest, Says) {
  AnycastConfig::ExecCheck config = Shell(GetParam().script);
  config.is_hard = GetParam().is_hard;
  const Signal signal = RunOnce(config);
  EXPECT_EQ(signal.name, "check disk");
  EXPECT_EQ(signal.level, GetParam().level);
  EXPECT_EQ(signal.detail, GetParam().detail);
  EXPECT_EQ(signal.scope, Scope::kLocal);
}

// clang-format off
const Case kCases[] = {
    {"Good",          "echo all right",          true,  Level::kOk,      "exit 0: all right"},
    {"SoftFault",     "echo 97 % >&2; exit 1",   false, Level::kSoft,    "exit 1: 97 %"},
    {"HardFault",     "exit 2",                  true,  Level::kHard,    "exit 2"},
    {"DoesNotKnow",   "exit 75",                 true,  Level::kUnknown, "exit 75"},
    {"Killed",        "kill -9 $$",              true,  Level::kHard,    "was killed by signal 9"},
    {"TimedOut",      "echo begun; sleep 60",    false, Level::kSoft,    "took over 2s and was killed: begun"},
    {"ControlOctets", "printf 'a\\033[2Jb\\nc'", true,  Level::kOk,      "exit 0: a?[2Jb?c"},
    // Who has the pipe open is not waited for.
    {"LeavesAChild",  "sleep 60 & echo gone",    true,  Level::kOk,      "exit 0: gone"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, ExecCheckTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

TEST(ExecCheck, MuchOutputIsCut) {
  const Signal signal = RunOnce(Shell("head -c 1000000 /dev/zero | tr '\\0' x"));
  EXPECT_EQ(signal.level, Level::kOk);
  EXPECT_EQ(signal.detail, "exit 0: " + std::string(kExecOutputShownMax, 'x'));
}

TEST(ExecCheck, WhatCannotBeStartedIsUnknown) {
  AnycastConfig::ExecCheck config = Shell("");
  config.command = {"/no/such/program"};
  config.is_hard = true;
  const Signal signal = RunOnce(config);
  EXPECT_EQ(signal.level, Level::kUnknown);
  EXPECT_THAT(signal.detail, HasSubstr("cannot be started: /no/such/program: no such file"));
}

TEST(ExecCheck, SharedFaultIsShared) {
  AnycastConfig::ExecCheck config = Shell("exit 1");
  config.is_shared = true;
  EXPECT_EQ(RunOnce(config).scope, Scope::kShared);
}

TEST(ExecCheck, RunsOneAtATimeWhenDue) {
  const std::string path = testing::TempDir() + "/exec_check_runs";
  std::ofstream(path, std::ios::trunc).close();
  AnycastConfig::ExecCheck config = Shell("echo run >> " + path);
  config.every = absl::Milliseconds(200);
  Loop loop;
  {
    ExecCheck check(loop.get(), config);
    loop.Until([] { return false; }, absl::Milliseconds(700), [&] { check.Tick(MonotonicNow()); });
  }
  std::ifstream in(path);
  int runs = 0;
  for (std::string line; std::getline(in, line);) ++runs;
  EXPECT_GE(runs, 2);
  EXPECT_LE(runs, 4);
}

// Its children too: none may outlive the check.
TEST(ExecCheck, TimeoutKillsTheGroup) {
  const std::string path = testing::TempDir() + "/exec_check_child";
  std::ofstream(path, std::ios::trunc).close();
  const Signal signal = RunOnce(Shell("sleep 60 & echo $! > " + path + "; wait"));
  EXPECT_THAT(signal.detail, StartsWith("took over"));
  pid_t child = 0;
  std::ifstream(path) >> child;
  ASSERT_GT(child, 1);
  // It is a zombie until init looks; what counts is that it runs no more.
  for (int i = 0; i < 100; ++i) {
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string pid, name, state;
    if (!(stat >> pid >> name >> state) || state == "Z") return;
    uv_sleep(10);
  }
  FAIL() << "child " << child << " still runs";
}

TEST(ExecCheck, MayGoWhileItRuns) {
  Loop loop;
  std::optional<ExecCheck> check;
  check.emplace(loop.get(), Shell("sleep 60"));
  check->Tick(MonotonicNow());
  check.reset();
  // The loop ends once the killed process was waited for.
}

TEST(ExecCheck, OldVerdictIsNone) {
  Loop loop;
  AnycastConfig::ExecCheck config = Shell("exit 0");
  ExecCheck check(loop.get(), config);
  check.Tick(MonotonicNow());
  ASSERT_TRUE(loop.Until([&] { return check.ToSignal(MonotonicNow()).level == Level::kOk; }));
  const Signal late = check.ToSignal(MonotonicNow() + absl::Seconds(43));
  EXPECT_EQ(late.level, Level::kUnknown);
  EXPECT_THAT(late.detail, StartsWith("no verdict for"));
}

}  // namespace
}  // namespace hither
