#ifndef HITHER_ANYCAST_ROUTE_DRY_RUN_BACKEND_H_
#define HITHER_ANYCAST_ROUTE_DRY_RUN_BACKEND_H_

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "anycast/route/route_backend.h"

namespace hither {

// Announces nothing, and logs what it would announce, once for each change: for a first week beside
// what an operator already has. Threads: the loop's.
class DryRunBackend : public RouteBackend {
 public:
  void Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until) override;
  Observation Observe() const override { return {}; }  // Nothing is announced, rightly so.
  void Close(absl::string_view reason) override;
  bool IsIdle() const override { return is_closed_; }
  absl::string_view name() const override { return "dry-run"; }

 private:
  absl::btree_map<Prefix, std::string> told_;
  bool is_closed_ = false;
};

// "would announce 192.0.2.0/24 SOFT (med 100, prepend 2)" or "would withdraw 192.0.2.0/24".
std::string DryRunText(const Route& route);

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_DRY_RUN_BACKEND_H_
