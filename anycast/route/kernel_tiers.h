#ifndef HITHER_ANYCAST_ROUTE_KERNEL_TIERS_H_
#define HITHER_ANYCAST_ROUTE_KERNEL_TIERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anycast/policy/policy.h"
#include "anycast/route/netlink.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// Who made a route, for RTA's rtm_protocol: not one of the kernel's or of iproute2's list, and not
// 186 to 199, which FRR takes for its own and passes over.
inline constexpr uint8_t kRouteProtocol = 72;

// How a prefix stands in the kernel for a routing daemon to find it, in one of three tiers. What is
// set is leased: without Renew() the kernel takes it away.
//
// Threads: one thread's, never waiting; see Netlink.
class KernelTiers {
 public:
  struct Present {
    Prefix prefix;
    State state = State::kDown;
  };
  virtual ~KernelTiers() = default;

  // All of ours that is there; once per prefix and tier.
  virtual absl::StatusOr<std::vector<Present>> List() = 0;
  virtual absl::Status Renew(const Prefix& prefix, State state) = 0;  // Adds, too.
  virtual absl::Status Remove(const Prefix& prefix, State state) = 0;
  virtual std::string Where(State state) const = 0;  // "kernel wp-up", "kernel metric 102"
};

// The addresses that hold leases, for each prefix.
using LeaseAddresses = absl::flat_hash_map<Prefix, HostAddress>;

// A lease as the kernel counts it: whole seconds, and at least one.
uint32_t LeaseSeconds(const AnycastConfig::Kernel& config);

// Mode::kAddress: a leased address of the prefix's length on the tier's interface, for BIRD's
// `protocol direct`. A tier's interface that is missing is made.
//
// Deprecated from the start (preferred lifetime 0), so that the host never sends from it, and
// without a route of its own (noprefixroute). By these marks ours are known among others.
std::unique_ptr<KernelTiers> MakeAddressTiers(const AnycastConfig::Kernel& config,
                                              LeaseAddresses leases, Netlink& netlink);

// Mode::kMetric: a route whose metric is the tier's, for FRR's `redistribute kernel`.
//
// IPv4: its preferred source is a leased /32, and the kernel drops a route with its source. IPv6
// only forgets the source then, but has routes that expire; it looks for expired ones each
// net.ipv6.route.gc_interval (30 s), which is set to 1 s here, by a timer that it rounds: tried on
// Linux 6.18, a route with a lifetime of 3 s once stood for more than 4. So the lifetime is one
// second shorter than the lease. An IPv6 route through `lo` loses its lifetime (the kernel turns it
// into a rejecting one), so the interface must be another.
absl::Status CheckMetricInterface(const AnycastConfig::Kernel& config, bool has_v6);
absl::StatusOr<std::unique_ptr<KernelTiers>> MakeMetricTiers(const AnycastConfig::Kernel& config,
                                                             LeaseAddresses leases,
                                                             Netlink& netlink);

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_KERNEL_TIERS_H_
