#ifndef HITHER_ANYCAST_ROUTE_FRR_READBACK_H_
#define HITHER_ANYCAST_ROUTE_FRR_READBACK_H_

#include <uv.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "anycast/route/frr_reply.h"
#include "anycast/route/readback.h"
#include "base/net/child_process.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// Asks FRR through vtysh, once a second, with `show` commands only: who is a neighbor, and to which
// of them each prefix is advertised. One process a round, without a shell.
//
// With which MED and path, is asked of up to kAskedPeersMax neighbors that are sent few prefixes: a
// neighbor that has the whole table would be a megabyte a second. For others the state is that of
// the best path, before their route-maps.
//
// Each neighbor that activates the prefix's family counts, except those that are shut down and
// those which a route of ours comes from. What is advertised is the best path: where IsOurs()
// denies it, it is another site's, and ours is absent.
//
// Threads: the loop's. Source: FRR's output, bounded in size and time.
class FrrReadback : public Readback {
 public:
  FrrReadback(uv_loop_t* loop, const AnycastConfig::Readback& config,
              const std::vector<AnycastConfig::Service>& services,
              std::vector<uint32_t> own_ases);  // For IsOurs().

  void Ask(absl::Time now) override;
  const ReadbackView& Seen() const override { return view_; }
  absl::string_view name() const override { return "frr"; }

 private:
  void OnDone(const ChildProcess::Result& result);
  absl::StatusOr<Observation> Understand(absl::string_view output);
  void Add(const Prefix& prefix, const FrrRoute& route, const std::vector<FrrPeer>& peers,
           Observation& to);
  void ChooseAsked(const std::vector<FrrPeer>& peers);
  SeenAttributes AdvertisedTo(const FrrPeer& peer, const Prefix& prefix,
                              const FrrRoute& route) const;

  uv_loop_t* const loop_;
  const AnycastConfig::Readback config_;
  const std::vector<AnycastConfig::Service> services_;
  const std::vector<uint32_t> own_ases_;
  std::vector<Prefix> prefixes_;
  // Whom the next round asks what is advertised to them, and what they were told in the last one.
  std::vector<FrrPeer> asked_;
  std::map<std::pair<std::string, IpFamily>, std::map<Prefix, SeenAttributes>> advertised_;
  std::set<std::string> sources_;  // Neighbors that routes of ours come from.
  std::unique_ptr<ChildProcess> child_;
  absl::Time started_ = absl::InfinitePast();
  ReadbackView view_;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_FRR_READBACK_H_
