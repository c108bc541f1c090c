#include <linux/if_addr.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "anycast/route/kernel_tiers.h"
#include "base/log.h"

namespace hither {
namespace {

constexpr uint32_t kSourceFlags = IFA_F_NOPREFIXROUTE | IFA_F_NODAD;
// What an IPv6 route's lifetime is shorter than the lease: the kernel looks for expired ones each
// second, and rounds the timer to whole seconds (round_jiffies), so that one may stand for 1.75 s
// more. Subtracted, it is gone by the lease and one second.
constexpr uint32_t kGcSeconds = 1;
constexpr char kGcInterval[] = "/proc/sys/net/ipv6/route/gc_interval";

class MetricTiers : public KernelTiers {
 public:
  MetricTiers(const AnycastConfig::Kernel& config, LeaseAddresses leases, Netlink& netlink)
      : config_(config), leases_(std::move(leases)), netlink_(netlink) {}

  absl::StatusOr<std::vector<Present>> List() override;
  absl::Status Renew(const Prefix& prefix, State state) override;
  absl::Status Remove(const Prefix& prefix, State state) override;
  std::string Where(State state) const override {
    return absl::StrCat("kernel metric ", MetricOf(state));
  }

 private:
  uint32_t MetricOf(State state) const;
  std::optional<State> StateOf(uint32_t metric) const;
  KernelRoute RouteOf(const Prefix& prefix, State state, uint32_t interface) const;
  absl::Status RenewSource(const Prefix& prefix, uint32_t interface);

  const AnycastConfig::Kernel config_;
  const LeaseAddresses leases_;
  Netlink& netlink_;
};

uint32_t MetricTiers::MetricOf(State state) const {
  if (state == State::kUp) return config_.metric_up;
  return state == State::kSoft ? config_.metric_soft : config_.metric_drain;
}

std::optional<State> MetricTiers::StateOf(uint32_t metric) const {
  for (const State state : {State::kUp, State::kSoft, State::kDrain}) {
    if (MetricOf(state) == metric) return state;
  }
  return std::nullopt;
}

// A route of ours whose metric is none of today's stands as kDown, which is never wanted where
// something is present: it is removed.
absl::StatusOr<std::vector<KernelTiers::Present>> MetricTiers::List() {
  std::vector<Present> present;
  for (const IpFamily family : kIpFamilies) {
    const auto routes = netlink_.Routes(family, kRouteProtocol, config_.table);
    if (!routes.ok()) return routes.status();
    for (const KernelRoute& route : *routes) {
      present.push_back({route.prefix, StateOf(route.metric).value_or(State::kDown)});
    }
  }
  return present;
}

KernelRoute MetricTiers::RouteOf(const Prefix& prefix, State state, uint32_t interface) const {
  KernelRoute route;
  route.prefix = prefix;
  route.table = config_.table;
  route.metric = MetricOf(state);
  route.interface = interface;
  route.protocol = kRouteProtocol;
  if (prefix.family == IpFamily::kV4) {
    route.source = leases_.at(prefix);
  } else {
    route.expires_seconds = std::max(LeaseSeconds(config_), 1 + kGcSeconds) - kGcSeconds;
  }
  return route;
}

absl::Status MetricTiers::RenewSource(const Prefix& prefix, uint32_t interface) {
  return netlink_.SetAddress(
      MakeAddress(leases_.at(prefix), 32, interface, kSourceFlags, LeaseSeconds(config_)));
}

absl::Status MetricTiers::Renew(const Prefix& prefix, State state) {
  const auto interface = netlink_.MakeInterface(config_.metric_interface);
  if (!interface.ok()) return interface.status();
  if (prefix.family == IpFamily::kV4) {
    // The source first: the kernel takes no route from an address that is not there.
    const absl::Status source = RenewSource(prefix, *interface);
    if (!source.ok()) return source;
  }
  return netlink_.SetRoute(RouteOf(prefix, state, *interface));
}

absl::Status MetricTiers::Remove(const Prefix& prefix, State state) {
  const auto routes = netlink_.Routes(prefix.family, kRouteProtocol, config_.table);
  if (!routes.ok()) return routes.status();
  absl::Status status;
  for (const KernelRoute& route : *routes) {
    const bool is_meant =
        route.prefix == prefix && StateOf(route.metric).value_or(State::kDown) == state;
    if (is_meant) status.Update(netlink_.DeleteRoute(route));
  }
  return status;
}

// Failure falls to the late side: what is announced wrongly stays for up to 30 s longer after the
// sidecar has died. So it is told, and the announcement goes on.
void ShortenGc() {
  int seconds = 0;
  if (std::ifstream(kGcInterval) >> seconds && seconds <= 1) return;
  std::ofstream file(kGcInterval);
  if (file << kGcSeconds << std::endl) return;
  Log(LogLevel::kWarning, "kernel: cannot set net.ipv6.route.gc_interval to 1 (it is ", seconds,
      "): when hither-anycast dies, IPv6 routes stay for up to ", seconds,
      " s more; set it with sysctl");
}

}  // namespace

absl::Status CheckMetricInterface(const AnycastConfig::Kernel& config, bool has_v6) {
  if (!has_v6 || config.metric_interface != "lo") return absl::OkStatus();
  return absl::InvalidArgumentError(
      "kernel: metric_interface is lo, where the kernel keeps no lifetime of an IPv6 route; name "
      "another, such as wp-metric: it is made if it is missing");
}

absl::StatusOr<std::unique_ptr<KernelTiers>> MakeMetricTiers(const AnycastConfig::Kernel& config,
                                                             LeaseAddresses leases,
                                                             Netlink& netlink) {
  const bool has_v6 = std::any_of(leases.begin(), leases.end(), [](const auto& lease) {
    return lease.first.family == IpFamily::kV6;
  });
  if (auto checked = CheckMetricInterface(config, has_v6); !checked.ok()) return checked;
  if (has_v6) ShortenGc();
  return std::unique_ptr<KernelTiers>(
      std::make_unique<MetricTiers>(config, std::move(leases), netlink));
}

}  // namespace hither
