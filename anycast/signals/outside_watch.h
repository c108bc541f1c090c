#ifndef HITHER_ANYCAST_SIGNALS_OUTSIDE_WATCH_H_
#define HITHER_ANYCAST_SIGNALS_OUTSIDE_WATCH_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "anycast/policy/signal.h"
#include "anycast/signals/outside_judge.h"
#include "anycast/signals/outside_page.h"
#include "anycast/signals/outside_socket.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// A peer's page as this tick knows it.
struct OutsidePeer {
  absl::string_view name;
  absl::string_view site;             // Empty: unknown.
  const OutsidePage* page = nullptr;  // Null: never received.
  absl::Time asked_at;                // See PeerClient.
  bool is_fresh = false;
};

// The outcome of a received datagram.
enum class BeaconEnd : uint8_t { kHeard, kMalformed, kUnknownNode, kWrongToken, kWrongAddress };
inline constexpr size_t kBeaconEnds = 5;
absl::string_view ToText(BeaconEnd end);  // "heard", "malformed", "unknown_node", ...

// For metrics.
struct OutsideView {
  struct Row {
    std::string service;
    std::string address;
    std::string peer;
    std::optional<absl::Duration> age;  // Since the peer heard it, if it ever did.
  };
  std::vector<Row> rows;
  std::array<uint64_t, kBeaconEnds> received = {};
  std::vector<std::pair<std::string, bool>> listening;  // By address.
  bool is_overrun = false;  // Beacons may have been lost: not a witness.
};

// Asks whether answers leave this node. From each service address it sends a beacon a second to the
// peers' `outside` addresses, which are where answers go. It receives the peers' beacons, lists
// them on our page, and reads on the peers' pages who hears us. It survives a reload, since what a
// peer has heard before is evidence.
//
// Threads: the loop's. Source: anybody may send to the sockets; a tick reads a limited number.
class OutsideWatch {
 public:
  static constexpr absl::Duration kTokenEvery = absl::Seconds(5);
  static constexpr size_t kDatagramsPerTickMax = 4'096;  // Of one socket.
  static constexpr uint32_t kDropsPerTickMax = 64;       // More: overrun.
  static constexpr absl::Duration kGap = absl::Seconds(3);
  static constexpr absl::Duration kForgetAfter = absl::Hours(24);
  static constexpr absl::Duration kListenEvery = absl::Seconds(10);

  OutsideWatch(std::string self, std::string site);
  OutsideWatch(const OutsideWatch&) = delete;
  OutsideWatch& operator=(const OutsideWatch&) = delete;

  // `anycast` is copied from; FinishConfig() has checked it.
  void Configure(const AnycastConfig& anycast);

  // Hears, sends, judges. Once a tick, before the verdict.
  void Tick(absl::Time now, std::span<const OutsidePeer> peers);

  void AddSignals(absl::string_view service, std::vector<Signal>& out) const;
  const OutsidePage& page() const { return page_; }  // For our own peer page.
  const OutsideView& view() const { return view_; }
  // Where beacons arrive; for tests, in which the kernel chooses the port.
  std::vector<SocketAddress> ListenAddresses() const;

 private:
  struct Listener {
    SocketAddress address;
    std::optional<OutsideSocket> socket;
    absl::Time due = absl::InfinitePast();
    bool has_failed = false;
    uint32_t drops = 0;
  };
  struct Source {  // A service address.
    std::string service;
    SocketAddress address;
    std::string text;
    std::optional<OutsideSocket> socket;
    absl::Time due = absl::InfinitePast();
    absl::Time sent_since = absl::InfiniteFuture();
    std::string own_fault;
    std::string send_error;
    OutsideLatch latch;
    Signal signal;
  };

  void Rotate(absl::Time now);
  void OpenListener(Listener& listener, absl::Time now);
  void Hear(Listener& listener, absl::Time now, std::span<const OutsidePeer> peers);
  BeaconEnd Take(const OutsideSocket::Datagram& datagram, absl::Time now,
                 std::span<const OutsidePeer> peers);
  void Send(Source& source, absl::Time now);
  void Judge(Source& source, absl::Time now, std::span<const OutsidePeer> peers);
  bool IsElsewhere(const OutsidePeer& peer) const;
  void Forget(absl::Time now);
  void MakeRoom(const OutsidePeer& peer);
  bool IsOverrun(absl::Time now) const { return now - overrun_at_ <= kOutsideSilence + kGap; }
  bool IsAble(const OutsidePeer& peer, absl::Time now) const;
  void WritePage(absl::Time now, std::span<const OutsidePeer> peers);
  void CutPage();

  const std::string self_;
  const std::string site_;
  std::vector<AnycastConfig::Peer> peers_;
  std::vector<Listener> listeners_;
  std::vector<Source> sources_;
  std::vector<OutsideToken> tokens_;  // The current one, and the next.
  absl::Time rotated_at_ = absl::InfinitePast();
  absl::Time last_tick_ = absl::InfinitePast();
  absl::Time overrun_at_ = absl::InfinitePast();
  // When a peer's last beacon from an address arrived. At most kOutsideSourcesMax per peer, so that
  // none takes the others' room.
  std::map<std::pair<std::string, std::string>, absl::Time> heard_;
  std::set<std::pair<std::string, std::string>> was_heard_;  // Ours: peer, service address.
  OutsidePage page_;
  OutsideView view_;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_OUTSIDE_WATCH_H_
