#ifndef HITHER_ANYCAST_BGP_BGP_NEIGHBOR_H_
#define HITHER_ANYCAST_BGP_BGP_NEIGHBOR_H_

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "anycast/bgp/bgp_rib.h"
#include "anycast/bgp/bgp_session.h"
#include "anycast/bgp/bgp_transport.h"
#include "anycast/route/route_speaker.h"
#include "server/base/anycast_config.h"

namespace hither {

// The one identifier that all sessions of a speaker say (RFC 4271 §4.2).
class RouterId {
 public:
  explicit RouterId(uint32_t configured) : id_(configured) {}
  // Decided by the first session, unless configured: its local IPv4 address, or another of its
  // interface, or a hash of the IPv6 address (RFC 6286 §2.1: any number but 0 will do).
  uint32_t For(const SocketAddress& local, const std::vector<Prefix>& services);

 private:
  uint32_t id_;
};

// One neighbor: what is wanted (BgpRib), how it is said (BgpSession), over what (BgpTransport).
//
// Threads: the loop's. Errors: in Observe(), and a log line when a session begins or ends.
class BgpNeighbor : private BgpTransport::Owner {
 public:
  BgpNeighbor(uv_loop_t* loop, uint32_t local_as, const AnycastConfig::Neighbor& config,
              RouterId& router_id, absl::Time now);

  void Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until);
  void AnnounceAgain(const std::vector<Prefix>& prefixes);  // At the next tick.
  void OnTick(absl::Time now);
  void Close(absl::string_view reason, absl::Time now);
  bool IsIdle() const;
  void Observe(Observation& observation) const;
  const BgpSession::Counters& counters() const { return session_.counters(); }

 private:
  struct PerFamily {
    std::optional<Bytes> next_hop;
    std::string rejected;  // Why the family is not announced, or empty.
    bool is_negotiated = false;
    absl::Time next_hop_at = absl::InfinitePast();  // When to look for one again.
    bool end_of_rib_due = false;
    bool refresh_due = false;                      // The neighbor wants to hear it all again,
    absl::Time refresh_at = absl::InfinitePast();  // but not before this.
  };

  void OnTransportConnected() override;
  void OnTransportBytes(ByteView bytes) override;
  void OnTransportClosed(absl::string_view why) override;

  void Act(absl::Time now);  // Does what the session asks for.
  void Send(absl::Time now, ByteView bytes);
  void OnEstablished(absl::Time now);
  void ChooseFamily(int family);
  void ChooseNextHopOf(int family, absl::Time now);
  void Sync(absl::Time now);
  void SyncFamily(int family, absl::Time now);
  void LogChange();
  BgpDialect Dialect() const;
  std::vector<Prefix> Services() const;
  PerFamily& Of(int family) { return families_[family == AF_INET6 ? 1 : 0]; }
  const PerFamily& Of(int family) const { return families_[family == AF_INET6 ? 1 : 0]; }
  Observation::Seen See(const Route& route) const;
  std::vector<std::string> Rejected() const;

  const uint32_t local_as_;
  const AnycastConfig::Neighbor config_;
  const std::string where_;  // "bgp 10.0.0.1"
  RouterId& router_id_;
  BgpRib rib_;
  BgpSession session_;
  BgpTransport transport_;
  std::array<PerFamily, 2> families_;
  std::string logged_;  // The last line, so that a neighbor who is away fills no disk.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_NEIGHBOR_H_
