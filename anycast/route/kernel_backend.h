#ifndef HITHER_ANYCAST_ROUTE_KERNEL_BACKEND_H_
#define HITHER_ANYCAST_ROUTE_KERNEL_BACKEND_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/route/kernel_tiers.h"
#include "anycast/route/netlink.h"
#include "anycast/route/route_backend.h"
#include "base/reminder.h"

namespace hither {

// Can the kernel hold leases of these prefixes? Not in metric mode for a /32, or for IPv6 on `lo`.
absl::Status CheckKernelLeases(const AnycastConfig::Kernel& config,
                               const std::vector<AnycastConfig::Service>& services);

// Announces through the kernel, for hosts where BIRD or FRR owns the sessions: see KernelTiers for
// what is set. A tier moves by adding the new, and taking the old away at a later tick, so that the
// routing daemon replaces and never withdraws. At once would be too soon: the kernel tells of a new
// IPv6 address from a queue (even without duplicate address detection), but of a deletion on the
// spot, and BIRD would hear of the end first.
//
// The lease is config.lease in whole seconds, as the kernel counts: it ends so long after the last
// renewal, which is a second old at most; `until` of Announce() ends the renewals. The service
// addresses themselves are never touched.
//
// Threads: the loop's. Each Announce() that changes or renews something asks the kernel, which
// answers at once (see Netlink).
class KernelBackend : public RouteBackend {
 public:
  // Errors: no netlink, or a configuration that cannot work: metric mode with a /32.
  static absl::StatusOr<std::unique_ptr<KernelBackend>> Create(
      const AnycastConfig::Kernel& config, const std::vector<AnycastConfig::Service>& services);

  void Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until) override;
  absl::Status SetServices(const std::vector<AnycastConfig::Service>& services) override;
  Observation Observe() const override;
  void Close(absl::string_view reason) override;
  bool IsIdle() const override { return is_closed_; }
  absl::string_view name() const override { return "kernel"; }

 private:
  explicit KernelBackend(const AnycastConfig::Kernel& config) : config_(config) {}
  bool MustAct(const std::vector<Route>& routes, absl::Time now) const;
  void Make(const Route& route, absl::Time now);
  void TakeOldAway(const Route& route, absl::Time now);
  void RemoveOthers(const std::vector<Route>& routes);
  void Look();
  void Note(const absl::Status& status);

  const AnycastConfig::Kernel config_;
  std::unique_ptr<Netlink> netlink_;
  std::unique_ptr<KernelTiers> tiers_;
  std::vector<Route> routes_;  // Of the last Announce().
  std::vector<KernelTiers::Present> present_;
  absl::flat_hash_map<Prefix, std::pair<State, absl::Time>> placed_;  // Where, since when.
  bool has_old_ = false;  // An old tier is still to be taken away.
  absl::Status listed_ = absl::UnknownError("not read yet");
  absl::Status failed_;  // The first failure of the last round.
  Reminder fault_;
  absl::Time acted_ = absl::InfinitePast();
  bool is_closed_ = false;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_KERNEL_BACKEND_H_
