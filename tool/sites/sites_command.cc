// `hither sites`: shows which site of an anycast address answers here.

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/json_writer.h"
#include "base/printable.h"
#include "daemon/config/config.h"
#include "tool/command.h"
#include "tool/console/fleet_file.h"
#include "tool/sites/site_asker.h"

namespace hither {

absl::string_view SitesHelp() {
  return R"(hither sites - show which site of an anycast address answers here

USAGE
  hither sites ADDRESS... [--name NAME [--type TYPE]] [--port PORT] [--timeout TIME]
                          [--nsid TEMPLATE | --fleet FILE] [--watch [SECONDS]] [--json]

Asks each ADDRESS (192.0.2.53, 2001:db8::53, or with a port 192.0.2.53:5300, [2001:db8::53]:5300)
over UDP and over TCP, and prints the site and node that answered, from the NSID (RFC 5001), or from
id.server or hostname.bind if there is no NSID. An NSID that does not have the form NODE.SITE, or
that of --nsid or --fleet, is shown unchanged. RTT is the time from the question to its answer; over
TCP it includes the handshake, so it is two round trips. The command does not retry; it reports a
lost answer.

FLAGS
  --name NAME        Also ask for this name; the answer must be NOERROR.
  --type TYPE        The type to ask for; SOA shows the serial. Default: SOA
  --nsid TEMPLATE    The nodes' identity: { nsid: }, for example {node}.{site}.dns.example.net
  --fleet FILE       The fleet.yaml of `hither console`: its nsid:, its nodes, and its addresses if
                     no ADDRESS is given.
  --port PORT        For addresses without a port. Default: 53
  --timeout TIME     For each answer, for example 2s; at most 1m. Default: 2s
  --watch [SECONDS]  Repeat every so many seconds until interrupted. Default: 1
  --json             One JSON array instead of the table; with --watch one on a line each time.

EXIT CODES
  0  every address answered over UDP and TCP and identified its site
  1  a query failed (the last column gives the reason), or the fleet file is wrong
  2  the command line is wrong

EXAMPLES
  hither sites 192.0.2.53 2001:db8::53
  hither sites 192.0.2.53 --name example.org --watch 5
  hither sites 192.0.2.53 --nsid '{node}.{site}.dns.example.net'
  hither sites --fleet fleet.yaml
  hither sites 192.0.2.53 --json | jq -r '.[] | .site // .failure'
)";
}

namespace {

constexpr size_t kAddressesMax = 64;
constexpr size_t kNsidBytesShownMax = 64;
constexpr double kWatchSecondsMax = 86'400;

struct SitesOrder {
  SiteOrder order;
  std::optional<Fleet> fleet;  // Says what NSIDs mean. None: NODE.SITE.
  bool json = false;
  std::optional<absl::Duration> watch;
};

// The last answer of an address over a transport, for "was": by address and is_tcp.
using LastSites = std::map<std::pair<std::string, bool>, std::string>;

// Foreign text for a terminal: only ASCII, since octets over 127 may also be control characters
// (U+009B) or reverse the following text (U+202E).
std::string Shown(absl::string_view text) {
  std::string shown = Printable(std::string(text.substr(0, kNsidBytesShownMax)));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) > 0x7e) c = '?';
  }
  return shown;
}

std::string WhoOf(const SiteAnswer& answer) {
  return answer.name.has_value() ? answer.name->site : Shown(answer.nsid);
}

std::string RttText(const SiteAnswer& answer) {
  if (!answer.rtt.has_value()) return "-";
  return absl::StrFormat("%.1f ms", absl::ToDoubleMilliseconds(*answer.rtt));
}

// The last column: what failed, and where an earlier answer came from.
std::string NoteOf(const SiteAnswer& answer, LastSites& last) {
  std::string note = Printable(answer.failure);
  if (answer.nsid.empty()) return note;
  std::string& was = last[{answer.address.ToText(), answer.is_tcp}];
  const std::string now = WhoOf(answer);
  if (!was.empty() && was != now) absl::StrAppend(&note, note.empty() ? "" : "; ", "was ", was);
  was = now;
  return note;
}

using Row = std::vector<std::string>;

Row RowOf(const SiteAnswer& answer, LastSites& last) {
  return {answer.address.ToDnsText(),
          answer.is_tcp ? "tcp" : "udp",
          answer.nsid.empty() ? "-" : WhoOf(answer),
          answer.name.has_value() ? answer.name->node : "-",
          RttText(answer),
          answer.serial.has_value() ? absl::StrCat(*answer.serial) : "-",
          NoteOf(answer, last)};
}

// Columns as wide as their contents; the last one ends the line.
std::string TableOf(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows[0].size(), 0);
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppendFormat(&line, "%-*s  ", static_cast<int>(widths[i]), row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&out, line, "\n");
  }
  return out;
}

std::string TextOf(const std::vector<SiteAnswer>& answers, LastSites& last) {
  std::vector<Row> rows = {{"ADDRESS", "OVER", "SITE", "NODE", "RTT", "SERIAL", ""}};
  for (const SiteAnswer& answer : answers) rows.push_back(RowOf(answer, last));
  return TableOf(rows);
}

JsonValue OrNull(const std::string& text) { return text.empty() ? JsonValue() : JsonValue(text); }

// An NSID may be any octets.
JsonObject JsonOf(const SiteAnswer& answer) {
  const bool is_named = answer.name.has_value();
  JsonObject json({{"address", answer.address.AddressText()},
                   {"port", answer.address.port()},
                   {"transport", answer.is_tcp ? "tcp" : "udp"}});
  json.Add("site", is_named ? JsonValue(answer.name->site) : JsonValue());
  json.Add("node", is_named ? JsonValue(answer.name->node) : JsonValue());
  json.Add("nsid", OrNull(answer.nsid));
  json.Add("rtt_us", answer.rtt.has_value() ? JsonValue(absl::ToInt64Microseconds(*answer.rtt))
                                            : JsonValue());
  json.Add("serial", answer.serial);
  json.Add("failure", OrNull(answer.failure));
  return json;
}

JsonValue JsonOf(const std::vector<SiteAnswer>& answers) {
  JsonArray json;
  for (const SiteAnswer& answer : answers) json.Add(JsonOf(answer));
  return json;
}

bool ReadAddresses(const ParsedArguments& parsed, uint16_t port, SiteOrder& order,
                   std::string& error) {
  for (const absl::string_view word : parsed.words) {
    const absl::StatusOr<SocketAddress> address = SocketAddress::FromText(word, port);
    if (!address.ok()) error = std::string(address.status().message());
    if (address.ok() && address->port() == 0) error = "port 0 cannot be queried; give another";
    if (!error.empty()) return false;
    order.addresses.push_back(*address);
  }
  return true;
}

// --nsid. Empty: no error.
std::string ReadNaming(const ParsedArguments& parsed, SitesOrder& out) {
  const absl::string_view nsid = parsed.Value("--nsid", "");
  const absl::string_view file = parsed.Value("--fleet", "");
  if (!nsid.empty() && !file.empty()) return "--nsid and --fleet exclude each other; give one";
  if (!nsid.empty()) {
    const absl::Status status = CheckNsidTemplate(nsid);
    if (!status.ok()) return absl::StrCat("--nsid: ", status.message());
    if (!absl::StrContains(nsid, "{node}") || !absl::StrContains(nsid, "{site}")) {
      return absl::StrCat("--nsid '", nsid, "' has no {node} or no {site}; write it as ",
                          "identity: { nsid: } of the nodes");
    }
    out.fleet.emplace().nsid = std::string(nsid);
  }
  return "";
}

// --fleet.
absl::Status ReadFleet(const ParsedArguments& parsed, SitesOrder& out) {
  const absl::string_view file = parsed.Value("--fleet", "");
  if (file.empty()) return absl::OkStatus();
  absl::StatusOr<Fleet> fleet = LoadFleetFile(std::string(file));
  if (!fleet.ok()) return fleet.status();
  if (parsed.words.empty()) out.order.addresses = fleet->addresses;
  out.fleet = *std::move(fleet);
  return absl::OkStatus();
}

std::vector<SiteAnswer> AskNamed(SiteAsker& asker, const SitesOrder& order) {
  std::vector<SiteAnswer> answers = asker.Ask(order.order);
  if (!order.fleet.has_value()) return answers;
  for (SiteAnswer& answer : answers) {
    const std::optional<NsidNames> names = NamesOf(*order.fleet, answer.nsid);
    answer.name.reset();
    if (names.has_value()) answer.name = SiteName{names->site, names->node};
  }
  return answers;
}

// Empty: no error.
std::string ReadOrder(const ParsedArguments& parsed, SitesOrder& out) {
  if (parsed.words.empty() && out.order.addresses.empty()) {
    return "give an address, as in hither sites 192.0.2.53";
  }
  if (parsed.words.size() > kAddressesMax) {
    return absl::StrCat(parsed.words.size(), " addresses; give at most ", kAddressesMax);
  }
  uint32_t port = 0;
  const absl::string_view port_text = parsed.Value("--port", "53");
  if (!absl::SimpleAtoi(port_text, &port) || port == 0 || port > 65'535) {
    return absl::StrCat("--port '", port_text, "' is not a number from 1 to 65535");
  }
  std::string error;
  if (!ReadAddresses(parsed, static_cast<uint16_t>(port), out.order, error)) return error;
  if (!absl::ParseDuration(parsed.Value("--timeout", "2s"), &out.order.timeout) ||
      out.order.timeout < absl::Milliseconds(1) || out.order.timeout > absl::Minutes(1)) {
    return "--timeout is not a time from 1ms to 1m; write it as 500ms or 2s";
  }
  double seconds = 0;
  constexpr absl::string_view kOnce = "once";
  const absl::string_view watch = parsed.Value("--watch", kOnce);
  if (watch != kOnce &&
      (!absl::SimpleAtod(watch, &seconds) || !(seconds >= 0.1) || seconds > kWatchSecondsMax)) {
    return absl::StrCat("--watch '", watch, "' is not a time from 0.1 to 86400 seconds");
  }
  if (watch != kOnce) out.watch = absl::Seconds(seconds);
  if (!parsed.Value("--type", "").empty() && parsed.Value("--name", "").empty()) {
    return "--type without a name to ask for; add --name NAME";
  }
  out.order.name = std::string(parsed.Value("--name", ""));
  out.order.type = std::string(parsed.Value("--type", "SOA"));
  out.json = parsed.Has("--json");
  if (out.order.name.empty()) return "";
  return std::string(WriteSiteQuery({out.order.name, out.order.type}).status().message());
}

int CodeOf(const std::vector<SiteAnswer>& answers) {
  const bool fine = std::all_of(answers.begin(), answers.end(),
                                [](const SiteAnswer& one) { return one.failure.empty(); });
  return fine ? kToolFine : kToolFailed;
}

// Runs until interrupted, or until nobody reads the output. Writes here instead of returning, since
// it never ends.
ToolResult Watch(const SitesOrder& order) {
  SiteAsker asker;
  LastSites last;
  for (absl::Time due = absl::Now();; due += *order.watch) {
    const std::vector<SiteAnswer> answers = AskNamed(asker, order);
    const std::string now = absl::FormatTime("%H:%M:%S", absl::Now(), absl::LocalTimeZone());
    const std::string text = order.json ? absl::StrCat(JsonOf(answers).Compact(), "\n")
                                        : absl::StrCat(now, "\n", TextOf(answers, last), "\n");
    if (const std::string why = WriteOutput(text, stdout); !why.empty()) {
      return {kToolFailed, "", absl::StrCat("hither sites: ", why, "\n")};
    }
    due = std::max(due, absl::Now() - *order.watch);  // Missed rounds are not made up for.
    absl::SleepFor(due + *order.watch - absl::Now());
  }
}

// "--watch" may have its seconds as the next word; no address is a plain number.
std::vector<std::string> WithWatchJoined(Arguments arguments) {
  std::vector<std::string> out;
  for (size_t i = 0; i < arguments.size(); ++i) {
    out.emplace_back(arguments[i]);
    if (out.back() != "--watch") continue;
    double seconds = 0;
    const bool has_value = i + 1 < arguments.size() && absl::SimpleAtod(arguments[i + 1], &seconds);
    out.back() = absl::StrCat("--watch=", has_value ? arguments[++i] : "1");
  }
  return out;
}

}  // namespace

ToolResult RunSites(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--name",  "--type", "--port", "--timeout",
                                          "--watch", "--nsid", "--fleet"};
  constexpr absl::string_view kSwitches[] = {"--json"};
  const std::vector<std::string> joined = WithWatchJoined(arguments);
  std::vector<const char*> given;
  for (const std::string& one : joined) given.push_back(one.c_str());
  const ParsedArguments parsed = ParseArguments(given, kFlags, kSwitches);
  if (!parsed.error.empty()) return UsageError("sites", parsed.error);
  if (parsed.Has("--help")) return {kToolFine, std::string(SitesHelp()), ""};
  SitesOrder order;
  if (const std::string wrong = ReadNaming(parsed, order); !wrong.empty()) {
    return UsageError("sites", wrong);
  }
  if (const absl::Status read = ReadFleet(parsed, order); !read.ok()) {
    return {kToolFailed, "", absl::StrCat("hither sites: ", read.message(), "\n")};
  }
  const std::string wrong = ReadOrder(parsed, order);
  if (!wrong.empty()) return UsageError("sites", wrong);
  if (order.watch.has_value()) return Watch(order);
  SiteAsker asker;
  const std::vector<SiteAnswer> answers = AskNamed(asker, order);
  LastSites none;
  return {CodeOf(answers), order.json ? JsonOf(answers).Indented(2) + "\n" : TextOf(answers, none),
          ""};
}

}  // namespace hither
