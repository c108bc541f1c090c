#include "anycast/options.h"

#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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
      return absl::InvalidArgumentError("--config: no file follows; give its path");
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
        options.config_file, ": there is no anycast: in it; see hither-anycast --help"));
  }
  if (options.dry_run) {
    config->anycast.bgp.reset();
    config->anycast.kernel.reset();
    config->anycast.exec.reset();
    config->anycast.dry_run = true;
  }
  if (config->anycast.admin_text.empty()) {
    config->anycast.admin_text = DefaultAdmin(std::getenv("RUNTIME_DIRECTORY"), "127.0.0.1:8054");
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

absl::string_view SidecarHelp() {
  return R"(hither-anycast - announce this site's anycast prefixes only while it answers well

USAGE
  hither-anycast [--config FILE] [--check | --dry-run]

Watches the hitherd beside it (its heartbeat, and DNS queries as a stranger would send them),
decides four times a second, and announces the prefixes of each service by BGP or through the
kernel's routing table. If it dies or hangs, what it announces ends by itself.

FLAGS
  --config FILE  The configuration, which hitherd reads, too. Default: /etc/hither/hither.yaml
  --check        Read the configuration, tell all errors, end.
  --dry-run      Announce nothing; log what would be announced.
  --help, --version

SIGNALS
  SIGTERM, SIGINT  Drain (GRACEFUL_SHUTDOWN), wait until traffic has gone or drain_max, withdraw,
                   end. A second one withdraws at once.
  SIGHUP           Reload, if that withdraws not the last prefix and forgets no drain.

It logs to standard error, by log.level; of the rest of the configuration it takes identity, listen,
heartbeat and anycast.

EXIT CODES
  0  fine
  1  it cannot run
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
  policy: { tick: 250ms, fall: 3, rise: 10s, rise_first: 1s, warm_up: 5s, hold_down: 10s,
            hold_down_max: 5m, withdrawals_max: 2, withdrawals_window: 10m, drain_min: 3s,
            drain_max: 60s, drained_queries_per_second: 1, servfail_share_max: 0.05,
            drop_share_max: 0.05, stuck_after: 1s, lease: 2s }
  bgp:
    local_as: 64512
    router_id: 10.0.0.2    # default: made from the node's name, the same at every start
    neighbors:             # hold_time is the lease: what the neighbor waits for a hung sidecar
      - { address: 10.0.0.1, as: 64512, password: none, password_file: none,
          ttl_security: false, multihop: 0, families: [ipv4, ipv6], next_hop_v4: ...,
          next_hop_v6: ..., hold_time: 3s, description: ...,
          local_address: ... }   # fe80::1%eth0: the interface may appear later
  kernel: { mode: address, interface_up: wp-up, interface_soft: wp-soft, interface_drain: wp-drain,
            lease: 3s }    # or mode: metric, with metric_interface, table, metric_up/soft/drain
  exec: { up: [...], soft: [...], drain: [...], down: [...], timeout: 10s }   # no lease: what a
                           #   command did stays done if the sidecar dies; see ExecStopPost=
  dry_run: false
  readback: { bird: /run/bird/bird.ctl, bird_protocol: ..., frr: [vtysh] }
  peers: { listen: 10.0.0.2, hosts: [], max_withdrawn: "50%", outside: [...],
           nodes: [{ name, address, dns, outside: [...] }],  # outside: public, for beacons
                           #   from the service addresses: do answers leave? (UDP 8055)
           key_file: none, accept_key_files: [], accept_unsealed: false }
                           # one list may serve all nodes: an entry for this node is skipped
  admin: { listen: "127.0.0.1:8054" }   # default under systemd: unix:$RUNTIME_DIRECTORY/admin.sock
  state_file: /var/lib/hither-anycast/state         # or none
  journal: none            # a file for `hither simulate`
)";
}

}  // namespace hither
