#include "anycast/announcer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "tests/anycast/route/kernel_lab.h"
#include "tests/anycast/route/run_loop.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

// Against the kernel, in a network namespace of this process.
class AnnouncerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!EnterOwnNetwork()) GTEST_SKIP() << "needs the right to make network namespaces";
    config_.services = OneService({P("192.0.2.0/24")});
    config_.kernel.emplace();
    config_.dry_run = true;
  }
  std::vector<std::string> Backends() const {
    SidecarView view;
    announcer_.AddTo(view);
    return view.backends;
  }
  void Tick() {
    now_ += absl::Seconds(1);
    announcer_.Tick({}, now_, now_ + absl::Seconds(2));
  }

  AnycastConfig config_;
  absl::Time now_ = MonotonicNow();
  TestLoop loop_;
  Announcer announcer_{*loop_.get()};
};

TEST_F(AnnouncerTest, AServiceMoreEndsNothing) {
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  AnycastConfig next = config_;
  next.services = OneService({P("192.0.2.0/24"), P("198.51.100.0/24")});
  EXPECT_THAT(announcer_.EndedBy(next), IsEmpty());
  next.kernel->lease = absl::Seconds(9);
  EXPECT_THAT(announcer_.EndedBy(next), ElementsAre(testing::HasSubstr("kernel")));
}

TEST_F(AnnouncerTest, OfBgpOnlyWhatChangedIsReset) {
  config_.bgp.emplace().local_as = 64512;
  for (const char* address : {"127.0.0.1:1", "127.0.0.2:1"}) {
    config_.bgp->neighbors.push_back({});
    config_.bgp->neighbors.back().address = *SocketAddress::FromText(address, 1);
    config_.bgp->neighbors.back().as = 64512;
  }
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  AnycastConfig next = config_;
  next.bgp->neighbors[0].description = "upstream A";
  EXPECT_THAT(announcer_.EndedBy(next), IsEmpty());
  next.bgp->neighbors[1].hold_time = absl::Seconds(9);
  EXPECT_THAT(announcer_.EndedBy(next),
              ElementsAre("resets the session with 127.0.0.2: hold_time changed"));
  EXPECT_FALSE(announcer_.EndsAll(next)) << "The kernel backend goes on.";
  next.kernel->lease = absl::Seconds(9);
  EXPECT_TRUE(announcer_.EndsAll(next)) << "A dry run announces nothing, nor does a session away.";
  ASSERT_TRUE(announcer_.Configure(next, now_).ok());
  SidecarView view;
  announcer_.AddTo(view);
  ASSERT_EQ(view.sessions.size(), 2u);
  EXPECT_EQ(view.sessions[0].description, "upstream A");
}

// With the shipped units the sidecar's user may not open BIRD's socket; nothing said so.
TEST_F(AnnouncerTest, AReadbackThatCannotAskIsLoggedOnce) {
  config_.kernel.reset();
  config_.readback.bird_socket = testing::TempDir() + "/nobody.ctl";
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  testing::internal::CaptureStderr();
  const auto tick = [&] {
    now_ = MonotonicNow();
    announcer_.Tick({}, now_, now_ + absl::Seconds(2));
  };
  const auto has_failed = [&] {
    SidecarView view;
    view.now = now_;
    announcer_.AddTo(view);
    return view.readbacks.size() == 1 && !view.readbacks[0].is_ok &&
           view.readbacks[0].error.starts_with("cannot ask BIRD");
  };
  EXPECT_TRUE(loop_.RunUntil(has_failed, absl::Seconds(10), tick));
  for (int i = 0; i < 3; ++i) tick();
  const std::string log = testing::internal::GetCapturedStderr();
  const std::string line =
      absl::StrCat("readback: bird: cannot ask BIRD at ", config_.readback.bird_socket,
                   ": no such file or directory");
  EXPECT_THAT(log, testing::HasSubstr(line));
  EXPECT_EQ(log.find(line), log.rfind(line)) << log;
}

// A dry run that goes on announces nothing.
TEST_F(AnnouncerTest, ADryRunIsNoBackendThatGoesOn) {
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());  // kernel: and dry_run: true
  AnycastConfig next = config_;
  EXPECT_FALSE(announcer_.EndsAll(next));
  next.kernel->lease = absl::Seconds(9);
  EXPECT_TRUE(announcer_.EndsAll(next));
}

TEST_F(AnnouncerTest, ADryRunAnnouncesNothing) {
  config_.kernel.reset();
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  announcer_.Tick({{P("192.0.2.0/24"), State::kUp, {}, "dns", ""}}, now_, now_ + absl::Seconds(2));
  EXPECT_EQ(announcer_.Announced({P("192.0.2.0/24")}), false);
}

TEST_F(AnnouncerTest, ACommandThatHasEndedWellAnnounces) {
  config_.kernel.reset();
  config_.exec = AnycastConfig::Exec{{"true"}, {}, {}, {"true"}, absl::Seconds(1)};
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  const auto tick = [&] {
    now_ = MonotonicNow();
    announcer_.Tick({{P("192.0.2.0/24"), State::kUp, {}, "dns", ""}}, now_,
                    now_ + absl::Seconds(2));
  };
  tick();
  EXPECT_EQ(announcer_.Announced({P("192.0.2.0/24")}), std::nullopt) << "it runs";
  const auto is_announced = [&] { return announcer_.Announced({P("192.0.2.0/24")}) == true; };
  EXPECT_TRUE(loop_.RunUntil(is_announced, absl::Seconds(10), tick));
}

// An operator who stops the node then must not stop a route's only withdrawal, too.
TEST_F(AnnouncerTest, WhatIsSeenAnnouncedIsNotDrained) {
  const std::string done = testing::TempDir() + "/withdrawn";
  std::remove(done.c_str());
  config_.exec = AnycastConfig::Exec{{"true"}, {}, {}, {"test", "-e", done}, absl::Seconds(1)};
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  const auto is_drained_after = [&](State state, absl::Duration most) {
    const auto is_drained = [this] {
      SidecarView view;
      view.services.resize(1);
      view.services[0].families = {{IpFamily::kV4, {"192.0.2.0/24"}, {}, {}, 0}};
      view.services[0].is_drained = true;  // As the policy has it.
      announcer_.AddTo(view);
      return view.services[0].is_drained;
    };
    const auto tick = [&] {
      now_ = MonotonicNow();
      announcer_.Tick({{P("192.0.2.0/24"), state, {}, "dns", ""}}, now_, now_ + absl::Seconds(2));
    };
    tick();
    return loop_.RunUntil(is_drained, most, tick);
  };
  EXPECT_FALSE(is_drained_after(State::kUp, absl::Milliseconds(300)));
  EXPECT_FALSE(is_drained_after(State::kDown, absl::Milliseconds(300)));  // `down` fails.
  std::ofstream(done) << "\n";
  EXPECT_TRUE(is_drained_after(State::kDown, absl::Seconds(10)));
}

// The others are made, and it is itself when the host has room again.
TEST_F(AnnouncerTest, WhatCannotBeMadeKeepsNothingElseFromIt) {
  config_.exec = AnycastConfig::Exec{{"true"}, {}, {}, {"true"}, absl::Seconds(1)};
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  AnycastConfig next = config_;
  next.kernel->lease = absl::Seconds(9);
  next.exec->timeout = absl::Seconds(2);
  ASSERT_TRUE(announcer_.Configure(next, now_).ok());
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  Tick();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(Backends(), ElementsAre("dry-run", "exec", StartsWith("kernel (")));
  Tick();
  EXPECT_THAT(Backends(), ElementsAre("dry-run", "exec", "kernel"));
}

}  // namespace
}  // namespace hither
