#include "tool/console/model.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hither {
namespace {

using Weight = TimeLine::Weight;

constexpr absl::Duration kRateWindow = absl::Seconds(5);
constexpr size_t kRateCountsMax = 16;
constexpr size_t kAddressesMax = 16;  // Of a client.

Weight WeightOf(absl::string_view state) {
  if (state == "UP") return Weight::kGood;
  return state == "DOWN" ? Weight::kBad : Weight::kWarning;
}

const HitherdReport::Zone* FindZone(const HitherdReport& report, const std::string& name) {
  for (const HitherdReport::Zone& zone : report.zones) {
    if (zone.name == name) return &zone;
  }
  return nullptr;
}

std::string SerialText(const HitherdReport::Zone& zone) {
  return zone.serial.has_value() ? absl::StrCat("serial ", *zone.serial) : "no serial";
}

absl::Status CheckIs(const std::string& id, const std::string& wanted) {
  if (id == wanted) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("is ", id, ", not ", wanted, "; correct the fleet file"));
}

// Its loop hangs: its states are outdated.
absl::Status CheckFresh(const SidecarReport& report) {
  if (report.lease_seconds <= 0 || report.verdict_age_seconds <= report.lease_seconds) {
    return absl::OkStatus();
  }
  const auto text = [](double seconds) {
    return absl::FormatDuration(absl::Trunc(absl::Seconds(seconds), absl::Milliseconds(1)));
  };
  return absl::FailedPreconditionError(
      absl::StrCat("its verdict is ", text(report.verdict_age_seconds), " old and was valid for ",
                   text(report.lease_seconds), "; restart it"));
}

}  // namespace

void TimeLine::Add(absl::Time at, Weight weight, absl::string_view who, std::string text) {
  entries_.push_back({++last_id_, at, weight, std::string(who), std::move(text)});
  if (entries_.size() > kKept) entries_.pop_front();
}

ConsoleModel::ConsoleModel(Fleet fleet) : fleet_(std::move(fleet)) {
  for (size_t i = 0; i < fleet_.sites.size(); ++i) {
    const Fleet::Site& site = fleet_.sites[i];
    rtts_[site.name];
    for (size_t k = 0; k < site.nodes.size(); ++k) {
      Node& node = nodes_.emplace_back();
      node.id = FullName(site, site.nodes[k]);
      node.site = i;
      node.place = k;
      places_[node.id] = nodes_.size() - 1;
    }
  }
  for (const Fleet::Router& router : fleet_.routers) routers_[router.name];
  for (const Fleet::Client& client : fleet_.clients) clients_[client.name];
}

ConsoleModel::Node* ConsoleModel::FindNode(const std::string& id) {
  const auto at = places_.find(id);
  return at == places_.end() ? nullptr : &nodes_[at->second];
}

// Added when it changes; the first result only if it is an error. The error's text may change at
// each poll (a time, a port), which does not count.
void ConsoleModel::TakeContact(Contact& contact, const absl::Status& status, absl::string_view who,
                               absl::string_view page, absl::Time now) {
  const bool was_good = contact.error.empty();
  const bool is_first = !std::exchange(contact.was_asked, true);
  contact.error = std::string(status.message());
  if (status.ok() && !was_good) {
    time_line_.Add(now, Weight::kGood, who, absl::StrCat(page, " answers again"));
  } else if (!status.ok() && (was_good || is_first)) {
    time_line_.Add(now, Weight::kBad, who, absl::StrCat(page, ": ", status.message()));
  }
}

void ConsoleModel::TakeHitherd(const std::string& id, const absl::StatusOr<HitherdReport>& report,
                               absl::Time now) {
  Node* node = FindNode(id);
  if (node == nullptr) return;
  const absl::Status status = report.ok() ? CheckIs(report->id, id) : report.status();
  TakeContact(node->hitherd_contact, status, id, "hitherd", now);
  if (!status.ok()) {
    node->queries_per_second.reset();
    node->counts.clear();
    node->history.push_back(0);
    if (node->history.size() > kHistoryMax) node->history.pop_front();
    // The report is kept to detect later changes; PageWriter does not show it.
    return;
  }
  CountQueries(*node, *report, now);
  NoteZones(*node, *report, now);
  node->hitherd = *report;
}

void ConsoleModel::CountQueries(Node& node, const HitherdReport& report, absl::Time now) {
  if (!node.counts.empty() && report.queries < node.counts.back().second) {
    node.counts.clear();
    time_line_.Add(now, Weight::kInfo, node.id, "hitherd restarted");
  }
  node.counts.emplace_back(now, report.queries);
  while (node.counts.size() > kRateCountsMax ||
         (node.counts.size() > 2 && node.counts[1].first <= now - kRateWindow)) {
    node.counts.pop_front();
  }
  const auto& [began, first] = node.counts.front();
  const double seconds = absl::ToDoubleSeconds(now - began);
  if (seconds < 0.1) return;
  node.queries_per_second = static_cast<double>(report.queries - first) / seconds;
  node.history.push_back(*node.queries_per_second);
  if (node.history.size() > kHistoryMax) node.history.pop_front();
}

void ConsoleModel::NoteZones(const Node& node, const HitherdReport& report, absl::Time now) {
  if (!node.hitherd.has_value()) return;
  for (const HitherdReport::Zone& zone : report.zones) {
    const HitherdReport::Zone* before = FindZone(*node.hitherd, zone.name);
    if (before == nullptr) continue;
    if (before->serial != zone.serial) {
      time_line_.Add(now, Weight::kInfo, node.id,
                     absl::StrCat(zone.name, ": ", SerialText(*before), " to ", SerialText(zone)));
    }
    if (before->state != zone.state) {
      time_line_.Add(
          now, zone.state == "ok" ? Weight::kGood : Weight::kWarning, node.id,
          absl::StrCat(zone.name, " is ", zone.state, zone.error.empty() ? "" : ": ", zone.error));
    }
  }
}

void ConsoleModel::TakeSidecar(const std::string& id, const absl::StatusOr<SidecarReport>& report,
                               absl::Time now) {
  Node* node = FindNode(id);
  if (node == nullptr) return;
  absl::Status status = report.ok() ? CheckIs(report->id, id) : report.status();
  if (status.ok()) status = CheckFresh(*report);
  TakeContact(node->sidecar_contact, status, id, "hither-anycast", now);
  if (!status.ok()) return node->sidecar.reset();
  for (const SidecarReport::Family& family : report->families) NoteFamily(*node, family, now);
  node->sidecar = *report;
}

void ConsoleModel::NoteFamily(Node& node, const SidecarReport::Family& family, absl::Time now) {
  const std::string key = absl::StrCat(family.service, " ", NameOf(family.family));
  // Reloads of a sidecar add and remove services: the number kept is limited.
  if (node.states.size() > 512) node.states.clear();
  std::string& state = node.states[key];
  if (state == family.state) return;
  const std::string from = state.empty() ? "" : absl::StrCat(state, " to ");
  time_line_.Add(now, WeightOf(family.state), node.id,
                 absl::StrCat(key, " ", from, family.state, ": ", family.reason,
                              family.rule.empty() ? "" : absl::StrCat(" (", family.rule, ")")));
  state = family.state;
}

void ConsoleModel::TakeFaults(const std::string& name,
                              const absl::StatusOr<std::vector<std::string>>& faults,
                              absl::Time now) {
  Node* node = FindNode(name);
  const auto router = routers_.find(name);
  if (node == nullptr && router == routers_.end()) return;
  Faults& known = node != nullptr ? node->faults : router->second.faults;
  // A router's agent is also queried for its sessions: one entry about it is enough.
  if (node != nullptr) {
    TakeContact(node->agent_contact, faults.status(), name, "the lab's agent", now);
  }
  known.are_read = faults.ok();
  if (!faults.ok() || *faults == known.names) return;
  known.names = *faults;
  time_line_.Add(now, faults->empty() ? Weight::kGood : Weight::kWarning, name,
                 faults->empty() ? "no fault is active"
                                 : absl::StrCat("fault active: ", absl::StrJoin(*faults, ", ")));
}

void ConsoleModel::TakeSessions(const std::string& name,
                                const absl::StatusOr<std::vector<RouterSession>>& sessions,
                                absl::Time now) {
  const auto at = routers_.find(name);
  if (at == routers_.end()) return;
  Router& router = at->second;
  TakeContact(router.agent_contact, sessions.status(), name, "the lab's agent", now);
  if (!sessions.ok()) return router.sessions.reset();
  if (router.states.size() > 512) router.states.clear();
  std::map<std::string, std::string> states;  // By peer, which may have one for each family.
  for (const RouterSession& session : *sessions) {
    std::string& state = states[session.peer];
    if (state.empty() || session.state == kEstablished) state = session.state;
  }
  for (const auto& [peer, state] : states) NoteSession(router, name, peer, state, now);
  router.sessions = *sessions;
}

void ConsoleModel::NoteSession(Router& router, const std::string& name, const std::string& peer,
                               const std::string& state, absl::Time now) {
  const std::string before = std::exchange(router.states[peer], state);
  const bool is_up = state == kEstablished;
  const bool was_up = before == kEstablished;
  if (before.empty() || is_up == was_up) return;  // Connect, Active, Connect ... is not an event.
  time_line_.Add(now, is_up ? Weight::kGood : Weight::kBad, name,
                 absl::StrCat("BGP with ", peer, ": ", before, " to ", state));
}

void ConsoleModel::TakeAnswers(const std::string& name,
                               const absl::StatusOr<std::vector<ClientAnswer>>& answers,
                               absl::Time now) {
  auto at = clients_.find(name);
  if (at == clients_.end()) return;
  Client& client = at->second;
  TakeContact(client.agent_contact, answers.status(), name, "the client's agent", now);
  if (!answers.ok()) return client.answers.clear();
  client.answers.clear();
  std::set<std::string> seen;
  for (ClientAnswer answer : *answers) {
    if (!seen.insert(answer.address).second)
      continue;  // Its agent lists it twice: the first counts.
    if (const auto names = NamesOf(fleet_, answer.nsid); names.has_value()) {
      answer.site = names->site;
      answer.node = names->node;
    }
    client.answers.push_back(answer);
    if (client.sites.size() >= kAddressesMax && client.sites.count(answer.address) == 0) continue;
    if (!answer.site.empty() && answer.rtt_us.has_value()) AddRtt(answer.site, *answer.rtt_us, now);
    const auto [known, is_new] = client.sites.try_emplace(answer.address, answer.site);
    if (is_new || known->second == answer.site) continue;
    const auto text = [](const std::string& site) { return site.empty() ? "nobody" : site; };
    const Weight weight = answer.site.empty()     ? Weight::kBad
                          : known->second.empty() ? Weight::kGood
                                                  : Weight::kInfo;
    time_line_.Add(now, weight, name,
                   absl::StrCat(answer.address, " is answered by ", text(answer.site), ", was ",
                                text(known->second)));
    known->second = answer.site;
  }
}

void ConsoleModel::AddRtt(const std::string& site, int64_t rtt_us, absl::Time now) {
  const auto at = rtts_.find(site);
  if (at == rtts_.end()) return;
  RttSamples& samples = at->second;
  samples.emplace_back(now, rtt_us);
  while (samples.size() > kRttSamplesMax || samples.front().first < now - kRttWindow) {
    samples.pop_front();
  }
}

void ConsoleModel::TakeCommand(const std::string& name, absl::string_view what,
                               const absl::Status& done, absl::Time now) {
  if (done.ok()) return time_line_.Add(now, Weight::kInfo, name, absl::StrCat("operator: ", what));
  time_line_.Add(now, Weight::kBad, name,
                 absl::StrCat("operator: ", what, " failed: ", done.message()));
}

}  // namespace hither
