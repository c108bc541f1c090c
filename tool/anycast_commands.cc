// The commands that query the sidecar's admin endpoint.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/json_reader.h"
#include "base/monotonic_clock.h"
#include "base/printable.h"
#include "daemon/admin/admin_client.h"
#include "daemon/config/config.h"
#include "tool/command.h"

namespace hither {
namespace {

constexpr absl::Duration kAskTimeout = absl::Seconds(10);
constexpr absl::Duration kAskTimeoutMin = absl::Milliseconds(500);  // Less would be no question.
constexpr absl::Duration kWaitStep = absl::Milliseconds(200);

struct Asking {
  absl::string_view command;
  std::vector<AdminAddress> addresses;
  ToolResult result;  // The output, if Prepare() returns false.

  ToolResult Failed(absl::string_view what) const {
    return {kToolFailed, "", absl::StrCat("hither ", command, ": ", what, "\n")};
  }
};

// False: `ask.result` says why. The same for Prepare().
bool FindSidecar(const ParsedArguments& parsed, Asking& ask) {
  absl::StatusOr<std::vector<AdminAddress>> addresses = AnycastOf(parsed);
  if (!addresses.ok()) {
    ask.result = AddressError(ask.command, addresses.status());
    return false;
  }
  ask.addresses = *std::move(addresses);
  return true;
}

bool Prepare(const ParsedArguments& parsed, absl::string_view help, size_t words_max, Asking& ask) {
  if (!parsed.error.empty()) {
    ask.result = UsageError(ask.command, parsed.error);
    return false;
  }
  if (parsed.Has("--help")) {
    ask.result.out = std::string(help);
    return false;
  }
  if (parsed.words.size() > words_max) {
    ask.result =
        UsageError(ask.command, absl::StrCat("unexpected argument \'", parsed.words[words_max],
                                             "'; see hither ", ask.command, " --help"));
    return false;
  }
  return FindSidecar(parsed, ask);
}

// A request whose answer is text for the operator.
ToolResult Ask(const Asking& ask, absl::string_view method, const std::string& path,
               absl::Duration timeout = kAskTimeout) {
  const absl::StatusOr<AdminReply> reply =
      AskProgram(ask.addresses, method, path, timeout, kAskSidecar);
  if (!reply.ok()) return ask.Failed(reply.status().message());
  if (reply->code == 200) return {kToolFine, PrintableLines(reply->body), ""};
  return ask.Failed(RefusalOf(*reply));
}

// "?service=dns&confirm=1"
std::string Query(const ParsedArguments& parsed, std::vector<std::string> more = {}) {
  if (!parsed.words.empty()) more.push_back(absl::StrCat("service=", parsed.words[0]));
  if (parsed.Has("--confirm")) more.push_back("confirm=1");
  return more.empty() ? "" : absl::StrCat("?", absl::StrJoin(more, "&"));
}

// Are all services (or the one) withdrawn because of a drain?
absl::StatusOr<bool> IsDrained(const Asking& ask, absl::string_view service,
                               absl::Duration timeout) {
  const absl::StatusOr<AdminReply> reply =
      AskProgram(ask.addresses, "GET", "/status", timeout, kAskSidecar);
  if (!reply.ok()) return reply.status();
  if (reply->code != 200) return absl::UnavailableError(RefusalOf(*reply));
  const absl::Status other = absl::DataLossError(
      absl::StrCat("the status of the sidecar at ", reply->from.ToText(),
                   " does not say whether it is drained; is it of the same version?"));
  const absl::StatusOr<JsonDocument> page = JsonDocument::Parse(reply->body);
  if (!page.ok() || !page->root().MaybeAt("services").IsArray()) return other;
  bool all = true;
  for (const JsonView one : page->root().MaybeAt("services").MaybeItems()) {
    const JsonView drained = one.MaybeAt("drained");
    if (!one.MaybeAt("name").exists() || !drained.exists()) return other;
    const bool counts = service.empty() || one.MaybeAt("name").TextOr("") == service;
    if (counts) all &= drained.MaybeBool().value_or(false);
  }
  return all;
}

// Until `deadline`, which is `most` after the command was given.
ToolResult WaitForDrain(const Asking& ask, absl::string_view service, absl::Time deadline,
                        absl::Duration most, ToolResult said) {
  const std::string too_late = absl::StrCat("not drained within ", absl::FormatDuration(most));
  for (absl::Duration left; (left = deadline - MonotonicNow()) > absl::ZeroDuration();) {
    const absl::StatusOr<bool> drained =
        IsDrained(ask, service, std::clamp(left, kAskTimeoutMin, kAskTimeout));
    if (absl::IsDeadlineExceeded(drained.status())) {
      return ask.Failed(absl::StrCat(too_late, ": ", drained.status().message()));
    }
    if (!drained.ok()) {
      return ask.Failed(absl::StrCat("the drain has begun, but ", drained.status().message()));
    }
    if (*drained) {
      absl::StrAppend(&said.out, "withdrawn; safe to stop\n");
      return said;
    }
    absl::SleepFor(std::min(left, kWaitStep));
  }
  return ask.Failed(
      absl::StrCat(too_late, "; hither explain and hither status show what is still announced"));
}

}  // namespace

absl::string_view ExplainHelp() {
  static const auto* const help =
      new std::string(WithAdminDefaults(R"(hither explain - why the sidecar announces what it does

USAGE
  hither explain [--anycast ADDRESS] [--json]

Prints each service's state by family with the rule that decided it and the next change, and every
signal with its level (ok, unknown, soft, hard) and where the fault lies (local, path, shared).

FLAGS
  --anycast ADDRESS  The sidecar's admin endpoint. Default: $SIDECAR in the
                     environment, else $sidecar_of_unit (as under
                     systemd), else $sidecar
  --config FILE      Take the address from the daemons' configuration file.
  --json             Print the same and more as JSON.

EXIT CODES
  0  fine
  1  no sidecar answers there, or the configuration file is wrong
  2  the command line is wrong
)"));
  return *help;
}

ToolResult RunExplain(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--anycast", "--config"};
  constexpr absl::string_view kSwitches[] = {"--json"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, kSwitches);
  Asking ask{"explain", {}, {}};
  if (!Prepare(parsed, ExplainHelp(), 0, ask)) return ask.result;
  return Ask(ask, "GET", parsed.Has("--json") ? "/status" : "/explain");
}

ToolResult AskSidecarStatus(const ParsedArguments& parsed, absl::Duration timeout) {
  Asking ask{"status", {}, {}};
  if (!FindSidecar(parsed, ask)) return ask.result;
  ToolResult said = Ask(ask, "GET", "/status.txt", timeout);
  if (said.code != kToolFine) return said;
  const ToolResult health = Ask(ask, "GET", "/healthz", timeout);
  said.code = health.code;
  said.err = health.err;
  return said;
}

ToolResult AskSidecarJson(absl::string_view command, const ParsedArguments& parsed,
                          absl::Duration timeout) {
  Asking ask{command, {}, {}};
  if (!FindSidecar(parsed, ask)) return ask.result;
  return Ask(ask, "GET", "/status", timeout);
}

absl::string_view DrainHelp() {
  static const auto* const help = new std::string(
      WithAdminDefaults(R"(hither drain - move traffic away from this node, then withdraw

USAGE
  hither drain [SERVICE] [--wait] [--timeout TIME] [--confirm] [--anycast ADDRESS]

The sidecar announces the routes with GRACEFUL_SHUTDOWN (RFC 8326) and a longer path until queries
stop or policy.drain_max has passed. It then withdraws them. They stay withdrawn, across restarts
too, until `hither undrain`. Without SERVICE, all services are drained.

FLAGS
  --wait             Return when everything is withdrawn and it is safe to stop.
  --timeout TIME     For --wait: the longest wait, for example 2m, also for a sidecar that hangs.
                     Default: 5m
  --confirm          Drain even if peers: is set and no other node is known to announce.
  --anycast ADDRESS  The sidecar's admin endpoint. Default: $SIDECAR in the
                     environment, else $sidecar_of_unit (as under
                     systemd), else $sidecar
  --config FILE      Take the address from the daemons' configuration file.

EXIT CODES
  0  drained, or (without --wait) begun
  1  refused, timed out, or no sidecar answers there
  2  the command line is wrong
)"));
  return *help;
}

ToolResult RunDrain(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--anycast", "--config", "--timeout"};
  constexpr absl::string_view kSwitches[] = {"--wait", "--confirm"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, kSwitches);
  Asking ask{"drain", {}, {}};
  if (!Prepare(parsed, DrainHelp(), 1, ask)) return ask.result;
  absl::Duration timeout;
  if (!absl::ParseDuration(parsed.Value("--timeout", "5m"), &timeout) ||
      timeout <= absl::ZeroDuration()) {
    return UsageError("drain", "--timeout is not a time; write it as 90s or 2m");
  }
  const absl::Time deadline = MonotonicNow() + timeout;
  const bool waits = parsed.Has("--wait");
  ToolResult said = Ask(ask, "POST", "/drain" + Query(parsed),
                        waits ? std::min(timeout, kAskTimeout) : kAskTimeout);
  if (said.code != kToolFine || !waits) return said;
  return WaitForDrain(ask, parsed.words.empty() ? "" : parsed.words[0], deadline, timeout, said);
}

absl::string_view UndrainHelp() {
  static const auto* const help =
      new std::string(WithAdminDefaults(R"(hither undrain - serve again after `hither drain`

USAGE
  hither undrain [SERVICE] [--anycast ADDRESS]

The sidecar announces the service again when its signals are ok, at first less preferred (warm-up).
It also forgets the service's earlier withdrawals, drained or not: the hold-down ends and the flap
budget is full again. Use this command after repairs or restarts of hitherd, too.

FLAGS
  --anycast ADDRESS  The sidecar's admin endpoint. Default: $SIDECAR in the
                     environment, else $sidecar_of_unit (as under
                     systemd), else $sidecar
  --config FILE      Take the address from the daemons' configuration file.

EXIT CODES
  0  fine
  1  no such service, or no sidecar answers there
  2  the command line is wrong
)"));
  return *help;
}

ToolResult RunUndrain(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--anycast", "--config"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, {});
  Asking ask{"undrain", {}, {}};
  if (!Prepare(parsed, UndrainHelp(), 1, ask)) return ask.result;
  return Ask(ask, "POST", "/undrain" + Query(parsed));
}

absl::string_view FreezeHelp() {
  static const auto* const help = new std::string(
      WithAdminDefaults(R"(hither freeze - keep the current announcement despite failing signals

USAGE
  hither freeze [SERVICE] --for TIME [--anycast ADDRESS]

Use it for maintenance that disturbs the checks. A dead responder and a drained service are still
withdrawn, and a withdrawn service still returns as usual. `--for 0s` ends the freeze.

FLAGS
  --for TIME         For example 10m; whole seconds, at most 24h.
  --anycast ADDRESS  The sidecar's admin endpoint. Default: $SIDECAR in the
                     environment, else $sidecar_of_unit (as under
                     systemd), else $sidecar
  --config FILE      Take the address from the daemons' configuration file.

EXIT CODES
  0  fine
  1  no such service, or no sidecar answers there
  2  the command line is wrong
)"));
  return *help;
}

ToolResult RunFreeze(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--anycast", "--config", "--for"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, {});
  Asking ask{"freeze", {}, {}};
  if (!Prepare(parsed, FreezeHelp(), 1, ask)) return ask.result;
  absl::Duration time;
  if (!absl::ParseDuration(parsed.Value("--for", "-"), &time) || time < absl::ZeroDuration() ||
      time > absl::Hours(24) || time % absl::Seconds(1) != absl::ZeroDuration()) {
    return UsageError(
        "freeze", "--for is missing or no time from 0s to 24h in whole seconds; write --for 10m");
  }
  return Ask(ask, "POST",
             "/freeze" + Query(parsed, {absl::StrCat("seconds=", absl::ToInt64Seconds(time))}));
}

ToolResult ReloadSidecar(const ParsedArguments& parsed, absl::Duration timeout) {
  Asking ask{"reload", {}, {}};
  if (!FindSidecar(parsed, ask)) return ask.result;
  std::vector<std::string> more;
  if (parsed.Has("--dry-run")) more.push_back("dry_run=1");
  return Reload(ask.addresses, Query(parsed, more), timeout, kAskSidecar);
}

}  // namespace hither
