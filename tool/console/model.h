#ifndef HITHER_TOOL_CONSOLE_MODEL_H_
#define HITHER_TOOL_CONSOLE_MODEL_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tool/console/fleet_file.h"
#include "tool/console/reports.h"

namespace hither {

// Events, newest last; at most kKept.
class TimeLine {
 public:
  static constexpr size_t kKept = 200;
  enum class Weight : uint8_t { kInfo, kGood, kWarning, kBad };
  struct Entry {
    uint64_t id = 0;  // Counted from 1.
    absl::Time at;
    Weight weight = Weight::kInfo;
    std::string who;  // "ns1.fra1", "r.fra1", "berlin"
    std::string text;
  };

  void Add(absl::Time at, Weight weight, absl::string_view who, std::string text);
  const std::deque<Entry>& entries() const { return entries_; }

 private:
  uint64_t last_id_ = 0;
  std::deque<Entry> entries_;
};

// What the console knows about a fleet: it takes the pages' reports, records changes, and writes
// everything as one JSON object for the page. Time is an argument; no sockets. Not thread-safe.
//
// A page that does not answer correctly becomes an error of its node, router or client; earlier
// reports are not shown as if they were current.
//
// Both /api/fleet and each event of /events are one such object:
//
//   title, now_ms, has_agents, addresses: [text], question: "example.org SOA" | null
//   sites:     [{ name, place, latitude, longitude, as, announced: bool | null,
//                 clients: count, queries_per_second | null,
//                 rtt: { p50_us, p99_us, samples } }]                of the last 5 minutes
//   nodes:     [{ id, name, site, errors: [text], v4: STATE | null, v6: STATE | null, drained,
//                 sessions: [{ neighbor, state, last_error }], queries_per_second | null,
//                 history: [queries a second, oldest first], p50_us, p99_us,
//                 zones: [{ name, state, serial, error }], zones_total, faults: [text], agent: bool
//                 }]
//              STATE: { state: UP | SOFT | DRAIN | DOWN, announced: bool | null, rule,
//                       reason, since, service }
//   routers:   [{ name, site, as, kind, agent: bool, errors: [text], faults: [text],
//                 sessions: [{ peer, peer_as, state, since }] | null }]
//   links:     [{ a, b, state: "up" | "down" | "unknown" }]
//   clients:   [{ name, as, router, errors: [text],
//                 answers: [{ address, site | null, node, nsid, rtt_us, serial, asked, lost,
//                             error }] }]
//   serials:   [{ zone, sites: { SITE: [serial, ...] }, agree: bool }]        as hitherd tells
//              agree: each node that is read has the zone, all with one serial. Others come first.
//   serials_omitted, zones_in_step: count         of zones beyond these; of all zones that agree
//   time_line: [{ id, at_ms, weight: info | good | warning | bad, who, text }]   oldest first
//
// null: not known. Texts come from other hosts: show them only as text.
class ConsoleModel {
 public:
  static constexpr absl::Duration kRttWindow = absl::Minutes(5);
  static constexpr size_t kRttSamplesMax = 2'000;  // Of a site.
  static constexpr size_t kHistoryMax = 60;

  explicit ConsoleModel(Fleet fleet);

  const Fleet& fleet() const { return fleet_; }

  // `name`: as in the fleet (a node's is its id). Ignored for a name that is not in the fleet.
  void TakeHitherd(const std::string& node, const absl::StatusOr<HitherdReport>& report,
                   absl::Time now);
  void TakeSidecar(const std::string& node, const absl::StatusOr<SidecarReport>& report,
                   absl::Time now);
  void TakeFaults(const std::string& name, const absl::StatusOr<std::vector<std::string>>& faults,
                  absl::Time now);
  void TakeSessions(const std::string& router,
                    const absl::StatusOr<std::vector<RouterSession>>& sessions, absl::Time now);
  void TakeAnswers(const std::string& client,
                   const absl::StatusOr<std::vector<ClientAnswer>>& answers, absl::Time now);
  void TakeCommand(const std::string& name, absl::string_view what, const absl::Status& done,
                   absl::Time now);

  std::string PageJson(absl::Time now) const;
  const TimeLine& time_line() const { return time_line_; }

 private:
  friend class PageWriter;

  // A page of a host: is it read, or why not? `was_asked`: false until the first result.
  struct Contact {
    bool was_asked = false;
    std::string error;
  };
  struct Faults {
    bool are_read = false;  // Otherwise they are earlier ones, to detect changes.
    std::vector<std::string> names;
  };
  struct Node {
    std::string id;
    size_t site = 0;  // Indexes into the fleet.
    size_t place = 0;
    Contact hitherd_contact;
    Contact sidecar_contact;
    Contact agent_contact;
    std::optional<HitherdReport> hitherd;
    std::optional<SidecarReport> sidecar;
    Faults faults;
    std::deque<std::pair<absl::Time, uint64_t>> counts;  // Of queries; of the last seconds.
    std::optional<double> queries_per_second;
    std::deque<double> history;
    std::map<std::string, std::string> states;  // "dns ipv4" -> "UP", as last reported.
  };
  struct Router {
    Contact agent_contact;
    Faults faults;
    std::optional<std::vector<RouterSession>> sessions;
    std::map<std::string, std::string> states;  // Peer -> state, as last reported.
  };
  struct Client {
    Contact agent_contact;
    std::vector<ClientAnswer> answers;
    std::map<std::string, std::string> sites;  // Address -> site, as last reported.
  };
  using RttSamples = std::deque<std::pair<absl::Time, int64_t>>;

  Node* FindNode(const std::string& id);
  void TakeContact(Contact& contact, const absl::Status& status, absl::string_view who,
                   absl::string_view page, absl::Time now);
  void CountQueries(Node& node, const HitherdReport& report, absl::Time now);
  void NoteZones(const Node& node, const HitherdReport& report, absl::Time now);
  void NoteFamily(Node& node, const SidecarReport::Family& family, absl::Time now);
  void NoteSession(Router& router, const std::string& name, const std::string& peer,
                   const std::string& state, absl::Time now);
  void AddRtt(const std::string& site, int64_t rtt_us, absl::Time now);

  const Fleet fleet_;
  std::vector<Node> nodes_;
  std::map<std::string, size_t> places_;  // Of nodes, by id.
  std::map<std::string, Router> routers_;
  std::map<std::string, Client> clients_;
  std::map<std::string, RttSamples> rtts_;  // By site; only the fleet's.
  TimeLine time_line_;
};

}  // namespace hither

#endif  // HITHER_TOOL_CONSOLE_MODEL_H_
