#ifndef HITHER_ANYCAST_BGP_BGP_NEIGHBOR_H_
#define HITHER_ANYCAST_BGP_BGP_NEIGHBOR_H_

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "anycast/bgp/address_watch.h"
#include "anycast/bgp/bgp_rib.h"
#include "anycast/bgp/bgp_session.h"
#include "anycast/bgp/bgp_transport.h"
#include "anycast/bgp/next_hop.h"
#include "anycast/route/route_backend.h"
#include "base/reminder.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// What all sessions of a speaker share.
struct BgpNode {
  uint32_t local_as = 0;
  uint32_t router_id = 0;  // RFC 4271 §4.2: the same one to all neighbors.
  ServiceAddresses services;
  AddressSource* addresses = nullptr;
};

// One neighbor: the wanted routes (BgpRib), the protocol (BgpSession), the connection
// (BgpTransport).
//
// The session follows the host's addresses: an UPDATE replaces a next hop that disappears, and
// without any next hop the family is withdrawn. If the session's local address disappears, the
// session is closed immediately, before the neighbor's hold timer expires.
//
// Threads: the loop's. Errors: in Observe(), and in log lines as Reminder decides.
class BgpNeighbor : private BgpTransport::Owner {
 public:
  BgpNeighbor(uv_loop_t* loop, const BgpNode& node, const AnycastConfig::Neighbor& config,
              absl::Time now);

  void Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until);
  void AnnounceAgain(const std::vector<Prefix>& prefixes);  // At the next tick.
  void OnTick(absl::Time now);
  void Close(absl::string_view reason, CeaseSubcode subcode, absl::Time now);
  bool IsIdle() const;
  // Takes a new description, next hop or services: changes that leave the session open.
  void SetConfig(const AnycastConfig::Neighbor& config);
  const AnycastConfig::Neighbor& config() const { return config_; }
  void Observe(Observation& observation) const;
  const BgpSession::Counters& counters() const { return session_.counters(); }

 private:
  struct PerFamily {
    std::optional<Bytes> next_hop;
    std::string rejected;  // Why the family is not announced, or empty.
    bool is_negotiated = false;
    bool next_hop_due = true;  // To be chosen: addresses, services or the configuration changed.
    bool end_of_rib_due = false;
    bool refresh_due = false;                      // The neighbor has requested a refresh,
    absl::Time refresh_at = absl::InfinitePast();  // but not before this.
  };

  void OnTransportConnected() override;
  void OnTransportBytes(ByteView bytes) override;
  void OnTransportClosed(absl::string_view why) override;

  void Act(absl::Time now);  // Does what the session asks for.
  absl::Status Connect();
  void FollowAddresses(absl::Time now);
  std::string LocalIfThere() const;
  void Send(absl::Time now, ByteView bytes);
  void OnEstablished(absl::Time now);
  void ChooseFamily(IpFamily family);
  absl::StatusOr<Bytes> ChooseNextHopOf(IpFamily family) const;
  void FollowNextHop(IpFamily family, absl::Time now);
  void Sync(absl::Time now);
  void SyncFamily(IpFamily family, absl::Time now);
  void LogChange(absl::Time now);
  BgpDialect Dialect() const;
  PerFamily& Of(IpFamily family) { return families_[family == IpFamily::kV6 ? 1 : 0]; }
  const PerFamily& Of(IpFamily family) const { return families_[family == IpFamily::kV6 ? 1 : 0]; }
  Observation::Seen See(const Route& route) const;
  std::vector<std::string> Rejected() const;
  std::vector<std::string> Warnings() const;

  const BgpNode& node_;
  const uint32_t local_as_;
  AnycastConfig::Neighbor config_;
  const std::string where_;  // "bgp 10.0.0.1"
  BgpRib rib_;
  BgpSession session_;
  BgpTransport transport_;
  std::array<PerFamily, 2> families_;
  uint64_t addresses_seen_ = 0;  // Their generation.
  std::string local_there_;      // The local address while the host has it; it names its interface.
  bool is_greeted_ = false;      // A first "Established" was logged.
  Reminder away_;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_NEIGHBOR_H_
