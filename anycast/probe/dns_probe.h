#ifndef HITHER_ANYCAST_PROBE_DNS_PROBE_H_
#define HITHER_ANYCAST_PROBE_DNS_PROBE_H_

#include <uv.h>

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "anycast/probe/probe_message.h"
#include "base/net/conversation.h"
#include "base/socket_address.h"

namespace hither {

inline constexpr absl::Duration kUdpProbeTimeout = absl::Milliseconds(200);
inline constexpr absl::Duration kTcpProbeTimeout = absl::Milliseconds(500);

// The result of a probe.
struct ProbeResult {
  enum class Kind : uint8_t {
    kNone,      // Nothing yet.
    kOk,        //
    kBehind,    // Correct, but with an older serial than the heartbeat's.
    kWrong,     // Another rcode, no AA, no such type.
    kImpostor,  // Not our NSID.
    kSilent,    // No answer in time.
    kAbsent,    // Nothing listens there, or the address is unreachable.
    kOwnFault,  // We could not send it.
  };
  Kind kind = Kind::kNone;
  std::string detail;
  absl::Duration took;
  absl::Time asked_at;  // By MonotonicNow().
};

// Sends one query to one address repeatedly, one at a time, each from a new source port.
//
// Threads: the loop's.
class DnsProbe {
 public:
  static constexpr std::array<absl::Duration, 10> kBuckets = {
      absl::Microseconds(100), absl::Microseconds(250),   absl::Microseconds(500),
      absl::Milliseconds(1),   absl::Microseconds(2'500), absl::Milliseconds(5),
      absl::Milliseconds(10),  absl::Milliseconds(25),    absl::Milliseconds(100),
      absl::Milliseconds(500)};

  // Response times, as Prometheus counts them: those up to kBuckets[i]; the last: all others.
  struct Latency {
    std::array<uint64_t, kBuckets.size() + 1> counts = {};
    absl::Duration sum;
  };

  DnsProbe(uv_loop_t& loop, Conversation::Transport transport, SocketAddress address,
           std::string name, std::string type);
  DnsProbe(const DnsProbe&) = delete;
  DnsProbe& operator=(const DnsProbe&) = delete;

  // Sends the query, unless the last one is still pending. `nsids` and `serial_min` as in
  // ProbeExpectation.
  void Ask(absl::Time now, const std::vector<std::string>& nsids,
           std::optional<uint32_t> serial_min);

  const ProbeResult& last() const { return last_; }
  const Latency& latency() const { return latency_; }
  uint64_t asked() const { return asked_; }
  int failures() const { return failures_; }  // Consecutive ones, up to the last probe.
  // Was it ever answered correctly? If not, its name and type may not exist.
  bool was_good() const { return was_good_; }
  void TakeOver(const DnsProbe& former) { was_good_ = was_good_ || former.was_good_; }
  // Of the last kRecent: a server that fails now and then never fails several times in a row.
  static constexpr size_t kRecent = 20;
  size_t recent_failures() const { return recent_.count(); }
  Conversation::Transport transport() const { return transport_; }
  const SocketAddress& address() const { return address_; }
  const std::string& name() const { return name_; }
  const std::string& type() const { return type_; }
  std::string ToText() const;  // "udp 192.0.2.53 example.org SOA"

 private:
  void OnEnd(Conversation::Result ended);
  void Record(ProbeResult::Kind kind, std::string detail, absl::Duration took);

  uv_loop_t& loop_;
  const Conversation::Transport transport_;
  const SocketAddress address_;
  const std::string name_;
  const std::string type_;
  std::unique_ptr<Conversation> asking_;
  ProbeExpectation expected_;
  absl::Time asked_at_;
  ProbeResult last_;
  Latency latency_;
  uint64_t asked_ = 0;
  int failures_ = 0;
  bool was_good_ = false;
  std::bitset<kRecent> recent_;  // A bit for each that failed.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_PROBE_DNS_PROBE_H_
