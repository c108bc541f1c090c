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

// What probes say to a heartbeat that speaks of death.
struct ProbeSummary {
  int asked = 0;                                  // Verdicts that count.
  int answered = 0;                               // Of those.
  absl::Time answered_at = absl::InfinitePast();  // When the last was asked that was answered.
};

// What heartbeat pages, one after the other, say of the responder. Pure: no file, no clock.
//
// | signal          | ok             | soft                        | hard                        |
// |-----------------|----------------|-----------------------------|-----------------------------|
// | responder       | locked, turns  |                             | lock free, loading, ending, |
// |                 |                |                             | all workers stuck           |
// | worker N        | turns          | stuck, while others turn    |                             |
// | servfail share  | within the max | more, over 5 s              |                             |
// | drop share      | within the max | more, over 5 s; of queries  |                             |
// |                 |                | dropped and answers unsent  |                             |
// | zone X          | loaded         | stale (shared)              | expired, not loaded (shared)|
//
// A zone that is not loaded is shared: a file that no version was ever good of is most likely the
// same at every site. Where this node alone fails, the probe of the zone sees SERVFAIL, which is
// local. Unknown: no page, or none that can be read; a zone without a record.
class ResponderSignals {
 public:
  static constexpr absl::Duration kWindow = absl::Seconds(5);
  static constexpr uint64_t kAnswersMin = 20;  // In the window, for a share to mean anything.
  // Zones of a page that the control thread has not touched for so long are not known any more.
  static constexpr absl::Duration kZonesAgeMax = absl::Seconds(5);

  explicit ResponderSignals(const AnycastConfig::Policy& policy) : policy_(policy) {}

  // A tick's page. `read`: what Read() said.
  void Take(const absl::Status& read, HeartbeatReader::Life life, const Heartbeat& page,
            absl::Time now);

  void AddSignals(const ProbeSummary& probes, std::vector<Signal>& out) const;
  Signal ZoneSignal(const std::string& name) const;
  // The zone that `name` is in, as text; empty: the page names none.
  std::string ZoneOf(const std::string& name) const;
  // What an answer for `name` must not be older than.
  std::optional<uint32_t> SerialOf(const std::string& name) const;

  // Of the whole responder, over the window. Unknown until two pages were read.
  std::optional<double> queries_per_second() const;
  // The kernel drops what its workers, which turn, have no room for: silence then is overload, and
  // to withdraw would send the flood to the next site. Answers that could not be sent are no flood:
  // if all fail, for example at a firewall, the node is of no use to anybody.
  bool IsFlooded() const;
  // Some of its workers have not turned lately, and others have: their share of the probes goes
  // unanswered, which is a part that fails and not the whole.
  bool IsPartlyStuck() const;
  static constexpr absl::Duration kLateTurn = absl::Milliseconds(300);  // Idle ones: each 100 ms.
  bool is_known() const { return is_known_; }
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
