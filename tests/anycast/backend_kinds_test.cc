#include "anycast/backend_kinds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "anycast/announcer.h"
#include "base/clock.h"
#include "tests/anycast/route/run_loop.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The kinds that are wanted, or that differ, by name.
std::vector<std::string> Wanted(const AnycastConfig& config) {
  std::vector<std::string> names;
  for (const BackendKind& kind : BackendKinds()) {
    if (kind.is_wanted(config)) names.emplace_back(kind.name);
  }
  return names;
}
std::vector<std::string> Differing(const AnycastConfig& from, const AnycastConfig& to) {
  std::vector<std::string> names;
  for (const BackendKind& kind : BackendKinds()) {
    if (kind.differs(from, to)) names.emplace_back(kind.name);
  }
  return names;
}

AnycastConfig AllKinds() {
  AnycastConfig config;
  config.bgp.emplace();
  config.kernel.emplace();
  config.exec.emplace();
  config.dry_run = true;
  return config;
}

TEST(BackendKinds, AreWantedWhereTheirPartIs) {
  EXPECT_THAT(Wanted({}), IsEmpty());
  EXPECT_THAT(Wanted(AllKinds()), ElementsAre("kernel", "bgp", "exec", "dry-run"));
}

TEST(BackendKinds, DifferWhereTheirPartDoes) {
  const AnycastConfig all = AllKinds();
  EXPECT_THAT(Differing(all, all), IsEmpty());
  EXPECT_THAT(Differing(all, {}), ElementsAre("kernel", "bgp", "exec", "dry-run"));
  AnycastConfig next = all;
  next.exec->timeout = absl::Seconds(1);
  next.bgp->local_as = 64512;  // Session by session; see bgp_reload.h.
  EXPECT_THAT(Differing(all, next), ElementsAre("exec"));
}

// One that does as the test says.
struct FakeBackend : RouteBackend {
  void Announce(const std::vector<Route>&, absl::Time, absl::Time) override { ++announced; }
  Observation Observe() const override { return {}; }
  void Close(absl::string_view) override { is_closed = true; }
  bool IsIdle() const override { return is_closed && is_idle; }
  absl::string_view name() const override { return "fake"; }
  static inline int announced = 0;
  static inline bool is_idle = true;
  bool is_closed = false;
};

absl::StatusOr<std::unique_ptr<RouteBackend>> MakeFake(uv_loop_t&, const AnycastConfig& config) {
  if (config.journal_file == "fails") return absl::UnavailableError("no room");
  return std::make_unique<FakeBackend>();
}

const BackendKind kFakes[] = {
    {.name = "fake",
     .is_wanted = [](const AnycastConfig& config) { return !config.journal_file.empty(); },
     .differs = [](const AnycastConfig& from,
                   const AnycastConfig& to) { return from.journal_file != to.journal_file; },
     .make = MakeFake},
};

class AnnouncerOfAnyKindTest : public testing::Test {
 protected:
  AnnouncerOfAnyKindTest() {
    FakeBackend::announced = 0;
    FakeBackend::is_idle = true;
    config_.journal_file = "a";
  }
  std::vector<std::string> Backends() const {
    SidecarView view;
    announcer_.AddTo(view);
    return view.backends;
  }
  void Tick(absl::Duration passed = absl::Seconds(1)) {
    now_ += passed;
    announcer_.Tick({}, now_, now_ + absl::Seconds(2));
  }
  AnycastConfig Next(const char* part) const {
    AnycastConfig next = config_;
    next.journal_file = part;
    return next;
  }

  AnycastConfig config_;
  absl::Time now_ = MonotonicNow();
  TestLoop loop_;
  Announcer announcer_{*loop_.get(), kFakes};
};

TEST_F(AnnouncerOfAnyKindTest, WhatTheTableHasIsMade) {
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  Tick();
  EXPECT_EQ(FakeBackend::announced, 1);
  EXPECT_THAT(Backends(), ElementsAre("fake"));
  EXPECT_THAT(announcer_.EndedBy(config_), IsEmpty());
  EXPECT_FALSE(announcer_.EndsAll(config_));
}

// The next one is made once the former has ended, or has had its time.
TEST_F(AnnouncerOfAnyKindTest, AChangeReplacesIt) {
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  EXPECT_THAT(announcer_.EndedBy(Next("b")),
              ElementsAre("restarts the fake backend because its settings changed; its routes are "
                          "withdrawn briefly"));
  EXPECT_TRUE(announcer_.EndsAll(Next("b")));
  FakeBackend::is_idle = false;
  ASSERT_TRUE(announcer_.Configure(Next("b"), now_).ok());
  Tick();
  EXPECT_EQ(FakeBackend::announced, 0) << "It closes.";
  Tick(FakeBackend().close_max());
  EXPECT_EQ(FakeBackend::announced, 1);
}

TEST_F(AnnouncerOfAnyKindTest, WhatCannotBeMadeIsTriedAgain) {
  EXPECT_FALSE(announcer_.Configure(Next("fails"), now_).ok()) << "At the start it is an error.";
  EXPECT_THAT(Backends(), ElementsAre("fake (no room)"));
  EXPECT_TRUE(announcer_.Configure(Next("fails"), now_).ok());
  Tick();
  EXPECT_THAT(Backends(), ElementsAre("fake (no room)"));
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  EXPECT_THAT(Backends(), ElementsAre("fake"));
}

}  // namespace
}  // namespace hither
