// `hither console`: a web page that shows a fleet.

#include <csignal>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daemon/admin/admin_endpoint.h"
#include "tool/command.h"
#include "tool/console/fleet_file.h"
#include "tool/console/page_feed.h"
#include "tool/console/poller.h"
#include "tool/console/web_pages.h"
#include "tool/sites/site_asker.h"

namespace hither {

absl::string_view ConsoleHelp() {
  return R"(hither console - show a fleet as a web page, live

USAGE
  hither console --fleet FILE [--listen ADDRESS] [--host NAME]... [--check]

Reads every node's status pages once a second and shows, at http://127.0.0.1:8080/, a map of sites,
routers and clients with the state of their links, the site that answers each client, every node's
state with its reason, queries per second, round-trip times, serials, and a timeline of events.
The console changes nothing in the fleet. If FILE names agents, as in the lab, the page has buttons
that cause and remove faults.

FILE is YAML:

  title: Example DNS                         # optional
  addresses: [192.0.2.53, "2001:db8::53"]    # the anycast addresses
  question: { name: example.org, type: SOA } # what to ask them; optional
  nsid: "{node}.{site}"                      # identity.nsid of the nodes. Default: NODE.SITE, alone
                                             # or with a dot and anything after it
  sites:
    - name: fra1                             # as in identity.site
      place: Frankfurt                       # this and the next three are optional
      latitude: 50.1
      longitude: 8.7
      as: 64601
      nodes:
        - name: ns1                          # as in identity.node
          hitherd: 10.0.0.1:8053             # hitherd's  metrics: { listen: }
          anycast: 10.0.0.1:8055             # the sidecar's  peers: { listen: }
  routers:                                   # optional, as are links and clients
    - { name: r.fra1, site: fra1, as: 64601, kind: bird, agent: 10.0.0.9:8060 }
    - { name: transit-a, as: 64501, kind: frr, agent: 10.0.0.10:8060 }
  links: [[r.fra1, transit-a]]
  clients: [{ name: berlin, as: 64701, router: transit-a, agent: 10.0.0.20:8060 }]

Without clients, the console queries the addresses itself, as the client "here".

FLAGS
  --fleet FILE       The fleet.
  --listen ADDRESS   Where the page is served. Anyone who can reach this address can view the page
                     and use its buttons; there is no password. Default: 127.0.0.1:8080
  --host NAME        A host name that browsers may use for this machine, as well as localhost and
                     addresses. Repeatable. The console refuses other names, so that no foreign
                     page can read it through your browser.
  --check            Read FILE, report its errors, and exit.

EXIT CODES
  0  ended by SIGINT or SIGTERM; with --check: FILE is fine
  1  the address cannot be used, or FILE is wrong
  2  the command line is wrong

EXAMPLES
  hither console --fleet fleet.yaml
  ssh -L 8080:127.0.0.1:8080 ops.example.net    # then open http://127.0.0.1:8080/
)";
}

namespace {

constexpr uint16_t kConsolePort = 8080;
constexpr absl::Duration kHereTimeout = absl::Seconds(1);

// Over UDP: that is how clients query, and TCP every second would be a burden.
std::vector<ClientAnswer> AskFromHere(SiteAsker& asker, const Fleet& fleet) {
  SiteOrder order;
  order.addresses = fleet.addresses;
  order.timeout = kHereTimeout;
  order.over_tcp = false;
  if (fleet.question.has_value()) {
    order.name = fleet.question->name;
    order.type = fleet.question->type;
  }
  std::vector<ClientAnswer> answers;
  for (const SiteAnswer& told : asker.Ask(order)) {
    ClientAnswer answer;
    answer.address = told.address.ToDnsText();
    answer.nsid = told.nsid;
    answer.serial = told.serial;
    answer.error = told.failure;
    if (told.name.has_value()) answer.site = told.name->site;
    if (told.name.has_value()) answer.node = told.name->node;
    if (told.rtt.has_value()) answer.rtt_us = absl::ToInt64Microseconds(*told.rtt);
    answers.push_back(std::move(answer));
  }
  return answers;
}

ToolResult Failed(absl::string_view what) {
  return {kToolFailed, "", absl::StrCat("hither console: ", what, "\n")};
}

size_t NodesOf(const Fleet& fleet) {
  size_t nodes = 0;
  for (const Fleet::Site& site : fleet.sites) nodes += site.nodes.size();
  return nodes;
}

std::string FactsOf(const Fleet& fleet) {
  return absl::StrCat(fleet.sites.size(), " sites, ", NodesOf(fleet), " nodes, ",
                      fleet.routers.size(), " routers, ", fleet.clients.size(), " clients",
                      fleet.HasAgents() ? "; with buttons to cause and remove faults" : "");
}

// Waits for SIGINT or SIGTERM; `ended` is blocked in all threads.
void WaitForEnd(const sigset_t& ended) {
  int signal = 0;
  while (sigwait(&ended, &signal) != 0) {
  }
}

ToolResult Serve(Fleet fleet, const SocketAddress& listen, std::vector<std::string> hosts) {
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGINT);
  sigaddset(&ended, SIGTERM);
  sigprocmask(SIG_BLOCK, &ended, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  const bool asks_here = fleet.clients.empty() && !fleet.addresses.empty();
  if (asks_here) fleet.clients.push_back({Poller::kHere, 0, "", std::nullopt});
  PageFeed feed(std::move(fleet));
  AdminAddress address;
  address.tcp = listen;
  auto endpoint = AdminEndpoint::Bind(address, WebPages::Settings(std::move(hosts)));
  if (!endpoint.ok()) return Failed(endpoint.status().message());
  SiteAsker asker;
  if (!asker.status().ok()) return Failed(asker.status().message());
  const AskHere ask_here = [&asker](const Fleet& of) { return AskFromHere(asker, of); };
  Poller poller(feed, asks_here ? ask_here : nullptr);
  if (absl::Status started = poller.Start(); !started.ok()) return Failed(started.message());
  WebPages pages(feed, [&poller](const HttpOrder& order) { return poller.AskFor(order); });
  if (absl::Status served = (*endpoint)->Serve(pages.Handlers()); !served.ok()) {
    feed.Close();
    poller.CancelErrands();
    (*endpoint)->Stop();  // The threads that it could start use `pages`.
    return Failed(served.message());
  }
  std::fprintf(stderr, "hither console: http://%s/ shows %s\n",
               (*endpoint)->address().tcp->ToText().c_str(), FactsOf(feed.fleet()).c_str());
  WaitForEnd(ended);
  feed.Close();
  poller.CancelErrands();  // Otherwise Stop() would wait for a command to a hanging host.
  (*endpoint)->Stop();
  poller.Stop();
  return {};
}

}  // namespace

ToolResult RunConsole(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--fleet", "--listen", "--host"};
  constexpr absl::string_view kSwitches[] = {"--check"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, kSwitches);
  if (!parsed.error.empty()) return UsageError("console", parsed.error);
  if (parsed.Has("--help")) return {kToolFine, std::string(ConsoleHelp()), ""};
  if (!parsed.words.empty()) {
    return UsageError("console", absl::StrCat("unexpected argument '", parsed.words[0],
                                              "'; see hither console --help"));
  }
  const absl::string_view file = parsed.Value("--fleet", "");
  if (file.empty()) return UsageError("console", "no fleet file; give --fleet fleet.yaml");
  const absl::StatusOr<SocketAddress> listen =
      SocketAddress::FromText(parsed.Value("--listen", "127.0.0.1:8080"), kConsolePort);
  if (!listen.ok()) {
    return UsageError("console", absl::StrCat("--listen: ", listen.status().message()));
  }
  absl::StatusOr<Fleet> fleet = LoadFleetFile(std::string(file));
  if (!fleet.ok()) return {kToolFailed, "", absl::StrCat(fleet.status().message(), "\n")};
  if (parsed.Has("--check")) {
    return {kToolFine, absl::StrCat(file, ": ", FactsOf(*fleet), "\n"), ""};
  }
  std::vector<std::string> hosts;
  for (const auto& [name, value] : parsed.values) {
    if (name == "--host") hosts.emplace_back(value);
  }
  return Serve(*std::move(fleet), *listen, std::move(hosts));
}

}  // namespace hither
