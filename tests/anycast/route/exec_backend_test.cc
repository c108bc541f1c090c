#include "anycast/route/exec_backend.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/anycast/route/kernel_lab.h"
#include "tests/anycast/route/run_loop.h"

namespace hither {
namespace {

// Commands that write down what they were told.
class ExecBackendTest : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/hither_exec_XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    config_.up = Writes("");
    config_.soft = Writes("");
    config_.drain = Writes("");
    config_.down = Writes("");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> Writes(const std::string& more) const {
    return {"sh", "-c",
            absl::StrCat("echo $HITHER_SERVICE $HITHER_PREVIOUS_STATE $HITHER_STATE ",
                         "$HITHER_PREFIXES: $HITHER_REASON >> ", folder_, "/log; ", more)};
  }

  std::string Log() const {
    std::ifstream file(folder_ + "/log");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  bool IsSettled(ExecBackend& backend, State state) const {
    for (const auto& seen : backend.Observe().seen) {
      if (seen.state != state) return false;
    }
    return true;
  }

  void Settle(ExecBackend& backend, const std::vector<Route>& routes, State state) {
    Announce(backend, routes);
    EXPECT_TRUE(loop_.RunUntil([&] { return IsSettled(backend, state); }, absl::Seconds(10),
                               [&] { Announce(backend, routes); }))
        << ToText(state);
  }

  static void Announce(ExecBackend& backend, const std::vector<Route>& routes) {
    backend.Announce(routes, MonotonicNow(), MonotonicNow() + absl::Seconds(2));
  }

  std::vector<Route> Both(State state) const {
    return {R("192.0.2.0/24", state), R("2001:db8::/48", state)};
  }

  std::string folder_;
  AnycastConfig::Exec config_;
  TestLoop loop_;
};

TEST_F(ExecBackendTest, OneCommandForEachTransition) {
  ExecBackend backend(loop_.get(), config_);
  for (const State state : {State::kDown, State::kUp, State::kSoft}) {
    Announce(backend, Both(state));
    Settle(backend, Both(state), state);
  }
  EXPECT_EQ(Log(),
            "dns UNKNOWN DOWN 192.0.2.0/24 2001:db8::/48: test\n"
            "dns DOWN UP 192.0.2.0/24 2001:db8::/48: test\n"
            "dns UP SOFT 192.0.2.0/24 2001:db8::/48: test\n");
}

TEST_F(ExecBackendTest, AFamilyThatFailsAloneIsToldAlone) {
  ExecBackend backend(loop_.get(), config_);
  Announce(backend, Both(State::kUp));
  Settle(backend, Both(State::kUp), State::kUp);
  const std::vector<Route> mixed = {R("192.0.2.0/24", State::kUp),
                                    R("2001:db8::/48", State::kDown)};
  EXPECT_TRUE(loop_.RunUntil([&] { return absl::StrContains(Log(), "UP DOWN 2001:db8::/48: "); },
                             absl::Seconds(5), [&] { Announce(backend, mixed); }))
      << Log();
}

// While a command runs, only the newest wish is remembered.
TEST_F(ExecBackendTest, TheNewestWishWins) {
  config_.up = Writes("sleep 0.3");
  ExecBackend backend(loop_.get(), config_);
  Announce(backend, Both(State::kUp));
  Announce(backend, Both(State::kSoft));
  Announce(backend, Both(State::kDrain));
  Announce(backend, Both(State::kDown));
  Settle(backend, Both(State::kDown), State::kDown);
  EXPECT_EQ(Log(),
            "dns UNKNOWN UP 192.0.2.0/24 2001:db8::/48: test\n"
            "dns UP DOWN 192.0.2.0/24 2001:db8::/48: test\n");
}

TEST_F(ExecBackendTest, AFailureIsToldAndTriedAgain) {
  config_.up = Writes(absl::StrCat("test -e ", folder_, "/fixed || { echo no bgpd; exit 4; }"));
  ExecBackend backend(loop_.get(), config_);
  const auto routes = Both(State::kUp);
  Announce(backend, routes);
  const auto has_failed = [&] {
    return absl::StrContains(backend.Observe().seen[0].detail, "exit code 4: no bgpd");
  };
  EXPECT_TRUE(loop_.RunUntil(has_failed, absl::Seconds(5)));
  EXPECT_EQ(backend.Observe().seen[0].kind, Observation::Kind::kUnknown);
  std::ofstream(folder_ + "/fixed") << "yes";
  Settle(backend, routes, State::kUp);
}

// A site that must go down does not wait for the back-off of what failed before.
TEST_F(ExecBackendTest, DownDoesNotWaitForAFailedUp) {
  config_.up = {"false"};
  ExecBackend backend(loop_.get(), config_);
  Announce(backend, Both(State::kUp));
  EXPECT_TRUE(loop_.RunUntil(
      [&] { return absl::StrContains(backend.Observe().seen[0].detail, "exit code 1"); }));
  const absl::Time start = MonotonicNow();
  Settle(backend, Both(State::kDown), State::kDown);
  EXPECT_LT(MonotonicNow() - start, absl::Milliseconds(900));
}

TEST_F(ExecBackendTest, ATimeoutIsAFailure) {
  config_.up = {"sleep", "100"};
  config_.timeout = absl::Milliseconds(100);
  ExecBackend backend(loop_.get(), config_);
  Announce(backend, Both(State::kUp));
  EXPECT_TRUE(loop_.RunUntil(
      [&] { return absl::StrContains(backend.Observe().seen[0].detail, "did not exit in time"); }));
}

TEST_F(ExecBackendTest, CloseRunsDownAfterWhatRuns) {
  config_.up = Writes("sleep 0.2; exit 1");
  ExecBackend backend(loop_.get(), config_);
  Announce(backend, Both(State::kUp));
  backend.Close("shut down");
  EXPECT_FALSE(backend.IsIdle());
  EXPECT_TRUE(loop_.RunUntil([&] { return backend.IsIdle(); }));
  EXPECT_TRUE(absl::StrContains(Log(), "DOWN 192.0.2.0/24 2001:db8::/48: shut down")) << Log();
}

TEST_F(ExecBackendTest, NoCommandForAStateIsNothingToDo) {
  config_.soft.clear();
  ExecBackend backend(loop_.get(), config_);
  Settle(backend, Both(State::kUp), State::kUp);
  const std::string before = Log();
  Announce(backend, Both(State::kSoft));
  EXPECT_TRUE(IsSettled(backend, State::kSoft));  // Nothing ran meanwhile.
  EXPECT_EQ(Log(), before);
}

// A site that starts with a stale zone is less preferred, not absent.
TEST_F(ExecBackendTest, WithoutACommandForItSoftIsAnnouncedFromDown) {
  config_.soft.clear();
  ExecBackend backend(loop_.get(), config_);
  Settle(backend, Both(State::kDown), State::kDown);
  Settle(backend, Both(State::kSoft), State::kSoft);
  EXPECT_TRUE(absl::StrContains(Log(), "dns DOWN SOFT 192.0.2.0/24 2001:db8::/48: test\n"));
}

TEST_F(ExecBackendTest, WhatAReloadRemovesGoesDownAndIsForgotten) {
  ExecBackend backend(loop_.get(), config_);
  Settle(backend, Both(State::kUp), State::kUp);
  const std::vector<Route> left = {R("192.0.2.0/24", State::kUp)};
  EXPECT_TRUE(loop_.RunUntil([&] { return backend.Observe().seen.size() == 1; }, absl::Seconds(10),
                             [&] { Announce(backend, left); }));
  EXPECT_TRUE(
      absl::StrContains(Log(), "dns UP DOWN 2001:db8::/48: removed from the configuration\n"))
      << Log();
  EXPECT_FALSE(absl::StrContains(Log(), "DOWN 192.0.2.0/24")) << Log();
}

// Its new service announces it; the old one must not take it away afterwards.
TEST_F(ExecBackendTest, APrefixThatChangesItsServiceStaysUp) {
  ExecBackend backend(loop_.get(), config_);
  Settle(backend, Both(State::kUp), State::kUp);
  std::vector<Route> routes = Both(State::kUp);
  for (Route& route : routes) route.service = "renamed";
  Settle(backend, routes, State::kUp);
  EXPECT_FALSE(absl::StrContains(Log(), " DOWN ")) << Log();
  EXPECT_EQ(backend.Observe().seen.size(), 2);
}

TEST_F(ExecBackendTest, ClosingMayTakeWhatItsCommandsMay) {
  config_.timeout = absl::Seconds(30);
  EXPECT_GE(ExecBackend(loop_.get(), config_).close_max(), absl::Seconds(60));
}

}  // namespace
}  // namespace hither
