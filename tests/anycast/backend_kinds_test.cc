#include "anycast/backend_kinds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

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

// Two neighbors of AS 64497 and 64498; only the second one receives IPv6.
class BgpReloadOfAFamily : public testing::Test {
 protected:
  BgpReloadOfAFamily() {
    AnycastConfig::Service& service = from_.services.emplace_back();
    service.name = "dns";
    service.prefixes = {*Prefix::FromText("192.0.2.0/24"), *Prefix::FromText("2001:db8::/48")};
    AnycastConfig::Bgp& bgp = from_.bgp.emplace();
    bgp.local_as = 64496;
    for (const char* address : {"10.0.0.1", "10.0.0.2"}) {
      AnycastConfig::Neighbor& neighbor = bgp.neighbors.emplace_back();
      neighbor.address = *SocketAddress::FromText(address, 179);
      neighbor.as = 64496 + static_cast<uint32_t>(bgp.neighbors.size());
    }
    using Kind = Observation::Kind;
    const std::vector<Prefix>& prefixes = service.prefixes;
    observed_.seen = {{prefixes[0], "bgp 10.0.0.1", Kind::kAnnounced, State::kUp, ""},
                      {prefixes[1], "bgp 10.0.0.1", Kind::kAbsent, std::nullopt, "not negotiated"},
                      {prefixes[0], "bgp 10.0.0.2", Kind::kAnnounced, State::kUp, ""},
                      {prefixes[1], "bgp 10.0.0.2", Kind::kAnnounced, State::kUp, ""}};
    to_ = from_;
  }
  // "4", "6", "46" or nothing.
  std::string Ended() const {
    std::string ended;
    for (const BackendKind& kind : BackendKinds()) {
      if (kind.name != "bgp") continue;
      if (kind.ends_family(IpFamily::kV4, observed_, from_, to_)) ended += "4";
      if (kind.ends_family(IpFamily::kV6, observed_, from_, to_)) ended += "6";
    }
    return ended;
  }

  AnycastConfig from_;
  AnycastConfig to_;
  Observation observed_;
};

TEST_F(BgpReloadOfAFamily, AResetOfItsOnlyNeighborEndsIt) {
  EXPECT_EQ(Ended(), "");
  AnycastConfig::Neighbor& only = to_.bgp->neighbors[1];
  const AnycastConfig::Neighbor before = only;
  const std::vector<std::function<void()>> resets = {
      [&] { only.as = 64499; },
      [&] { only.password = "x"; },
      [&] { only.role = BgpRole::kPeer; },
      [&] { only.device = "vrf-edge"; },
      [&] { only.hold_time = absl::Seconds(9); },
      [&] { only.local_address = *SocketAddress::FromText("10.0.0.9", 0); },
      [&] { only.ttl_security = true; },
      [&] { only.multihop = 2; },
      [&] { only.ipv6 = false; },
      [&] { only.address = *SocketAddress::FromText("10.0.0.3", 179); }};
  for (size_t i = 0; i < resets.size(); ++i) {
    only = before;
    resets[i]();
    EXPECT_EQ(Ended(), "6") << i;
  }
  only = before;
  only.description = "upstream";
  EXPECT_EQ(Ended(), "");
}

TEST_F(BgpReloadOfAFamily, AResetOfTheOtherDoesNot) {
  to_.bgp->neighbors[0].as = 64499;
  EXPECT_EQ(Ended(), "");
  to_.bgp->local_as = 64495;
  EXPECT_EQ(Ended(), "46");
}

// One is reset, and the other loses the prefix: for a moment nobody has it.
TEST_F(BgpReloadOfAFamily, AResetAndALossTogetherEndIt) {
  to_.bgp->neighbors[1].as = 64499;
  to_.bgp->neighbors[0].services = {"other"};
  EXPECT_EQ(Ended(), "46");
}

TEST_F(BgpReloadOfAFamily, AServiceWithAnotherNameKeepsNothing) {
  to_.services[0].name = "ns";
  EXPECT_EQ(Ended(), "46");
}

// One that does as the test says.
struct FakeBackend : RouteBackend {
  void Announce(const std::vector<Route>&, absl::Time, absl::Time) override { ++announced; }
  Observation Observe() const override { return {seen, {}}; }
  void Close(absl::string_view) override { is_closed = true; }
  bool IsIdle() const override { return is_closed && is_idle; }
  absl::string_view name() const override { return "fake"; }
  static inline int announced = 0;
  static inline bool is_idle = true;
  static inline std::vector<Observation::Seen> seen;
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
    FakeBackend::seen.clear();
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

// What is not announced now cannot end, and needs no confirmation.
TEST_F(AnnouncerOfAnyKindTest, AFamilyEndsOnlyIfItIsAnnounced) {
  ASSERT_TRUE(announcer_.Configure(config_, now_).ok());
  EXPECT_FALSE(announcer_.EndsAllOf(IpFamily::kV6, Next("b")));
  FakeBackend::seen = {
      {*Prefix::FromText("2001:db8::/48"), "fake", Observation::Kind::kAnnounced, State::kUp, ""}};
  EXPECT_TRUE(announcer_.EndsAllOf(IpFamily::kV6, Next("b")));
  EXPECT_FALSE(announcer_.EndsAllOf(IpFamily::kV4, Next("b")));
  EXPECT_FALSE(announcer_.EndsAllOf(IpFamily::kV6, config_)) << "It continues.";
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
