// The commands that query a running server's admin endpoint.

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daemon/admin/admin_client.h"
#include "daemon/admin/http_head.h"
#include "daemon/admin/status.h"
#include "daemon/config/config.h"
#include "dns/name.h"
#include "tool/command.h"

namespace hither {
namespace {

constexpr size_t kZonesShownMax = 50;

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
    result = UsageError(command, admin.status().message());
    return false;
  }
  addresses = *std::move(admin);
  return true;
}

// "?zone=example.org.&zone=example.net."
absl::StatusOr<std::string> QueryOf(const std::vector<absl::string_view>& zones) {
  if (zones.size() > HttpHead::kParametersMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("over ", HttpHead::kParametersMax,
                     " zones; name fewer, or none to reload all that have changed"));
  }
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
  return query;
}

}  // namespace

absl::string_view StatusHelp() {
  static const auto* const help = new std::string(WithAdminDefaults(
      R"(hither status - what a running hitherd serves, and what its sidecar announces

USAGE
  hither status [--admin ADDRESS] [--anycast ADDRESS] [--json] [--all]

FLAGS
  --admin ADDRESS  The server's admin endpoint: ADDR:PORT on this host, or unix:PATH. Default:
                   $server_of_unit (as under systemd), else $server
  --anycast ADDRESS
                   The sidecar's admin endpoint; `none` asks hitherd alone. Default:
                   $sidecar_of_unit, else $sidecar, and it is not an
                   error if no sidecar answers there.
  --json           Print the server's JSON; with --anycast the sidecar's.
  --all            Print all zones that the server lists. Default: 50, those with errors first.

A server lists at most 10,000 zones, those with errors first, and counts the others (zones_omitted
in the JSON).

EXIT CODES
  0  fine
  1  no server answers there
  2  the command line is wrong

EXAMPLES
  hither status
  hither status --json | jq '.zones[] | select(.state!="ok")'
)"));
  return *help;
}

namespace {

ToolResult AskServerStatus(const std::vector<AdminAddress>& addresses, bool json,
                           size_t zones_max) {
  const absl::StatusOr<AdminReply> reply = AskAdmin(addresses, "GET", "/status", absl::Minutes(1));
  if (!reply.ok()) return Failed("status", reply.status().message());
  if (reply->code != 200) {
    return Failed("status", absl::StrCat(reply->from.ToText(), " answers with HTTP code ",
                                         reply->code, ", not as hitherd does; check --admin"));
  }
  if (json) return {kToolFine, reply->body, ""};
  const absl::StatusOr<ServerStatus> status = FromJson(reply->body);
  if (!status.ok()) return Failed("status", status.status().message());
  return {kToolFine, ToText(*status, zones_max), ""};
}

}  // namespace

ToolResult RunStatus(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--admin", "--anycast"};
  constexpr absl::string_view kSwitches[] = {"--json", "--all"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, kSwitches);
  std::vector<AdminAddress> addresses;
  ToolResult result;
  if (!Prepare("status", StatusHelp(), parsed, addresses, result)) return result;
  const absl::string_view anycast = parsed.Value("--anycast", "");
  const bool json = parsed.Has("--json");
  const bool is_named = !anycast.empty() && anycast != "none";
  if (json && is_named) return AskSidecarStatus("status", parsed, json);
  result = AskServerStatus(addresses, json, parsed.Has("--all") ? SIZE_MAX : kZonesShownMax);
  if (json || anycast == "none") return result;
  // The sidecar's report matters most when the responder is dead.
  const ToolResult sidecar = AskSidecarStatus("status", parsed, false);
  if (sidecar.code == kToolFine) {
    absl::StrAppend(&result.out, result.out.empty() ? "" : "\n", sidecar.out);
  } else if (is_named) {
    absl::StrAppend(&result.err, sidecar.err);
    result.code = sidecar.code;
  }
  return result;
}

absl::string_view ReloadHelp() {
  static const auto* const help = new std::string(WithAdminDefaults(
      R"(hither reload - have a running hitherd, or its sidecar, load what has changed

USAGE
  hither reload [--admin ADDRESS] [ZONE...]
  hither reload --anycast ADDRESS [--confirm] [--dry-run]

The server reads the configuration's zones and every changed zone file again, without losing a
query. If a zone has errors, its last good version stays in service. The command waits for the end
of the reload and prints which zones have changed, with their serials, and every warning.

With ZONEs it looks at the files of these zones only; the configuration is read all the same.

A zone file that looks half written (its last line has no end, or it became shorter and kept its
serial) is loaded once nobody has changed it for reload.settle (default 1s).

With --anycast the sidecar reads the configuration again and reports which routes that withdraws.
It refuses to withdraw the last prefix or to forget a drain. A renamed service is a new one, so its
drain would be forgotten.

FLAGS
  --admin ADDRESS  The server's admin endpoint: ADDR:PORT on this host, or unix:PATH. Default:
                   $server_of_unit (as under systemd), else $server

  --anycast ADDRESS
                   Reload the sidecar at this admin endpoint instead; `default` finds it as
                   `hither explain` does.
  --confirm        Allow the sidecar to withdraw the last prefix or to forget a drain.
  --dry-run        Only report what the sidecar would change.

EXIT CODES
  0  loaded
  1  something was not loaded (the errors are printed), or no server answers there
  2  the command line is wrong

EXAMPLES
  hither reload
  hither reload example.org
  hither check example.org.zone && hither reload
  hither reload --anycast default --dry-run
)"));
  return *help;
}

ToolResult RunReload(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--admin", "--anycast"};
  constexpr absl::string_view kSwitches[] = {"--confirm", "--dry-run"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, kSwitches);
  std::vector<AdminAddress> addresses;
  ToolResult result;
  if (!Prepare("reload", ReloadHelp(), parsed, addresses, result)) return result;
  if (!parsed.Value("--anycast", "").empty()) {
    if (parsed.words.empty()) return ReloadSidecar(parsed);
    return UsageError("reload", "the sidecar has no zones; leave them out, or --anycast");
  }
  if (!parsed.switches.empty()) {
    return UsageError("reload", "--confirm and --dry-run are the sidecar's; add --anycast ADDRESS");
  }
  const absl::StatusOr<std::string> query = QueryOf(parsed.words);
  if (!query.ok()) return UsageError("reload", query.status().message());
  const absl::StatusOr<AdminReply> reply =
      AskAdmin(addresses, "POST", absl::StrCat("/reload", *query));
  if (!reply.ok()) return Failed("reload", reply.status().message());
  if (reply->code == 200) return {kToolFine, reply->body, ""};
  return {kToolFailed, "", reply->body};
}

}  // namespace hither
