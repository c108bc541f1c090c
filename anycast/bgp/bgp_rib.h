#ifndef HITHER_ANYCAST_BGP_BGP_RIB_H_
#define HITHER_ANYCAST_BGP_BGP_RIB_H_

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "anycast/bgp/bgp_open.h"
#include "anycast/bgp/bgp_update.h"
#include "anycast/route/route_backend.h"
#include "base/bytes.h"

namespace hither {

// The Adj-RIB-Out of one neighbor (RFC 4271 §3.2): the wanted routes, those announced in this
// session, and the UPDATEs for the difference. Pure. A prefix whose attributes change is replaced
// by one message (§3.1), never withdrawn in between.
class BgpRib {
 public:
  // Takes all routes each time. Those in state kDown and those no longer named are withdrawn.
  void Want(const std::vector<Route>& routes);

  struct Path {  // To one neighbor, for one family, in this session.
    BgpDialect dialect;
    Bytes next_hop;
  };
  // The UPDATEs to be sent now for `family`. All of them count as sent.
  std::vector<Bytes> Differences(IpFamily family, const Path& path);
  std::vector<Bytes> WithdrawAll(IpFamily family);

  void Forget(IpFamily family);  // Nothing is announced: a new session.
  // Announces them once more. Earlier announcements still count: a refresh must not lose a
  // withdrawal.
  void SayAgain(IpFamily family);
  void SayAgain(const Prefix& prefix);
  std::optional<State> Said(const Prefix& prefix) const;  // None: not announced.
  const std::map<Prefix, Route>& wanted() const { return wanted_; }
  // Prefixes whose attributes do not fit into a message.
  const std::set<Prefix>& too_large() const { return too_large_; }

 private:
  struct Told {
    RouteAttributes attributes;
    State state = State::kDown;
    bool is_to_be_repeated = false;
  };
  using Group = std::pair<RouteAttributes, std::vector<Prefix>>;

  std::vector<Prefix> Unwanted(IpFamily family) const;
  std::vector<Group> Changed(IpFamily family);
  void TellGroup(const Group& group, IpFamily family, const Path& path,
                 std::vector<Bytes>& updates);

  std::map<Prefix, Route> wanted_;
  std::map<Prefix, Told> told_;
  std::set<Prefix> too_large_;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_RIB_H_
