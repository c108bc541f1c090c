#include "server/options.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/nearest.h"
#include "daemon/config/nsid.h"
#include "daemon/heartbeat/heartbeat_page.h"
#include "dns/name_hash.h"
#include "zones/set/name_table.h"

namespace hither {
namespace {

// The flags while they are applied to a configuration.
struct Overlay {
  Config& config;
  std::vector<SocketAddress> listen = {};
  ZoneSources zones = {};
};

struct Flag {
  absl::string_view name;
  absl::Status (*apply)(absl::string_view value, Overlay& over);
};

absl::Status ApplyListen(absl::string_view value, Overlay& over) {
  const absl::StatusOr<SocketAddress> address = ParseListen(value);
  if (!address.ok()) return address.status();
  if (std::find(over.listen.begin(), over.listen.end(), *address) != over.listen.end()) {
    return absl::InvalidArgumentError(absl::StrCat(address->ToText(), " is given twice; keep one"));
  }
  if (over.listen.size() == kListenAddressesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("over ", kListenAddressesMax, " addresses; use 0.0.0.0 and [::] for all"));
  }
  over.listen.push_back(*address);
  return absl::OkStatus();
}

absl::Status ApplyZone(absl::string_view value, Overlay& over) {
  const size_t equals = value.find('=');
  if (equals == absl::string_view::npos || equals == 0 || equals + 1 == value.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", value, "' is not ORIGIN=FILE; write example.org=example.org.zone"));
  }
  const absl::StatusOr<Name> name = Name::FromText(value.substr(0, equals));
  if (!name.ok()) return name.status();
  for (const ZoneSource zone : over.zones) {  // As many as fit on a command line.
    if (zone.name().EqualsIgnoreCase(*name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("zone ", name->ToText(), " is given twice; keep one"));
    }
  }
  const absl::string_view file = value.substr(equals + 1);
  if (file.size() > kPathBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path has over ", kPathBytesMax, " octets; shorten it"));
  }
  over.zones.Add(*name, file);
  return absl::OkStatus();
}

absl::Status ApplySite(absl::string_view value, Overlay& over) {
  over.config.identity.site = std::string(value);
  return CheckIdentityWord("identity.site", value);
}

absl::Status ApplyNode(absl::string_view value, Overlay& over) {
  over.config.identity.node = std::string(value);
  return CheckIdentityWord("identity.node", value);
}

absl::Status ApplyNsid(absl::string_view value, Overlay& over) {
  over.config.identity.nsid_template = std::string(value);
  return CheckNsidTemplate(value);
}

absl::Status ApplyWorkers(absl::string_view value, Overlay& over) {
  const bool digits = value.find_first_not_of("0123456789") == absl::string_view::npos;
  if (!digits || !absl::SimpleAtoi(value, &over.config.workers) ||
      over.config.workers > kWorkersMax) {
    return absl::InvalidArgumentError(absl::StrCat("'", value,
                                                   "' is not a number of workers; give 0 (one for "
                                                   "each core) to ",
                                                   kWorkersMax));
  }
  return absl::OkStatus();
}

absl::Status ApplyAdmin(absl::string_view value, Overlay& over) {
  absl::StatusOr<AdminAddress> admin = ParseAdmin(value);
  if (!admin.ok()) return admin.status();
  over.config.admin = *std::move(admin);
  return absl::OkStatus();
}

absl::Status ApplyHeartbeat(absl::string_view value, Overlay& over) {
  over.config.heartbeat = value == "none" ? "" : std::string(value);
  return absl::OkStatus();
}

absl::Status ApplyUser(absl::string_view value, Overlay& over) {
  over.config.user = std::string(value);
  return absl::OkStatus();
}

constexpr Flag kFlags[] = {
    {"listen", ApplyListen}, {"site", ApplySite}, {"node", ApplyNode},
    {"nsid", ApplyNsid},     {"zone", ApplyZone}, {"workers", ApplyWorkers},
    {"admin", ApplyAdmin},   {"user", ApplyUser}, {"heartbeat", ApplyHeartbeat},
};

constexpr absl::string_view kAllFlags[] = {
    "--listen", "--site",      "--node", "--nsid",  "--zone",    "--workers", "--config",
    "--admin",  "--heartbeat", "--user", "--check", "--version", "--help",
};

const Flag* FindFlag(absl::string_view name) {
  for (const Flag& flag : kFlags) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

// True for the flags without a value; sets the mode. --help takes precedence, then --version.
bool ReadMode(absl::string_view argument, Options::Mode& mode) {
  Options::Mode asked;
  if (argument == "--help" || argument == "-h") {
    asked = Options::Mode::kHelp;
  } else if (argument == "--version" || argument == "-V") {
    asked = mode == Options::Mode::kHelp ? mode : Options::Mode::kVersion;
  } else if (argument == "--check") {
    asked = mode == Options::Mode::kServe ? Options::Mode::kCheck : mode;
  } else {
    return false;
  }
  mode = asked;
  return true;
}

std::string UnknownArgument(absl::string_view argument) {
  if (!absl::StartsWith(argument, "-")) {
    return absl::StrCat("'", argument, "': not a flag; zones are given as --zone ORIGIN=FILE");
  }
  const absl::string_view name = argument.substr(0, argument.find('='));
  if (std::find(std::begin(kAllFlags), std::end(kAllFlags), name) != std::end(kAllFlags)) {
    return absl::StrCat(name, ": takes no value; write ", name, " alone");
  }
  return absl::StrCat("unknown flag ", name, SuggestWord(name, kAllFlags));
}

// The command line names few zones, the file may name a million: search each of the file's among
// the command line's, not the reverse.
void OverlayZones(const ZoneSources& over, ZoneSources& zones) {
  NameTable names;
  names.Reserve(over.size());
  for (size_t i = 0; i < over.size(); ++i) {
    names.Insert(HashName(over[i].name()), static_cast<uint32_t>(i));
  }
  std::vector<bool> placed(over.size());
  for (size_t at = 0; at < zones.size(); ++at) {
    const NameView name = zones[at].name();
    const uint32_t found = names.Find(
        HashName(name), [&](uint32_t i) { return over[i].name().EqualsIgnoreCase(name); });
    if (found == NameTable::kNone) continue;
    zones.Replace(at, over[found].file());
    placed[found] = true;
  }
  for (size_t i = 0; i < over.size(); ++i) {
    if (!placed[i]) zones.Add(over[i].name(), over[i].file());
  }
}

// Applies the flags to `config`; collects the errors, a line each.
std::vector<std::string> Apply(const Options& options, Config& config) {
  std::vector<std::string> errors;
  Overlay over{config};
  for (const auto& [name, value] : options.flags) {
    const absl::Status status =
        value.empty() ? absl::InvalidArgumentError("no value; give one, as in --name value")
                      : FindFlag(name)->apply(value, over);
    if (!status.ok()) errors.push_back(absl::StrCat("--", name, ": ", status.message()));
  }
  if (!over.listen.empty()) config.listen = std::move(over.listen);
  if (over.zones.empty()) return errors;
  OverlayZones(over.zones, config.zones);
  return errors;
}

absl::Status Gathered(const std::vector<std::string>& errors) {
  if (errors.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
}

// $NAME: the default of the setting NAME, from Config, or another constant; see HelpText().
constexpr absl::string_view kHelp =
    R"(hitherd - serve DNS zones from memory as one site of an anycast fleet

USAGE
  hitherd --config FILE [flags]
  hitherd --zone ORIGIN=FILE [--zone ORIGIN=FILE ...] [flags]

FLAGS  (each as --name VALUE or --name=VALUE; they override the configuration file)
  --config FILE         Read the YAML configuration FILE. Paths in it are relative to its folder.
  --zone ORIGIN=FILE    Serve the zone ORIGIN from the master file FILE (RFC 1035 section 5).
                        Repeatable. Adds to the file's zones; replaces one of the same name.
  --listen ADDR:PORT    Answer on this address by UDP and TCP: 192.0.2.53:53, [2001:db8::53]:53;
                        without a port: $dns_port. Repeatable. Replaces all of the file's addresses.
                        An address need not be on this host yet.       Default: 0.0.0.0 and [::].
  --site NAME           This site's name, sent in NSID and id.server.           Default: none.
  --node NAME           This node's name within the site.                Default: the host name.
  --nsid TEMPLATE       The text of NSID, at most $nsid_max octets; {site}, {node} and {worker} are
                        replaced.   Default: "{node}.{site}", or "{node}" if no site is named.
  --workers N           Threads that answer, 0 to $workers_max; 0: one for each core.)"
    R"(         Default: $workers.
  --admin ADDRESS       The endpoint for `hither status` and metrics: a loopback
                        ADDR:PORT, unix:PATH or none.                     Default: $admin;
                        under systemd a UNIX socket, unix:$RUNTIME_DIRECTORY/admin.sock.
  --heartbeat PATH      A file in memory where hither-anycast reads the server's health; or none.
                        Only its user and group can read it; the sidecar must run as one of
                        them.       Default: $heartbeat if that folder exists.
  --user NAME           Started as root: become NAME after binding; "root" stays root.
                        Default: "hither" if that account exists, else "nobody".
  --check               Read the configuration and all zones, report every error, and exit.
  --version             Print the version.
  --help                Print this.

SIGNALS
  HUP                   Read the configuration's zones again and serve the changes; if a zone
                        has errors, its last good version stays in service.
  TERM, INT             Answer the queries that have arrived, then exit.

EXIT CODES
  0  stopped by a signal, or --check found no error
  1  cannot serve (an address cannot be bound, ...), or --check found an error
  2  the command line or the configuration file is wrong

EXAMPLES
  hitherd --listen 127.0.0.1:5300 --site lab1 --zone example.org=example.org.zone
      then: dig +nsid @127.0.0.1 -p 5300 www.example.org
  hitherd --config /etc/hither/hither.yaml --check
  hitherd --config /etc/hither/hither.yaml --site fra1 --nsid "{node}.{site}.example.net"
  hitherd --listen 192.0.2.53 --listen "[2001:db8::53]" --zone .=root.zone --workers 4

CONFIGURATION FILE  (every key is optional; times have a unit, such as 500ms, 10s or 2m)
  identity: { site: fra1, node: ns2, nsid: "{node}.{site}.example.net" }
  listen: ["192.0.2.53:53", "[2001:db8::53]:53"]
  workers: $workers
  user: hither
  version: hidden              # or a text; default: the server's name and version
  udp:  { payload_bytes_max: $payload_bytes_max, receive_buffer_bytes: $receive_buffer_bytes,
          batch_size: $batch_size }
  tcp:  { connections_max: $connections_max,
          connections_per_prefix_max: $connections_per_prefix_max,     # prefix: IPv4 /24, IPv6 /56
          idle_timeout: $idle_timeout, lifetime_max: $lifetime_max,
          unsent_bytes_max: $unsent_bytes_max }
  zones:
    - { name: example.org, file: zones/example.org.zone }
    - { name: example.net, image: zones/example.net.image }   # made by: hither compile; with
                             # file: too, the text is read if it differs from the image
    - { list: zones/list.txt }     # a file with a zone on each line: NAME FILE; for many zones
    - { folder: zones/all, pattern: "*.zone" }     # each file that fits is the zone that * spells
  image_cache: none     # or a folder: caches the images of zones read as text;
                        # the server's user must own it and be the only one who may write in it
  admin: { listen: "$admin" }                                # or unix:PATH, or none
  metrics: { listen: "10.0.0.2:8053",   # /metrics, /healthz and /status, remote; default: none
             hosts: [] }                # allowed host names in requests; addresses always are
  heartbeat: $heartbeat      # or none; read by hither-anycast, on a tmpfs
  log:   { level: info, target: stderr }                             # debug info warning error
  limits: { records_per_rrset_max: $records_per_rrset_max, types_per_name_max: $types_per_name_max,
            nsec3_iterations_max: $nsec3_iterations_max,   # fewer if the salt is long; at most 2500
            include_depth_max: $include_depth_max, generate_records_max: $generate_records_max,
            include_folder: none }   # $$INCLUDE reads files below it; none: below the zone file's
  reload: { settle: $settle,    # a changed file that looks half written is complete after so long
            watch: false }  # true: reload by itself when files change
)";

}  // namespace

absl::StatusOr<Options> ParseOptions(std::span<const char* const> arguments) {
  Options options;
  std::vector<std::string> errors;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const absl::string_view argument = arguments[i];
    if (ReadMode(argument, options.mode)) continue;
    const size_t equals = argument.find('=');
    const absl::string_view name = argument.substr(0, equals);
    const bool is_config = name == "--config";
    if (!is_config && (!absl::StartsWith(name, "--") || FindFlag(name.substr(2)) == nullptr)) {
      errors.push_back(UnknownArgument(argument));
      continue;
    }
    if (equals == absl::string_view::npos && i + 1 == arguments.size()) {
      errors.push_back(absl::StrCat(name, ": no value; give one, as in ", name, " value"));
      continue;
    }
    const std::string value(equals == absl::string_view::npos ? absl::string_view(arguments[++i])
                                                              : argument.substr(equals + 1));
    if (!is_config) {
      options.flags.emplace_back(std::string(name.substr(2)), value);
    } else if (!options.config_file.empty() || value.empty()) {
      errors.push_back("--config: give it once, with the path of a file");
    } else {
      options.config_file = value;
    }
  }
  Config scratch;  // Only to find the errors now; a reload applies them to the file again.
  for (std::string& error : Apply(options, scratch)) errors.push_back(std::move(error));
  if (options.mode == Options::Mode::kHelp) return options;  // Help even with errors.
  if (absl::Status status = Gathered(errors); !status.ok()) return status;
  return options;
}

absl::StatusOr<Config> BuildConfig(const Options& options) {
  Config config;
  if (!options.config_file.empty()) {
    absl::StatusOr<Config> from_file = LoadConfigFile(options.config_file);
    if (!from_file.ok()) return from_file.status();
    config = *std::move(from_file);
  }
  if (absl::Status status = Gathered(Apply(options, config)); !status.ok()) return status;
  char host_name[256] = "";  // HOST_NAME_MAX is 64 on Linux.
  if (gethostname(host_name, sizeof host_name - 1) != 0 || host_name[0] == '\0') {
    return absl::FailedPreconditionError("this host has no name; give --node NAME");
  }
  if (config.admin.is_default) {
    const std::string admin = DefaultAdmin(std::getenv("RUNTIME_DIRECTORY"), kServerAdmin);
    config.admin = *ParseAdmin(admin);
  }
  if (absl::Status status = FinishConfig(host_name, config); !status.ok()) {
    const bool is_of_file = absl::StartsWith(status.message(), "anycast: ");  // No flag is.
    return is_of_file ? WithFile(options.config_file, status) : status;
  }
  return config;
}

std::string VersionText() { return absl::StrCat("hitherd ", HITHER_VERSION); }

std::string HelpText() {
  const Config defaults;
  const Config::Udp& udp = defaults.udp;
  const Config::Tcp& tcp = defaults.tcp;
  const Config::Limits& limits = defaults.limits;
  return absl::StrReplaceAll(
      kHelp, {{"$workers", absl::StrCat(defaults.workers)},
              {"$workers_max", absl::StrCat(kWorkersMax)},
              {"$dns_port", absl::StrCat(kDnsPort)},
              {"$nsid_max", absl::StrCat(kNsidBytesMax)},
              {"$heartbeat", kHeartbeatDefaultPath},
              {"$payload_bytes_max", absl::StrCat(udp.payload_bytes_max)},
              {"$receive_buffer_bytes", absl::StrCat(udp.receive_buffer_bytes)},
              {"$batch_size", absl::StrCat(udp.batch_size)},
              {"$connections_max", absl::StrCat(tcp.connections_max)},
              {"$connections_per_prefix_max", absl::StrCat(tcp.connections_per_prefix_max)},
              {"$idle_timeout", absl::FormatDuration(tcp.idle_timeout)},
              {"$lifetime_max", absl::FormatDuration(tcp.lifetime_max)},
              {"$unsent_bytes_max", absl::StrCat(tcp.unsent_bytes_max)},
              {"$admin", kServerAdmin},
              {"$records_per_rrset_max", absl::StrCat(limits.records_per_rrset_max)},
              {"$types_per_name_max", absl::StrCat(limits.types_per_name_max)},
              {"$nsec3_iterations_max", absl::StrCat(limits.nsec3_iterations_max)},
              {"$include_depth_max", absl::StrCat(limits.include_depth_max)},
              {"$generate_records_max", absl::StrCat(limits.generate_records_max)},
              {"$settle", absl::FormatDuration(defaults.reload.settle)},
              {"$$", "$"}});
}

}  // namespace hither
