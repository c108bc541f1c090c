#ifndef HITHER_DAEMON_CONFIG_CONFIG_H_
#define HITHER_DAEMON_CONFIG_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/log_level.h"
#include "base/socket_address.h"
#include "daemon/config/anycast_config.h"
#include "daemon/config/zone_folder.h"
#include "daemon/config/zone_list.h"
#include "dns/name.h"
#include "dns/payload_size.h"
#include "zones/set/limit_defaults.h"
#include "zones/set/zone_source.h"

namespace hither {

inline constexpr uint64_t kConfigBytesMax = 256ull << 20;  // A million zones are about 60 MB.
inline constexpr size_t kConfigErrorsMax = 100;            // Reported together.
inline constexpr size_t kListenAddressesMax = 256;
inline constexpr uint16_t kDnsPort = 53;
inline constexpr uint16_t kAdminPort = 8053;
// The default admin endpoints, and those of the systemd units.
inline constexpr char kServerAdmin[] = "127.0.0.1:8053";
inline constexpr char kServerAdminOfUnit[] = "unix:/run/hither/admin.sock";
inline constexpr char kSidecarAdmin[] = "127.0.0.1:8054";
inline constexpr char kSidecarAdminOfUnit[] = "unix:/run/hither-anycast/admin.sock";

// Where the admin endpoint listens: one of the two, or neither (switched off).
struct AdminAddress {
  std::optional<SocketAddress> tcp;  // A loopback address.
  std::string unix_path;
  bool is_default = false;  // Not configured by the operator.

  bool IsOff() const { return !tcp.has_value() && unix_path.empty(); }
  std::string ToText() const;  // "127.0.0.1:8053", "unix:/run/hither/admin.sock" or "none".
};

// Everything an operator can choose, with its defaults: a plain value. FinishConfig completes a
// default-constructed one. Ranges are next to the keys in config_reader.cc.
struct Config {
  struct Identity {
    std::string site;           // Empty: the server has none.
    std::string node;           // Default: the host's name.
    std::string nsid_template;  // For ExpandNsid. Default: "{node}.{site}" or "{node}".
    friend bool operator==(const Identity&, const Identity&) = default;
  } identity;

  std::vector<SocketAddress> listen;  // Default: 0.0.0.0:53 and [::]:53.
  int workers = 0;                    // 0: one for each core.
  std::string user;  // The user to become after binding, if root. Empty: "hither", else "nobody".
  std::string version;  // For version.bind. Default: "Hither 0.1.0"; empty: hidden.

  struct Udp {
    uint16_t payload_bytes_max = kUdpPayloadBytesDefault;
    uint32_t receive_buffer_bytes = 4u << 20;  // Of each socket; the kernel may give less.
    int batch_size = 32;                       // Datagrams for each recvmmsg().
    friend bool operator==(const Udp&, const Udp&) = default;
  } udp;

  struct Tcp {
    int connections_max = 1'024;          // Of the whole process.
    int connections_per_prefix_max = 64;  // Of one client network: an IPv4 /24 or an IPv6 /56.
    absl::Duration idle_timeout = absl::Seconds(10);   // Without a query; sent by RFC 7828.
    absl::Duration lifetime_max = absl::Seconds(120);  // Of a connection, busy or idle.
    uint32_t unsent_bytes_max = 256u << 10;  // Answers queued for a client that reads slowly.
    friend bool operator==(const Tcp&, const Tcp&) = default;
  } tcp;

  ZoneSources zones;        // No name twice.
  std::string image_cache;  // A folder for images of zones that were read as text. Empty: none.
  AdminAddress admin;       // Default: 127.0.0.1:8053.
  // Where other hosts may read the pages of `admin`, without its commands. None: nowhere.
  std::optional<SocketAddress> metrics;
  std::vector<std::string> metrics_hosts;  // Names allowed in requests, besides addresses.
  // Where hitherd reports its health to the sidecar (heartbeat_page.h). Empty: nowhere. Default:
  // kHeartbeatDefaultPath, for hitherd if the folder exists.
  std::optional<std::string> heartbeat;

  struct Log {
    LogLevel level = LogLevel::kInfo;
    std::string file;  // Empty: standard error.
    friend bool operator==(const Log&, const Log&) = default;
  } log;

  struct Limits {  // On zone files; see ZoneLimits and ZoneFileLimits.
    uint32_t records_per_rrset_max = kRecordsPerRrsetDefault;
    uint32_t types_per_name_max = kTypesPerNameDefault;
    uint16_t nsec3_iterations_max = kNsec3IterationsDefault;
    uint32_t include_depth_max = kIncludeDepthDefault;
    uint32_t generate_records_max = kGenerateRecordsDefault;
    std::string include_folder;  // What $INCLUDE may read is below it. Empty: the zone file's.
    friend bool operator==(const Limits&, const Limits&) = default;
  } limits;

  struct Reload {
    absl::Duration settle = absl::Seconds(1);  // A changed file is complete after so long.
    bool watch = false;                        // Reload when files change.
    friend bool operator==(const Reload&, const Reload&) = default;
  } reload;

  AnycastConfig anycast;  // The sidecar's part; hitherd only checks it.

  // The files that this was read from: the configuration file and its lists of zones.
  std::vector<std::string> files;
  int64_t read_ns = 0;  // When reading began, by the clock that the kernel stamps files with.
  // The folders whose files are zones. To watch: a file may be added.
  struct Folder {
    std::string path;
    ZonePattern pattern;
  };
  std::vector<Folder> folders;

  Config();
};

// Reads a configuration file. Paths in it are relative to its folder. All errors are reported in
// one status, a line each: "file:line: what; what to do". The result still needs FinishConfig.
// Threads: any. Source: an operator's file, possibly wrong in every way; throws nothing.
absl::StatusOr<Config> LoadConfigFile(const std::string& path,
                                      uint64_t bytes_max = kConfigBytesMax);

// Of a failed one: the files and folders to watch, as the configuration may be right once they
// change.
std::vector<std::string> FilesOfFailure(const absl::Status& status);
absl::Status WithFiles(absl::Status status, const std::vector<std::string>& files);

using ZoneFolderReader = absl::StatusOr<std::vector<std::string>> (*)(const std::string& folder,
                                                                      const ZonePattern& pattern);

// The same from memory: errors name `file`, and relative paths start at `folder`. `read_list` reads
// the lists of zones that it names, `read_folder` the folders.
absl::StatusOr<Config> ParseConfig(absl::string_view text, absl::string_view file,
                                   absl::string_view folder,
                                   ZoneListReader read_list = ReadZoneListFile,
                                   ZoneFolderReader read_folder = ReadZoneFolder);

// Fills defaults that depend on other values or on the host (`host_name`), then checks constraints
// between values: the NSID's size, at least one zone.
absl::Status FinishConfig(absl::string_view host_name, Config& config);
// An error of FinishConfig, with the file before each line that does not begin with it.
absl::Status WithFile(absl::string_view file, const absl::Status& error);

// The forms that the file and the command line share. Errors: "what; what to do", without a place.
absl::StatusOr<SocketAddress> ParseListen(absl::string_view text);
absl::StatusOr<AdminAddress> ParseAdmin(absl::string_view text);
// For ParseAdmin(): where a program listens by default: a socket in the folder that the service
// manager created for it (`runtime_directory`, systemd.exec(5); null or empty: none), else
// `otherwise`.
std::string DefaultAdmin(const char* runtime_directory, absl::string_view otherwise);
absl::Status CheckIdentityWord(absl::string_view what, absl::string_view text);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_CONFIG_H_
