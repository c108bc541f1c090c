#include "base/net/uv_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "base/file_descriptor.h"
#include "base/net/uv.h"

namespace hither {
namespace {

class UvProcessTest : public ::testing::Test {
 protected:
  UvProcessTest() {
    uv_loop_init(&loop_);
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    output_.Reset(ends[0]);
    input_.Reset(ends[1]);
  }
  // A handle that is left would keep the loop from closing, and so would a process.
  ~UvProcessTest() override {
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "No zombie is left.";
  }
  int Spawn(UvProcess& process, const char* script, bool with_errors = false) {
    UvProcess::Command command;
    command.words = {"sh", "-c", script};
    command.output = input_.get();
    command.with_errors = with_errors;
    return process.Spawn(loop_, command, [this](int64_t code, int signal) {
      code_ = code;
      signal_ = signal;
      ++calls_;
    });
  }
  std::string Output() {
    input_.Reset();
    char text[200];
    const ssize_t got = read(output_.get(), text, sizeof text);
    return std::string(text, got > 0 ? static_cast<size_t>(got) : 0);
  }

  uv_loop_t loop_;
  FileDescriptor output_;  // What the process has written.
  FileDescriptor input_;
  int64_t code_ = -1;
  int signal_ = -1;
  int calls_ = 0;
};

TEST_F(UvProcessTest, EndsWithItsCode) {
  UvProcess process;
  ASSERT_EQ(Spawn(process, "echo out; echo error >&2; exit 3"), 0);
  EXPECT_TRUE(process);
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(code_, 3);
  EXPECT_EQ(signal_, 0);
  EXPECT_EQ(Output(), "out\n");
}

TEST_F(UvProcessTest, ErrorsIfAskedFor) {
  UvProcess process;
  ASSERT_EQ(Spawn(process, "echo out; echo error >&2", /*with_errors=*/true), 0);
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(Output(), "out\nerror\n");
}

TEST_F(UvProcessTest, EnvironmentIsReplaced) {
  UvProcess process;
  ASSERT_EQ(process.Spawn(loop_,
                          {.words = {"/bin/sh", "-c", "echo $HITHER_STATE $HOME"},
                           .environment = {"HITHER_STATE=UP"},
                           .output = input_.get()},
                          [](int64_t, int) {}),
            0);
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(Output(), "UP\n");
}

TEST_F(UvProcessTest, WhatCannotBeStartedIsEmpty) {
  UvProcess process;
  EXPECT_EQ(process.Spawn(loop_, {.words = {"/nowhere/at/all"}}, [](int64_t, int) {}), UV_ENOENT);
  EXPECT_FALSE(process);
}

TEST_F(UvProcessTest, KillGroupEndsIt) {
  UvProcess process;
  ASSERT_EQ(Spawn(process, "sleep 100 & wait"), 0);
  process.KillGroup();
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(signal_, SIGKILL);
}

// What it has started goes with it, and nobody is called.
TEST_F(UvProcessTest, DestroyedIsKilledAndNeverCalled) {
  {
    UvProcess process;
    ASSERT_EQ(Spawn(process, "sleep 100 & echo $!; wait"), 0);
    char text[20];
    const ssize_t got = read(output_.get(), text, sizeof text);
    ASSERT_GT(got, 0);
    int sleeper = 0;
    ASSERT_TRUE(absl::SimpleAtoi(
        absl::StripAsciiWhitespace(absl::string_view(text, static_cast<size_t>(got))), &sleeper));
  }
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(calls_, 0);
  EXPECT_EQ(Output(), "") << "The end of the output: none of the group holds it open.";
}

TEST_F(UvProcessTest, FunctionMayDestroyIt) {
  auto process = std::make_unique<UvProcess>();
  UvProcess::Command command;
  command.words = {"true"};
  int seen = 0;
  ASSERT_EQ(process->Spawn(loop_, command,
                           [&seen, &process, captured = 7](int64_t, int) {
                             process.reset();
                             seen = captured;
                           }),
            0);
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(seen, 7);
}

}  // namespace
}  // namespace hither
