// Fleets of sidecars through hours of trouble. A failure prints its seed; HITHER_SIMULATION_SEED
// plays that one again, HITHER_SIMULATION_HOURS says how many virtual hours to spend in all.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/anycast/simulation/invariants.h"
#include "tests/anycast/simulation/world.h"

namespace hither {
namespace {

// Under a sanitizer, which is slow, fewer: memory is its matter there, not the decisions.
#ifdef HITHER_IS_SANITIZED
constexpr int kHoursDefault = 16;
#else
constexpr int kHoursDefault = 50;
#endif
constexpr int kHoursOfOne = 2;  // A world's life.

int FromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  int value = otherwise;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

void Add(const Invariants::Chances& one, Invariants::Chances& all) {
  all.certain_faults += one.certain_faults;
  all.withdrawals += one.withdrawals;
  all.agreed_withdrawals += one.agreed_withdrawals;
  all.last_resorts += one.last_resorts;
  all.drains += one.drains;
  all.announcements += one.announcements;
  all.recoveries += one.recoveries;
  all.losses += one.losses;
  all.unheard += one.unheard;
  all.nobodys += one.nobodys;
}

// The first breach, with what is needed to see it again.
std::string Live(int seed, Invariants::Chances& chances) {
  World world(static_cast<uint64_t>(seed), {});
  Invariants invariants(world);
  const absl::Time start = world.now();
  std::string breach;
  while (breach.empty() && world.now() - start < absl::Hours(kHoursOfOne)) {
    world.Step();
    breach = invariants.Check();
  }
  Add(invariants.chances(), chances);
  if (breach.empty()) return "";
  return absl::StrCat("HITHER_SIMULATION_SEED=", seed, " after ",
                      absl::FormatDuration(world.now() - start), ": ", breach);
}

TEST(SimulationTest, InvariantsHoldThroughAllTroubles) {
  Invariants::Chances chances;
  const int only = FromEnvironment("HITHER_SIMULATION_SEED", 0);
  const int hours = FromEnvironment("HITHER_SIMULATION_HOURS", kHoursDefault);
  const int first = only > 0 ? only : 1;
  const int last = only > 0 ? only : std::max(1, hours / kHoursOfOne);
  for (int seed = first; seed <= last; ++seed) ASSERT_EQ(Live(seed, chances), "");
  std::printf(
      "certain faults %ld, withdrawals %ld (%ld agreed), last resorts %ld, drains %ld, "
      "announcements %ld, recoveries %ld, losses by hangs %ld, unheard steps %ld, steps without a "
      "route %ld\n",
      chances.certain_faults, chances.withdrawals, chances.agreed_withdrawals, chances.last_resorts,
      chances.drains, chances.announcements, chances.recoveries, chances.losses, chances.unheard,
      chances.nobodys);
  if (only > 0) return;
  EXPECT_GT(chances.certain_faults, 0);
  EXPECT_GT(chances.agreed_withdrawals, 0);
  EXPECT_GT(chances.last_resorts, 0);
  EXPECT_GT(chances.drains, 0);
  EXPECT_GT(chances.recoveries, 0);
  EXPECT_GT(chances.losses, 0);
  EXPECT_GT(chances.unheard, 0);
  EXPECT_GT(chances.nobodys, 0);
}

// Where nothing but a shared fault and a bad network is wrong, the fleet goes on serving.
TEST(SimulationTest, ASharedFaultNeverTakesAllAway) {
  const int worlds = std::max(1, FromEnvironment("HITHER_SIMULATION_HOURS", kHoursDefault) / 10);
  int soft_steps = 0;
  for (int seed = 1; seed <= worlds; ++seed) {
    World world(static_cast<uint64_t>(seed), {.only_shared = true});
    const int most = MaxWithdrawn(world.peers(), static_cast<int>(world.nodes().size()));
    const absl::Time start = world.now();
    while (world.now() - start < absl::Hours(1)) {
      world.Step();
      if (world.now() - start < absl::Minutes(1)) continue;  // They start.
      for (size_t family = 0; family < 2; ++family) {
        int withdrawn = 0;
        for (const SimulatedNode& node : world.nodes()) {
          withdrawn += node.Announced(family, world.now()) == State::kDown ? 1 : 0;
          soft_steps += node.verdicts[family].state == State::kSoft ? 1 : 0;
        }
        ASSERT_LE(withdrawn, most) << "seed " << seed << " after " << world.now() - start;
      }
    }
  }
  EXPECT_GT(soft_steps, 0);
}

}  // namespace
}  // namespace hither
