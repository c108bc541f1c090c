#include "anycast/options.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "anycast/host_check.h"
#include "anycast/policy/policy_fields.h"
#include "anycast/route/kernel_backend.h"
#include "base/nearest.h"
#include "base/printable.h"
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
    return WithFile(options.config_file, status);
  }
  if (auto status = LoadPasswords(config->anycast); !status.ok()) return status;
  if (const auto& kernel = config->anycast.kernel; kernel.has_value()) {
    const absl::Status leases = CheckKernelLeases(*kernel, config->anycast.services);
    if (!leases.ok()) return WithFile(options.config_file, leases);
  }
  return config;
}

std::string DescribeConfig(const Config& config) {
  std::string out;
  for (const AnycastConfig::Service& service : config.anycast.services) {
    std::vector<std::string> prefixes;
    std::vector<std::string> addresses;
    for (const Prefix& prefix : service.prefixes) prefixes.push_back(prefix.ToText());
    for (const SocketAddress& address : service.addresses) addresses.push_back(address.ToText());
    absl::StrAppend(&out, "service ", Printable(service.name), ": ", absl::StrJoin(prefixes, " "),
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

absl::StatusOr<std::string> DescribeConfigHere(const Config& config) {
  if (auto files = CheckStateFiles(config.anycast); !files.ok()) return files;
  std::string text = DescribeConfig(config);
  for (const std::string& warning : HostWarnings(config.anycast)) {
    absl::StrAppend(&text, "warning: ", warning, "\n");
  }
  return text;
}

std::string SidecarVersion() { return absl::StrCat("hither-anycast ", HITHER_VERSION); }

namespace {

// Each $name is a default; see Defaults().
constexpr absl::string_view kHelp =
    R"(hither-anycast - announce this site's anycast prefixes only while it answers well

USAGE
  hither-anycast [--config FILE] [--check | --dry-run]

Watches the hitherd on this host by its heartbeat and by DNS queries, decides four times a second,
and announces each service's prefixes by BGP or through the kernel's routing table. If the sidecar
dies or hangs, its announcements expire.

FLAGS
  --config FILE  The configuration file, shared with hitherd. Default: $config_file
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
      probe: { name: example.org, type: $probe_type }       # or probes: [...]
      zones: []            # to watch beside those of the probes
      checks: []           # { name, command: [...], every: $every, timeout: $limit, level: $level,
                           #   scope: $scope }
      up:    { }           # attributes by state: med, prepend, communities, large_communities,
                           #   local_pref
      soft:  $soft
      drain: $drain
$policy
  bgp:
    local_as: 64512
    router_id: 10.0.0.2    # default: made from the node's name, the same at every start
    neighbors:             # hold_time is the lease: routes of a hung sidecar last so long
      - { address: 10.0.0.1, as: 64512, password: none, password_file: none,
          ttl_security: $ttl, multihop: $multihop, families: [ipv4, ipv6], next_hop_v4: ...,
          next_hop_v6: ..., hold_time: $hold_time, description: ...,
          local_address: ...,    # fe80::1%eth0: the interface may appear later
          device: ...,           # an interface or a VRF
          role: ..., role_strict: $strict,  # customer, provider, peer, rs or rs-client (RFC 9234)
          attributes: { },       # added to those of each state; local_pref: in our AS
          services: [...], prefixes: [...] }   # announced to it; default: all
  kernel: { mode: $mode, interface_up: $if_up, interface_soft: $if_soft, interface_drain: $if_drain,
            lease: $lease }    # or mode: metric, with metric_interface, table, metric_up,
                           #   metric_soft, metric_drain
  exec: { up: [...], soft: [...], drain: [...], down: [...], timeout: $exec_timeout }   # no lease:
                           #   routes stay if the sidecar dies; see ExecStopPost=
  dry_run: $dry_run
  readback: { bird: /run/bird/bird.ctl, bird_protocol: ..., frr: [vtysh] }
  peers: { listen: 10.0.0.2,     # TCP $peer_port: status, metrics and the page for peers
           hosts: [], max_withdrawn: "$withdrawn%", outside: [...],
           nodes: [{ name, address, dns, outside: [...] }],  # outside: public, for beacons
                           #   from the service addresses: do answers leave? (UDP $peer_port)
           key_file: none, accept_key_files: [], accept_unsealed: $unsealed }
                           # one list may serve all nodes: an entry for this node is skipped
  admin: { listen: "$sidecar" }   # default under systemd: unix:$RUNTIME_DIRECTORY/admin.sock
  state_file: $state_file         # or none
  journal: $journal            # a file for `hither simulate`
)";

std::string Text(absl::Duration value) { return absl::FormatDuration(value); }
std::string Text(bool value) { return value ? "true" : "false"; }
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
  const auto add = [&](absl::string_view name, const std::string& value) {
    const std::string setting = absl::StrCat(" ", name, ": ", value, ",");
    if (line.size() + setting.size() > kColumnsMax) {
      absl::StrAppend(&help, line, "\n");
      line = "           ";
    }
    line += setting;
  };
  for (const PolicyField& field : PolicyFields()) {
    add(field.name, std::visit([&](auto member) { return Text(policy.*member); }, field.member));
  }
  add("signatures_margin", Text(policy.signatures_margin));
  line.pop_back();
  return absl::StrCat(help, line, " }");
}

// "{ med: 100, prepend: 2 }"
std::string AttributesHelp(const RouteAttributes& attributes) {
  std::vector<std::string> settings;
  if (attributes.med.has_value()) settings.push_back(absl::StrCat("med: ", *attributes.med));
  settings.push_back(absl::StrCat("prepend: ", attributes.prepend));
  std::vector<std::string> communities;
  for (const uint32_t one : attributes.communities) {
    communities.push_back(one == kGracefulShutdown
                              ? "graceful-shutdown"
                              : absl::StrCat("\"", one >> 16, ":", one & 0xFFFF, "\""));
  }
  if (!communities.empty()) {
    settings.push_back(absl::StrCat("communities: [", absl::StrJoin(communities, ", "), "]"));
  }
  return absl::StrCat("{ ", absl::StrJoin(settings, ", "), " }");
}

using Replacements = std::vector<std::pair<absl::string_view, std::string>>;

void AddServiceDefaults(Replacements& to) {
  const AnycastConfig::Service service;
  const AnycastConfig::ExecCheck check;
  to.emplace_back("$probe_type", AnycastConfig::Probe().type);
  to.emplace_back("$every", Text(check.every));
  to.emplace_back("$limit", Text(check.timeout));
  to.emplace_back("$level", check.is_hard ? "hard" : "soft");
  to.emplace_back("$scope", check.is_shared ? "shared" : "local");
  to.emplace_back("$soft", AttributesHelp(service.soft));
  to.emplace_back("$drain", AttributesHelp(service.drain));
}

void AddBackendDefaults(Replacements& to) {
  const AnycastConfig::Neighbor neighbor;
  const AnycastConfig::Kernel kernel;
  to.emplace_back("$ttl", Text(neighbor.ttl_security));
  to.emplace_back("$multihop", Text(neighbor.multihop));
  to.emplace_back("$strict", Text(neighbor.role_strict));
  to.emplace_back("$hold_time", Text(neighbor.hold_time));
  to.emplace_back("$mode", kernel.mode == AnycastKernel::Mode::kAddress ? "address" : "metric");
  to.emplace_back("$if_up", kernel.interface_up);
  to.emplace_back("$if_soft", kernel.interface_soft);
  to.emplace_back("$if_drain", kernel.interface_drain);
  to.emplace_back("$lease", Text(kernel.lease));
  to.emplace_back("$exec_timeout", Text(AnycastConfig::Exec().timeout));
}

// What stands for each $name of kHelp: the defaults are in AnycastConfig and nowhere else.
Replacements Defaults() {
  const AnycastConfig config;
  Replacements all;
  all.emplace_back("$config_file", SidecarOptions().config_file);
  all.emplace_back("$policy", PolicyHelp());
  AddServiceDefaults(all);
  AddBackendDefaults(all);
  all.emplace_back("$dry_run", Text(config.dry_run));
  all.emplace_back("$withdrawn", Text(config.peers.max_withdrawn_percent));
  all.emplace_back("$unsealed", Text(config.peers.accept_unsealed));
  all.emplace_back("$peer_port", Text(kPeerPort));
  all.emplace_back("$sidecar", kSidecarAdmin);
  all.emplace_back("$state_file", config.state_file);
  all.emplace_back("$journal", config.journal_file.empty() ? "none" : config.journal_file);
  return all;
}

}  // namespace

std::string SidecarHelp() { return absl::StrReplaceAll(kHelp, Defaults()); }

}  // namespace hither
