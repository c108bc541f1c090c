#ifndef HITHER_ANYCAST_BGP_BGP_SPEAKER_H_
#define HITHER_ANYCAST_BGP_BGP_SPEAKER_H_

#include <uv.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "anycast/bgp/bgp_neighbor.h"
#include "anycast/bgp/bgp_reload.h"
#include "anycast/route/route_backend.h"
#include "base/net/uv.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// The backend `bgp`: an announce-only BGP speaker with all neighbors of the configuration. It
// connects and never listens: a router's `neighbor` statement may be passive.
//
// The session is the lease. Killed: the kernel closes the connections, and the routes are gone
// immediately. Hung, or the verdict is too old: no KEEPALIVE is sent, and the neighbor's hold timer
// removes the routes.
//
// Threads: the loop's. Owns its connections and one timer; delete it on the loop's thread, and run
// the loop once more to free what libuv still holds. `loop` outlives that.
// Errors: a neighbor's are in Observe(), one log line each; none of them stops the others.
class BgpSpeaker : public RouteBackend {
 public:
  // `config` has a `bgp`. Without `addresses` it follows the kernel's.
  BgpSpeaker(uv_loop_t* loop, const AnycastConfig& config,
             std::unique_ptr<AddressSource> addresses = nullptr);
  BgpSpeaker(const BgpSpeaker&) = delete;
  BgpSpeaker& operator=(const BgpSpeaker&) = delete;

  void Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until) override;
  void AnnounceAgain(const std::vector<Prefix>& prefixes) override;
  Observation Observe() const override;
  void Close(absl::string_view reason) override;
  bool IsIdle() const override;
  // Neighbor by neighbor, as PlanReload() decides: a session that need not be closed continues.
  void SetConfig(const AnycastConfig& config) override;
  absl::string_view name() const override { return "bgp"; }

  // Sums over the neighbors.
  BgpSession::Counters counters() const;

 private:
  struct Slot {
    std::unique_ptr<BgpNeighbor> neighbor;
    absl::Time closed_at = absl::InfiniteFuture();  // InfiniteFuture(): it is not closing.
    std::optional<AnycastConfig::Neighbor> next;    // What replaces it once it has closed.
    bool IsClosing() const { return closed_at != absl::InfiniteFuture(); }
  };
  void Tick(absl::Time now);
  void Add(const AnycastConfig::Neighbor& config);
  void Change(Slot& slot, const std::vector<NeighborChange>& plan, const AnycastConfig::Bgp& to);

  uv_loop_t* const loop_;
  const std::unique_ptr<AddressSource> addresses_;
  AnycastConfig::Bgp config_;
  BgpNode node_;
  std::vector<Slot> slots_;
  bool is_closed_ = false;
  UvTimer tick_;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_SPEAKER_H_
