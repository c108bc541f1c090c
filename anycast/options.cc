#include "anycast/options.h"

#include <unistd.h>

#include <cstdlib>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "anycast/policy/policy_fields.h"
#include "base/nearest.h"
#include "daemon/config/anycast_check.h"

namespace hither {
namespace {

constexpr absl::string_view kFlags[] = {"--config", "--check", "--dry-run", "--help", "--version"};

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

}  // namespace

absl::StatusOr<SidecarOptions> ParseSidecarOptions(std::span<const char* const> arguments) {
  SidecarOptions options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const absl::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      options.mode = SidecarOptions::Mode::kHelp;
      return options;
    }
    if (argument == "--version" || argument == "-V") {
      options.mode = SidecarOptions::Mode::kVersion;
    } else if (argument == "--check") {
      options.mode = SidecarOptions::Mode::kCheck;
    } else if (argument == "--dry-run") {
      options.dry_run = true;
    } else if (absl::StartsWith(argument, "--config=")) {
      options.config_file = std::string(argument.substr(9));
    } else if (argument == "--config" && i + 1 < arguments.size()) {
      options.config_file = arguments[++i];
    } else if (argument == "--config") {
      return absl::InvalidArgumentError("--config: the file is missing; give its path");
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown argument '", argument, "'", SuggestWord(argument, kFlags)));
    }
  }
  if (options.config_file.empty()) {
    return absl::InvalidArgumentError("--config: the path is empty; give one");
  }
  return options;
}

absl::StatusOr<Config> BuildSidecarConfig(const SidecarOptions& options) {
  absl::StatusOr<Config> config = LoadConfigFile(options.config_file);
  if (!config.ok()) return config;
  if (!config->anycast.is_present) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.config_file, ": the file has no anycast: section; see hither-anycast --help"));
  }
  if (options.dry_run) {
    config->anycast.bgp.reset();
    config->anycast.kernel.reset();
    config->anycast.exec.reset();
    config->anycast.dry_run = true;
  }
  if (config->anycast.admin_text.empty()) {
    config->anycast.admin_text = DefaultAdmin(std::getenv("RUNTIME_DIRECTORY"), kSidecarAdmin);
  }
  if (auto status = FinishConfig(HostName(), *config); !status.ok()) {
    const bool has_place = absl::StartsWith(status.message(), options.config_file);
    return has_place ? status
                     : absl::InvalidArgumentError(
                           absl::StrCat(options.config_file, ": ", status.message()));
  }
  if (auto status = LoadPasswords(config->anycast); !status.ok()) return status;
  return config;
}

std::string DescribeConfig(const Config& config) {
  std::string out;
  for (const AnycastConfig::Service& service : config.anycast.services) {
    std::vector<std::string> prefixes;
    std::vector<std::string> addresses;
    for (const Prefix& prefix : service.prefixes) prefixes.push_back(prefix.ToText());
    for (const SocketAddress& address : service.addresses) addresses.push_back(address.ToText());
    absl::StrAppend(&out, "service ", service.name, ": ", absl::StrJoin(prefixes, " "),
                    ", probed at ", absl::StrJoin(addresses, " "), "\n");
  }
  if (config.anycast.bgp.has_value()) {
    for (const AnycastConfig::Neighbor& neighbor : config.anycast.bgp->neighbors) {
      absl::StrAppend(&out, "bgp neighbor ", neighbor.address.ToText(), " AS", neighbor.as, "\n");
    }
  }
  for (const std::string& warning : CheckAnycast(config).warnings) {
    absl::StrAppend(&out, "warning: ", warning, "\n");
  }
  return out;
}

std::string SidecarVersion() { return absl::StrCat("hither-anycast ", HITHER_VERSION); }

namespace {

// $policy, $sidecar: the defaults of AnycastConfig.
constexpr absl::string_view kHelp =
    R"(hither-anycast - announce this site's anycast prefixes only while it answers well

USAGE
  hither-anycast [--config FILE] [--check | --dry-run]

Watches the hitherd on this host by its heartbeat and by DNS queries, decides four times a second,
and announces each service's prefixes by BGP or through the kernel's routing table. If the sidecar
dies or hangs, its announcements expire.

FLAGS
  --config FILE  The configuration file, shared with hitherd. Default: /etc/hither/hither.yaml
  --check        Read the configuration, report all errors, and exit.
  --dry-run      Announce nothing; log what would be announced.
  --help, --version

SIGNALS
  SIGTERM, SIGINT  Drain (GRACEFUL_SHUTDOWN), wait until traffic has gone or drain_max has passed,
                   withdraw, and exit. A second signal withdraws at once.
  SIGHUP           Reload, unless that withdraws the last prefix or forgets a drain.

It logs to standard error at log.level and also uses the sections identity, listen, heartbeat and
anycast.

EXIT CODES
  0  fine
  1  the sidecar cannot run
  2  the command line or the configuration is wrong

CONFIGURATION (below anycast:, with the defaults; units as 250ms, 10s, 5m)
  services:                # a list; each may be UP, SOFT, DRAIN or DOWN, by family
    - name: dns
      prefixes: [192.0.2.0/24, "2001:db8::/48"]
      addresses: []        # to probe; default: those of listen: inside of the prefixes
      probe: { name: example.org, type: SOA }       # or probes: [...]
      zones: []            # to watch beside those of the probes
      checks: []           # { name, command: [...], every: 10s, timeout: 2s, level: soft,
                           #   scope: local }
      up:    { }           # attributes by state: med, prepend, communities, large_communities
      soft:  { med: 100, prepend: 2 }
      drain: { med: 200, prepend: 3, communities: [graceful-shutdown] }
$policy
  bgp:
    local_as: 64512
    router_id: 10.0.0.2    # default: made from the node's name, the same at every start
    neighbors:             # hold_time is the lease: routes of a hung sidecar last so long
      - { address: 10.0.0.1, as: 64512, password: none, password_file: none,
          ttl_security: false, multihop: 0, families: [ipv4, ipv6], next_hop_v4: ...,
          next_hop_v6: ..., hold_time: 3s, description: ...,
          local_address: ... }   # fe80::1%eth0: the interface may appear later
  kernel: { mode: address, interface_up: wp-up, interface_soft: wp-soft, interface_drain: wp-drain,
            lease: 3s }    # or mode: metric, with metric_interface, table, metric_up/soft/drain
  exec: { up: [...], soft: [...], drain: [...], down: [...], timeout: 10s }   # no lease:
                           #   routes stay if the sidecar dies; see ExecStopPost=
  dry_run: false
  readback: { bird: /run/bird/bird.ctl, bird_protocol: ..., frr: [vtysh] }
  peers: { listen: 10.0.0.2, hosts: [], max_withdrawn: "50%", outside: [...],
           nodes: [{ name, address, dns, outside: [...] }],  # outside: public, for beacons
                           #   from the service addresses: do answers leave? (UDP 8055)
           key_file: none, accept_key_files: [], accept_unsealed: false }
                           # one list may serve all nodes: an entry for this node is skipped
  admin: { listen: "$sidecar" }   # default under systemd: unix:$RUNTIME_DIRECTORY/admin.sock
  state_file: /var/lib/hither-anycast/state         # or none
  journal: none            # a file for `hither simulate`
)";

std::string Text(absl::Duration value) { return absl::FormatDuration(value); }
template <typename T>
std::string Text(T value) {
  return absl::StrCat(value);
}

// "  policy: { tick: 250ms, ... }", in lines of at most 100 columns.
std::string PolicyHelp() {
  constexpr size_t kColumnsMax = 98;  // Room for a comma and the end of the map.
  const AnycastConfig::Policy policy;
  std::string help;
  std::string line = "  policy: {";
  for (const PolicyField& field : PolicyFields()) {
    const std::string value =
        std::visit([&](auto member) { return Text(policy.*member); }, field.member);
    const std::string setting = absl::StrCat(" ", field.name, ": ", value, ",");
    if (line.size() + setting.size() > kColumnsMax) {
      absl::StrAppend(&help, line, "\n");
      line = "           ";
    }
    line += setting;
  }
  line.pop_back();
  return absl::StrCat(help, line, " }");
}

}  // namespace

std::string SidecarHelp() {
  return absl::StrReplaceAll(kHelp, {{"$policy", PolicyHelp()}, {"$sidecar", kSidecarAdmin}});
}

}  // namespace hither
