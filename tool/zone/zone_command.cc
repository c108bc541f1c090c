// `hither zone`: zones that come from primaries.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/nearest.h"
#include "base/printable.h"
#include "daemon/admin/admin_client.h"
#include "dns/name.h"
#include "tool/command.h"
#include "tool/zone/zone_text.h"

namespace hither {
namespace {

constexpr size_t kZonesInTable = 50;

struct ZoneVerb {
  absl::string_view name;
  size_t words_min;  // After the verb.
  size_t words_max;
  bool is_order;
};
constexpr ZoneVerb kVerbs[] = {
    {"status", 0, 1, false},    {"show", 1, 1, false},  {"refresh", 1, 1, true},
    {"retransfer", 1, 1, true}, {"accept", 1, 2, true}, {"rollback", 1, 2, true},
};
constexpr absl::string_view kVerbNames[] = {"status",     "show",   "refresh",
                                            "retransfer", "accept", "rollback"};

struct ZoneCall {
  const ZoneVerb* verb = nullptr;
  std::string command = {};  // "zone status", for messages.
  std::optional<Name> zone = std::nullopt;
  std::optional<uint32_t> serial = std::nullopt;
  absl::Duration timeout = absl::ZeroDuration();
  bool is_json = false;
  bool is_all = false;
  std::vector<AdminAddress> addresses = {};

  // "zone=example.org.&serial=7"
  std::string Query() const {
    return absl::StrCat("zone=", QueryValue(zone->ToText()),
                        serial.has_value() ? absl::StrCat("&serial=", *serial) : "");
  }
  ToolResult Failed(absl::string_view what) const {
    return {kToolFailed, "", absl::StrCat("hither ", command, ": ", what, "\n")};
  }
};

const ZoneVerb* FindVerb(absl::string_view name) {
  const auto* const found =
      std::ranges::find_if(kVerbs, [name](const ZoneVerb& verb) { return verb.name == name; });
  return found == std::end(kVerbs) ? nullptr : found;
}

// The words of the command line: the verb, its zone and serial. "": fine.
std::string ReadWords(const std::vector<absl::string_view>& words, ZoneCall& call) {
  const size_t given = words.size() - 1;
  if (given < call.verb->words_min) return "no zone; name one";
  if (given > call.verb->words_max) {
    return absl::StrCat("unexpected argument '", words[call.verb->words_max + 1],
                        "'; see hither zone --help");
  }
  if (given == 0) return "";
  const absl::StatusOr<Name> name = Name::FromText(words[1]);
  if (!name.ok()) return absl::StrCat("zone name '", words[1], "': ", name.status().message());
  call.zone = *name;
  if (given == 1) return "";
  uint32_t serial = 0;
  if (!absl::SimpleAtoi(words[2], &serial)) {
    return absl::StrCat("'", words[2], "' is not a serial; give a number up to 4294967295");
  }
  call.serial = serial;
  return "";
}

std::string ReadFlags(const ParsedArguments& parsed, ZoneCall& call) {
  call.is_json = parsed.Has("--json");
  call.is_all = parsed.Has("--all");
  if (call.is_json && call.verb->is_order) return "--json is for status and show";
  if (call.is_all && (call.verb->name != "status" || call.zone.has_value())) {
    return "--all is for status without a zone";
  }
  const absl::string_view otherwise = call.verb->is_order ? "2m" : "10s";
  if (!absl::ParseDuration(parsed.Value("--timeout", otherwise), &call.timeout) ||
      call.timeout <= absl::ZeroDuration() || call.timeout > absl::Hours(24)) {
    return "--timeout is not a time up to 24h; write it as 30s or 10m";
  }
  return "";
}

// A refusal. hitherd has these pages only if it has such zones.
ToolResult RefusedBy(const ZoneCall& call, const AdminReply& reply) {
  if (reply.code == 404 && absl::StartsWith(reply.body, "not found; available:")) {
    return call.Failed(absl::StrCat("hitherd at ", reply.from.ToText(),
                                    " has no zones from primaries; give a zone `primaries:` in "
                                    "its configuration"));
  }
  if (reply.code == 404 && !reply.body.empty()) {  // No such zone.
    return call.Failed(PrintableLines(std::string(absl::StripSuffix(reply.body, "\n"))));
  }
  return call.Failed(RefusalOf(reply));
}

// The server's page, or `failure`.
std::optional<ZoneStatusPage> AskPage(const ZoneCall& call, const std::string& path,
                                      std::string& json, ToolResult& failure) {
  const absl::StatusOr<AdminReply> reply =
      AskProgram(call.addresses, "GET", path, call.timeout, kAskHitherd);
  if (!reply.ok()) {
    failure = call.Failed(reply.status().message());
    return std::nullopt;
  }
  if (reply->code != 200) {
    failure = RefusedBy(call, *reply);
    return std::nullopt;
  }
  absl::StatusOr<ZoneStatusPage> page = ZoneStatusPageFromJson(reply->body);
  if (!page.ok()) {
    failure = call.Failed(page.status().message());
    return std::nullopt;
  }
  json = reply->body;
  return *std::move(page);
}

ToolResult OneZone(const ZoneCall& call) {
  const bool is_show = call.verb->name == "show";
  std::string json;
  ToolResult failure;
  const std::optional<ZoneStatusPage> page = AskPage(
      call, absl::StrCat(is_show ? "/zone/show?" : "/zone/status?", call.Query()), json, failure);
  if (!page.has_value()) return failure;
  if (call.is_json) return {kToolFine, PrintableLines(json), ""};
  if (page->zones.size() != 1) return call.Failed("the answer is not the status of one zone");
  const ZoneTransferStatus& zone = page->zones[0];
  return {kToolFine, is_show ? RefusedText(zone, page->now) : ZoneDetails(zone, page->now), ""};
}

// Page after page. Each begins after the one before, so that a server cannot make it endless.
ToolResult AllZones(const ZoneCall& call) {
  ZoneStatusPage all;
  std::string json;
  for (uint64_t first = 0;;) {
    ToolResult failure;
    std::optional<ZoneStatusPage> page =
        AskPage(call, absl::StrCat("/zone/status?first=", first), json, failure);
    if (!page.has_value()) return failure;
    all.now = page->now;
    all.summary = page->summary;
    std::move(page->zones.begin(), page->zones.end(), std::back_inserter(all.zones));
    if (!page->next.has_value() || *page->next <= first || page->zones.empty()) break;
    first = *page->next;
  }
  if (call.is_json) return {kToolFine, ToJson(all, ZoneDetail::kList), ""};
  SortByTrouble(all.zones);
  return {kToolFine, ZoneTable(all), ""};
}

// Those with trouble, and others while there is room.
ToolResult SomeZones(const ZoneCall& call) {
  ZoneStatusPage shown;
  absl::flat_hash_set<std::string> names;
  std::string json;
  for (const char* const which : {"1", "0"}) {
    ToolResult failure;
    std::optional<ZoneStatusPage> page = AskPage(
        call, absl::StrCat("/zone/status?troubled=", which, "&max=", kZonesInTable), json, failure);
    if (!page.has_value()) return failure;
    shown.now = page->now;
    shown.summary = page->summary;
    for (ZoneTransferStatus& zone : page->zones) {
      if (shown.zones.size() == kZonesInTable) break;
      if (names.insert(zone.zone.ToText()).second) shown.zones.push_back(std::move(zone));
    }
  }
  SortByTrouble(shown.zones);
  std::string out = ZoneTable(shown);
  if (shown.summary.zones > shown.zones.size()) {
    absl::StrAppend(&out, "  and ", shown.summary.zones - shown.zones.size(),
                    " more; --all shows them\n");
  }
  return {kToolFine, out, ""};
}

ToolResult GiveOrder(const ZoneCall& call) {
  const absl::StatusOr<AdminAddress> there =
      FindProgram(call.addresses, kAskHitherd, std::min(call.timeout, kAdminSignOfLifeMax));
  if (!there.ok()) return call.Failed(there.status().message());
  const absl::StatusOr<AdminReply> reply =
      AskAdmin(std::span(&*there, 1), "POST",
               absl::StrCat("/zone/", call.verb->name, "?", call.Query()), call.timeout);
  if (absl::IsDeadlineExceeded(reply.status())) {
    return call.Failed(absl::StrCat(
        "hitherd at ", there->ToText(), " has the order and has not finished it within ",
        absl::FormatDuration(call.timeout), "; it continues: see hither zone status ",
        call.zone->ToText(), ", or wait longer with --timeout"));
  }
  if (!reply.ok()) return call.Failed(reply.status().message());
  if (reply->code != 200) return RefusedBy(call, *reply);
  return {kToolFine, PrintableLines(reply->body), ""};
}

ToolResult Answer(const ZoneCall& call) {
  if (call.verb->is_order) return GiveOrder(call);
  if (call.zone.has_value()) return OneZone(call);
  return call.is_all || call.is_json ? AllZones(call) : SomeZones(call);
}

}  // namespace

absl::string_view ZoneHelp() {
  static const auto* const help = new std::string(WithAdminDefaults(
      R"(hither zone - zones that a running hitherd takes from primaries

USAGE
  hither zone status [ZONE] [--json] [--all]
  hither zone show ZONE [--json]
  hither zone refresh ZONE
  hither zone retransfer ZONE
  hither zone accept ZONE [SERIAL]
  hither zone rollback ZONE [SERIAL]

  Each also takes [--config FILE | --admin ADDRESS] [--timeout TIME].

COMMANDS
  status      Show serial, state, when a primary last confirmed the zone, when one is asked next,
              and the last transfer. Without ZONE: a table, zones that need attention first.
  show        Show the version that was refused: the gate, the reason, and the difference from the
              published version, "-" and "+" before each record.
  refresh     Ask the primaries for a newer version now. A refused version is transferred again.
  retransfer  Transfer the whole zone (AXFR), whatever its serial.
  accept      Publish the refused version, or SERIAL, although a gate refuses it: it is transferred
              again, and gates only warn of it.
  rollback    Publish the kept version SERIAL, or the one before the published version. The zone
              keeps it until a primary is past the version from which it was rolled back, or until
              one of the other orders is given.

The first three orders return at once; `hither zone status ZONE` shows their results.

STATES
  fresh    the last attempt to refresh the zone succeeded
  stale    it failed, or its version was refused; the last good version is served
  expired  no primary has confirmed the zone for its expire time; its names get SERVFAIL
  empty    there is no version yet; its names get SERVFAIL

FLAGS
  --admin ADDRESS  The server's admin endpoint: ADDR:PORT on this host, or unix:PATH. Default:
                   $SERVER in the environment, else $server_of_unit
                   (as under systemd), else $server
  --config FILE    Take the address from the daemons' configuration file.
  --timeout TIME   The longest wait for the answer; an order continues. Default: 2m for orders
                   (rollback waits for the gates of the zone), 10s for status and show.
  --json           Print JSON: times in UTC, sizes in octets, durations in seconds.
  --all            Print all zones. Default: 50.

EXIT CODES
  0  fine, whatever the states of the zones
  1  the order failed, there is no such zone, or hitherd does not answer
  2  the command line is wrong

EXAMPLES
  hither zone status
  hither zone show example.org && hither zone accept example.org 2026120102
  hither zone status --json | jq '.zones[] | select(.state!="fresh") | .zone'
)"));
  return *help;
}

ToolResult RunZone(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--admin", "--config", "--timeout"};
  constexpr absl::string_view kSwitches[] = {"--json", "--all"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, kSwitches);
  if (!parsed.error.empty()) return UsageError("zone", parsed.error);
  if (parsed.Has("--help")) return {kToolFine, std::string(ZoneHelp()), ""};
  if (parsed.words.empty()) {
    return UsageError("zone", "no command; give one, as in hither zone status");
  }
  ZoneCall call;
  call.verb = FindVerb(parsed.words[0]);
  if (call.verb == nullptr) {
    return UsageError("zone", absl::StrCat("unknown command '", parsed.words[0], "'",
                                           SuggestWord(parsed.words[0], kVerbNames)));
  }
  call.command = absl::StrCat("zone ", call.verb->name);
  std::string wrong = ReadWords(parsed.words, call);
  if (wrong.empty()) wrong = ReadFlags(parsed, call);
  if (!wrong.empty()) return UsageError(call.command, wrong);
  absl::StatusOr<std::vector<AdminAddress>> addresses = AdminOf(parsed);
  if (!addresses.ok()) return AddressError(call.command, addresses.status());
  call.addresses = *std::move(addresses);
  return Answer(call);
}

}  // namespace hither
