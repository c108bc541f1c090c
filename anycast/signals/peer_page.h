#ifndef HITHER_ANYCAST_SIGNALS_PEER_PAGE_H_
#define HITHER_ANYCAST_SIGNALS_PEER_PAGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"
#include "anycast/signals/outside_page.h"

namespace hither {

inline constexpr size_t kPeerPageBytesMax = 64 << 10;
inline constexpr size_t kPeerServicesMax = 256;
inline constexpr size_t kPeerSeesMax = 1'024;
inline constexpr int kPeerPageVersion = 1;

// What one node tells the others about itself and about them. A value.
struct PeerPage {
  // Of one family of one service.
  struct Standing {
    State state = State::kDown;
    bool wants_to_withdraw = false;
    absl::Time wish_since = absl::InfiniteFuture();  // Wall clock.
    bool yielded = false;
    // Do its routers have the route now? No value: it does not know, or does not say.
    std::optional<bool> announced = std::nullopt;
    friend bool operator==(const Standing&, const Standing&) = default;
  };
  struct Service {
    std::string name;
    std::optional<Standing> ipv4;  // No value: the service has no such family there.
    std::optional<Standing> ipv6;
    friend bool operator==(const Service&, const Service&) = default;
  };
  struct Seen {  // Another node, from here.
    std::string name;
    bool ok = false;
    std::string detail;
    friend bool operator==(const Seen&, const Seen&) = default;
  };

  std::string name;
  std::string site;
  std::string run;  // Different for each process: of two with the same name, one is a clone.
  std::vector<Service> services;
  std::vector<Seen> sees;
  OutsidePage outside;
  friend bool operator==(const PeerPage&, const PeerPage&) = default;
};

// One JSON object: {"version":1,"name":..,"site":..,"run":..,"services":[{"name":..,"ipv4":{
// "state":"UP","announced":true,"wants_to_withdraw":false,"wish_since":1700000000.5,
// "yielded":false},"ipv6":{..}}],"sees":[{"name":..,"ok":true,"detail":..}]}; and "outside"
// (outside_page.h) if it is present.
std::string EncodePeerPage(const PeerPage& page);

// Source: another host. Unknown members are ignored, so that versions can be mixed; a known one of
// another type, or more than the limits above, is an error. Pure; throws nothing.
absl::StatusOr<PeerPage> DecodePeerPage(absl::string_view json);

// The error "peer page: `what`".
absl::Status WrongPeerPage(absl::string_view what);

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_PEER_PAGE_H_
