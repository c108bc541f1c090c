#ifndef HITHER_TESTS_ANYCAST_SIMULATION_WORLD_H_
#define HITHER_TESTS_ANYCAST_SIMULATION_WORLD_H_

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "anycast/policy/fleet.h"
#include "anycast/policy/policy.h"
#include "anycast/service.h"

namespace hither {

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  int From(int least, int most) {
    return least + static_cast<int>(engine_() % static_cast<uint64_t>(most - least + 1));
  }
  bool Chance(double share) { return static_cast<double>(engine_() >> 11) * 0x1p-53 < share; }
  absl::Duration Seconds(int least, int most) {
    return absl::Milliseconds(From(least * 1000, most * 1000));
  }

 private:
  std::mt19937_64 engine_;
};

// What can be wrong with a node, each until its time.
enum Trouble : uint8_t {
  kDead,  // The responder, beyond doubt.
  kHard,  // Probes of both families.
  kHard4,
  kHard6,
  kFlap,  // Probes, at every other tick or so.
  kPath,
  kSoftOne,
  kBlind,      // The prober: nothing is known.
  kSuspended,  // The whole host: no tick, and time leaps.
  kStopped,    // The sidecar; its sessions with it.
  kMute,       // The speaker: what it is told does not take.
  kRouter,     // The router of the node is dead: no session, whatever the verdict.
  kDryRun,     // The sidecar announces nothing.
  kCrashLoop,  // The sidecar dies every few seconds.
  kTroubles,
};

// A request for a peer's page that is on its way.
struct PageRequest {
  bool is_open = false;
  absl::Time asked_at, write_at, arrive_at;
  bool is_written = false;
  std::array<PeerReport, 2> pages;
};

struct SimulatedNode {
  SimulatedNode(std::string its_name, const AnycastConfig::Service& its_config,
                const AnycastConfig::Policy& policy)
      : name(std::move(its_name)), config(its_config), service(its_config, policy) {}

  std::string name;
  AnycastConfig::Service config;
  Service service;
  std::array<bool, 2> has = {};             // Families that it has of the service.
  std::array<absl::Time, kTroubles> until;  // Of each trouble.
  Facts facts;                              // What befalls it, and what it made of that.
  std::array<Verdict, 2> verdicts;          // What its page tells; DOWN before the first tick.
  std::array<std::vector<PeerReport>, 2> reports;
  std::array<std::vector<WishRun>, 2> wishes;  // As it sees them, beside the reports.
  std::vector<PageRequest> requests;
  std::array<State, 2> announced = {};  // What the router has, while the lease lasts.
  absl::Time lease_until;
  absl::Time session_at = absl::InfinitePast();  // No session before.
  absl::Time forgiven_at = absl::InfinitePast();
  bool ticked = false;       // In this step.
  bool restarted = false;    // In this step, before its tick.
  bool lost_memory = false;  // Or its clock is wrong, and it cannot count.

  bool Has(Trouble trouble, absl::Time now) const { return now < until[trouble]; }
  bool Runs(absl::Time now) const { return !Has(kSuspended, now) && !Has(kStopped, now); }
  // A router can hear of it.
  bool HasSession(absl::Time now) const {
    return !Has(kRouter, now) && !Has(kDryRun, now) && !Has(kMute, now) && now >= session_at;
  }
  // What the router has.
  State Announced(size_t family, absl::Time now) const {
    return now <= lease_until && !Has(kRouter, now) ? announced[family] : State::kDown;
  }
};

struct WorldOptions {
  bool only_shared = false;  // No trouble but shared faults and a network that loses pages.
};

// A fleet of nodes under a seeded clock. Step() is one tick of time.
class World {
 public:
  World(uint64_t seed, const WorldOptions& options);

  void Step();

  absl::Time now() const { return now_; }
  const AnycastConfig::Policy& policy() const { return policy_; }
  const AnycastConfig::Peers& peers() const { return peers_; }
  bool asks_peers() const { return asks_peers_; }
  // Of a family of the service.
  int NodesWith(size_t family) const {
    int count = 0;
    for (const SimulatedNode& node : nodes_) count += node.has[family] ? 1 : 0;
    return count;
  }
  const std::vector<SimulatedNode>& nodes() const { return nodes_; }
  bool has_shared_fault() const { return now_ < shared_until_; }

 private:
  void ChoosePolicy();
  void MakeNodes(size_t count);
  void Befall();
  void BefallNode(SimulatedNode& node);
  void BefallOperator(SimulatedNode& node);
  void BefallNetwork();
  void CarryPages(size_t self);
  void Write(const SimulatedNode& peer, PageRequest& request) const;
  void TickNode(size_t self);
  void Feel(SimulatedNode& node);
  void Crash(SimulatedNode& node);
  void Restart(SimulatedNode& node);
  void Announce(SimulatedNode& node);
  bool Happens(absl::Duration once_in);

  Dice dice_;
  WorldOptions options_;
  AnycastConfig::Policy policy_;
  AnycastConfig::Peers peers_;
  bool asks_peers_ = true;
  double loss_ = 0;               // Of pages.
  absl::Duration trouble_every_;  // A node, on average.
  absl::Time now_ = absl::FromUnixSeconds(1'000'000);
  std::vector<SimulatedNode> nodes_;
  absl::Time shared_until_ = absl::InfinitePast();
  Level shared_level_ = Level::kHard;
  absl::Time cut_until_ = absl::InfinitePast();
  std::vector<std::vector<bool>> cut_;  // [from][to]: nothing gets there.
};

}  // namespace hither

#endif  // HITHER_TESTS_ANYCAST_SIMULATION_WORLD_H_
