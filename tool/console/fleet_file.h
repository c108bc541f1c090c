#ifndef HITHER_TOOL_CONSOLE_FLEET_FILE_H_
#define HITHER_TOOL_CONSOLE_FLEET_FILE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/socket_address.h"
#include "daemon/config/nsid.h"

namespace hither {

// The fleet that `hither console` shows, from an operator's fleet.yaml. A value.
struct Fleet {
  static constexpr size_t kAddressesMax = 16;
  static constexpr size_t kSitesMax = 128;
  static constexpr size_t kNodesMax = 16;  // Of a site.
  static constexpr size_t kRoutersMax = 256;
  static constexpr size_t kLinksMax = 1'024;
  static constexpr size_t kClientsMax = 256;
  static constexpr uint64_t kFileBytesMax = 1 << 20;

  struct Question {
    std::string name;
    std::string type = "SOA";
  };
  struct Node {
    std::string name;
    std::optional<SocketAddress> hitherd;  // Its page for other hosts: `metrics: { listen: }`.
    std::optional<SocketAddress> anycast;  // The sidecar's: `peers: { listen: }`.
    std::optional<SocketAddress> agent;    // In the lab: causes faults on demand.
  };
  struct Site {
    std::string name;
    std::string place;
    std::optional<double> latitude;
    std::optional<double> longitude;
    uint32_t as = 0;  // 0: not given.
    std::vector<Node> nodes;
  };
  struct Router {
    std::string name;
    std::string site;  // Empty: between the sites.
    uint32_t as = 0;
    std::string kind;  // "bird" or "frr"; empty: not given.
    std::optional<SocketAddress> agent;
  };
  struct Link {
    std::string a;
    std::string b;
  };
  struct Client {
    std::string name;
    uint32_t as = 0;
    std::string router;  // The router it is connected to; empty: not given.
    std::optional<SocketAddress> agent;
  };

  std::string title = "Hither";
  std::vector<SocketAddress> addresses;
  std::optional<Question> question;
  std::string nsid;  // The nodes' identity: { nsid: }; empty: {node}.{site}, then anything.
  std::vector<Site> sites;
  std::vector<Router> routers;
  std::vector<Link> links;
  std::vector<Client> clients;

  // Can anything cause and remove faults? If not, there are no buttons.
  bool HasAgents() const;
};

// "ns1.fra1": a node's name everywhere, and its NSID by default.
std::string FullName(const Fleet::Site& site, const Fleet::Node& node);

// The node that answers with `nsid`: by the template `fleet.nsid`, else the node of the fleet whose
// full name the NSID is, or begins with before a dot. No value: neither.
std::optional<NsidNames> NamesOf(const Fleet& fleet, absl::string_view nsid);

// All errors in one status, a line each: "file:line: what; what to do". Threads: any. Source: an
// operator's file, possibly wrong in every way; throws nothing.
absl::StatusOr<Fleet> ParseFleet(absl::string_view text, absl::string_view file);
absl::StatusOr<Fleet> LoadFleetFile(const std::string& path);

}  // namespace hither

#endif  // HITHER_TOOL_CONSOLE_FLEET_FILE_H_
