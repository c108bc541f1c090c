#ifndef HITHER_ANYCAST_ROUTE_READBACK_H_
#define HITHER_ANYCAST_ROUTE_READBACK_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"
#include "anycast/route/route_backend.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// What a routing daemon said. `observation` is of `as_of`, a monotonic time; InfinitePast: nothing
// was ever heard. `status`: of the last round, which may be a later one that failed.
struct ReadbackView {
  Observation observation;
  absl::Time as_of = absl::InfinitePast();
  absl::Status status = absl::UnknownError("not asked yet");

  // Who looks at it after that long looks at the past.
  bool IsFresh(absl::Time now) const { return now - as_of <= absl::Seconds(5); }
};

// Asks a routing daemon what it really announces, and changes nothing there.
//
// Threads: the loop's. Nothing waits.
class Readback {
 public:
  virtual ~Readback() = default;
  // Starts a round if none is under way and the last was begun a second ago or more; ends one that
  // takes too long. For every tick.
  virtual void Ask(absl::Time now) = 0;
  virtual const ReadbackView& Seen() const = 0;
  virtual absl::string_view name() const = 0;  // "bird", "frr"
};

inline constexpr absl::Duration kReadbackEvery = absl::Seconds(1);
inline constexpr absl::Duration kReadbackTimeout = absl::Seconds(3);

inline constexpr uint32_t kNobodysAs = 0;  // RFC 7607

// Attributes as they were seen on a route.
struct SeenAttributes {
  std::optional<uint32_t> med;
  std::vector<uint32_t> communities;
  std::vector<LargeCommunity> large_communities;
  std::vector<uint32_t> as_path;  // Members of sets, too, as they stand.
};

// The state that a route looks like where it was seen: MED (none is 0), prepends and communities
// are compared with each tier's; an attribute that is present counts more than one that is absent.
// None if two states fit alike, or if the route has values that no tier has: an operator's filters
// may say it in words of their own, and a guess would raise false alarms. `own_ases` as for
// IsOurs(), our own first.
std::optional<State> TellState(const SeenAttributes& seen, const AnycastConfig::Service& service,
                               std::span<const uint32_t> own_ases);

// Is it this site's route, rather than another site's that the router has from its transits?
// `own_ases`: ours and our neighbors', and every AS of the path must be one; empty, where we
// do not speak BGP ourselves: the path has at most one AS, however often. No path at all is ours.
//
// Over iBGP between sites of one AS the paths are alike and cannot be told apart: another site's
// route passes for ours then. So does, without `own_ases`, that of a site next door with an AS of
// its own; and a router that puts its AS before that of a node fed by `exec` makes ours another's.
bool IsOurs(const SeenAttributes& seen, std::span<const uint32_t> own_ases);

// The service that has `prefix`; nullptr if none.
const AnycastConfig::Service* FindService(const std::vector<AnycastConfig::Service>& services,
                                          const Prefix& prefix);

// "64512:100"; nullopt if it is none.
std::optional<uint32_t> ParseCommunity(absl::string_view text);
// "64512:1:2".
std::optional<LargeCommunity> ParseLargeCommunity(absl::string_view text);

// As BIRD and FRR write it: "65001 {65002 65003}", "65001 {65002,65003}", "(65010) 65001". What is
// no number, as BIRD's "..." in place of what is too long, becomes kNobodysAs.
std::vector<uint32_t> ParseAsPath(absl::string_view text);

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_READBACK_H_
