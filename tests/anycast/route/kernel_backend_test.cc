#include "anycast/route/kernel_backend.h"

#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "tests/anycast/route/kernel_lab.h"

namespace hither {
namespace {

using Mode = AnycastConfig::Kernel::Mode;
constexpr char kV4[] = "192.0.2.0/24";
constexpr char kV6[] = "2001:db8::/48";

// Against the real kernel, in a network namespace of this process.
class KernelBackendTest : public testing::TestWithParam<Mode> {
 protected:
  void SetUp() override {
    if (!EnterOwnNetwork()) GTEST_SKIP() << "needs the right to make network namespaces";
    config_.mode = GetParam();
    config_.lease = absl::Seconds(3);  // A second to renew it in, and two for a busy host.
    backend_ = Make();
  }

  void TearDown() override {
    if (backend_ != nullptr) backend_->Close("end of the test");
  }

  std::unique_ptr<KernelBackend> Make() {
    auto backend = KernelBackend::Create(config_, OneService({P(kV4), P(kV6)}));
    EXPECT_TRUE(backend.ok()) << backend.status();
    return *std::move(backend);
  }

  void Announce(std::vector<Route> routes) {
    now_ += absl::Seconds(1);
    backend_->Announce(routes, now_, now_ + absl::Seconds(2));
  }

  // "192.0.2.0/24 UP, 2001:db8::/48 absent"
  std::string Seen() const {
    std::vector<std::string> words;
    for (const Observation::Seen& seen : backend_->Observe().seen) {
      const bool is_announced = seen.kind == Observation::Kind::kAnnounced;
      words.push_back(
          absl::StrCat(seen.prefix.ToText(), " ",
                       is_announced ? ToText(seen.state.value_or(State::kDown)) : "absent",
                       seen.detail.empty() ? "" : "!", seen.detail));
    }
    return absl::StrJoin(words, ", ");
  }

  // What another program would find.
  std::string There() {
    auto netlink = Netlink::Open().value();
    auto tiers = GetParam() == Mode::kAddress ? MakeAddressTiers(config_, {}, *netlink)
                                              : MakeMetricTiers(config_, {}, *netlink).value();
    std::vector<std::string> words;
    const auto present = tiers->List();
    if (!present.ok()) return present.status().ToString();
    for (const auto& [prefix, state] : *present) {
      words.push_back(absl::StrCat(prefix.ToText(), " ", ToText(state)));
    }
    return absl::StrJoin(words, ", ");
  }

  std::string ThereAfter(absl::Duration wait) {
    usleep(static_cast<useconds_t>(absl::ToInt64Microseconds(wait)));
    return There();
  }

  AnycastConfig::Kernel config_;
  absl::Time now_ = MonotonicNow();
  std::unique_ptr<KernelBackend> backend_;
};

INSTANTIATE_TEST_SUITE_P(Modes, KernelBackendTest, testing::Values(Mode::kAddress, Mode::kMetric),
                         [](const auto& test) {
                           return test.param == Mode::kAddress ? "Address" : "Metric";
                         });

// Leases are renewed, and can be withdrawn, by a process that has no descriptor left.
TEST_P(KernelBackendTest, NeedsNoNewDescriptor) {
  Announce({R(kV4, State::kUp), R(kV6, State::kUp)});
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  Announce({R(kV4, State::kUp), R(kV6, State::kUp)});
  const std::string renewed = Seen();
  Announce({R(kV4, State::kDown), R(kV6, State::kUp)});
  const std::string withdrawn = Seen();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(renewed, "192.0.2.0/24 UP, 2001:db8::/48 UP");
  EXPECT_EQ(withdrawn, "192.0.2.0/24 absent, 2001:db8::/48 UP");
}

// A reload that adds a prefix takes no other one away, not even for a moment.
TEST_P(KernelBackendTest, OtherServicesChangeNothing) {
  constexpr char kNew[] = "198.51.100.0/24";
  Announce({R(kV4, State::kUp), R(kV6, State::kUp)});
  ASSERT_TRUE(backend_->SetServices(OneService({P(kV4), P(kV6), P(kNew)})).ok());
  EXPECT_EQ(There(), "192.0.2.0/24 UP, 2001:db8::/48 UP");
  Announce({R(kV4, State::kUp), R(kV6, State::kUp), R(kNew, State::kUp)});
  EXPECT_EQ(Seen(), "192.0.2.0/24 UP, 2001:db8::/48 UP, 198.51.100.0/24 UP");
}

TEST_P(KernelBackendTest, AnnouncesAndWithdraws) {
  Announce({R(kV4, State::kUp), R(kV6, State::kDown)});
  EXPECT_EQ(Seen(), "192.0.2.0/24 UP, 2001:db8::/48 absent");
  EXPECT_EQ(There(), "192.0.2.0/24 UP");
  Announce({R(kV4, State::kDown), R(kV6, State::kSoft)});
  EXPECT_EQ(Seen(), "192.0.2.0/24 absent, 2001:db8::/48 SOFT");
  EXPECT_EQ(There(), "2001:db8::/48 SOFT");
}

TEST_P(KernelBackendTest, TierMovesLeaveNothingBehind) {
  for (const State state : {State::kUp, State::kSoft, State::kDrain, State::kUp}) {
    const std::vector<Route> routes = {R(kV4, state), R(kV6, state)};
    Announce(routes);
    Announce(routes);
    EXPECT_EQ(There(),
              absl::StrCat("192.0.2.0/24 ", ToText(state), ", 2001:db8::/48 ", ToText(state)));
  }
}

// Else BIRD hears of the old one's end before it hears of a new IPv6 address, and withdraws.
TEST_P(KernelBackendTest, TheOldTierStaysUntilALaterTick) {
  Announce({R(kV4, State::kUp)});
  Announce({R(kV4, State::kSoft)});
  EXPECT_EQ(There(), "192.0.2.0/24 UP, 192.0.2.0/24 SOFT");
  EXPECT_EQ(Seen(), "192.0.2.0/24 SOFT");
  now_ += absl::Milliseconds(50);  // Too soon.
  backend_->Announce({R(kV4, State::kSoft)}, now_, now_ + absl::Seconds(2));
  EXPECT_EQ(There(), "192.0.2.0/24 UP, 192.0.2.0/24 SOFT");
  now_ += absl::Milliseconds(200);  // Long before the next renewal.
  backend_->Announce({R(kV4, State::kSoft)}, now_, now_ + absl::Seconds(2));
  EXPECT_EQ(There(), "192.0.2.0/24 SOFT");
}

TEST_P(KernelBackendTest, LeaseEndsWithoutRenewal) {
  Announce({R(kV4, State::kUp), R(kV6, State::kUp)});
  EXPECT_EQ(ThereAfter(absl::Milliseconds(1000)), "192.0.2.0/24 UP, 2001:db8::/48 UP");
  // The kernel removes it after the lease of 3 s; on a busy machine it may need longer to do so.
  for (int i = 0; i < 100 && !There().empty(); ++i) usleep(100'000);
  EXPECT_EQ(There(), "");
}

TEST_P(KernelBackendTest, RenewalsKeepIt) {
  for (int i = 0; i < 4; ++i) {
    Announce({R(kV4, State::kUp), R(kV6, State::kUp)});
    EXPECT_EQ(ThereAfter(absl::Milliseconds(900)), "192.0.2.0/24 UP, 2001:db8::/48 UP");
  }
}

TEST_P(KernelBackendTest, AStaleVerdictRenewsNothing) {
  now_ += absl::Seconds(1);
  backend_->Announce({R(kV4, State::kUp)}, now_, now_);
  EXPECT_EQ(There(), "");
}

TEST_P(KernelBackendTest, WhatSomebodyTookAwayIsPutBack) {
  Announce({R(kV4, State::kUp), R(kV6, State::kUp)});
  auto netlink = Netlink::Open().value();
  auto tiers = GetParam() == Mode::kAddress ? MakeAddressTiers(config_, {}, *netlink)
                                            : MakeMetricTiers(config_, {}, *netlink).value();
  ASSERT_TRUE(tiers->Remove(P(kV4), State::kUp).ok());
  EXPECT_EQ(There(), "2001:db8::/48 UP");
  Announce({R(kV4, State::kUp), R(kV6, State::kUp)});
  EXPECT_EQ(There(), "192.0.2.0/24 UP, 2001:db8::/48 UP");
}

TEST_P(KernelBackendTest, LeftoversOfAnEarlierRunGoAtOnce) {
  Announce({R(kV4, State::kUp), R(kV6, State::kUp)});
  auto second = Make();
  now_ += absl::Seconds(1);
  second->Announce({R(kV4, State::kDown)}, now_, now_ + absl::Seconds(2));
  EXPECT_EQ(There(), "");
}

TEST_P(KernelBackendTest, CloseTakesAllAway) {
  Announce({R(kV4, State::kUp), R(kV6, State::kDrain)});
  EXPECT_FALSE(backend_->IsIdle());
  backend_->Close("shut down");
  EXPECT_TRUE(backend_->IsIdle());
  EXPECT_EQ(There(), "");
  Announce({R(kV4, State::kUp)});
  EXPECT_EQ(There(), "") << "A closed backend announces nothing.";
}

TEST_P(KernelBackendTest, ATierThatCannotBeSetLeavesTheOldOne) {
  config_.interface_soft = "a-name-that-is-too-long-for-linux";
  config_.metric_interface = "wp-m2";
  backend_ = Make();
  Announce({R(kV4, State::kUp)});
  if (GetParam() == Mode::kMetric) return;  // One interface for all tiers.
  Announce({R(kV4, State::kSoft)});
  EXPECT_EQ(There(), "192.0.2.0/24 UP");
  EXPECT_TRUE(absl::StrContains(Seen(), "cannot make interface")) << Seen();
}

// An operator may name an interface that has addresses of his own.
TEST_P(KernelBackendTest, OthersAddressesAndRoutesStay) {
  auto netlink = Netlink::Open().value();
  const uint32_t up = netlink->MakeInterface(config_.interface_up).value();
  const HostAddress host = HostAddress::Of(A("198.51.100.7"));
  KernelAddress others = MakeAddress(host, 24, up, 0, 0xFFFFFFFF);
  others.preferred_seconds = 0xFFFFFFFF;
  ASSERT_TRUE(netlink->SetAddress(others).ok());
  const KernelRoute route{
      .prefix = P("203.0.113.0/24"), .table = 254, .metric = 101, .interface = up, .protocol = 4};
  ASSERT_TRUE(netlink->SetRoute(route).ok());
  Announce({R(kV4, State::kUp)});
  backend_->Close("end");
  const auto left = netlink->Addresses(up).value();
  EXPECT_TRUE(std::any_of(left.begin(), left.end(),
                          [&](const KernelAddress& a) { return a.host == host; }));
  EXPECT_EQ(netlink->Routes(IpFamily::kV4, 4, 254).value().size(), 1u);
  ASSERT_TRUE(netlink->DeleteRoute(route).ok());
  ASSERT_TRUE(netlink->DeleteAddress(others).ok());
}

TEST(KernelBackendConfigTest, MetricModeRefusesWhatItCannotLease) {
  if (!EnterOwnNetwork()) GTEST_SKIP() << "needs the right to make network namespaces";
  AnycastConfig::Kernel config;
  config.mode = Mode::kMetric;
  const auto host = KernelBackend::Create(config, OneService({P("192.0.2.53/32")}));
  EXPECT_TRUE(absl::StrContains(host.status().message(), "no address left")) << host.status();
  config.metric_interface = "lo";
  const auto lo = KernelBackend::Create(config, OneService({P(kV6)}));
  EXPECT_TRUE(absl::StrContains(lo.status().message(), "name another")) << lo.status();
  EXPECT_TRUE(KernelBackend::Create(config, OneService({P(kV4)})).ok());
}

TEST(KernelBackendConfigTest, AHostPrefixIsACopyOfTheServiceAddress) {
  if (!EnterOwnNetwork()) GTEST_SKIP() << "needs the right to make network namespaces";
  AnycastConfig::Kernel config;
  auto backend = KernelBackend::Create(config, OneService({P("192.0.2.53/32")})).value();
  const absl::Time now = MonotonicNow();
  backend->Announce({R("192.0.2.53/32", State::kUp)}, now, now + absl::Seconds(2));
  ASSERT_EQ(backend->Observe().seen.size(), 1u);
  EXPECT_EQ(backend->Observe().seen[0].state, State::kUp);
  backend->Close("end");
}

}  // namespace
}  // namespace hither
