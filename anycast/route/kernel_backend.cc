#include "anycast/route/kernel_backend.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "anycast/route/lease_address.h"
#include "base/clock.h"
#include "base/log.h"

namespace hither {
namespace {

constexpr absl::Duration kRenewEvery = absl::Milliseconds(500);
constexpr absl::Duration kOverlap = absl::Milliseconds(100);

LeaseAddresses LeasesOf(const std::vector<AnycastConfig::Service>& services) {
  LeaseAddresses leases;
  for (const AnycastConfig::Service& service : services) {
    for (const Prefix& prefix : service.prefixes) {
      const auto lease = LeaseAddress(prefix, service.addresses);
      if (lease) leases[prefix] = *lease;
    }
  }
  return leases;
}

// The route would need a source that comes and goes, and the only one it can have is the service's.
absl::Status CheckMetricPrefixes(const LeaseAddresses& leases,
                                 const std::vector<AnycastConfig::Service>& services) {
  for (const AnycastConfig::Service& service : services) {
    for (const Prefix& prefix : service.prefixes) {
      if (prefix.family == IpFamily::kV6 || leases.contains(prefix)) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "kernel: service ", service.name, ": ", prefix.ToText(),
          " has no address left to hold a lease; use mode: address, or the backend bgp"));
    }
  }
  return absl::OkStatus();
}

bool IsSame(const Route& a, const Route& b) { return a.prefix == b.prefix && a.state == b.state; }

}  // namespace

absl::Status CheckKernelLeases(const AnycastConfig::Kernel& config,
                               const std::vector<AnycastConfig::Service>& services) {
  if (config.mode != AnycastConfig::Kernel::Mode::kMetric) return absl::OkStatus();
  const LeaseAddresses leases = LeasesOf(services);
  if (auto checked = CheckMetricPrefixes(leases, services); !checked.ok()) return checked;
  const bool has_v6 = std::any_of(services.begin(), services.end(), [](const auto& service) {
    return std::any_of(service.prefixes.begin(), service.prefixes.end(),
                       [](const Prefix& prefix) { return prefix.family == IpFamily::kV6; });
  });
  return CheckMetricInterface(config, has_v6);
}

absl::StatusOr<std::unique_ptr<KernelBackend>> KernelBackend::Create(
    const AnycastConfig::Kernel& config, const std::vector<AnycastConfig::Service>& services) {
  auto netlink = Netlink::Open();
  if (!netlink.ok()) return netlink.status();
  std::unique_ptr<KernelBackend> backend(new KernelBackend(config));
  backend->netlink_ = *std::move(netlink);
  if (auto set = backend->SetServices(services); !set.ok()) return set;
  return backend;
}

// Tiers remember nothing: what is there is the kernel's, and goes on.
absl::Status KernelBackend::SetServices(const std::vector<AnycastConfig::Service>& services) {
  const LeaseAddresses leases = LeasesOf(services);
  if (config_.mode == AnycastConfig::Kernel::Mode::kAddress) {
    tiers_ = MakeAddressTiers(config_, leases, *netlink_);
    return absl::OkStatus();
  }
  if (auto checked = CheckKernelLeases(config_, services); !checked.ok()) return checked;
  auto tiers = MakeMetricTiers(config_, leases, *netlink_);
  if (!tiers.ok()) return tiers.status();
  tiers_ = *std::move(tiers);
  return absl::OkStatus();
}

bool KernelBackend::MustAct(const std::vector<Route>& routes, absl::Time now) const {
  const bool is_new =
      !std::equal(routes.begin(), routes.end(), routes_.begin(), routes_.end(), IsSame);
  return is_new || has_old_ || now - acted_ >= kRenewEvery || now < acted_;
}

void KernelBackend::Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until) {
  if (is_closed_ || until <= now || !MustAct(routes, now)) return;
  failed_ = absl::OkStatus();
  has_old_ = false;
  Look();
  for (const Route& route : routes) Make(route, now);
  RemoveOthers(routes);
  Look();
  routes_ = routes;
  acted_ = now;
  Note(failed_);
}

// A new tier that cannot be set (its interface cannot be made, say) leaves the old one renewed: a
// site that is less or more preferred than it should be serves; the difference is reported.
void KernelBackend::Make(const Route& route, absl::Time now) {
  auto& [state, since] = placed_[route.prefix];
  if (state != route.state) since = now;
  state = route.state;
  if (route.state == State::kDown) return;
  const absl::Status made = tiers_->Renew(route.prefix, route.state);
  if (made.ok()) return TakeOldAway(route, now);
  failed_.Update(made);
  since = now;
  for (const auto& [prefix, old] : present_) {
    if (prefix == route.prefix && old != route.state && old != State::kDown) {
      failed_.Update(tiers_->Renew(prefix, old));
    }
  }
}

void KernelBackend::TakeOldAway(const Route& route, absl::Time now) {
  for (const auto& [prefix, old] : present_) {
    if (prefix != route.prefix || old == route.state) continue;
    if (now - placed_[prefix].second < kOverlap) {
      has_old_ = true;
    } else {
      failed_.Update(tiers_->Remove(prefix, old));
    }
  }
}

// What is withdrawn, and leftovers of an earlier run with another configuration.
void KernelBackend::RemoveOthers(const std::vector<Route>& routes) {
  for (const auto& [prefix, state] : present_) {
    const bool is_wanted =
        std::any_of(routes.begin(), routes.end(), [&prefix = prefix](const Route& route) {
          return route.prefix == prefix && route.state != State::kDown;
        });
    if (!is_wanted) failed_.Update(tiers_->Remove(prefix, state));
  }
  if (listed_.ok()) return;
  // Nothing is known of what is there: all that is not wanted is taken away, twice if need be.
  for (const Route& route : routes) {
    if (route.state != State::kDown) continue;
    for (const State state : {State::kUp, State::kSoft, State::kDrain}) {
      failed_.Update(tiers_->Remove(route.prefix, state));
    }
  }
}

void KernelBackend::Look() {
  auto present = tiers_->List();
  listed_ = present.status();
  present_ = present.ok() ? *std::move(present) : std::vector<KernelTiers::Present>();
  failed_.Update(listed_);
}

void KernelBackend::Note(const absl::Status& status) {
  const absl::Time now = MonotonicNow();
  if (status.ok()) {
    if (fault_.Ended(now)) Log(LogLevel::kInfo, "kernel: routes are set again");
  } else if (fault_.Holds(status.message(), now)) {
    Log(LogLevel::kError, status.message(), fault_.Note(now));
  }
}

Observation KernelBackend::Observe() const {
  Observation observation;
  for (const Route& route : routes_) {
    Observation::Seen seen;
    seen.prefix = route.prefix;
    seen.where = "kernel";
    seen.kind = listed_.ok() ? Observation::Kind::kAbsent : Observation::Kind::kUnknown;
    seen.detail = failed_.ok() ? std::string() : std::string(failed_.message());
    for (const auto& [prefix, state] : present_) {
      if (prefix != route.prefix || seen.state == route.state) continue;
      seen.where = tiers_->Where(state);
      seen.kind = Observation::Kind::kAnnounced;
      seen.state = state;
    }
    observation.seen.push_back(std::move(seen));
  }
  return observation;
}

// At once; what cannot be removed ends with its lease.
void KernelBackend::Close(absl::string_view reason) {
  if (is_closed_) return;
  Log(LogLevel::kInfo, "kernel: withdrawing all routes: ", reason);
  failed_ = absl::OkStatus();
  for (Route& route : routes_) route.state = State::kDown;
  Look();
  RemoveOthers(routes_);
  Look();
  Note(failed_);
  is_closed_ = true;
}

}  // namespace hither
