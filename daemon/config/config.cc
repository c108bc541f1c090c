#include "daemon/config/config.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/nearest.h"
#include "base/printable.h"
#include "daemon/config/nsid.h"

namespace hither {
namespace {

// sun_path holds 108 octets with the final 0 (unix(7)).
constexpr size_t kUnixPathBytesMax = 107;
// A label's size, so that a site can be a label of a name, as in id.server's answers.
constexpr size_t kSiteBytesMax = 63;

void FillDefaults(absl::string_view host_name, Config& config) {
  Config::Identity& identity = config.identity;
  if (identity.node.empty()) identity.node = std::string(host_name);
  if (identity.nsid_template.empty()) {
    identity.nsid_template = identity.site.empty() ? "{node}" : "{node}.{site}";
  }
  if (config.listen.empty()) {
    config.listen = {*SocketAddress::FromText("0.0.0.0", kDnsPort),
                     *SocketAddress::FromText("[::]", kDnsPort)};
  }
}

}  // namespace

Config::Config() : version(absl::StrCat("Hither ", HITHER_VERSION)) {
  admin.tcp = *SocketAddress::FromText("127.0.0.1", kAdminPort);
  admin.is_default = true;
}

std::string AdminAddress::ToText() const {
  if (tcp.has_value()) return tcp->ToText();
  return unix_path.empty() ? "none" : absl::StrCat("unix:", unix_path);
}

absl::Status FinishConfig(absl::string_view host_name, Config& config) {
  FillDefaults(host_name, config);
  const Config::Identity& identity = config.identity;
  if (auto status = CheckIdentityWord("identity.node", identity.node); !status.ok()) return status;
  if (identity.site.empty() && absl::StrContains(identity.nsid_template, "{site}")) {
    return absl::InvalidArgumentError(
        "the NSID template has {site}, but the site has no name; set identity.site or --site");
  }
  // The last worker has the longest number.
  const size_t nsid_bytes =
      ExpandNsid(identity.nsid_template, identity.site, identity.node, kWorkersMax - 1).size();
  if (nsid_bytes > kNsidBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the NSID would be ", nsid_bytes, " octets long; shorten identity.nsid to give at most ",
        kNsidBytesMax, " (one character-string, RFC 1035 §3.3)"));
  }
  if (config.zones.empty()) {
    return absl::InvalidArgumentError(
        "there is no zone to serve; add one to zones: of the configuration file, or as --zone "
        "ORIGIN=FILE");
  }
  return FinishAnycast(config);
}

absl::Status WithFile(absl::string_view file, const absl::Status& error) {
  std::vector<std::string> lines = absl::StrSplit(error.message(), '\n');
  for (std::string& line : lines) {
    if (!absl::StartsWith(line, file)) line = absl::StrCat(file, ": ", line);
  }
  return absl::Status(error.code(), absl::StrJoin(lines, "\n"));
}

absl::StatusOr<SocketAddress> ParseListen(absl::string_view text) {
  absl::StatusOr<SocketAddress> address = SocketAddress::FromText(text, kDnsPort);
  if (!address.ok()) return address;
  if (address->port() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' has port 0; choose one from 1 to 65535"));
  }
  if (address->IsLinkLocal() && !absl::StrContains(text, '%')) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", text, "' exists on every link; name the interface, as in [fe80::1%eth0]:53"));
  }
  if (address->IsMulticast()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is a multicast or broadcast address; give a unicast one"));
  }
  return address;
}

absl::StatusOr<AdminAddress> ParseAdmin(absl::string_view text) {
  AdminAddress admin;
  if (text == "none") return admin;
  if (absl::StartsWith(text, "unix:")) {
    admin.unix_path = std::string(text.substr(5));
    if (admin.unix_path.empty() || admin.unix_path.size() > kUnixPathBytesMax ||
        absl::StrContains(admin.unix_path, '\0')) {
      return absl::InvalidArgumentError(absl::StrCat("the UNIX socket's path has ",
                                                     admin.unix_path.size(), " octets; give 1 to ",
                                                     kUnixPathBytesMax, " of them after 'unix:'"));
    }
    return admin;
  }
  const absl::StatusOr<SocketAddress> address = SocketAddress::FromText(text, kAdminPort);
  if (!address.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", text, "' is not an admin address; write 127.0.0.1:8053, unix:/path/of.sock or none"));
  }
  if (!address->IsLoopback()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the admin address '", text,
        "' is not a loopback address, and the endpoint has no password; use 127.0.0.1, "
        "[::1] or unix:/path/of.sock"));
  }
  admin.tcp = *address;
  return admin;
}

std::string DefaultAdmin(const char* runtime_directory, absl::string_view otherwise) {
  const absl::string_view folders = runtime_directory == nullptr ? "" : runtime_directory;
  const absl::string_view first = folders.substr(0, folders.find(':'));
  const std::string path = absl::StrCat(first, "/admin.sock");
  const bool is_usable = absl::StartsWith(first, "/") && path.size() <= kUnixPathBytesMax;
  return is_usable ? absl::StrCat("unix:", path) : std::string(otherwise);
}

absl::Status CheckIdentityWord(absl::string_view what, absl::string_view text) {
  const bool printable = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
  const size_t bytes_max = what == "identity.site" ? kSiteBytesMax : kNameBytesMax;
  if (printable && text.size() <= bytes_max) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, " '",
                                                 Printable(std::string(text.substr(0, bytes_max))),
                                                 "' cannot be sent as an NSID; use at most ",
                                                 bytes_max, " letters, digits, '-', '_' and '.'"));
}

}  // namespace hither
