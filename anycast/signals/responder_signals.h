#ifndef HITHER_ANYCAST_SIGNALS_RESPONDER_SIGNALS_H_
#define HITHER_ANYCAST_SIGNALS_RESPONDER_SIGNALS_H_

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "anycast/policy/signal.h"
#include "daemon/config/anycast_config.h"
#include "daemon/heartbeat/heartbeat_reader.h"

namespace hither {

// The probes' evidence when a heartbeat indicates death.
struct ProbeSummary {
  int asked = 0;                                  // Valid verdicts.
  int answered = 0;                               // Of those.
  absl::Time answered_at = absl::InfinitePast();  // When the last answered probe was sent.
};

// What consecutive heartbeat pages show about the responder. Pure: no file, no clock.
//
// | signal          | ok             | soft                        | hard                        |
// |-----------------|----------------|-----------------------------|-----------------------------|
// | responder       | locked, runs   |                             | lock free, loading, ending, |
// |                 |                |                             | all workers stuck           |
// | worker N        | runs           | stuck, while others run     |                             |
// | servfail share  | within the max | more, over 5 s              |                             |
// | drop share      | within the max | more, over 5 s; of queries  |                             |
// |                 |                | dropped and answers unsent  |                             |
// | zone X          | loaded         | stale, or its signatures    | expired, not loaded (shared)|
// |                 |                | end soon (shared)           |                             |
//
// A zone that is not loaded is a shared fault: a file that never had a good version is most likely
// the same at every site. If only this node fails, the zone's probe sees SERVFAIL, which is local.
// Unknown: no page, or an unreadable one; a zone without an entry.
class ResponderSignals {
 public:
  static constexpr absl::Duration kWindow = absl::Seconds(5);
  static constexpr uint64_t kAnswersMin = 20;  // In the window, for a share to mean anything.
  // Zones of a page that the control thread has not updated for this long are unknown.
  static constexpr absl::Duration kZonesAgeMax = absl::Seconds(5);

  explicit ResponderSignals(const AnycastConfig::Policy& policy) : policy_(policy) {}

  // A tick's page. `read`: the result of Read().
  void Take(const absl::Status& read, HeartbeatReader::Life life, const Heartbeat& page,
            absl::Time now);

  void AddSignals(const ProbeSummary& probes, std::vector<Signal>& out) const;
  // `wall` is the time of day, which signatures are judged by.
  Signal ZoneSignal(const std::string& name, absl::Time wall) const;
  // The zone of `name`, as text; empty: the page names none.
  std::string ZoneOf(const std::string& name) const;
  // The oldest serial that an answer for `name` may have.
  std::optional<uint32_t> SerialOf(const std::string& name) const;

  // Of the whole responder, over the window. Unknown until two pages were read.
  std::optional<double> queries_per_second() const;
  // The kernel drops queries that its running workers have no room for: silence then means
  // overload, and a withdrawal would send the flood to the next site. Unsent answers do not count
  // as a flood: if all fail, for example at a firewall, the node is useless.
  bool IsFlooded() const;
  // Some of its workers have not run recently, and others have: their share of the probes goes
  // unanswered, which is a partial failure.
  bool IsPartlyStuck() const;
  static constexpr absl::Duration kLateTurn = absl::Milliseconds(300);  // Idle ones: each 100 ms.
  bool is_known() const { return is_known_; }
  bool is_dead() const { return is_dead_; }  // Has hitherd exited?
  const Heartbeat& page() const { return page_; }

 private:
  struct Sample {
    absl::Time at;
    uint64_t queries = 0;
    uint64_t answered = 0;
    uint64_t servfail = 0;
    uint64_t dropped = 0;
    uint64_t unsent = 0;
  };

  Sample Sum(absl::Time now) const;
  Sample Grown() const;  // Over the window; `at` is without meaning.
  bool IsStuck(const Heartbeat::Worker& worker) const;
  Signal ResponderSignal(const ProbeSummary& probes) const;
  Signal DeadSignal(const ProbeSummary& probes) const;
  void AddWorkers(std::vector<Signal>& out) const;
  Signal ShareSignal(const char* name, uint64_t part, uint64_t whole, double share_max) const;

  const AnycastConfig::Policy policy_;
  absl::Time now_;
  bool is_known_ = false;
  std::string why_unknown_ = "not read yet";
  bool is_dead_ = false;
  absl::Time dead_since_ = absl::InfiniteFuture();
  Heartbeat page_;
  std::deque<Sample> samples_;  // Of the window and one before it; at most one each tick.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_RESPONDER_SIGNALS_H_
