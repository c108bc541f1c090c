#ifndef HITHER_ANYCAST_SERVICE_H_
#define HITHER_ANYCAST_SERVICE_H_

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "anycast/journal/journal.h"
#include "anycast/policy/fleet.h"
#include "anycast/policy/policy.h"
#include "anycast/route/route_backend.h"
#include "anycast/standing_reason.h"
#include "anycast/state/state_file.h"
#include "anycast/view.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// What is known of a service at a tick, besides its own memory.
struct ServiceFacts {
  std::vector<Signal> signals;
  std::optional<double> queries_per_second;
  std::vector<PeerReport> peers_ipv4;
  std::vector<PeerReport> peers_ipv6;
  // How long an announcement outlives a hung loop if its end cannot be seen when the loop
  // continues: kernel leases, which are renewed before anything reads them.
  absl::Duration outlives = absl::InfiniteDuration();
};

// A family of a service that has changed its state.
struct Transition {
  std::string service;
  IpFamily family = IpFamily::kV4;
  std::vector<std::string> prefixes;
  State from = State::kDown;
  State to = State::kDown;
  std::string rule;
  std::string reason;
  absl::Duration after;  // How long the previous state lasted.
};

// One line for the log: key=value, the reason quoted and last.
std::string ToLine(const Transition& transition);

// One service from tick to tick: the operator's intent, and for each family the policy's memory,
// our wish towards the fleet, and the verdict. No sockets, no clock.
class Service {
 public:
  // `config` is copied. Nothing is announced before the first Tick().
  Service(const AnycastConfig::Service& config, const AnycastConfig::Policy& policy);

  // Decides. Appends changes to `transitions`.
  void Tick(const AnycastConfig::Peers& peers, absl::string_view self, const ServiceFacts& facts,
            absl::Time now, std::vector<Transition>& transitions);

  // Lines for the log: why it keeps its state. After each Tick().
  void TellStanding(absl::Time now, std::vector<StandingLine>& lines);

  // The line for the journal that this tick is worth, or an empty one. After each Tick().
  std::string JournalLine(absl::Time wall);
  // What the journal has of this service may be incomplete.
  void RestartJournal() { journal_.WriteWhole(); }

  // Prefixes that are not announced are listed as kDown.
  void AddRoutes(std::vector<Route>& routes) const;

  // The operator's. Drain() of a drained one changes nothing.
  void Drain(absl::Time now);
  // Also for a service that is not drained: earlier withdrawals no longer count.
  void Undrain(absl::Time now);
  void FreezeUntil(absl::Time until) { intent_.frozen_until = until; }
  // A drain that ends with the process: it is not saved.
  void DrainForStop(absl::Time now);

  bool IsDrainWanted() const { return intent_.drain; }
  // Withdrawn because of a drain, all families.
  bool IsDrained() const;
  bool IsAnnounced() const;  // Any family.

  KeptState::Service Keep(absl::Time wall, absl::Time now) const;
  void Resume(const KeptState::Service& kept, absl::Time wall, absl::Time now);
  // Takes over from the service of that name before a reload; its policy may differ. What the
  // reload has added is announced only once it was seen to be healthy, as after a start.
  void TakeOver(const Service& former);

  SidecarView::ServiceView View(absl::Time now) const;
  const std::string& name() const { return config_.name; }
  const AnycastConfig::Service& config() const { return config_; }

  // Which of its routes routers have, as of this tick's announcement; `is_announced` answers for a
  // list of prefixes. After each Tick().
  void NoteAnnounced(
      absl::FunctionRef<std::optional<bool>(const std::vector<Prefix>&)> is_announced);

  // For our peer page. No value: the service has no prefix of that family.
  struct Tells {
    State state = State::kDown;
    std::optional<bool> announced;
    bool wants_to_withdraw = false;
    bool has_yielded = false;
  };
  std::optional<Tells> Told(IpFamily family, absl::Time now) const;
  const Verdict& verdict(IpFamily family) const {
    return families_[family == IpFamily::kV6 ? 1 : 0].verdict;
  }
  const Facts& facts() const { return facts_; }  // Of the last tick.
  // Does another node announce each family that this one announces? No value: it is not known.
  std::optional<bool> AnotherAnnounces() const;

 private:
  struct Family {
    IpFamily family = IpFamily::kV4;
    std::vector<Prefix> prefixes;
    std::vector<Prefix> unproven;  // Of those: added by a reload, while others are announced.
    PolicyMemory memory;
    PolicyMemory before;  // The tick.
    FleetWish wish;
    Verdict verdict;
    std::optional<bool> announced;
    bool was_announced = false;  // When the loop hung, and not known to be lost since.
    StandingReason standing;
    bool has_prefixes() const { return !prefixes.empty(); }
  };

  bool IsLost(Family& family, absl::Duration passed, const ServiceFacts& facts,
              absl::Time now) const;
  void Prove(Family& family, std::vector<Transition>& transitions) const;
  const RouteAttributes& AttributesOf(State state) const;
  SidecarView::FamilyView FamilyViewOf(const Family& family, absl::Time now) const;

  AnycastConfig::Service config_;
  AnycastConfig::Policy policy_;
  Intent intent_;
  bool drain_ends_with_us_ = false;
  absl::Time last_tick_ = absl::InfinitePast();
  absl::Time hung_at_ = absl::InfinitePast();  // When the loop continued after a hang.
  std::array<Family, 2> families_;  // IPv4, IPv6. Both decide; those without prefixes are silent.
  Facts facts_;                     // Of the last tick.
  JournalWriter journal_;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SERVICE_H_
