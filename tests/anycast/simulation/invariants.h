#ifndef HITHER_TESTS_ANYCAST_SIMULATION_INVARIANTS_H_
#define HITHER_TESTS_ANYCAST_SIMULATION_INVARIANTS_H_

#include <array>
#include <string>
#include <vector>

#include "tests/anycast/simulation/world.h"

namespace hither {

// What must hold of a fleet at every step, judged from outside: by what befell the nodes and what
// is announced, not by what the policy remembers.
class Invariants {
 public:
  explicit Invariants(const World& world);

  // Right after each Step(). The first breach, or an empty text.
  std::string Check();

  // How often something happened that an invariant is about: one that never had a chance to fail
  // has shown nothing.
  struct Chances {
    int64_t certain_faults = 0;
    int64_t withdrawals = 0;
    int64_t agreed_withdrawals = 0;  // Of those, with the fleet's consent.
    int64_t last_resorts = 0;
    int64_t drains = 0;
    int64_t announcements = 0;
    int64_t recoveries = 0;
    int64_t losses = 0;   // Routes that ended with a sidecar that hung or died.
    int64_t unheard = 0;  // Steps of a node that is UP or SOFT while its router has nothing.
    int64_t nobodys = 0;  // Steps at which no router had a family, and a node was able to serve it.
  };
  const Chances& chances() const { return chances_; }

 private:
  struct Record {  // Of one family of one node.
    State before = State::kDown;
    absl::Time last_tick = absl::InfinitePast();
    absl::Duration passed;  // Since that; none over a gap.
    bool was_dead = false;
    bool comes_back = false;  // Announced again, and not UP since.
    int dead_ticks = 0;       // Certainly dead, announced, and the speaker heard of it.
    std::vector<absl::Time> withdrawals;
    bool had_last_resort = false;
    bool agreed = false;  // Withdrawn with the fleet's consent, and still so.
    absl::Duration draining;
    absl::Duration well;                        // Nothing wrong, nothing wanted.
    absl::Duration good;                        // Since the start or the last bad tick.
    absl::Duration able;                        // Good, reaches its router, and knows of its fleet.
    absl::Time held_at = absl::InfinitePast();  // By a router, last.
  };

  std::string CheckOne(const SimulatedNode& node, size_t family, Record& record);
  std::string CheckDead(const SimulatedNode& node, size_t family, Record& record);
  std::string CheckFrozen(const SimulatedNode& node, size_t family, Record& record);
  std::string CheckDrain(const SimulatedNode& node, size_t family, Record& record);
  std::string CheckAnnounced(const SimulatedNode& node, size_t family, Record& record);
  std::string CheckWithdrawn(const SimulatedNode& node, size_t family, Record& record);
  std::string CheckWell(const SimulatedNode& node, size_t family, Record& record);
  std::string CheckLast(const SimulatedNode& node, size_t family, Record& record);
  std::string CheckFleet(size_t family) const;
  std::string CheckServed(size_t family);
  void NoteRouters();
  absl::Duration WellAfter() const;

  const World& world_;
  std::vector<std::array<Record, 2>> records_;
  std::array<absl::Time, 2> held_at_;  // By any router, last.
  Chances chances_;
};

}  // namespace hither

#endif  // HITHER_TESTS_ANYCAST_SIMULATION_INVARIANTS_H_
