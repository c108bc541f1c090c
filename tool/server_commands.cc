// The commands that query a running server's admin endpoint.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/printable.h"
#include "daemon/admin/admin_client.h"
#include "daemon/admin/admin_connection.h"
#include "daemon/admin/http_head.h"
#include "daemon/admin/status.h"
#include "daemon/config/config.h"
#include "dns/name.h"
#include "tool/command.h"

namespace hither {
namespace {

constexpr size_t kZonesShownMax = 50;
constexpr size_t kQueryBytesMax = kAdminHeadBytesMax - 512;  // The rest of the request's head.

ToolResult Failed(absl::string_view command, absl::string_view what) {
  return {kToolFailed, "", absl::StrCat("hither ", command, ": ", what, "\n")};
}

// Parses the arguments that both commands share. False: `result` is the output.
bool Prepare(absl::string_view command, absl::string_view help, const ParsedArguments& parsed,
             std::vector<AdminAddress>& addresses, ToolResult& result) {
  if (!parsed.error.empty()) {
    result = UsageError(command, parsed.error);
    return false;
  }
  if (parsed.Has("--help")) {
    result.out = std::string(help);
    return false;
  }
  if (!parsed.words.empty() && command != "reload") {
    result = UsageError(command, absl::StrCat("unexpected argument '", parsed.words[0],
                                              "'; see hither ", command, " --help"));
    return false;
  }
  absl::StatusOr<std::vector<AdminAddress>> admin = AdminOf(parsed);
  if (!admin.ok()) {
    result = AddressError(command, admin.status());
    return false;
  }
  addresses = *std::move(admin);
  return true;
}

// "?zone=example.org.&zone=example.net."
absl::StatusOr<std::string> QueryOf(const std::vector<absl::string_view>& zones) {
  const absl::Status too_many = absl::InvalidArgumentError(
      absl::StrCat("over ", HttpHead::kParametersMax, " zones, or ", kQueryBytesMax,
                   " octets of names; name fewer, or none to reload all that have changed"));
  if (zones.size() > HttpHead::kParametersMax) return too_many;
  std::string query;
  for (const absl::string_view zone : zones) {
    const absl::StatusOr<Name> name = Name::FromText(zone);
    if (!name.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("zone name '", zone, "': ", name.status().message()));
    }
    absl::StrAppend(&query, query.empty() ? "?" : "&", "zone=");
    for (const char c : name->ToText()) {
      if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-') {
        query += c;
      } else {
        absl::StrAppendFormat(&query, "%%%02X", static_cast<unsigned char>(c));
      }
    }
  }
  if (query.size() > kQueryBytesMax) return too_many;
  return query;
}

}  // namespace

absl::string_view StatusHelp() {
  static const auto* const help = new std::string(WithAdminDefaults(
      R"(hither status - what a running hitherd serves, and what its sidecar announces

USAGE
  hither status [--config FILE | --admin ADDRESS] [--anycast ADDRESS] [--timeout TIME]
                [--json] [--all]

Asks the sidecar first, then hitherd. If the configuration of hitherd has anycast:, a sidecar that
does not answer is reported as an error.

FLAGS
  --admin ADDRESS  The server's admin endpoint: ADDR:PORT on this host, or unix:PATH. Default:
                   $server_of_unit (as under systemd), else $server
  --anycast ADDRESS
                   The sidecar's admin endpoint; `none` asks hitherd alone. Default:
                   $sidecar_of_unit, else $sidecar, else where the
                   configuration of hitherd places it.
  --config FILE    Take both addresses from the daemons' configuration file.
  --timeout TIME   How long to wait for each of the two. Default: 2s
  --json           Print the server's JSON; with --anycast the sidecar's.
  --all            Print all zones that the server lists. Default: 50, those with errors first.

ENVIRONMENT
  $SERVER, $SIDECAR
                   Addresses to use without --admin, --anycast and --config.

A server lists at most 10,000 zones, those with errors first, and counts the others (zones_omitted
in the JSON).

EXIT CODES
  0  both are fine
  1  hitherd or its sidecar does not answer, the sidecar has stopped deciding, or the
     configuration file is wrong
  2  the command line is wrong

EXAMPLES
  hither status
  hither status --config /etc/hither/hither.yaml
  hither status --json | jq '.zones[] | select(.state!="ok")'
)"));
  return *help;
}

namespace {

struct ServerAnswer {
  ToolResult result;
  std::optional<std::string> sidecar;  // As ServerStatus::sidecar.
};

ServerAnswer AskServerStatus(const std::vector<AdminAddress>& addresses, bool json,
                             size_t zones_max, absl::Duration timeout) {
  const absl::StatusOr<AdminReply> reply =
      AskProgram(addresses, "GET", "/status", timeout, kAskHitherd);
  if (!reply.ok()) return {Failed("status", reply.status().message()), {}};
  if (reply->code != 200) return {Failed("status", RefusalOf(*reply)), {}};
  if (json) return {{kToolFine, PrintableLines(reply->body), ""}, {}};
  const absl::StatusOr<ServerStatus> status = FromJson(reply->body);
  if (!status.ok()) {
    return {Failed("status", absl::StrCat(status.status().message(), "; check that ",
                                          reply->from.ToText(), " is hitherd's address")),
            {}};
  }
  return {{kToolFine, ToText(*status, zones_max), ""}, status->sidecar};
}

// Both reports; a failure of one does not hide the other.
ToolResult Joined(ToolResult sidecar, const ToolResult& server) {
  const bool is_gap = !sidecar.out.empty() && !server.out.empty();
  absl::StrAppend(&sidecar.out, is_gap ? "\n" : "", server.out);
  absl::StrAppend(&sidecar.err, server.err);
  sidecar.code = std::max(sidecar.code, server.code);
  return sidecar;
}

// The sidecar may be where only hitherd's configuration says.
ToolResult AskSidecarAt(const std::string& address, absl::Duration timeout) {
  ParsedArguments there;
  there.values.emplace_back("--anycast", absl::string_view(address));
  return AskSidecarStatus(there, timeout);
}

ToolResult AskBoth(const ParsedArguments& parsed, const std::vector<AdminAddress>& addresses,
                   absl::Duration timeout) {
  const bool is_alone = parsed.Value("--anycast", "") == "none";
  // First: its report matters most when hitherd is dead or hangs.
  ToolResult sidecar = is_alone ? ToolResult{} : AskSidecarStatus(parsed, timeout);
  const ServerAnswer server =
      AskServerStatus(addresses, false, parsed.Has("--all") ? SIZE_MAX : kZonesShownMax, timeout);
  if (is_alone) return server.result;
  if (server.sidecar.value_or("") == "none") return server.result;  // It has no such endpoint.
  if (sidecar.code == kToolFine || NamesSidecar(parsed)) return Joined(sidecar, server.result);
  const bool is_there = !sidecar.out.empty() || server.sidecar.has_value();
  // A node without anycast: has none. If hitherd was sought at the default place and is silent,
  // nothing says what this node has.
  const bool is_unknown = server.result.code != kToolFine && parsed.Value("--admin", "").empty();
  if (!is_there && !is_unknown) return server.result;
  if (sidecar.out.empty() && !server.sidecar.value_or("").empty()) {
    sidecar = AskSidecarAt(*server.sidecar, timeout);
  }
  return Joined(sidecar, server.result);
}

}  // namespace

ToolResult RunStatus(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--admin", "--anycast", "--config", "--timeout"};
  constexpr absl::string_view kSwitches[] = {"--json", "--all"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, kSwitches);
  std::vector<AdminAddress> addresses;
  ToolResult result;
  if (!Prepare("status", StatusHelp(), parsed, addresses, result)) return result;
  absl::Duration timeout;
  if (!absl::ParseDuration(parsed.Value("--timeout", "2s"), &timeout) ||
      timeout <= absl::ZeroDuration() || timeout > absl::Minutes(10)) {
    return UsageError("status", "--timeout is not a time up to 10m; write it as 500ms or 5s");
  }
  if (!parsed.Has("--json")) return AskBoth(parsed, addresses, timeout);
  const absl::string_view anycast = parsed.Value("--anycast", "none");
  if (anycast != "none") return AskSidecarJson("status", parsed, timeout);
  return AskServerStatus(addresses, true, 0, timeout).result;
}

absl::string_view ReloadHelp() {
  static const auto* const help = new std::string(WithAdminDefaults(
      R"(hither reload - have a running hitherd, or its sidecar, load what has changed

USAGE
  hither reload [--config FILE | --admin ADDRESS] [--timeout TIME] [ZONE...]
  hither reload --anycast ADDRESS [--config FILE] [--timeout TIME] [--confirm] [--dry-run]

The server reads the configuration's zones and every changed zone file again, without losing a
query. If a zone has errors, its last good version stays in service. The command waits for the end
of the reload and prints which zones have changed, with their serials, and every warning.

With ZONEs (at most 64) it looks at the files of these zones only; the configuration is read all
the same.

The program at the address is asked first who it is: hitherd never reloads for a command to the
sidecar, nor the sidecar for one to hitherd.

A zone file that looks half written (its last line has no end, or it became shorter and kept its
serial) is loaded once nobody has changed it for reload.settle (default 1s).

With --anycast the sidecar reads the configuration again and reports which routes that withdraws.
It refuses to withdraw the last prefix or to forget a drain. A renamed service is a new one, so its
drain would be forgotten.

FLAGS
  --admin ADDRESS  The server's admin endpoint: ADDR:PORT on this host, or unix:PATH. Default:
                   $SERVER in the environment, else $server_of_unit
                   (as under systemd), else $server
  --config FILE    Take the address from the daemons' configuration file.
  --anycast ADDRESS
                   Reload the sidecar at this admin endpoint instead; `default` finds it as
                   `hither explain` does.
  --timeout TIME   The longest wait for the result; the reload goes on. Default: 10m. A program that
                   hangs is an error after 10s.
  --confirm        Allow the sidecar to withdraw the last prefix or to forget a drain.
  --dry-run        Only report what the sidecar would change.

EXIT CODES
  0  loaded
  1  something was not loaded (the errors are printed), no such program answers there or not in
     time, or the configuration file is wrong
  2  the command line is wrong

EXAMPLES
  hither reload
  hither reload example.org
  hither check example.org.zone && hither reload
  hither reload --anycast default --dry-run
)"));
  return *help;
}

ToolResult Reload(std::span<const AdminAddress> addresses, const std::string& query,
                  absl::Duration timeout, const AdminProgram& program) {
  const absl::StatusOr<AdminAddress> there =
      FindProgram(addresses, program, std::min(timeout, kAdminSignOfLifeMax));
  if (!there.ok()) return Failed("reload", there.status().message());
  const absl::StatusOr<AdminReply> reply =
      AskAdmin(std::span(&*there, 1), "POST", absl::StrCat("/reload", query), timeout, program);
  if (absl::IsDeadlineExceeded(reply.status())) {
    return Failed("reload",
                  absl::StrCat("the reload has begun, and ", program.name, " at ", there->ToText(),
                               " has not ended it within ", absl::FormatDuration(timeout),
                               "; it goes on: see the log for its result, or wait longer with "
                               "--timeout"));
  }
  if (!reply.ok()) return Failed("reload", reply.status().message());
  if (reply->code == 200) return {kToolFine, PrintableLines(reply->body), ""};
  // The errors in zones and configuration, each with its file.
  const bool is_report = reply->code == 500 && program.name == kAskHitherd.name;
  if (is_report && !reply->body.empty()) return {kToolFailed, "", PrintableLines(reply->body)};
  return Failed("reload", RefusalOf(*reply));
}

namespace {

// "": nothing is wrong with the arguments.
std::string WrongInReload(const ParsedArguments& parsed) {
  if (!parsed.error.empty() || parsed.Has("--help")) return parsed.error;
  if (!parsed.IsGiven("--anycast")) {
    return parsed.switches.empty()
               ? ""
               : "--confirm and --dry-run are the sidecar's; add --anycast ADDRESS";
  }
  if (!parsed.words.empty()) return "the sidecar has no zones; leave them out, or --anycast";
  if (!parsed.IsGiven("--admin")) return "";
  return "--admin is hitherd and --anycast the sidecar; give one of them";
}

}  // namespace

ToolResult RunReload(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--admin", "--anycast", "--config", "--timeout"};
  constexpr absl::string_view kSwitches[] = {"--confirm", "--dry-run"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, kSwitches);
  // An empty --anycast, as from an unset variable, does not mean hitherd.
  const bool is_of_sidecar = parsed.IsGiven("--anycast");
  std::vector<AdminAddress> addresses;
  ToolResult result;
  if (const std::string wrong = WrongInReload(parsed); !wrong.empty()) {
    return UsageError("reload", wrong);
  }
  if (parsed.Has("--help")) return {kToolFine, std::string(ReloadHelp()), ""};
  absl::Duration timeout;
  if (!absl::ParseDuration(parsed.Value("--timeout", "10m"), &timeout) ||
      timeout <= absl::ZeroDuration() || timeout > absl::Hours(24)) {
    return UsageError("reload", "--timeout is not a time up to 24h; write it as 30s or 10m");
  }
  if (is_of_sidecar) return ReloadSidecar(parsed, timeout);
  const absl::StatusOr<std::string> query = QueryOf(parsed.words);
  if (!query.ok()) return UsageError("reload", query.status().message());
  if (!Prepare("reload", ReloadHelp(), parsed, addresses, result)) return result;
  return Reload(addresses, *query, timeout, kAskHitherd);
}

}  // namespace hither
