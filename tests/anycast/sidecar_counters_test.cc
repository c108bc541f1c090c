#include "anycast/sidecar_counters.h"

#include <gtest/gtest.h>

namespace hither {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(250);

SidecarView ViewOf(const SidecarCounters& counters) {
  SidecarView view;
  counters.AddTo(view);
  return view;
}

TEST(SidecarCounters, TickIsLateByMoreThanAWholeTick) {
  SidecarCounters counters;
  absl::Time now = absl::FromUnixSeconds(1'000);
  counters.CountTick(now, kTick);  // The first has none before it.
  counters.CountTick(now += 2 * kTick, kTick);
  EXPECT_EQ(ViewOf(counters).late_ticks, 0u);
  counters.CountTick(now += 2 * kTick + absl::Milliseconds(1), kTick);
  EXPECT_EQ(ViewOf(counters).late_ticks, 1u);
  EXPECT_EQ(ViewOf(counters).ticks, 3u);
}

TEST(SidecarCounters, TransitionsByServiceFamilyStateAndRule) {
  SidecarCounters counters;
  Transition transition;
  transition.service = "dns";
  transition.family = IpFamily::kV6;
  transition.to = State::kUp;
  transition.rule = "healthy";
  counters.Count(transition);
  counters.Count(transition);
  transition.to = State::kDown;
  counters.Count(transition);
  const SidecarView view = ViewOf(counters);
  const std::string family(ToText(Families::kIpv6));
  EXPECT_EQ(view.transitions.size(), 2u);
  EXPECT_EQ(view.transitions.at({"dns", family, "UP", "healthy"}), 2u);
  EXPECT_EQ(view.transitions.at({"dns", family, "DOWN", "healthy"}), 1u);
}

}  // namespace
}  // namespace hither
