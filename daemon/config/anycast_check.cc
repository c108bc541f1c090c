#include "daemon/config/anycast_check.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/printable.h"
#include "daemon/config/prefix_uses.h"

namespace hither {
namespace {

constexpr absl::Duration kLongFall = absl::Minutes(1);
constexpr absl::Duration kLongHoldTime = absl::Seconds(30);

struct CanonicalLess {
  using is_transparent = void;
  bool operator()(NameView a, NameView b) const { return CompareCanonical(a, b) < 0; }
};
// Possible names of zones, and whether a zone has one.
using Apexes = std::map<Name, bool, CanonicalLess>;

class Checker {
 public:
  explicit Checker(const Config& config) : config_(config), anycast_(config.anycast) {}

  AnycastFindings Run() {
    for (const AnycastConfig::Service& service : anycast_.services) {
      CheckPrefixes(service);
      CheckOverlaps(service);
      CheckTier(service, "soft", service.soft);
      CheckTier(service, "drain", service.drain);
    }
    CheckZones();
    CheckHeartbeat();
    CheckPolicy();
    if (anycast_.bgp.has_value()) CheckBgp(*anycast_.bgp);
    CheckAddresses();
    return std::move(found_);
  }

 private:
  // One line each, whatever a quoted value has.
  void Error(absl::string_view what) {
    found_.errors.push_back(Printable(absl::StrCat("anycast: ", what)));
  }
  void Warn(absl::string_view what) {
    found_.warnings.push_back(Printable(absl::StrCat("anycast: ", what)));
  }

  // Without a way to announce them, a test on loopback is harmless.
  void CheckPrefixes(const AnycastConfig::Service& service) {
    for (const Prefix& prefix : service.prefixes) {
      const std::string why = Unroutable(prefix);
      if (why.empty()) continue;
      const std::string what =
          absl::StrCat("prefix ", prefix.ToText(), " of service ", service.name, " overlaps ", why,
                       ", which is not routed; give the service's own");
      const bool is_real = IsHeardElsewhere() || prefix.length == 0;
      is_real ? Error(what) : Warn(what);
    }
  }

  bool IsHeardElsewhere() const {
    if (!anycast_.bgp) return anycast_.kernel.has_value();
    return std::any_of(anycast_.bgp->neighbors.begin(), anycast_.bgp->neighbors.end(),
                       [](const auto& neighbor) { return !neighbor.address.IsLoopback(); });
  }

  // Each pair once: with the previous services.
  void CheckOverlaps(const AnycastConfig::Service& service) {
    for (const AnycastConfig::Service& other : anycast_.services) {
      if (&other == &service) return;
      for (const Prefix& prefix : service.prefixes) {
        for (const Prefix& theirs : other.prefixes) {
          if (!Overlap(prefix, theirs)) continue;
          Error(absl::StrCat("prefix ", prefix.ToText(), " of service ", service.name, " overlaps ",
                             theirs.ToText(), " of service ", other.name,
                             ": one would attract the other's queries; separate them"));
        }
      }
    }
  }

  // Routers compare the path before the MED (RFC 4271 §9.1.2.2). Communities may express what these
  // two do not.
  void CheckTier(const AnycastConfig::Service& service, absl::string_view key,
                 const RouteAttributes& tier) {
    const RouteAttributes& up = service.up;
    CheckLocalPref(service, key, tier);
    const bool is_less_preferred =
        tier.prepend > up.prepend ||
        (tier.prepend == up.prepend && tier.med.value_or(0) > up.med.value_or(0));
    if (is_less_preferred) return;
    const std::string what =
        absl::StrCat(key, " of service ", service.name, " (prepend ", tier.prepend, ", MED ",
                     tier.med.value_or(0), ") is no less preferred than up (prepend ", up.prepend,
                     ", MED ", up.med.value_or(0), ")");
    const bool has_communities =
        tier.communities != up.communities || tier.large_communities != up.large_communities;
    if (has_communities) {
      return Warn(absl::StrCat(what, "; only its communities can move traffic"));
    }
    Error(absl::StrCat(what, "; raise prepend or med"));
  }

  // Routers in our AS compare LOCAL_PREF before all else (RFC 4271 §9.1.2).
  void CheckLocalPref(const AnycastConfig::Service& service, absl::string_view key,
                      const RouteAttributes& tier) {
    constexpr uint32_t kUsual = 100;
    if (!tier.local_pref.has_value() && !service.up.local_pref.has_value()) return;
    const auto effective = [&](const RouteAttributes& of) {
      return int64_t{of.local_pref.value_or(kUsual)} - of.prepend;
    };
    if (effective(tier) <= effective(service.up)) return;
    Error(absl::StrCat(key, " of service ", service.name, " has a higher local_pref than up (",
                       effective(tier), " and ", effective(service.up),
                       ", each less its prepend); lower it, or give up a higher one"));
  }

  // A name in no zone, pushed to all nodes, would withdraw a service everywhere.
  void CheckZones() {
    Apexes apexes;
    for (const AnycastConfig::Service& service : anycast_.services) {
      for (const Name& name : NamesOf(service)) {
        for (size_t labels = 0; labels <= name.view().label_count(); ++labels) {
          apexes.emplace(Name(name.view().Suffix(labels)), false);
        }
      }
    }
    for (const ZoneSource& zone : config_.zones) {  // Perhaps a million.
      const auto found = apexes.find(zone.name());
      if (found != apexes.end()) found->second = true;
    }
    for (const AnycastConfig::Service& service : anycast_.services) CheckZonesOf(service, apexes);
  }

  static std::vector<Name> NamesOf(const AnycastConfig::Service& service) {
    std::vector<Name> names;
    const auto add = [&names](const std::string& text) {
      if (const auto name = Name::FromText(text); name.ok()) names.push_back(*name);
    };
    for (const AnycastConfig::Probe& probe : service.probes) add(probe.name);
    for (const std::string& zone : service.zones) add(zone);
    return names;
  }

  static bool HasZone(const Name& name, const Apexes& apexes) {
    for (size_t labels = 0; labels <= name.view().label_count(); ++labels) {
      if (apexes.find(name.view().Suffix(labels))->second) return true;
    }
    return false;
  }

  void CheckZonesOf(const AnycastConfig::Service& service, const Apexes& apexes) {
    for (const AnycastConfig::Probe& probe : service.probes) {
      const auto name = Name::FromText(probe.name);
      if (!name.ok() || HasZone(*name, apexes)) continue;
      const std::string where =
          probe.line.number == 0 ? "" : absl::StrCat(" (line ", probe.line.number, ")");
      Error(absl::StrCat("the probe of service ", service.name, " asks for ", probe.name,
                         ", which is not in any zone of zones:; correct the name, or add its zone",
                         where));
    }
    for (const std::string& zone : service.zones) {
      const auto name = Name::FromText(zone);
      if (name.ok() && apexes.find(*name)->second) continue;
      Error(absl::StrCat("service ", service.name, " watches ", zone,
                         ", which is not one of zones:; correct or remove it"));
    }
  }

  // Without the page a hung hitherd is only seen by its silence, and a zone that is stale not at
  // all.
  void CheckHeartbeat() {
    if (!config_.heartbeat.has_value() || !config_.heartbeat->empty()) return;
    Warn("heartbeat: none leaves only probes to judge hitherd by; give both daemons its path");
  }

  void CheckPolicy() {
    const AnycastConfig::Policy& policy = anycast_.policy;
    const absl::Duration fall = policy.fall * policy.tick;
    if (fall > kLongFall) {
      Warn(absl::StrCat("policy: a fault counts only after ", absl::FormatDuration(fall),
                        " (fall times tick)"));
    }
    if (policy.rise < policy.rise_first) {
      Warn(
          "policy: rise is less than rise_first, so that a node returns sooner "
          "after a withdrawal than after a start");
    }
  }

  // The service whose prefix contains `address`, which every site then has; nullptr if there is
  // none. Loopback addresses belong to each host.
  const AnycastConfig::Service* ServiceOf(const SocketAddress& address) const {
    for (const AnycastConfig::Service& service : anycast_.services) {
      for (const Prefix& prefix : service.prefixes) {
        if (prefix.Contains(address) && Unroutable(prefix).empty()) return &service;
      }
    }
    return nullptr;
  }

  // Checks an address that must belong to one host.
  void CheckOwn(absl::string_view what, const SocketAddress& address) {
    const AnycastConfig::Service* service = ServiceOf(address);
    if (service != nullptr) {
      return Error(absl::StrCat(what, " ", address.AddressText(),
                                " is in a prefix of "
                                "service ",
                                service->name,
                                ", which every site has; give one host's own address"));
    }
    if (!address.IsMulticast()) return;
    Error(absl::StrCat(what, " ", address.AddressText(),
                       " is a multicast or broadcast address; give a host's"));
  }

  void CheckBgp(const AnycastConfig::Bgp& bgp) {
    if (bgp.router_id != 0) {
      sockaddr_storage storage = {};
      auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
      v4->sin_family = AF_INET;
      v4->sin_addr.s_addr = htonl(bgp.router_id);
      CheckOwn("bgp: router_id", SocketAddress::FromSystem(storage));
    }
    for (const AnycastConfig::Neighbor& neighbor : bgp.neighbors) CheckNeighbor(neighbor);
  }

  void CheckNeighbor(const AnycastConfig::Neighbor& neighbor) {
    const std::string text = neighbor.address.AddressText();
    CheckOwn("bgp: neighbor", neighbor.address);
    if (neighbor.local_address) {
      CheckOwn("bgp: local_address", *neighbor.local_address);
    }
    for (const auto& next_hop : {neighbor.next_hop_v4, neighbor.next_hop_v6}) {
      if (!next_hop) continue;
      CheckOwn("bgp: the next hop", *next_hop);
      if (next_hop->AddressText() != text) continue;
      Error(absl::StrCat("bgp: the next hop ", text,
                         " is the neighbor itself, "
                         "which drops such routes (RFC 4271 §6.3); give an "
                         "address of this host"));
    }
    CheckNeighborOnHost(neighbor);
    if (neighbor.hold_time <= kLongHoldTime) return;
    Warn(absl::StrCat("bgp: neighbor ", text, " keeps the routes of a dead host for hold_time, ",
                      absl::FormatDuration(neighbor.hold_time)));
  }

  // The next hop would be the session's own address, which means another host to every router.
  void CheckNeighborOnHost(const AnycastConfig::Neighbor& neighbor) {
    if (!neighbor.address.IsLoopback() || !neighbor.ipv4 || neighbor.next_hop_v4) return;
    Warn(absl::StrCat("bgp: neighbor ", neighbor.address.AddressText(),
                      " is on this host, and no other router can use that address as next hop; for "
                      "a BGP daemon on this host use kernel: instead of bgp:, or set next_hop_v4"));
  }

  // Addresses of one host that others query.
  void CheckAddresses() {
    for (const AnycastConfig::Peer& peer : anycast_.peers.nodes) {
      const std::string what = absl::StrCat("peers: node ", peer.name, ":");
      CheckOwn(what, peer.address);
      if (peer.dns) CheckOwn(absl::StrCat(what, " dns"), *peer.dns);
    }
    for (const auto& [what, address] : {std::pair("peers: listen", anycast_.peers.listen),
                                        std::pair("metrics: listen", config_.metrics)}) {
      if (!address || ServiceOf(*address) == nullptr) continue;
      Warn(absl::StrCat(what, " ", address->ToText(),
                        " is in a service's prefix: requests may reach any site"));
    }
    CheckAskedAddresses();
  }

  // Peers ask this node's hitherd at an address of its own. If it does not listen there, they see
  // it fail, and it is SOFT for ever.
  void CheckAskedAddresses() {
    const AnycastConfig::Peers& peers = anycast_.peers;
    for (const AnycastConfig::Peer& own : peers.own) {
      if (own.dns && !ListensAt(*own.dns)) {
        WarnOfSilence(*own.dns, "where the other nodes ask this one (dns: of its entry)");
      }
    }
    const bool others_are_asked =
        std::any_of(peers.nodes.begin(), peers.nodes.end(),
                    [](const auto& peer) { return peer.dns.has_value(); });
    if (!peers.own.empty() || !others_are_asked || !peers.listen) return;
    if (peers.listen->IsWildcard() || ServiceOf(*peers.listen) != nullptr) return;
    const SocketAddress likely = peers.listen->WithPort(kDnsPort);
    if (!ListensAt(likely)) {
      WarnOfSilence(likely, "the address of peers: { listen: }, where other nodes likely ask it");
    }
  }

  void WarnOfSilence(const SocketAddress& address, absl::string_view what) {
    Warn(absl::StrCat("peers: hitherd does not listen on ", address.ToText(), ", ", what,
                      "; this node would stay SOFT: add \"", address.ToText(), "\" to listen:"));
  }

  bool ListensAt(const SocketAddress& address) const {
    return std::any_of(config_.listen.begin(), config_.listen.end(), [&](const auto& one) {
      const bool is_same = one.AddressText() == address.AddressText();
      const bool is_any = one.IsWildcard() && one.family() == address.family();
      return one.port() == address.port() && (is_same || is_any);
    });
  }

  const Config& config_;
  const AnycastConfig& anycast_;
  AnycastFindings found_;
};

}  // namespace

AnycastFindings CheckAnycast(const Config& config) {
  if (!config.anycast.is_present) return {};
  return Checker(config).Run();
}

}  // namespace hither
