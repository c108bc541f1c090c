#ifndef HITHER_ANYCAST_SIGNALS_OUTSIDE_PAGE_H_
#define HITHER_ANYCAST_SIGNALS_OUTSIDE_PAGE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "anycast/signals/outside_beacon.h"

namespace hither {

class JsonObject;
class JsonReader;

inline constexpr size_t kOutsideTokensMax = 4;
inline constexpr size_t kOutsideSourcesMax = 64;  // Service addresses of one node.
inline constexpr size_t kOutsideHearsMax = 512;   // Peers, and peers' addresses, in one page.

// The part of a peer page that says which beacons a node sends, and which ones it hears. A value.
struct OutsidePage {
  struct Hears {
    std::string name;
    // This node listens, is not overrun, and knows the peer's tokens, so its silence means
    // something.
    bool is_able = false;
    std::map<std::string, absl::Duration> ages;  // By service address, if ever heard.
    friend bool operator==(const Hears&, const Hears&) = default;
  };
  bool is_present = false;           // False: an older version, or not configured.
  std::vector<OutsideToken> tokens;  // The ones that its beacons carry now and next.
  std::vector<std::string> from;     // The service addresses that it sends from.
  std::vector<Hears> hears;          // Peers at other sites.
  friend bool operator==(const OutsidePage&, const OutsidePage&) = default;
};

// {"tokens":["00ff.."],"from":["192.0.2.53"],
//  "hears":[{"name":"ns1.ams1","able":true,"ages":{"192.0.2.53":0.4}}]}
JsonObject OutsideToJson(const OutsidePage& page);

// Source: another host. The reader fails if a member has the wrong type or exceeds a limit. Pure.
void ReadOutside(JsonReader reader, OutsidePage& out);

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_OUTSIDE_PAGE_H_
