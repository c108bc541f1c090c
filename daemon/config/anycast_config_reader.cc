// From the YAML below `anycast:` to an AnycastConfig. The tables at the end are the schema.

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "daemon/config/config_reading.h"
#include "daemon/config/prefix_uses.h"
#include "daemon/config/route_attributes.h"
#include "dns/rr_type.h"

namespace hither {
namespace {

using Anycast = AnycastConfig;

constexpr size_t kServicesMax = 64;
constexpr size_t kPrefixesMax = 256;  // Of a service.
constexpr size_t kProbesMax = 16;
constexpr size_t kChecksMax = 16;
constexpr size_t kNeighborsMax = 32;
constexpr size_t kPeersMax = 256;
constexpr size_t kOutsideMax = 4;  // Addresses of one node.
constexpr size_t kCommandWordsMax = 64;

// A list of maps, each read by `keys` into a new T.
template <typename T, size_t kKeys>
void ReadMaps(const YamlNode& node, const KeyOf<T> (&keys)[kKeys], absl::string_view example,
              size_t items_max, Reading& to, std::vector<T>& out) {
  ReadList(node, example, items_max, to, [&](const YamlNode& item) {
    T one;
    ReadMap(item, keys, to, one);
    out.push_back(std::move(one));
  });
}

// One of two words.
void ReadChoice(const YamlNode& node, absl::string_view no, absl::string_view yes, Reading& to,
                bool& out) {
  const std::string example = absl::StrCat(no, " or ", yes);
  if (!ExpectKind(node, YamlNode::kText, example, to)) return;
  if (node.text != no && node.text != yes) {
    return to.Error(node.line, absl::StrCat(to.Key(), Quoted(node.text), "; write ", example));
  }
  out = node.text == yes;
}

void ReadWords(const YamlNode& node, absl::string_view example, Reading& to,
               std::vector<std::string>& out) {
  ReadList(node, example, kCommandWordsMax, to, [&](const YamlNode& item) {
    std::string word;
    if (ReadText(item, "a string", to, word)) out.push_back(std::move(word));
  });
}

void ReadCommand(const YamlNode& node, Reading& to, std::vector<std::string>& out) {
  ReadWords(node, "a command and its arguments, such as [/usr/local/bin/check, --fast]", to, out);
  if (node.kind == YamlNode::kList && node.children.empty()) {
    to.Error(node.line, "the command is empty; give a program's path");
  }
}

void ReadPath(const YamlNode& node, Reading& to, std::string& out) {
  std::string text;
  if (ReadText(node, "a path, or none", to, text)) out = text == "none" ? "" : to.Path(text);
}

// An address with a port; default: `port`.
bool ReadAddress(const YamlNode& node, uint16_t port, Reading& to, SocketAddress& out) {
  std::string text;
  if (!ReadText(node, "an address, such as 192.0.2.1 or [2001:db8::1]", to, text)) return false;
  const bool bare_v6 = std::count(text.begin(), text.end(), ':') > 1 && text[0] != '[';
  const absl::StatusOr<SocketAddress> address =
      SocketAddress::FromText(bare_v6 ? absl::StrCat("[", text, "]") : text, port);
  if (!address.ok()) {
    to.Error(node.line, address.status());
    return false;
  }
  if (address->IsLinkLocal() && text.find('%') == std::string::npos) {
    to.Error(node.line,
             absl::StrCat("the link-local address ", text,
                          " exists on every link; name the interface, as in [fe80::1%eth0]"));
    return false;
  }
  out = *address;
  return true;
}

void ReadAddress(const YamlNode& node, uint16_t port, Reading& to,
                 std::optional<SocketAddress>& out) {
  SocketAddress address;
  if (ReadAddress(node, port, to, address)) out = address;
}

void ReadOutside(const YamlNode& node, Reading& to, std::vector<SocketAddress>& out) {
  ReadList(node, "addresses, such as [198.51.100.2, \"2001:db8::2\"]", kOutsideMax, to,
           [&](const YamlNode& item) {
             SocketAddress address;
             if (ReadAddress(item, kPeerPort, to, address)) out.push_back(address);
           });
}

// RFC 4271 §5.1.3, RFC 2545 §3: an address that packets can be sent to. The checks against services
// come later.
void ReadNextHop(const YamlNode& node, IpFamily family, Reading& to,
                 std::optional<SocketAddress>& out) {
  ReadAddress(node, 0, to, out);
  if (!out.has_value()) return;
  const std::string why = Unroutable(*out);
  if (out->family() != family) {
    to.Error(node.line,
             absl::StrCat("the next hop ", out->AddressText(), " is not of ", NameOf(family)));
  } else if (!why.empty() && !out->IsLinkLocal()) {
    to.Error(node.line, absl::StrCat("the next hop ", out->AddressText(), " is in ", why,
                                     "; give an address of this host that routers can reach"));
  }
}

// RFC 7607, RFC 7300, RFC 6793 §9: these are reserved.
void ReadAs(const YamlNode& node, Reading& to, uint32_t& out) {
  constexpr uint32_t kAsTrans = 23'456;
  constexpr uint32_t kLast16 = 65'535;
  std::string text;
  if (!ReadText(node, "an AS number, such as 64512", to, text)) return;
  const std::optional<uint32_t> as = AsFromText(text);
  if (!as.has_value() || *as == 0 || *as == UINT32_MAX) {
    return to.Error(node.line, absl::StrCat(Quoted(text),
                                            " is not an AS number; give one from 1 to 4294967294, "
                                            "or as two halves, such as 65000.1"));
  }
  out = *as;
  if (out != kAsTrans && out != kLast16) return;
  to.Error(node.line, absl::StrCat("AS ", out,
                                   " is reserved; give your own, or a private one from "
                                   "64512 to 65534"));
}

void ReadRouterId(const YamlNode& node, Reading& to, Anycast::Bgp& bgp) {
  SocketAddress address;
  if (!ReadAddress(node, 0, to, address)) return;
  if (address.family() != IpFamily::kV4 || address.IsWildcard()) {
    return to.Error(node.line,
                    "a router ID is written as an IPv4 address, such as 10.0.0.1 (RFC 6286)");
  }
  if (address.IsMulticast() || Unroutable(address) == "240.0.0.0/4 (reserved)") {
    return to.Error(node.line, absl::StrCat("routers refuse the router ID ", address.AddressText(),
                                            ": it is not a unicast address; give this host's own"));
  }
  bgp.router_id = ntohl(reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr.s_addr);
}

void ReadPrefixes(const YamlNode& node, Reading& to, std::vector<Prefix>& out) {
  ReadList(node, "prefixes, such as [192.0.2.0/24, \"2001:db8::/48\"]", kPrefixesMax, to,
           [&](const YamlNode& item) {
             std::string text;
             if (!ReadText(item, "a prefix, such as 192.0.2.0/24", to, text)) return;
             const absl::StatusOr<Prefix> prefix = Prefix::FromText(text);
             if (!prefix.ok()) return to.Error(item.line, prefix.status());
             out.push_back(*prefix);
           });
}

void ReadAddresses(const YamlNode& node, Reading& to, Anycast::Service& service) {
  ReadList(node, "addresses, such as [192.0.2.53, \"[2001:db8::53]\"]", kPrefixesMax, to,
           [&](const YamlNode& item) {
             SocketAddress address;
             if (ReadAddress(item, kDnsPort, to, address)) service.addresses.push_back(address);
           });
}

void ReadPassword(const YamlNode& node, Reading& to, Anycast::Neighbor& neighbor) {
  if (!ReadText(node, "a TCP MD5 password", to, neighbor.password)) return;
  if (neighbor.password.size() > kBgpPasswordBytesMax) {
    to.Error(node.line, absl::StrCat("the password is over ", kBgpPasswordBytesMax,
                                     " octets, the limit in Linux; shorten it"));
  }
}

void ReadPasswordFile(const YamlNode& node, Reading& to, Anycast::Neighbor& neighbor) {
  std::string path;
  if (ReadText(node, "the path of a file with a TCP MD5 password", to, path)) {
    neighbor.password_file = to.Path(path);
  }
}

void ReadFamilies(const YamlNode& node, Reading& to, Anycast::Neighbor& neighbor) {
  neighbor.ipv4 = neighbor.ipv6 = false;
  if (node.kind == YamlNode::kList && node.children.empty()) {
    return to.Error(node.line, absl::StrCat(to.Key(),
                                            "the list is empty, so that nothing would be "
                                            "announced; name ipv4 or ipv6, or remove the key"));
  }
  ReadList(node, "families, such as [ipv4, ipv6]", 2, to, [&](const YamlNode& item) {
    if (item.text == "ipv4") {
      neighbor.ipv4 = true;
    } else if (item.text == "ipv6") {
      neighbor.ipv6 = true;
    } else {
      to.Error(item.line,
               absl::StrCat(to.Key(), Quoted(item.text), " is not a family; write ipv4 or ipv6"));
    }
  });
}

void ReadRole(const YamlNode& node, Reading& to, Anycast::Neighbor& neighbor) {
  constexpr std::pair<absl::string_view, BgpRole> kRoles[] = {
      {"customer", BgpRole::kCustomer},
      {"provider", BgpRole::kProvider},
      {"peer", BgpRole::kPeer},
      {"rs", BgpRole::kRouteServer},
      {"rs-client", BgpRole::kRouteServerClient},
  };
  std::string text;
  if (!ReadText(node, "this host's role, such as customer", to, text)) return;
  for (const auto& [word, role] : kRoles) {
    if (text == word) return void(neighbor.role = role);
  }
  to.Error(node.line, absl::StrCat(Quoted(text),
                                   " is not a role; write what this host is to the neighbor: "
                                   "customer, provider, peer, rs or rs-client (RFC 9234)"));
}

// The server chooses the answer to ANY and RRSIG, and types from 128 to 255 are not data (RFC 6895
// §3.1).
void ReadProbeType(const YamlNode& node, Reading& to, Anycast::Probe& probe) {
  if (!ReadText(node, "a type, such as SOA", to, probe.type)) return;
  const std::optional<RrType> type = TypeFromText(probe.type);
  const bool is_data = type && (static_cast<uint16_t>(*type) & 0xFF80) != 0x0080;
  if (!is_data || *type == RrType::kRrsig) {
    to.Error(node.line,
             absl::StrCat(Quoted(probe.type), " is not a type to ask for; write type: SOA"));
  }
}

// A number of nodes, or a share such as "50%".
void ReadMaxWithdrawn(const YamlNode& node, Reading& to, Anycast::Peers& peers) {
  if (!ExpectKind(node, YamlNode::kText, "a number of nodes, or a share as \"50%\"", to)) return;
  YamlNode number = node;
  if (!number.text.empty() && number.text.back() == '%') {
    number.text.pop_back();
    peers.max_withdrawn = 0;
    return ReadNumber(number, 1, 99, to, peers.max_withdrawn_percent);
  }
  ReadNumber(number, 1, kPeersMax, to, peers.max_withdrawn);
}

void ReadKernelMode(const YamlNode& node, Reading& to, Anycast::Kernel& kernel) {
  bool is_metric = false;
  ReadChoice(node, "address", "metric", to, is_metric);
  kernel.mode = is_metric ? Anycast::Kernel::Mode::kMetric : Anycast::Kernel::Mode::kAddress;
}

void ReadInterface(const YamlNode& node, Reading& to, std::string& out) {
  if (!ReadText(node, "an interface's name", to, out)) return;
  if (out.size() > 15 || out.find('/') != std::string::npos) {  // IFNAMSIZ
    to.Error(node.line,
             absl::StrCat(Quoted(out), " is not an interface's name; at most 15 octets"));
  }
}

// A list that limits: an empty one would be no limit.
template <typename F>
void ReadOnly(const YamlNode& node, Reading& to, F read) {
  read();
  if (node.kind != YamlNode::kList || !node.children.empty()) return;
  to.Error(node.line, "the list is empty; name at least one, or remove the key for all");
}

void ReadProbeName(const YamlNode& node, Reading& to, Anycast::Probe& probe) {
  if (ReadText(node, "a name, such as www.example.org", to, probe.name)) probe.line = {node.line};
}

void ReadAdminListen(const YamlNode& node, Reading& to, AnycastConfig& anycast) {
  if (!ReadText(node, "127.0.0.1:8054, unix:/path/of.sock or none", to, anycast.admin_text)) return;
  const absl::StatusOr<AdminAddress> admin = ParseAdmin(anycast.admin_text);
  if (admin.ok()) return;
  to.Error(node.line, absl::StrCat(to.Key(), admin.status().message()));
}

constexpr absl::Duration kInstant = absl::Milliseconds(10);
constexpr absl::Duration kDay = absl::Hours(24);

// clang-format off
constexpr KeyOf<Anycast::Probe> kProbeKeys[] = {
    {"name", ReadProbeName},
    {"type", ReadProbeType},
};

constexpr KeyOf<Anycast::ExecCheck> kCheckKeys[] = {
    {"name",    [](const YamlNode& n, Reading& to, Anycast::ExecCheck& out) { ReadText(n, "a name for it", to, out.name); }},
    {"command", [](const YamlNode& n, Reading& to, Anycast::ExecCheck& out) { ReadCommand(n, to, out.command); }},
    {"every",   [](const YamlNode& n, Reading& to, Anycast::ExecCheck& out) { ReadDuration(n, absl::Milliseconds(100), kDay, to, out.every); }},
    {"timeout", [](const YamlNode& n, Reading& to, Anycast::ExecCheck& out) { ReadDuration(n, kInstant, absl::Minutes(10), to, out.timeout); }},
    {"level",   [](const YamlNode& n, Reading& to, Anycast::ExecCheck& out) { ReadChoice(n, "soft", "hard", to, out.is_hard); }},
    {"scope",   [](const YamlNode& n, Reading& to, Anycast::ExecCheck& out) { ReadChoice(n, "local", "shared", to, out.is_shared); }},
};

void ReadChecks(const YamlNode& node, Reading& to, Anycast::Service& service) {
  constexpr absl::string_view kExample = "{ name: disk, command: [/usr/local/bin/check] }";
  ReadList(node, absl::StrCat("a list of ", kExample), kChecksMax, to, [&](const YamlNode& item) {
    const size_t errors = to.error_count;
    Anycast::ExecCheck& check = service.checks.emplace_back();
    ReadMap(item, kCheckKeys, to, check);
    if (to.error_count > errors || (!check.name.empty() && !check.command.empty())) return;
    to.Error(item.line,
             absl::StrCat(to.Key(), "a check needs a name and a command; write ", kExample));
  });
}

constexpr KeyOf<Anycast::Service> kServiceKeys[] = {
    {"name",      [](const YamlNode& n, Reading& to, Anycast::Service& out) { ReadText(n, "a name for it", to, out.name); }},
    {"prefixes",  [](const YamlNode& n, Reading& to, Anycast::Service& out) { ReadPrefixes(n, to, out.prefixes); }},
    {"addresses", ReadAddresses},
    {"probe",     [](const YamlNode& n, Reading& to, Anycast::Service& out) { ReadMap(n, kProbeKeys, to, out.probes.emplace_back()); }},
    {"probes",    [](const YamlNode& n, Reading& to, Anycast::Service& out) { ReadMaps(n, kProbeKeys, "a list of { name: example.org, type: SOA }", kProbesMax, to, out.probes); }},
    {"zones",     [](const YamlNode& n, Reading& to, Anycast::Service& out) { ReadWords(n, "names of zones", to, out.zones); }},
    {"checks",    ReadChecks},
    {"up",        [](const YamlNode& n, Reading& to, Anycast::Service& out) { ReadRouteAttributes(n, to, out.up); }},
    {"soft",      [](const YamlNode& n, Reading& to, Anycast::Service& out) { ReadRouteAttributes(n, to, out.soft); }},
    {"drain",     [](const YamlNode& n, Reading& to, Anycast::Service& out) { ReadRouteAttributes(n, to, out.drain); }},
};

constexpr KeyOf<Anycast::Neighbor> kNeighborKeys[] = {
    {"address",       [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadAddress(n, kBgpPort, to, out.address); }},
    {"as",            [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadAs(n, to, out.as); }},
    {"local_address", [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadAddress(n, 0, to, out.local_address); }},
    {"password",      ReadPassword},
    {"password_file", ReadPasswordFile},
    {"ttl_security",  [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadBool(n, to, out.ttl_security); }},
    {"multihop",      [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadNumber(n, 0, 255, to, out.multihop); }},
    {"families",      ReadFamilies},
    {"next_hop_v4",   [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadNextHop(n, IpFamily::kV4, to, out.next_hop_v4); }},
    {"next_hop_v6",   [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadNextHop(n, IpFamily::kV6, to, out.next_hop_v6); }},
    // RFC 4271 §4.2: zero or at least three whole seconds; zero would not be a lease.
    {"hold_time",     [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadDuration(n, absl::Seconds(3), absl::Seconds(65'535), to, out.hold_time, absl::Seconds(1)); }},
    {"description",   [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadText(n, "a string", to, out.description); }},
    {"role",          ReadRole},
    {"role_strict",   [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadBool(n, to, out.role_strict); }},
    {"device",        [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadInterface(n, to, out.device); }},
    {"attributes",    [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadRouteAttributes(n, to, out.attributes); }},
    {"services",      [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadOnly(n, to, [&] { ReadWords(n, "names of services", to, out.services); }); }},
    {"prefixes",      [](const YamlNode& n, Reading& to, Anycast::Neighbor& out) { ReadOnly(n, to, [&] { ReadPrefixes(n, to, out.prefixes); }); }},
};

constexpr KeyOf<Anycast::Bgp> kBgpKeys[] = {
    {"local_as",  [](const YamlNode& n, Reading& to, Anycast::Bgp& out) { ReadAs(n, to, out.local_as); }},
    {"router_id", ReadRouterId},
    {"neighbors", [](const YamlNode& n, Reading& to, Anycast::Bgp& out) { ReadMaps(n, kNeighborKeys, "a list of { address: 10.0.0.1, as: 64512 }", kNeighborsMax, to, out.neighbors); }},
};

constexpr KeyOf<Anycast::Kernel> kKernelKeys[] = {
    {"mode",             ReadKernelMode},
    {"interface_up",     [](const YamlNode& n, Reading& to, Anycast::Kernel& out) { ReadInterface(n, to, out.interface_up); }},
    {"interface_soft",   [](const YamlNode& n, Reading& to, Anycast::Kernel& out) { ReadInterface(n, to, out.interface_soft); }},
    {"interface_drain",  [](const YamlNode& n, Reading& to, Anycast::Kernel& out) { ReadInterface(n, to, out.interface_drain); }},
    {"metric_interface", [](const YamlNode& n, Reading& to, Anycast::Kernel& out) { ReadInterface(n, to, out.metric_interface); }},
    {"table",            [](const YamlNode& n, Reading& to, Anycast::Kernel& out) { ReadNumber(n, 1, UINT32_MAX, to, out.table); }},
    {"metric_up",        [](const YamlNode& n, Reading& to, Anycast::Kernel& out) { ReadNumber(n, 1, UINT32_MAX, to, out.metric_up); }},
    {"metric_soft",      [](const YamlNode& n, Reading& to, Anycast::Kernel& out) { ReadNumber(n, 1, UINT32_MAX, to, out.metric_soft); }},
    {"metric_drain",     [](const YamlNode& n, Reading& to, Anycast::Kernel& out) { ReadNumber(n, 1, UINT32_MAX, to, out.metric_drain); }},
    {"lease",            [](const YamlNode& n, Reading& to, Anycast::Kernel& out) { ReadDuration(n, absl::Seconds(2), absl::Minutes(5), to, out.lease, absl::Seconds(1)); }},
};

constexpr KeyOf<Anycast::Exec> kExecKeys[] = {
    {"up",      [](const YamlNode& n, Reading& to, Anycast::Exec& out) { ReadCommand(n, to, out.up); }},
    {"soft",    [](const YamlNode& n, Reading& to, Anycast::Exec& out) { ReadCommand(n, to, out.soft); }},
    {"drain",   [](const YamlNode& n, Reading& to, Anycast::Exec& out) { ReadCommand(n, to, out.drain); }},
    {"down",    [](const YamlNode& n, Reading& to, Anycast::Exec& out) { ReadCommand(n, to, out.down); }},
    {"timeout", [](const YamlNode& n, Reading& to, Anycast::Exec& out) { ReadDuration(n, kInstant, absl::Minutes(10), to, out.timeout); }},
};

constexpr KeyOf<Anycast::Readback> kReadbackKeys[] = {
    {"bird",          [](const YamlNode& n, Reading& to, Anycast::Readback& out) { ReadPath(n, to, out.bird_socket); }},
    {"bird_protocol", [](const YamlNode& n, Reading& to, Anycast::Readback& out) { ReadText(n, "a protocol's name", to, out.bird_protocol); }},
    {"frr",           [](const YamlNode& n, Reading& to, Anycast::Readback& out) { ReadCommand(n, to, out.frr_command); }},
};

constexpr KeyOf<Anycast::Peer> kPeerKeys[] = {
    {"name",    [](const YamlNode& n, Reading& to, Anycast::Peer& out) { ReadText(n, "the node's name, such as ns1.fra1", to, out.name); }},
    {"address", [](const YamlNode& n, Reading& to, Anycast::Peer& out) { ReadAddress(n, kPeerPort, to, out.address); }},
    {"dns",     [](const YamlNode& n, Reading& to, Anycast::Peer& out) { ReadAddress(n, kDnsPort, to, out.dns); }},
    {"outside", [](const YamlNode& n, Reading& to, Anycast::Peer& out) { ReadOutside(n, to, out.outside); }},
};

// What only the whole list shows. `lines` has those of the nodes before.
std::string WrongWith(const Anycast::Peer& peer, const std::vector<Anycast::Peer>& before,
                      const std::vector<uint32_t>& lines) {
  if (peer.name.empty() || peer.address.IsWildcard()) {
    return "a node needs a name and an address; write { name: ns1.ams1, address: 10.0.0.2 }";
  }
  for (size_t i = 0; i < before.size(); ++i) {
    const std::string first = absl::StrCat(", first on line ", lines[i], "; ");
    if (before[i].name == peer.name) {
      return absl::StrCat("node ", peer.name, " is given twice", first, "keep one");
    }
    if (before[i].address != peer.address) continue;
    return absl::StrCat("nodes ", before[i].name, " and ", peer.name, " have one address, ",
                        peer.address.ToText(), first, "correct one");
  }
  return "";
}

void ReadNodes(const YamlNode& node, Reading& to, Anycast::Peers& peers) {
  std::vector<uint32_t> lines;
  ReadList(node, "a list of { name: ns1.ams1, address: 10.0.0.2 }", kPeersMax, to,
           [&](const YamlNode& item) {
             const size_t errors = to.error_count;
             Anycast::Peer peer;
             ReadMap(item, kPeerKeys, to, peer);
             const std::string wrong =
                 to.error_count > errors ? "" : WrongWith(peer, peers.nodes, lines);
             if (!wrong.empty()) to.Error(item.line, absl::StrCat(to.Key(), wrong));
             peers.nodes.push_back(std::move(peer));
             lines.push_back(item.line);
           });
}

constexpr KeyOf<Anycast::Peers> kPeersKeys[] = {
    {"listen",        [](const YamlNode& n, Reading& to, Anycast::Peers& out) { ReadAddress(n, kPeerPort, to, out.listen); }},
    {"hosts",         [](const YamlNode& n, Reading& to, Anycast::Peers& out) { ReadHosts(n, to, out.hosts); }},
    {"outside",       [](const YamlNode& n, Reading& to, Anycast::Peers& out) { ReadOutside(n, to, out.outside); }},
    {"nodes",         ReadNodes},
    {"max_withdrawn", ReadMaxWithdrawn},
    {"key_file",         [](const YamlNode& n, Reading& to, Anycast::Peers& out) { ReadPath(n, to, out.key_file); }},
    {"accept_key_files", [](const YamlNode& n, Reading& to, Anycast::Peers& out) { ReadCommand(n, to, out.accept_key_files); }},
    {"accept_unsealed",  [](const YamlNode& n, Reading& to, Anycast::Peers& out) { ReadBool(n, to, out.accept_unsealed); }},
};

constexpr KeyOf<AnycastConfig> kAdminEndpointKeys[] = {
    {"listen", ReadAdminListen},
};

constexpr KeyOf<AnycastConfig> kAnycastKeys[] = {
    {"services",   [](const YamlNode& n, Reading& to, AnycastConfig& out) { ReadMaps(n, kServiceKeys, "a list of { name: dns, prefixes: [192.0.2.0/24], probe: { name: example.org } }", kServicesMax, to, out.services); }},
    {"policy",     ReadPolicy},
    {"bgp",        [](const YamlNode& n, Reading& to, AnycastConfig& out) { ReadMap(n, kBgpKeys, to, out.bgp.emplace()); }},
    {"kernel",     [](const YamlNode& n, Reading& to, AnycastConfig& out) { ReadMap(n, kKernelKeys, to, out.kernel.emplace()); }},
    {"exec",       [](const YamlNode& n, Reading& to, AnycastConfig& out) { ReadMap(n, kExecKeys, to, out.exec.emplace()); }},
    {"dry_run",    [](const YamlNode& n, Reading& to, AnycastConfig& out) { ReadBool(n, to, out.dry_run); }},
    {"readback",   [](const YamlNode& n, Reading& to, AnycastConfig& out) { ReadMap(n, kReadbackKeys, to, out.readback); }},
    {"peers",      [](const YamlNode& n, Reading& to, AnycastConfig& out) { ReadMap(n, kPeersKeys, to, out.peers); }},
    {"admin",      [](const YamlNode& n, Reading& to, AnycastConfig& out) { ReadMap(n, kAdminEndpointKeys, to, out); }},
    {"state_file", [](const YamlNode& n, Reading& to, AnycastConfig& out) { ReadPath(n, to, out.state_file); }},
    {"journal",    [](const YamlNode& n, Reading& to, AnycastConfig& out) { ReadPath(n, to, out.journal_file); }},
};
// clang-format on

}  // namespace

void ReadAnycast(const YamlNode& node, Reading& to) {
  to.config.anycast.is_present = true;
  ReadMap(node, kAnycastKeys, to, to.config.anycast);
  CheckNeighborKeys(node, to);
}

}  // namespace hither
