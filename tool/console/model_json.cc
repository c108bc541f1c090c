// The console's knowledge as JSON for the page: see model.h for the object.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/json_writer.h"
#include "tool/console/model.h"

namespace hither {
namespace {

constexpr size_t kSerialZonesMax = 50;   // In the table of zones by sites.
constexpr absl::string_view kUp = "up";  // States of links.
constexpr absl::string_view kDown = "down";
constexpr absl::string_view kUnknown = "unknown";

JsonValue OrNull(const std::string& text) { return text.empty() ? JsonValue() : JsonValue(text); }

JsonValue OrNull(uint32_t number) { return number == 0 ? JsonValue() : JsonValue(number); }

// Worst first.
int Rank(absl::string_view state) {
  constexpr absl::string_view kWorstFirst[] = {"DOWN", "DRAIN", "SOFT", "UP"};
  const auto* at = std::find(std::begin(kWorstFirst), std::end(kWorstFirst), state);
  return static_cast<int>(at - std::begin(kWorstFirst));
}

// A route that is wanted but announced to nobody is no better than a withdrawn one.
int Rank(const SidecarReport::Family& family) {
  return family.announced == false ? 0 : Rank(family.state);
}

// The worst of all services, since users look for faults.
JsonValue FamilyState(const SidecarReport& report, IpFamily which) {
  const SidecarReport::Family* worst = nullptr;
  for (const SidecarReport::Family& family : report.families) {
    if (family.family != which) continue;
    if (worst == nullptr || Rank(family) < Rank(*worst)) worst = &family;
  }
  if (worst == nullptr) return nullptr;
  return JsonObject({{"state", worst->state},
                     {"announced", worst->announced},
                     {"rule", worst->rule},
                     {"reason", worst->reason},
                     {"since", worst->since},
                     {"service", worst->service}});
}

// Routers have it. If the sidecar does not report that (an older one): it wants it, and has a
// neighbor for it. In kernel mode it has no sessions: the router that follows the kernel's routes
// has them.
bool IsAnnounced(const SidecarReport& report) {
  const auto says = [](const auto& family) { return family.announced.has_value(); };
  if (std::any_of(report.families.begin(), report.families.end(), says)) {
    return std::any_of(report.families.begin(), report.families.end(),
                       [](const auto& family) { return family.announced.value_or(false); });
  }
  constexpr absl::string_view kAnnounced[] = {"UP", "SOFT", "DRAIN"};
  const bool is_wanted =
      std::any_of(report.families.begin(), report.families.end(), [&](const auto& family) {
        return std::find(std::begin(kAnnounced), std::end(kAnnounced), family.state) !=
               std::end(kAnnounced);
      });
  const auto is_up = [](const auto& session) { return session.state == kEstablished; };
  return is_wanted && (report.sessions.empty() ||
                       std::any_of(report.sessions.begin(), report.sessions.end(), is_up));
}

const char* WeightText(TimeLine::Weight weight) {
  constexpr const char* kTexts[] = {"info", "good", "warning", "bad"};
  return kTexts[static_cast<size_t>(weight)];
}

JsonObject ZoneJson(const HitherdReport::Zone& zone) {
  return {
      {"name", zone.name}, {"state", zone.state}, {"serial", zone.serial}, {"error", zone.error}};
}

JsonObject AnswerJson(const ClientAnswer& answer) {
  return {{"address", answer.address},    {"site", OrNull(answer.site)},
          {"node", OrNull(answer.node)},  {"nsid", OrNull(answer.nsid)},
          {"rtt_us", answer.rtt_us},      {"serial", answer.serial},
          {"asked", answer.asked},        {"lost", answer.lost},
          {"error", OrNull(answer.error)}};
}

// Nearest rank: the smallest sample that at least `percent` of all do not exceed.
int64_t Percentile(const std::vector<int64_t>& sorted, size_t percent) {
  return sorted[(percent * sorted.size() + 99) / 100 - 1];
}

}  // namespace

class PageWriter {
 public:
  PageWriter(const ConsoleModel& model, absl::Time now) : model_(model), now_(now) {
    std::map<std::string, std::string> sites;  // Of routers.
    for (const Fleet::Router& router : model_.fleet_.routers) sites[router.name] = router.site;
    for (const Fleet::Link& link : model_.fleet_.links) {
      links_.push_back(LinkState(link));
      const std::string& a = sites[link.a];
      const std::string& b = sites[link.b];
      if (a == b) continue;
      for (const std::string& site : {a, b}) {
        const auto [at, is_first] = cut_off_.try_emplace(site, true);
        at->second &= links_.back() == kDown;
      }
    }
  }

  JsonObject Page() const {
    const Fleet& fleet = model_.fleet_;
    JsonObject page(
        {{"title", fleet.title},
         {"now_ms", absl::ToUnixMillis(now_)},
         {"has_agents", fleet.HasAgents()},
         {"addresses", Each(fleet.addresses, [](const auto& one) { return one.ToDnsText(); })},
         {"question", QuestionJson(fleet)},
         {"sites", Each(fleet.sites, [this](const auto& site) { return SiteJson(site); })},
         {"nodes", Each(model_.nodes_, [this](const auto& node) { return NodeJson(node); })},
         {"routers", Each(fleet.routers, [this](const auto& one) { return RouterJson(one); })},
         {"links", LinksJson()},
         {"clients", Each(fleet.clients, [this](const auto& one) { return ClientJson(one); })}});
    AddSerials(page);
    page.Add("time_line", Each(model_.time_line_.entries(), EntryJson));
    return page;
  }

 private:
  // A zone at a site.
  struct SerialsAt {
    std::set<uint32_t> serials;  // Of its nodes, each once.
    size_t nodes = 0;            // That have it, of those that have reported all their zones.
    bool is_whole = true;        // All of those have it, always with a serial.
  };
  using Serials = std::map<std::string, std::map<std::string, SerialsAt>>;  // By zone and site.

  template <typename List, typename Write>
  static JsonArray Each(const List& list, Write write) {
    JsonArray out;
    for (const auto& one : list) out.Add(write(one));
    return out;
  }

  static JsonValue QuestionJson(const Fleet& fleet) {
    if (!fleet.question.has_value()) return nullptr;
    return absl::StrCat(fleet.question->name, " ", fleet.question->type);
  }

  JsonArray LinksJson() const {
    JsonArray out;
    for (size_t i = 0; i < links_.size(); ++i) {
      const Fleet::Link& link = model_.fleet_.links[i];
      out.Add(JsonObject({{"a", link.a}, {"b", link.b}, {"state", links_[i]}}));
    }
    return out;
  }

  static JsonObject EntryJson(const TimeLine::Entry& entry) {
    return {{"id", entry.id},
            {"at_ms", absl::ToUnixMillis(entry.at)},
            {"weight", WeightText(entry.weight)},
            {"who", entry.who},
            {"text", entry.text}};
  }

  static void AddError(const ConsoleModel::Contact& contact, absl::string_view page,
                       JsonArray& errors) {
    if (!contact.error.empty()) errors.Add(absl::StrCat(page, ": ", contact.error));
  }

  JsonObject RttJson(const std::string& site) const {
    std::vector<int64_t> sorted;
    for (const auto& [at, rtt_us] : model_.rtts_.at(site)) {
      if (at >= now_ - ConsoleModel::kRttWindow) sorted.push_back(rtt_us);
    }
    if (sorted.empty()) return {{"p50_us", nullptr}, {"p99_us", nullptr}, {"samples", 0}};
    std::sort(sorted.begin(), sorted.end());
    return {{"p50_us", Percentile(sorted, 50)},
            {"p99_us", Percentile(sorted, 99)},
            {"samples", sorted.size()}};
  }

  size_t ClientsOf(const std::string& site) const {
    size_t count = 0;
    for (const auto& [name, client] : model_.clients_) {
      count += std::any_of(client.answers.begin(), client.answers.end(),
                           [&](const auto& answer) { return answer.site == site; });
    }
    return count;
  }

  bool IsAt(const ConsoleModel::Node& node, const Fleet::Site& site) const {
    return &model_.fleet_.sites[node.site] == &site;
  }

  std::optional<double> QueriesPerSecond(const Fleet::Site& site) const {
    std::optional<double> sum;
    for (const ConsoleModel::Node& node : model_.nodes_) {
      if (!IsAt(node, site) || !node.queries_per_second.has_value()) continue;
      sum = sum.value_or(0) + *node.queries_per_second;
    }
    return sum;
  }

  // No value: an unread node may announce, and no node that is read does.
  std::optional<bool> IsSiteAnnounced(const Fleet::Site& site) const {
    std::optional<bool> is_announced;
    bool all_are_read = true;
    for (const ConsoleModel::Node& node : model_.nodes_) {
      if (!IsAt(node, site)) continue;
      if (node.sidecar.has_value()) {
        is_announced = is_announced.value_or(false) || IsAnnounced(*node.sidecar);
      } else {
        all_are_read &= !site.nodes[node.place].anycast.has_value();
      }
    }
    const auto cut_off = cut_off_.find(site.name);
    if (cut_off != cut_off_.end() && cut_off->second && is_announced.has_value()) return false;
    return is_announced.value_or(false) || all_are_read ? is_announced : std::nullopt;
  }

  JsonObject SiteJson(const Fleet::Site& site) const {
    const std::optional<bool> is_announced = IsSiteAnnounced(site);
    return {{"name", site.name},
            {"place", site.place},
            {"latitude", site.latitude},
            {"longitude", site.longitude},
            {"as", OrNull(site.as)},
            {"announced", is_announced},
            {"clients", ClientsOf(site.name)},
            {"queries_per_second", QueriesPerSecond(site)},
            {"rtt", RttJson(site.name)}};
  }

  static JsonValue FaultsJson(const ConsoleModel::Faults& faults) {
    return faults.are_read ? JsonValue(faults.names) : JsonArray();
  }

  static JsonObject SessionJson(const SidecarReport::Session& session) {
    return {{"neighbor", session.neighbor},
            {"state", session.state},
            {"last_error", session.last_error}};
  }

  JsonObject NodeJson(const ConsoleModel::Node& node) const {
    const Fleet::Site& site = model_.fleet_.sites[node.site];
    const Fleet::Node& place = site.nodes[node.place];
    const std::optional<SidecarReport>& sidecar = node.sidecar;
    JsonArray errors;
    AddError(node.hitherd_contact, "hitherd", errors);
    AddError(node.sidecar_contact, "hither-anycast", errors);
    AddError(node.agent_contact, "agent", errors);
    JsonObject json({{"id", node.id},
                     {"name", place.name},
                     {"site", site.name},
                     {"errors", std::move(errors)},
                     {"faults", FaultsJson(node.faults)},
                     {"agent", place.agent.has_value()},
                     {"v4", sidecar ? FamilyState(*sidecar, IpFamily::kV4) : JsonValue()},
                     {"v6", sidecar ? FamilyState(*sidecar, IpFamily::kV6) : JsonValue()},
                     {"drained", sidecar && sidecar->is_drained},
                     {"sessions", sidecar ? Each(sidecar->sessions, SessionJson) : JsonArray()}});
    AddResponder(node, json);
    return json;
  }

  static bool IsRead(const ConsoleModel::Node& node) {
    return node.hitherd.has_value() && node.hitherd_contact.error.empty();
  }

  static void AddResponder(const ConsoleModel::Node& node, JsonObject& json) {
    const bool is_read = IsRead(node);
    json.Add("queries_per_second", node.queries_per_second);
    json.Add("history", node.history);
    json.Add("p50_us", is_read ? node.hitherd->p50_us : std::nullopt);
    json.Add("p99_us", is_read ? node.hitherd->p99_us : std::nullopt);
    json.Add("zones", is_read ? Each(node.hitherd->zones, ZoneJson) : JsonArray());
    json.Add("zones_total", is_read ? node.hitherd->zones_total : 0);
  }

  static JsonObject RouterSessionJson(const RouterSession& session) {
    return {{"peer", session.peer},
            {"peer_as", OrNull(session.peer_as)},
            {"state", session.state},
            {"since", session.since}};
  }

  JsonObject RouterJson(const Fleet::Router& router) const {
    const ConsoleModel::Router& known = model_.routers_.at(router.name);
    JsonArray errors;
    AddError(known.agent_contact, "agent", errors);
    const JsonValue sessions =
        known.sessions ? JsonValue(Each(*known.sessions, RouterSessionJson)) : JsonValue();
    return {{"name", router.name},
            {"site", OrNull(router.site)},
            {"as", OrNull(router.as)},
            {"kind", router.kind},
            {"agent", router.agent.has_value()},
            {"errors", std::move(errors)},
            {"faults", FaultsJson(known.faults)},
            {"sessions", sessions}};
  }

  // No value: that end does not know the other.
  std::optional<bool> IsUp(const std::string& router, const std::string& peer) const {
    const ConsoleModel::Router& known = model_.routers_.at(router);
    if (!known.sessions.has_value()) return std::nullopt;
    std::optional<bool> up;
    for (const RouterSession& session : *known.sessions) {  // There may be one for each family.
      if (session.peer != peer) continue;
      up = up.value_or(false) || session.state == kEstablished;
    }
    return up;
  }

  absl::string_view LinkState(const Fleet::Link& link) const {
    const std::optional<bool> a = IsUp(link.a, link.b);
    const std::optional<bool> b = IsUp(link.b, link.a);
    if (!a.has_value() && !b.has_value()) return kUnknown;
    return a.value_or(true) && b.value_or(true) ? kUp : kDown;
  }

  JsonObject ClientJson(const Fleet::Client& client) const {
    const ConsoleModel::Client& known = model_.clients_.at(client.name);
    JsonArray errors;
    AddError(known.agent_contact, "agent", errors);
    return {{"name", client.name},
            {"as", OrNull(client.as)},
            {"router", OrNull(client.router)},
            {"errors", std::move(errors)},
            {"answers", Each(known.answers, AnswerJson)}};
  }

  // Each zone has an entry for each site with a node that is read: a missing one shows as "none".
  // Zones cut from a report (kReportZonesMax) may exist nevertheless, and are not shown as missing.
  Serials SerialsOfAll() const {
    Serials all;
    std::map<std::string, size_t> whole;  // Site -> its nodes that have reported all their zones.
    for (const ConsoleModel::Node& node : model_.nodes_) {
      if (!IsRead(node)) continue;
      const std::string& site = model_.fleet_.sites[node.site].name;
      const bool is_whole = node.hitherd->zones.size() == node.hitherd->zones_total;
      whole[site] += is_whole;
      for (const HitherdReport::Zone& zone : node.hitherd->zones) {
        SerialsAt& at = all[zone.name][site];
        at.nodes += is_whole;
        if (zone.serial.has_value()) at.serials.insert(*zone.serial);
        at.is_whole &= zone.serial.has_value();
      }
    }
    for (auto& [zone, sites] : all) {
      for (const auto& [site, nodes] : whole) {
        if (nodes > 0) sites[site].is_whole &= sites[site].nodes == nodes;
      }
    }
    return all;
  }

  // The same serial at every node that is read.
  static bool Agree(const std::map<std::string, SerialsAt>& sites) {
    std::set<uint32_t> all;
    for (const auto& [site, at] : sites) {
      if (!at.is_whole) return false;
      all.insert(at.serials.begin(), at.serials.end());
    }
    return all.size() == 1;
  }

  // Those that disagree first, so that the cut keeps what matters.
  void AddSerials(JsonObject& page) const {
    const Serials all = SerialsOfAll();
    JsonArray out;
    size_t in_step = 0;
    for (const bool agree : {false, true}) {
      for (const auto& [zone, sites] : all) {
        if (Agree(sites) != agree) continue;
        in_step += agree;
        if (out.size() >= kSerialZonesMax) continue;
        JsonObject by_site;
        for (const auto& [site, at] : sites) by_site.Add(site, at.serials);
        out.Add(JsonObject({{"zone", zone}, {"sites", std::move(by_site)}, {"agree", agree}}));
      }
    }
    page.Add("serials_omitted", all.size() - out.size());
    page.Add("zones_in_step", in_step);
    page.Add("serials", std::move(out));
  }

  const ConsoleModel& model_;
  const absl::Time now_;
  std::vector<absl::string_view> links_;  // Their states, in the fleet's order.
  std::map<std::string, bool> cut_off_;   // Sites with external links: is each known to be down?
};

std::string ConsoleModel::PageJson(absl::Time now) const {
  return JsonValue(PageWriter(*this, now).Page()).Compact();
}

}  // namespace hither
