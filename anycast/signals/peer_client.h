#ifndef HITHER_ANYCAST_SIGNALS_PEER_CLIENT_H_
#define HITHER_ANYCAST_SIGNALS_PEER_CLIENT_H_

#include <uv.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "anycast/policy/fleet.h"
#include "anycast/policy/signal.h"
#include "anycast/probe/dns_probe.h"
#include "anycast/signals/peer_page.h"
#include "base/net/conversation.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// What a node must know about itself to judge others' pages. A value.
struct PeerSelf {
  std::string name;
  std::string run;                // PeerPage::run of ours.
  std::vector<std::string> keys;  // Keys that may seal pages. Empty: no seal is required.
  bool accept_unsealed = false;
};

// Why a peer does not count.
enum class PeerFault : uint8_t {
  kNone,
  kNotAsked,
  kSilent,     // No answer, or no complete one, in time.
  kRefuses,    // Its host is there, and nothing listens at the address.
  kSelf,       // The address is this node's own.
  kDuplicate,  // Another node with this node's name.
  kMisnamed,   // A node with a name other than the configured one.
  kUnsealed,
  kWrongPage,
};
// For people: "answers", "DOES NOT ANSWER", ...
absl::string_view ToText(PeerFault fault);
// For programs: "none", "silent", ...
absl::string_view WordOf(PeerFault fault);

// One other node: its page, polled, and its responder, queried from here as any client would.
//
// Threads: the loop's. Source: another host; a page has a limit on size and on time.
class PeerClient {
 public:
  static constexpr absl::Duration kPageEvery = absl::Milliseconds(500);
  static constexpr absl::Duration kPageTimeout = absl::Milliseconds(800);
  static constexpr absl::Duration kDnsEvery = absl::Seconds(1);
  static constexpr int kDnsFailures = 3;  // Consecutive failures until we report it.

  PeerClient(uv_loop_t& loop, const AnycastConfig::Peer& peer, const AnycastConfig::Probe& probe,
             PeerSelf self = {});
  PeerClient(const PeerClient&) = delete;
  PeerClient& operator=(const PeerClient&) = delete;

  void Tick(absl::Time now);

  const std::string& name() const { return peer_.name; }
  // The last page received, or null; it is at least as new as asked_at().
  const PeerPage* page() const { return page_.has_value() ? &*page_ : nullptr; }
  absl::Time asked_at() const { return page_asked_at_; }
  // Is its page recent enough to count?
  bool IsReachable(absl::Time now) const {
    return page_.has_value() && now - page_asked_at_ <= kPageAgeMax;
  }
  const std::string& error() const { return error_; }  // Of the last fetch; empty: it succeeded.
  PeerFault fault() const { return fault_; }           // The same in a word.
  const SocketAddress& address() const { return peer_.address; }
  // The last answer came from another process with our name.
  bool IsClone() const { return fault_ == PeerFault::kDuplicate; }
  uint64_t unsealed() const { return unsealed_; }  // Pages rejected without a valid seal.
  // Since when its pages have shown a wish to withdraw this.
  absl::Time wishing_since(absl::string_view service, IpFamily family) const;
  // How we see its responder, for our own page. Nothing: it has no address for queries, or was not
  // queried yet.
  std::optional<PeerPage::Seen> Sees() const;
  const DnsProbe* dns() const { return dns_.get(); }

 private:
  void Fetch(absl::Time now);
  void OnPage(Conversation::Result ended);
  absl::StatusOr<PeerPage> Judge(absl::string_view answer);
  absl::Status Rejected(PeerFault fault, std::string why);
  void NoteWishes(absl::Time now);

  uv_loop_t& loop_;
  const AnycastConfig::Peer peer_;
  std::unique_ptr<DnsProbe> dns_;  // Null: it has no address for that.
  std::unique_ptr<Conversation> fetching_;
  absl::Time fetch_due_ = absl::InfinitePast();
  absl::Time dns_due_ = absl::InfinitePast();
  absl::Time fetch_began_;
  std::optional<PeerPage> page_;
  absl::Time page_asked_at_ = absl::InfinitePast();
  std::string error_ = "not asked yet";
  const PeerSelf self_;
  std::string nonce_;  // Of the pending request.
  PeerFault fault_ = PeerFault::kNotAsked;
  uint64_t unsealed_ = 0;
  std::map<std::pair<std::string, IpFamily>, WishRun> wishes_;
};

// The page in an HTTP/1.1 answer; `nonce`: of the request. kUnauthenticated: a seal is required,
// and there is no valid one. Pure.
absl::StatusOr<PeerPage> ReadPageAnswer(absl::string_view answer, const PeerSelf& self = {},
                                        absl::string_view nonce = "");

// Each peer's last report about one family of a service. Every peer has a report, whatever answers
// at its address: of an unreachable one nothing is known.
std::vector<PeerReport> ReportsOf(const std::vector<std::unique_ptr<PeerClient>>& peers,
                                  absl::string_view service, IpFamily family, absl::Time now);

// What the reachable peers report about `our_name`: soft if most of the reporting ones see our
// responder fail. Never hard: they may be the ones that are cut off. Nothing if none reports, which
// is not a reason to hold anything. If hitherd `has_exited`, no address is to be corrected.
std::optional<Signal> OutsideIn(const std::vector<std::unique_ptr<PeerClient>>& peers,
                                absl::string_view our_name, absl::Time now,
                                bool has_exited = false);

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_PEER_CLIENT_H_
