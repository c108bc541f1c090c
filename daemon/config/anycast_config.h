#ifndef HITHER_DAEMON_CONFIG_ANYCAST_CONFIG_H_
#define HITHER_DAEMON_CONFIG_ANYCAST_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/prefix.h"
#include "base/socket_address.h"

namespace hither {

inline constexpr uint16_t kBgpPort = 179;
inline constexpr size_t kPeerKeyBytesMin = 16;
inline constexpr size_t kPeerKeyBytesMax = 256;
inline constexpr size_t kBgpPasswordBytesMax = 80;  // TCP_MD5SIG_MAXKEYLEN
inline constexpr uint16_t kAnycastAdminPort = 8054;
inline constexpr uint16_t kPeerPort = 8055;
inline constexpr uint32_t kGracefulShutdown = 0xFFFF0000;  // 65535:0, RFC 8326.

// RFC 8092.
struct LargeCommunity {
  uint32_t global = 0;
  uint32_t local1 = 0;
  uint32_t local2 = 0;
  friend auto operator<=>(const LargeCommunity&, const LargeCommunity&) = default;
};

// How preferred a route is: the attributes announced with the prefix.
struct RouteAttributes {
  std::optional<uint32_t> med;
  int prepend = 0;                    // Our own AS so many times more.
  std::vector<uint32_t> communities;  // RFC 1997; as "64512:100" or "graceful-shutdown".
  std::vector<LargeCommunity> large_communities;
  // To neighbors in our AS (default 100); each prepend lowers it by one.
  std::optional<uint32_t> local_pref = std::nullopt;
  friend bool operator==(const RouteAttributes&, const RouteAttributes&) = default;
};

// Our role towards a neighbor, RFC 9234 §3.1: a customer's neighbor is its provider.
enum class BgpRole : uint8_t {
  kProvider = 0,
  kRouteServer = 1,
  kRouteServerClient = 2,
  kCustomer = 3,
  kPeer = 4,
};

// The next four are outside of AnycastConfig, since clang rejects an optional member whose type is
// nested there and has default values.
struct AnycastNeighbor {
  SocketAddress address;
  uint32_t as = 0;
  std::optional<SocketAddress> local_address;
  std::string password_file;  // RFC 2385; a file with one line. Empty: none.
  std::string password;       // Given in place, or by LoadPasswords().
  bool ttl_security = false;  // RFC 5082 with one hop: TTL 255 is sent and required.
  int multihop = 0;           // 0: default TTL 1 for eBGP, 64 for iBGP.
  bool ipv4 = true;           // Families announced.
  bool ipv6 = true;
  std::optional<SocketAddress> next_hop_v4;  // Default: the session's local address, or
  std::optional<SocketAddress> next_hop_v6;  // another one of its interface.
  absl::Duration hold_time = absl::Seconds(3);
  std::string description;
  std::optional<BgpRole> role;
  bool role_strict = false;           // A neighbor without a role is refused.
  std::string device;                 // SO_BINDTODEVICE: an interface or a VRF. Empty: any.
  RouteAttributes attributes;         // Added to those of each state.
  std::vector<std::string> services;  // Announced to it; empty: all.
  std::vector<Prefix> prefixes;       // Of those; empty: all.
  friend bool operator==(const AnycastNeighbor&, const AnycastNeighbor&) = default;
};

// Is the prefix of this service announced to the neighbor?
bool IsFor(const AnycastNeighbor& neighbor, absl::string_view service, const Prefix& prefix);

struct AnycastBgp {
  uint32_t local_as = 0;
  uint32_t router_id = 0;  // Default: RouterIdOf(NodeName()).
  std::vector<AnycastNeighbor> neighbors;
  friend bool operator==(const AnycastBgp&, const AnycastBgp&) = default;
};

struct AnycastKernel {
  enum class Mode : uint8_t { kAddress, kMetric } mode = Mode::kAddress;
  // kAddress: addresses with a lifetime on these interfaces, for BIRD's `protocol direct`.
  std::string interface_up = "wp-up";
  std::string interface_soft = "wp-soft";
  std::string interface_drain = "wp-drain";
  // kMetric: routes of these metrics through `metric_interface`, for FRR's `redistribute kernel`.
  std::string metric_interface = "wp-metric";
  uint32_t table = 254;  // main
  uint32_t metric_up = 101;
  uint32_t metric_soft = 102;
  uint32_t metric_drain = 109;
  absl::Duration lease = absl::Seconds(3);  // Lifetime; renewed twice a second.
  friend bool operator==(const AnycastKernel&, const AnycastKernel&) = default;
};

// A command for each transition; gets SERVICE, STATE, PREFIXES in its environment.
struct AnycastExec {
  std::vector<std::string> up, soft, drain, down;
  absl::Duration timeout = absl::Seconds(10);
  friend bool operator==(const AnycastExec&, const AnycastExec&) = default;
};

// Everything below `anycast:` of the configuration file: a plain value, with its defaults. Ranges
// are next to the keys in anycast_config_reader.cc.
struct AnycastConfig {
  // Where the file has it; of equal settings it does not matter. 0: nowhere.
  struct Line {
    uint32_t number = 0;
    friend bool operator==(const Line&, const Line&) { return true; }
  };
  struct Probe {
    std::string name;  // Queried at every service address; its zone is one of ours.
    std::string type = "SOA";
    Line line = {};
    friend bool operator==(const Probe&, const Probe&) = default;
  };
  struct ExecCheck {
    std::string name;
    std::vector<std::string> command;  // 0: ok; other codes and a timeout: `level`.
    absl::Duration every = absl::Seconds(10);
    absl::Duration timeout = absl::Seconds(2);
    bool is_hard = false;    // level: hard | soft
    bool is_shared = false;  // scope: shared | local
    friend bool operator==(const ExecCheck&, const ExecCheck&) = default;
  };
  struct Service {
    std::string name;
    std::vector<Prefix> prefixes;
    std::vector<SocketAddress> addresses;  // Default: those of `listen` inside the prefixes.
    std::vector<Probe> probes;             // At least one.
    std::vector<std::string> zones;        // To be watched besides those of the probes.
    std::vector<ExecCheck> checks;
    RouteAttributes up;
    RouteAttributes soft = {100, 2, {}, {}};
    RouteAttributes drain = {200, 3, {kGracefulShutdown}, {}};
    friend bool operator==(const Service&, const Service&) = default;
  };
  struct Policy {
    absl::Duration tick = absl::Milliseconds(250);
    int fall = 3;                                  // Bad ticks until a hard fault counts.
    absl::Duration rise = absl::Seconds(10);       // Good for this long after a withdrawal.
    absl::Duration rise_first = absl::Seconds(1);  // The same after a start of the sidecar.
    absl::Duration warm_up = absl::Seconds(5);     // Then SOFT for this long, before UP.
    absl::Duration hold_down = absl::Seconds(10);  // After a withdrawal; doubles with each.
    absl::Duration hold_down_max = absl::Minutes(5);
    int withdrawals_max = 2;  // In the window; then it stays down until one expires.
    absl::Duration withdrawals_window = absl::Minutes(10);
    absl::Duration drain_min = absl::Seconds(3);  // For the routers to converge.
    absl::Duration drain_max = absl::Seconds(60);
    double drained_queries_per_second = 1.0;  // At most this: traffic is gone.
    double servfail_share_max = 0.05;         // Of answers, over 5 s; more is SOFT.
    double drop_share_max = 0.05;
    absl::Duration stuck_after = absl::Seconds(1);       // A worker whose last turn is older.
    absl::Duration lease = absl::Seconds(2);             // Maximum age of a decision.
    absl::Duration signatures_margin = absl::Hours(24);  // Signatures that end sooner: SOFT.
  } policy;
  using Neighbor = AnycastNeighbor;
  using Bgp = AnycastBgp;
  using Kernel = AnycastKernel;
  using Exec = AnycastExec;
  struct Readback {
    std::string bird_socket;               // Empty: BIRD is not read.
    std::string bird_protocol;             // Its exports are read; empty: all BGP protocols.
    std::vector<std::string> frr_command;  // As [vtysh]; empty: FRR is not read.
  };
  struct Peer {
    std::string name;                    // Its identity: "ns1.fra1".
    SocketAddress address;               // Where its peer page is.
    std::optional<SocketAddress> dns;    // Where its hitherd listens on a unicast address.
    std::vector<SocketAddress> outside;  // Its unicast addresses that answers' ways lead to.
  };
  struct Peers {
    std::optional<SocketAddress> listen;  // Our page.
    std::vector<std::string> hosts;       // Names it may be asked by, beside addresses.
    std::vector<SocketAddress> outside;   // Where the peers' beacons come in.
    std::vector<Peer> nodes;
    std::vector<Peer> own;  // Entries of nodes: that are this node, by name or address; moved here.
    std::string key_file;   // What the nodes share to seal their pages; a file with one line.
    std::vector<std::string> accept_key_files;  // Keys that others still, or already, seal with.
    bool accept_unsealed = false;               // While a key is being introduced.
    std::vector<std::string> keys;              // By LoadPasswords(): ours, then those accepted.
    int max_withdrawn = 0;                      // 0: max_withdrawn_percent counts.
    int max_withdrawn_percent = 50;  // Of all nodes including this one; rounded down, at least 1.
  };

  bool is_present = false;                                   // Is there an `anycast:` at all?
  std::string admin_text;                                    // For ParseAdmin; empty: the default.
  std::string state_file = "/var/lib/hither-anycast/state";  // Empty ("none"): not kept.
  std::string journal_file;  // Every tick's facts, for `hither simulate`. Empty: none.
  std::vector<Service> services;

  std::optional<Bgp> bgp;
  std::optional<Kernel> kernel;
  std::optional<Exec> exec;
  bool dry_run = false;
  Readback readback;
  Peers peers;
};

struct Config;

// Fills the defaults that depend on other values, then checks constraints between them.
absl::Status FinishAnycast(Config& config);

// Values of a policy that are each in range and make no sense together; a part of FinishAnycast().
absl::Status CheckPolicyOrder(const AnycastConfig::Policy& policy);
// "hold_down", "10s": as `policy: { hold_down: 10s }`, with the same errors. Into `policy`.
absl::Status SetPolicyKey(absl::string_view key, absl::string_view value,
                          AnycastConfig::Policy& policy);

// Beacon addresses; a part of FinishAnycast().
absl::Status CheckOutside(const AnycastConfig& anycast);

// Moves the entries of `nodes` that are this node to `own`: one list may serve all nodes, and a
// node that counted itself as a peer would wait for its own consent.
void TakeOwnPeers(absl::string_view self, AnycastConfig::Peers& peers);

// Reads the files of passwords and keys: only in the sidecar, so that hitherd, under any user,
// needs none.
absl::Status LoadPasswords(AnycastConfig& anycast);

// This node's name among its peers: "ns1.fra1".
std::string NodeName(const Config& config);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_ANYCAST_CONFIG_H_
