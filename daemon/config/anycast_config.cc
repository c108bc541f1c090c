#include "daemon/config/anycast_config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file_descriptor.h"
#include "base/nearest.h"
#include "base/printable.h"
#include "daemon/config/anycast_check.h"
#include "daemon/config/config.h"
#include "daemon/config/nsid.h"
#include "daemon/config/router_id.h"

namespace hither {
namespace {

absl::Status Refuse(absl::string_view what) {
  return absl::InvalidArgumentError(Printable(absl::StrCat("anycast: ", what)));
}

constexpr uint32_t kTableLocal = 255;  // RT_TABLE_LOCAL

bool IsInside(const AnycastConfig::Service& service, const SocketAddress& address) {
  for (const Prefix& prefix : service.prefixes) {
    if (prefix.Contains(address)) return true;
  }
  return false;
}

// The addresses that receive queries: those of `listen` inside the prefixes.
absl::Status FillAddresses(const Config& config, AnycastConfig::Service& service) {
  const bool is_given = !service.addresses.empty();
  for (const SocketAddress& address : config.listen) {
    if (!is_given && IsInside(service, address)) service.addresses.push_back(address);
  }
  for (const Prefix& prefix : service.prefixes) {
    bool has_one = false;
    for (const SocketAddress& address : service.addresses) has_one |= prefix.Contains(address);
    if (has_one) continue;
    return Refuse(
        absl::StrCat("service ", service.name, ": no address of ", prefix.ToText(),
                     " is known, so nothing there can be probed; add one to listen: or to "
                     "the service's addresses:"));
  }
  for (const SocketAddress& address : service.addresses) {
    if (IsInside(service, address)) continue;
    return Refuse(absl::StrCat("service ", service.name, ": ", address.ToText(),
                               " is in none of its prefixes; remove it"));
  }
  return absl::OkStatus();
}

absl::Status FinishService(const Config& config, AnycastConfig::Service& service) {
  if (service.name.empty()) return Refuse("a service has no name; add name: dns");
  if (auto word = CheckIdentityWord("anycast.services.name", service.name); !word.ok()) return word;
  if (service.prefixes.empty()) {
    return Refuse(
        absl::StrCat("service ", service.name, " has no prefixes; add prefixes: [192.0.2.0/24]"));
  }
  if (service.probes.empty()) {
    return Refuse(absl::StrCat("service ", service.name,
                               " has no probe; add probe: { name: example.org, type: SOA }"));
  }
  for (const AnycastConfig::Probe& probe : service.probes) {
    if (const auto name = Name::FromText(probe.name); !name.ok() || probe.name.empty()) {
      return Refuse(absl::StrCat("service ", service.name, ": '", probe.name,
                                 "' is not a name to ask for; write probe: { name: example.org }"));
    }
  }
  for (const AnycastConfig::ExecCheck& check : service.checks) {
    if (!check.name.empty() && !check.command.empty()) continue;
    return Refuse(absl::StrCat("service ", service.name,
                               ": a check needs a name and a command; write { name: disk, command: "
                               "[/usr/local/bin/check] }"));
  }
  return FillAddresses(config, service);
}

absl::Status CheckBgp(const AnycastConfig::Bgp& bgp) {
  if (bgp.local_as == 0) return Refuse("bgp: there is no local_as; add local_as: 64512");
  if (bgp.neighbors.empty()) {
    return Refuse("bgp: there is no neighbor; add neighbors: [{ address: 10.0.0.1, as: 64512 }]");
  }
  absl::flat_hash_set<std::string> seen;
  for (const AnycastConfig::Neighbor& neighbor : bgp.neighbors) {
    const std::string text = neighbor.address.ToText();
    if (neighbor.address.IsWildcard()) return Refuse("bgp: a neighbor has no address; add it");
    if (neighbor.as == 0) return Refuse(absl::StrCat("bgp: neighbor ", text, " has no as; add it"));
    if (!seen.insert(text).second) {
      return Refuse(absl::StrCat("bgp: neighbor ", text, " is given twice; keep one"));
    }
    if (neighbor.ttl_security && neighbor.multihop > 1) {
      return Refuse(
          absl::StrCat("bgp: neighbor ", text,
                       " has ttl_security, which is for one hop, and multihop; keep one"));
    }
    if (neighbor.local_address && neighbor.local_address->family() != neighbor.address.family()) {
      return Refuse(absl::StrCat("bgp: neighbor ", text, " and its local_address ",
                                 neighbor.local_address->AddressText(),
                                 " are of different families"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPeers(const AnycastConfig::Peers& peers) {
  absl::flat_hash_set<std::string> seen;
  absl::flat_hash_map<std::string, std::string> addresses;
  for (const AnycastConfig::Peer& peer : peers.nodes) {
    if (peer.name.empty() || peer.address.IsWildcard()) {
      return Refuse(
          "peers: a node needs a name and an address; write { name: ns1.ams1, address: "
          "10.0.0.2 }");
    }
    if (!seen.insert(peer.name).second) {
      return Refuse(absl::StrCat("peers: node ", peer.name, " is given twice; keep one"));
    }
    const auto [other, is_new] = addresses.try_emplace(peer.address.ToText(), peer.name);
    if (is_new) continue;
    return Refuse(absl::StrCat("peers: nodes ", other->second, " and ", peer.name,
                               " have one address, ", peer.address.ToText(), "; correct one"));
  }
  if (peers.key_file.empty() && (!peers.accept_key_files.empty() || peers.accept_unsealed)) {
    return Refuse(
        "peers: accept_key_files and accept_unsealed are for pages with a seal; add key_file: "
        "/etc/hither/peers.key");
  }
  return absl::OkStatus();
}

absl::Status CheckTiers(const AnycastConfig& anycast) {
  if (!anycast.kernel.has_value()) return absl::OkStatus();
  const AnycastConfig::Kernel& kernel = *anycast.kernel;
  const absl::flat_hash_set<std::string> names = {kernel.interface_up, kernel.interface_soft,
                                                  kernel.interface_drain};
  const absl::flat_hash_set<uint32_t> metrics = {kernel.metric_up, kernel.metric_soft,
                                                 kernel.metric_drain};
  if (names.size() != 3 || metrics.size() != 3) {
    return Refuse("kernel: two states share an interface or a metric; give each its own");
  }
  if (kernel.metric_up > kernel.metric_soft || kernel.metric_soft > kernel.metric_drain) {
    return Refuse(absl::StrCat("kernel: a higher metric is less preferred, but metric_up is ",
                               kernel.metric_up, ", metric_soft ", kernel.metric_soft,
                               " and metric_drain ", kernel.metric_drain,
                               "; give them in this order"));
  }
  if (kernel.table == kTableLocal) {
    return Refuse(absl::StrCat("kernel: table ", kTableLocal,
                               " (local) is the kernel's own, and no routing daemon reads it; "
                               "name another, such as 254 (main)"));
  }
  // An IPv6 route lives a second less: see MakeMetricTiers().
  const absl::Duration least = 2 * anycast.policy.tick + absl::Seconds(1);
  if (kernel.lease >= least) return absl::OkStatus();
  return Refuse(absl::StrCat("kernel: lease (", absl::FormatDuration(kernel.lease),
                             ") is less than a second and twice the tick (",
                             absl::FormatDuration(least),
                             "): one late tick would end every announcement; raise lease"));
}

// Only another command can undo a command's effect.
absl::Status CheckExec(const AnycastConfig::Exec& exec) {
  if (exec.up.empty()) {
    return Refuse("exec: there is no command to announce with; add up: [/usr/local/bin/up]");
  }
  if (exec.down.empty()) {
    return Refuse("exec: announced routes could not be withdrawn; add down: [/usr/local/bin/down]");
  }
  return absl::OkStatus();
}

// The first line of the file, so that more people may read the configuration than the secret.
absl::Status LoadPassword(AnycastConfig::Neighbor& neighbor) {
  const std::string& path = neighbor.password_file;
  const FileDescriptor file(
      open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));  // A FIFO would wait.
  char text[256];
  const ssize_t size = !file ? -1 : read(file.get(), text, sizeof text);
  if (size < 0) {
    return Refuse(absl::StrCat("cannot read the password file ", path, ": ", std::strerror(errno),
                               "; check path and permissions"));
  }
  const absl::string_view line(text, static_cast<size_t>(size));
  neighbor.password = std::string(absl::StripAsciiWhitespace(line.substr(0, line.find('\n'))));
  if (!neighbor.password.empty() && neighbor.password.size() <= kBgpPasswordBytesMax) {
    return absl::OkStatus();
  }
  return Refuse(absl::StrCat("the first line of ", path, " has ", neighbor.password.size(),
                             " octets; give 1 to ", kBgpPasswordBytesMax));
}

// Anyone who can read or write the key can impersonate every node.
absl::Status LoadPeerKey(const std::string& path, std::vector<std::string>& keys) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat facts = {};
  char text[2 * kPeerKeyBytesMax];
  const ssize_t size =
      !file || fstat(file.get(), &facts) != 0 ? -1 : read(file.get(), text, sizeof text);
  if (size < 0) {
    return Refuse(absl::StrCat("cannot read the peers' key ", path, ": ", std::strerror(errno),
                               "; check path and permissions"));
  }
  if (!S_ISREG(facts.st_mode) || (facts.st_mode & 0027) != 0) {
    return Refuse(absl::StrCat("the peers' key ", path,
                               " is accessible to users other than its owner and the ",
                               "group that reads it; set its mode to 640 or 600"));
  }
  const absl::string_view line(text, static_cast<size_t>(size));
  keys.emplace_back(absl::StripAsciiWhitespace(line.substr(0, line.find('\n'))));
  if (keys.back().size() >= kPeerKeyBytesMin && keys.back().size() <= kPeerKeyBytesMax) {
    return absl::OkStatus();
  }
  return Refuse(absl::StrCat("the first line of ", path, " has ", keys.back().size(),
                             " octets; give ", kPeerKeyBytesMin, " to ", kPeerKeyBytesMax,
                             ", for example from openssl rand -hex 32"));
}

absl::Status LoadPeerKeys(AnycastConfig::Peers& peers) {
  if (peers.key_file.empty()) return absl::OkStatus();
  if (auto status = LoadPeerKey(peers.key_file, peers.keys); !status.ok()) return status;
  for (const std::string& path : peers.accept_key_files) {
    if (auto status = LoadPeerKey(path, peers.keys); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPolicyOrder(const AnycastConfig::Policy& policy) {
  struct Order {
    absl::string_view less_key;
    absl::Duration less;
    absl::string_view more_key;
    absl::Duration more;
    absl::string_view why;
  };
  const Order orders[] = {
      {"twice the tick", 2 * policy.tick, "lease", policy.lease,
       "one late tick would end every session"},
      {"hold_down", policy.hold_down, "hold_down_max", policy.hold_down_max,
       "it doubles from one to the other"},
      {"drain_min", policy.drain_min, "drain_max", policy.drain_max,
       "a drain ends between the two"},
  };
  for (const Order& order : orders) {
    if (order.less <= order.more) continue;
    return Refuse(absl::StrCat("policy: ", order.more_key, " (", absl::FormatDuration(order.more),
                               ") is less than ", order.less_key, " (",
                               absl::FormatDuration(order.less), "): ", order.why, "; raise ",
                               order.more_key));
  }
  return absl::OkStatus();
}

void TakeOwnPeers(absl::string_view self, AnycastConfig::Peers& peers) {
  const auto is_own = [&](const AnycastConfig::Peer& peer) {
    return peer.name == self || (peers.listen.has_value() && !peers.listen->IsWildcard() &&
                                 peer.address == *peers.listen);
  };
  for (const AnycastConfig::Peer& peer : peers.nodes) {
    if (is_own(peer)) peers.own.push_back(peer);
  }
  std::erase_if(peers.nodes, is_own);
}

absl::Status LoadPasswords(AnycastConfig& anycast) {
  if (auto status = LoadPeerKeys(anycast.peers); !status.ok()) return status;
  if (!anycast.bgp.has_value()) return absl::OkStatus();
  for (AnycastConfig::Neighbor& neighbor : anycast.bgp->neighbors) {
    if (neighbor.password_file.empty()) continue;
    if (auto status = LoadPassword(neighbor); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::string NodeName(const Config& config) {
  const Config::Identity& identity = config.identity;
  return identity.site.empty() ? identity.node : absl::StrCat(identity.node, ".", identity.site);
}

absl::Status FinishAnycast(Config& config) {
  AnycastConfig& anycast = config.anycast;
  if (!anycast.is_present) return absl::OkStatus();
  if (anycast.services.empty()) {
    return Refuse(
        "there is no service; add services: [{ name: dns, prefixes: [192.0.2.0/24], "
        "probe: { name: example.org } }]");
  }
  absl::flat_hash_map<std::string, std::string> owners;
  absl::flat_hash_set<std::string> names;
  for (AnycastConfig::Service& service : anycast.services) {
    if (auto status = FinishService(config, service); !status.ok()) return status;
    if (!names.insert(service.name).second) {
      return Refuse(absl::StrCat("service ", service.name, " is given twice; rename one"));
    }
    for (const Prefix& prefix : service.prefixes) {
      const auto [owner, is_new] = owners.try_emplace(prefix.ToText(), service.name);
      if (is_new) continue;
      return Refuse(absl::StrCat("prefix ", prefix.ToText(), " is of two services, ", owner->second,
                                 " and ", service.name, "; keep one"));
    }
  }
  if (anycast.admin_text.empty()) anycast.admin_text = kSidecarAdmin;
  if (auto admin = ParseAdmin(anycast.admin_text); !admin.ok()) return admin.status();
  if (auto status = CheckPolicyOrder(anycast.policy); !status.ok()) return status;
  if (anycast.bgp.has_value()) {
    if (auto status = CheckBgp(*anycast.bgp); !status.ok()) return status;
    if (anycast.bgp->router_id == 0) anycast.bgp->router_id = RouterIdOf(NodeName(config));
  }
  if (auto status = CheckTiers(anycast); !status.ok()) return status;
  if (anycast.exec.has_value()) {
    if (auto status = CheckExec(*anycast.exec); !status.ok()) return status;
  }
  if (auto status = CheckPeers(anycast.peers); !status.ok()) return status;
  TakeOwnPeers(NodeName(config), anycast.peers);
  if (auto status = CheckOutside(anycast); !status.ok()) return status;
  if (!anycast.bgp && !anycast.kernel && !anycast.exec && !anycast.dry_run) {
    return Refuse("there is nothing to announce with; add bgp:, kernel:, exec: or dry_run: true");
  }
  const AnycastFindings found = CheckAnycast(config);
  if (found.errors.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(found.errors, "\n"));
}

}  // namespace hither
