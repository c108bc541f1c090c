#ifndef HITHER_ANYCAST_SIGNALS_SIGNAL_COLLECTOR_H_
#define HITHER_ANYCAST_SIGNALS_SIGNAL_COLLECTOR_H_

#include <uv.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/signal.h"
#include "anycast/probe/dns_probe.h"
#include "anycast/signals/exec_check.h"
#include "anycast/signals/peer_client.h"
#include "anycast/signals/responder_signals.h"
#include "daemon/config/config.h"
#include "daemon/heartbeat/heartbeat_reader.h"

namespace hither {

// Everything known about the services of one configuration, tick by tick.
//
//   each tick:  LookAtHeartbeat(now);   a verdict is of now: a sidecar that was stopped and
//               ... Signals() ...       continues must not announce from what it saw before
//               AskWhatIsDue();         after our page is out (see fleet.h)
//
// Threads: the loop's. Nothing blocks: results are taken as they arrive. After destroying it, run
// the loop until the last handles are closed (uv_run() returns 0).
class SignalCollector {
 public:
  struct Service {
    std::string name;
    std::vector<std::unique_ptr<DnsProbe>> probes;  // Every address, probe and transport.
    std::vector<std::unique_ptr<ExecCheck>> checks;
    std::vector<std::string> zones;  // As configured.
  };

  // `config` is copied from; FinishConfig() has filled it.
  // `run`: PeerPage::run of this process.
  SignalCollector(uv_loop_t& loop, const Config& config, const AnycastConfig& anycast,
                  std::string run = "");

  // Takes what the collector from before a reload knows about the same probes. A probe that never
  // succeeded is unknown instead of hard: a name that a reload added and that no zone has must not
  // withdraw earlier announcements.
  void TakeOver(const SignalCollector& former);

  void LookAtHeartbeat(absl::Time now);  // `now`: MonotonicNow().
  void AskWhatIsDue();                   // Probes, checks, peers. At the time of the last look.

  // Of the service with that name; empty for an unknown name. As of the last look: anything too old
  // is unknown.
  std::vector<Signal> Signals(absl::string_view service) const;
  // From others, over 5 s. Unknown without a heartbeat.
  std::optional<double> queries_per_second() const;

  const std::vector<std::unique_ptr<PeerClient>>& peers() const { return peers_; }
  // Entries of the configuration for this node at an address other than its own: queried only to
  // find a clone.
  const std::vector<std::unique_ptr<PeerClient>>& own() const { return own_; }
  std::vector<PeerPage::Seen> Sees() const;  // For our own peer page.
  const std::string& our_name() const { return our_name_; }
  const std::vector<Service>& services() const { return services_; }  // For metrics.
  const ResponderSignals& responder() const { return responder_; }

 private:
  void AddService(uv_loop_t& loop, const AnycastConfig::Service& service);
  void AddPeers(uv_loop_t& loop, const AnycastConfig& anycast, std::string run);
  void AskProbes();
  ProbeSummary Summarize(const Service& service) const;
  bool CountsStill(const DnsProbe& probe) const;
  Signal ProbeSignal(const DnsProbe& probe) const;
  std::string NsidChange() const;
  Level LevelOf(const DnsProbe& probe) const;
  void AddZoneSignals(const Service& service, std::vector<Signal>& out) const;

  const absl::Duration tick_;
  const std::string made_at_;  // By the wall clock, in words.
  const std::string our_name_;
  const std::vector<std::string> nsids_;
  absl::Time now_;
  HeartbeatReader heartbeat_;
  Heartbeat page_;
  ResponderSignals responder_;
  std::vector<Service> services_;
  std::vector<std::unique_ptr<PeerClient>> peers_;
  std::vector<std::unique_ptr<PeerClient>> own_;
  std::deque<std::pair<absl::Time, uint64_t>> asked_;  // Probes sent, within the window.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_SIGNAL_COLLECTOR_H_
