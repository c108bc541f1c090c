// The commands that ask a running server, by its admin endpoint.

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "daemon/admin/admin_client.h"
#include "daemon/admin/status.h"
#include "daemon/config/config.h"
#include "tool/command.h"

namespace hither {
namespace {

constexpr size_t kZonesShownMax = 50;

ToolResult Failed(absl::string_view command, absl::string_view what) {
  return {kToolFailed, "", absl::StrCat("hither ", command, ": ", what, "\n")};
}

// Parses the arguments that both commands share. False: `result` is what is to be said.
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
  if (!parsed.words.empty()) {
    result = UsageError(command, absl::StrCat("'", parsed.words[0], "' is too much; see hither ",
                                              command, " --help"));
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

}  // namespace

absl::string_view StatusHelp() {
  return R"(hither status - what a running hitherd serves, and what its sidecar announces

USAGE
  hither status [--admin ADDRESS] [--anycast ADDRESS] [--json] [--all]

FLAGS
  --admin ADDRESS  The server's admin endpoint: ADDR:PORT on this host, or unix:PATH. Default:
                   unix:/run/hither/admin.sock (as under systemd), else 127.0.0.1:8053
  --anycast ADDRESS
                   The sidecar's admin endpoint; `none` asks hitherd alone. Default:
                   unix:/run/hither-anycast/admin.sock, else 127.0.0.1:8054, and it is no error
                   if nobody answers there.
  --json           Print the server's JSON as it is, for programs; with --anycast the sidecar's.
  --all            Print all zones that the server tells of; without it 50, those with
                   errors first.

A server with more than 10,000 zones tells of so many of them, those with errors first, and only
counts the others (zones_omitted in the JSON).

EXIT CODES
  0  fine
  1  no server answers there
  2  the command line is wrong

EXAMPLES
  hither status
  hither status --json | jq '.zones[] | select(.state!="ok")'
)";
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
  // A dead responder is when the sidecar's word matters most.
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
  return R"(hither reload - have a running hitherd, or its sidecar, load what has changed

USAGE
  hither reload [--admin ADDRESS]
  hither reload --anycast ADDRESS [--confirm] [--dry-run]

Reads the configuration's zones and every changed zone file again, without a lost query. Returns
when that is done. Where a zone has errors, its last good version goes on answering.

With --anycast the sidecar there reads the configuration again, and tells what is withdrawn by it.
It refuses to withdraw the last prefix, and to forget a drain: a service with another name is
another one.

FLAGS
  --admin ADDRESS  The server's admin endpoint: ADDR:PORT on this host, or unix:PATH. Default:
                   unix:/run/hither/admin.sock (as under systemd), else 127.0.0.1:8053

  --anycast ADDRESS
                   Reload the sidecar at this admin endpoint instead; `default` finds it as
                   `hither explain` does.
  --confirm        Withdraw the last prefix, or forget a drain, all the same.
  --dry-run        Only tell what the sidecar would change.

EXIT CODES
  0  loaded
  1  something was not loaded (the errors are printed), or no server answers there
  2  the command line is wrong

EXAMPLES
  hither reload
  hither check example.org.zone && hither reload
  hither reload --anycast default --dry-run
)";
}

ToolResult RunReload(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--admin", "--anycast"};
  constexpr absl::string_view kSwitches[] = {"--confirm", "--dry-run"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, kSwitches);
  std::vector<AdminAddress> addresses;
  ToolResult result;
  if (!Prepare("reload", ReloadHelp(), parsed, addresses, result)) return result;
  if (!parsed.Value("--anycast", "").empty()) return ReloadSidecar(parsed);
  if (!parsed.switches.empty()) {
    return UsageError("reload", "--confirm and --dry-run are the sidecar's; add --anycast ADDRESS");
  }
  const absl::StatusOr<AdminReply> reply = AskAdmin(addresses, "POST", "/reload");
  if (!reply.ok()) return Failed("reload", reply.status().message());
  if (reply->code == 200) return {kToolFine, reply->body, ""};
  return {kToolFailed, "", reply->body};
}

}  // namespace hither
