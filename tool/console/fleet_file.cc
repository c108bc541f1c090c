#include "tool/console/fleet_file.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "anycast/probe/probe_message.h"
#include "base/nearest.h"
#include "daemon/config/config_reading.h"

namespace hither {
namespace {

constexpr size_t kNameBytesMax = 64;
constexpr size_t kTitleBytesMax = 128;
constexpr uint16_t kAgentPort = 8060;
constexpr YamlLimits kLimits = {.depth_max = 8, .nodes_max = 100'000};

// A value with its line in the file, for checks after everything is read.
struct Mark {
  std::string name;
  uint32_t line = 0;
};

struct Marks {
  std::vector<Mark> sites;    // That a router names.
  std::vector<Mark> routers;  // That a link or a client names.
};

// Filled by the tables below.
struct Draft {
  Fleet fleet;
  Marks marks;
};

bool ReadShortText(const YamlNode& node, absl::string_view example, size_t bytes_max, Reading& to,
                   std::string& out) {
  std::string text;
  if (!ReadText(node, example, to, text)) return false;
  const bool is_printable =
      std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (text.size() > bytes_max || !is_printable) {
    to.Error(node.line, absl::StrCat(Quoted(text), " is longer than ", bytes_max,
                                     " octets or not printable; shorten it"));
    return false;
  }
  out = std::move(text);
  return true;
}

// A name that other lines and our URLs may refer to.
bool ReadName(const YamlNode& node, absl::string_view example, Reading& to, std::string& out) {
  std::string text;
  if (!ReadShortText(node, example, kNameBytesMax, to, text)) return false;
  const bool is_word = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (!is_word) {
    to.Error(
        node.line,
        absl::StrCat(Quoted(text), " is not a name; use letters, digits, '-', '_' and '.', as in ",
                     example));
    return false;
  }
  out = std::move(text);
  return true;
}

template <typename T>
void ReadNameOf(const YamlNode& node, Reading& to, T& out) {
  ReadName(node, "a name, such as fra1", to, out.name);
}

template <typename T>
void ReadAs(const YamlNode& node, Reading& to, T& out) {
  ReadNumber(node, 1, 4'294'967'295, to, out.as);
}

void ReadEndpoint(const YamlNode& node, uint16_t port, Reading& to,
                  std::optional<SocketAddress>& out) {
  std::string text;
  if (!ReadText(node, "an address, such as 10.0.0.1:8053", to, text)) return;
  const absl::StatusOr<SocketAddress> address = SocketAddress::FromText(text, port);
  if (!address.ok()) return to.Error(node.line, address.status());
  if (address->port() == 0 || address->IsWildcard() || address->IsMulticast()) {
    return to.Error(node.line, absl::StrCat(Quoted(text),
                                            " cannot be queried; give the address and "
                                            "the port of one host"));
  }
  out = *address;
}

template <typename T>
void ReadAgent(const YamlNode& node, Reading& to, T& out) {
  ReadEndpoint(node, kAgentPort, to, out.agent);
}

void ReadDegrees(const YamlNode& node, double most, Reading& to, std::optional<double>& out) {
  const std::string example = absl::StrCat("degrees from -", most, " to ", most, ", such as 50.1");
  if (!ExpectKind(node, YamlNode::kText, example, to)) return;
  double degrees = 0;
  if (!absl::SimpleAtod(node.text, &degrees) || !(degrees >= -most && degrees <= most)) {
    return to.Error(node.line, absl::StrCat(Quoted(node.text), " is not valid; give ", example));
  }
  out = degrees;
}

void ReadAddressList(const YamlNode& node, Reading& to, Draft& draft) {
  ReadList(node, "addresses, such as [192.0.2.53, \"2001:db8::53\"]", Fleet::kAddressesMax, to,
           [&](const YamlNode& item) {
             std::optional<SocketAddress> address;
             ReadEndpoint(item, kDnsPort, to, address);
             if (!address.has_value()) return;
             const auto& known = draft.fleet.addresses;
             if (std::find(known.begin(), known.end(), *address) != known.end()) {
               return to.Error(item.line,
                               absl::StrCat(address->ToText(), " is given twice; keep one"));
             }
             draft.fleet.addresses.push_back(*address);
           });
}

// clang-format off
const KeyOf<Fleet::Question> kQuestionKeys[] = {
    {"name", [](const YamlNode& n, Reading& to, Fleet::Question& q) { ReadShortText(n, "a domain name, such as example.org", 255, to, q.name); }},
    {"type", [](const YamlNode& n, Reading& to, Fleet::Question& q) { ReadShortText(n, "a type, such as SOA", 16, to, q.type); }},
};
const KeyOf<Fleet::Node> kNodeKeys[] = {
    {"name",    ReadNameOf<Fleet::Node>},
    {"hitherd", [](const YamlNode& n, Reading& to, Fleet::Node& node) { ReadEndpoint(n, kAdminPort, to, node.hitherd); }},
    {"anycast", [](const YamlNode& n, Reading& to, Fleet::Node& node) { ReadEndpoint(n, kPeerPort, to, node.anycast); }},
    {"agent",   ReadAgent<Fleet::Node>},
};
// clang-format on

void ReadQuestion(const YamlNode& node, Reading& to, Draft& draft) {
  Fleet::Question question;
  const size_t errors_before = to.error_count;
  ReadMap(node, kQuestionKeys, to, question);
  if (to.error_count != errors_before) return;
  if (!BuildProbe(question.name, question.type, 0).ok() || question.name.empty()) {
    return to.Error(node.line, absl::StrCat(Quoted(question.name), " ", question.type,
                                            " cannot be queried; write { name: example.org, type: "
                                            "SOA }"));
  }
  draft.fleet.question = std::move(question);
}

// False: an error was reported.
bool CheckNamed(const std::string& name, absl::string_view what, uint32_t line, Reading& to) {
  if (!name.empty()) return true;
  to.Error(line, absl::StrCat(what, " without a good 'name'; add one"));
  return false;
}

void ReadNodes(const YamlNode& list, Reading& to, Fleet::Site& site) {
  ReadList(list, "nodes, such as [{ name: ns1, hitherd: 10.0.0.1:8053 }]", Fleet::kNodesMax, to,
           [&](const YamlNode& item) {
             Fleet::Node node;
             const size_t errors_before = to.error_count;
             ReadMap(item, kNodeKeys, to, node);
             if (!CheckNamed(node.name, "a node", item.line, to)) return;
             if (!node.hitherd.has_value() && !node.anycast.has_value() &&
                 to.error_count == errors_before) {
               to.Error(item.line, absl::StrCat("node ", node.name,
                                                " has no page to ask; add "
                                                "hitherd: and anycast:, such as 10.0.0.1:8053"));
             }
             site.nodes.push_back(std::move(node));
           });
}

// clang-format off
const KeyOf<Fleet::Site> kSiteKeys[] = {
    {"name",      ReadNameOf<Fleet::Site>},
    {"place",     [](const YamlNode& n, Reading& to, Fleet::Site& site) { ReadShortText(n, "a place, such as Frankfurt", kTitleBytesMax, to, site.place); }},
    {"latitude",  [](const YamlNode& n, Reading& to, Fleet::Site& site) { ReadDegrees(n, 90, to, site.latitude); }},
    {"longitude", [](const YamlNode& n, Reading& to, Fleet::Site& site) { ReadDegrees(n, 180, to, site.longitude); }},
    {"as",        ReadAs<Fleet::Site>},
    {"nodes",     ReadNodes},
};
const KeyOf<Fleet::Router> kRouterKeys[] = {
    {"name",  ReadNameOf<Fleet::Router>},
    {"site",  [](const YamlNode& n, Reading& to, Fleet::Router& router) { ReadName(n, "a site, such as fra1", to, router.site); }},
    {"as",    ReadAs<Fleet::Router>},
    {"kind",  [](const YamlNode& n, Reading& to, Fleet::Router& router) { ReadName(n, "bird or frr", to, router.kind); }},
    {"agent", ReadAgent<Fleet::Router>},
};
const KeyOf<Fleet::Client> kClientKeys[] = {
    {"name",   ReadNameOf<Fleet::Client>},
    {"as",     ReadAs<Fleet::Client>},
    {"router", [](const YamlNode& n, Reading& to, Fleet::Client& client) { ReadName(n, "a router, such as transit-a", to, client.router); }},
    {"agent",  ReadAgent<Fleet::Client>},
};
// clang-format on

void ReadSites(const YamlNode& list, Reading& to, Draft& draft) {
  ReadList(list, "sites, such as [{ name: fra1, nodes: [...] }]", Fleet::kSitesMax, to,
           [&](const YamlNode& item) {
             Fleet::Site site;
             ReadMap(item, kSiteKeys, to, site);
             if (!CheckNamed(site.name, "a site", item.line, to)) return;
             if (site.latitude.has_value() != site.longitude.has_value()) {
               to.Error(item.line, absl::StrCat("site ", site.name,
                                                " has one of latitude and "
                                                "longitude; give both or neither"));
             }
             if (site.nodes.empty()) {
               to.Error(item.line, absl::StrCat("site ", site.name,
                                                " has no nodes; add nodes: "
                                                "[{ name: ns1, hitherd: ..., anycast: ... }]"));
             }
             draft.fleet.sites.push_back(std::move(site));
           });
}

void ReadRouters(const YamlNode& list, Reading& to, Draft& draft) {
  ReadList(list, "routers, such as [{ name: transit-a, as: 64501 }]", Fleet::kRoutersMax, to,
           [&](const YamlNode& item) {
             Fleet::Router router;
             ReadMap(item, kRouterKeys, to, router);
             if (!CheckNamed(router.name, "a router", item.line, to)) return;
             if (!router.site.empty()) draft.marks.sites.push_back({router.site, item.line});
             draft.fleet.routers.push_back(std::move(router));
           });
}

void ReadLinks(const YamlNode& list, Reading& to, Draft& draft) {
  ReadList(list, "links, such as [[r.fra1, transit-a]]", Fleet::kLinksMax, to,
           [&](const YamlNode& item) {
             std::vector<std::string> ends;
             ReadList(item, "two routers, such as [r.fra1, transit-a]", 2, to,
                      [&](const YamlNode& end) {
                        std::string name;
                        if (!ReadName(end, "a router, such as r.fra1", to, name)) return;
                        draft.marks.routers.push_back({name, end.line});
                        ends.push_back(std::move(name));
                      });
             if (ends.size() == 2) return draft.fleet.links.push_back({ends[0], ends[1]});
             to.Error(item.line, "a link has two routers; write [r.fra1, transit-a]");
           });
}

void ReadClients(const YamlNode& list, Reading& to, Draft& draft) {
  ReadList(list, "clients, such as [{ name: berlin, router: transit-a, agent: 10.0.0.20:8060 }]",
           Fleet::kClientsMax, to, [&](const YamlNode& item) {
             Fleet::Client client;
             const size_t errors_before = to.error_count;
             ReadMap(item, kClientKeys, to, client);
             if (!CheckNamed(client.name, "a client", item.line, to)) return;
             if (!client.agent.has_value() && to.error_count == errors_before) {
               to.Error(item.line, absl::StrCat("client ", client.name,
                                                " has no node to ask; add "
                                                "agent: 10.0.0.20:8060"));
             }
             if (!client.router.empty()) {
               draft.marks.routers.push_back({client.router, item.line});
             }
             draft.fleet.clients.push_back(std::move(client));
           });
}

void ReadNsidTemplate(const YamlNode& node, Reading& to, Draft& draft) {
  std::string text;
  if (!ReadShortText(node, "identity: { nsid: } of the nodes, such as \"{node}.{site}\"",
                     kNsidBytesMax, to, text)) {
    return;
  }
  if (const absl::Status status = CheckNsidTemplate(text); !status.ok()) {
    return to.Error(node.line, status);
  }
  if (!absl::StrContains(text, "{node}") || !absl::StrContains(text, "{site}")) {
    return to.Error(node.line,
                    "nsid: has no {node} or no {site}, so that it names no node; "
                    "leave it out, or write it as in identity: of the nodes");
  }
  draft.fleet.nsid = text;
}

// clang-format off
const KeyOf<Draft> kTopKeys[] = {
    {"title",     [](const YamlNode& n, Reading& to, Draft& draft) { ReadShortText(n, "a title", kTitleBytesMax, to, draft.fleet.title); }},
    {"addresses", ReadAddressList},
    {"question",  ReadQuestion},
    {"nsid",      ReadNsidTemplate},
    {"sites",     ReadSites},
    {"routers",   ReadRouters},
    {"links",     ReadLinks},
    {"clients",   ReadClients},
};
// clang-format on

void CheckKnown(const std::vector<Mark>& marks, const std::set<std::string>& known,
                absl::string_view what, Reading& to) {
  const std::vector<absl::string_view> names(known.begin(), known.end());
  for (const Mark& mark : marks) {
    if (known.count(mark.name) > 0) continue;
    to.Error(mark.line,
             absl::StrCat("unknown ", what, " ", Quoted(mark.name), SuggestWord(mark.name, names)));
  }
}

// Of nodes, routers and clients, which requests identify by name alone.
void CheckUnique(const Fleet& fleet, uint32_t line, Reading& to) {
  std::map<std::string, int> names;
  for (const Fleet::Site& site : fleet.sites) {
    for (const Fleet::Node& node : site.nodes) ++names[FullName(site, node)];
  }
  for (const Fleet::Router& router : fleet.routers) ++names[router.name];
  for (const Fleet::Client& client : fleet.clients) ++names[client.name];
  for (const auto& [name, count] : names) {
    if (count == 1) continue;
    to.Error(line, absl::StrCat(count, " nodes (NODE.SITE), routers and clients are named ",
                                Quoted(name), "; give each another name"));
  }
}

void CheckFleet(const Draft& draft, uint32_t line, Reading& to) {
  std::set<std::string> sites;
  for (const Fleet::Site& site : draft.fleet.sites) {
    if (sites.insert(site.name).second) continue;
    to.Error(line, absl::StrCat("site ", site.name, " twice; keep one"));
  }
  std::set<std::string> routers;
  for (const Fleet::Router& router : draft.fleet.routers) routers.insert(router.name);
  CheckKnown(draft.marks.sites, sites, "site", to);
  CheckKnown(draft.marks.routers, routers, "router", to);
  CheckUnique(draft.fleet, line, to);
  if (draft.fleet.sites.empty() && to.error_count == 0) {
    to.Error(line, "there are no sites; add sites: [{ name: fra1, nodes: [...] }]");
  }
}

}  // namespace

bool Fleet::HasAgents() const {
  const auto has_agent = [](const auto& one) { return one.agent.has_value(); };
  for (const Site& site : sites) {
    if (std::any_of(site.nodes.begin(), site.nodes.end(), has_agent)) return true;
  }
  return std::any_of(routers.begin(), routers.end(), has_agent);
}

std::string FullName(const Fleet::Site& site, const Fleet::Node& node) {
  return absl::StrCat(node.name, ".", site.name);
}

std::optional<NsidNames> NamesOf(const Fleet& fleet, absl::string_view nsid) {
  if (!fleet.nsid.empty()) {
    if (auto names = MatchNsid(nsid, fleet.nsid); names.has_value()) return names;
  }
  for (const Fleet::Site& site : fleet.sites) {
    for (const Fleet::Node& node : site.nodes) {
      absl::string_view rest = nsid;
      const bool is_it = absl::ConsumePrefix(&rest, FullName(site, node));
      if (is_it && (rest.empty() || rest[0] == '.')) return NsidNames{site.name, node.name};
    }
  }
  return std::nullopt;
}

absl::StatusOr<Fleet> ParseFleet(absl::string_view text, absl::string_view file) {
  const absl::StatusOr<YamlNode> tree = ParseYaml(text, file, kLimits);
  if (!tree.ok()) return tree.status();
  Reading reading{.config = Config(),
                  .file = std::string(file),
                  .folder = "",
                  .read_list = {},
                  .read_folder = {}};
  Draft draft;
  ReadMap(*tree, kTopKeys, reading, draft);
  CheckFleet(draft, tree->line, reading);
  if (absl::Status errors = ErrorsOf(reading); !errors.ok()) return errors;
  return std::move(draft.fleet);
}

absl::StatusOr<Fleet> LoadFleetFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTextFile(path, "the fleet", Fleet::kFileBytesMax);
  if (!text.ok()) return text.status();
  return ParseFleet(*text, path);
}

}  // namespace hither
