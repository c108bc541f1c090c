#include "base/net/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "tests/anycast/route/run_loop.h"

namespace hither {
namespace {

class ChildProcessTest : public testing::Test {
 protected:
  ChildProcess::Result Run(ChildProcess::Options options) {
    std::optional<ChildProcess::Result> result;
    auto child = ChildProcess::Start(loop_.get(), std::move(options),
                                     [&](const ChildProcess::Result& r) { result = r; });
    EXPECT_FALSE(result.has_value()) << "Never before Start() returns.";
    loop_.RunUntil([&] { return result.has_value(); });
    EXPECT_TRUE(result.has_value());
    return result.value_or(ChildProcess::Result{absl::InternalError("nobody called"), ""});
  }

  static ChildProcess::Options Shell(const std::string& script) {
    ChildProcess::Options options;
    options.command = {"sh", "-c", script};
    return options;
  }

  TestLoop loop_;
};

TEST_F(ChildProcessTest, OutputOfASuccess) {
  const auto result = Run(Shell("echo hello; echo error >&2"));
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.output, "hello\n");
}

TEST_F(ChildProcessTest, ErrorsIfAskedFor) {
  auto options = Shell("echo error >&2; exit 3");
  options.with_errors = true;
  const auto result = Run(options);
  EXPECT_EQ(result.status.message(), "exit code 3");
  EXPECT_EQ(result.output, "error\n");
}

TEST_F(ChildProcessTest, EnvironmentIsChangedAndKept) {
  auto options = Shell("echo $HITHER_STATE $PATH");
  options.environment = {"HITHER_STATE=UP"};
  const auto result = Run(options);
  EXPECT_TRUE(absl::StartsWith(result.output, "UP /")) << result.output;
}

TEST_F(ChildProcessTest, WhatCannotBeStarted) {
  ChildProcess::Options options;
  options.command = {"/nowhere/at/all"};
  const auto result = Run(options);
  EXPECT_EQ(result.status.message(), "cannot start: no such file or directory");
}

TEST_F(ChildProcessTest, EndedBySignal) {
  EXPECT_EQ(Run(Shell("kill -9 $$")).status.message(), "was killed by signal 9");
}

bool IsAlive(pid_t pid) { return kill(pid, 0) == 0; }

// What a script has started goes with it.
TEST_F(ChildProcessTest, TimeoutKillsTheGroup) {
  auto options = Shell("sleep 100 & echo $!; wait");
  options.timeout = absl::Seconds(1);  // A busy host must have started the shell by then.
  const auto result = Run(options);
  EXPECT_EQ(result.status.message(), "did not exit in time");
  int sleeper = 0;
  ASSERT_TRUE(absl::SimpleAtoi(absl::StripAsciiWhitespace(result.output), &sleeper));
  EXPECT_TRUE(loop_.RunUntil([&] { return !IsAlive(sleeper); }, absl::Seconds(5)));
}

TEST_F(ChildProcessTest, TooMuchOutput) {
  auto options = Shell("while :; do echo 0123456789; done");
  options.output_bytes_max = 1000;
  const auto result = Run(options);
  EXPECT_EQ(result.status.message(), "wrote more than 1000 octets");
  EXPECT_EQ(result.output.size(), 1000u);
}

// A daemon that a command leaves behind holds its output open.
TEST_F(ChildProcessTest, OutputThatNeverEndsEndsWithTheTimeout) {
  auto options = Shell("sleep 100 & exit 0");
  options.timeout = absl::Milliseconds(300);
  EXPECT_EQ(Run(options).status.message(), "did not exit in time");
}

TEST_F(ChildProcessTest, WhoGoesAwayIsNotCalled) {
  bool called = false;
  auto child = ChildProcess::Start(loop_.get(), Shell("sleep 100"),
                                   [&](const ChildProcess::Result&) { called = true; });
  child.reset();
  loop_.RunUntil([] { return false; }, absl::Milliseconds(200));
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace hither
