#ifndef HITHER_ANYCAST_ROUTE_READBACK_H_
#define HITHER_ANYCAST_ROUTE_READBACK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/policy.h"
#include "anycast/route/route_speaker.h"
#include "server/base/anycast_config.h"

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

// Attributes as they were seen on a route.
struct SeenAttributes {
  std::optional<uint32_t> med;
  std::vector<uint32_t> communities;
  std::vector<LargeCommunity> large_communities;
};

// The state whose MED and communities are all there; of several the one that asks for most. None if
// none does, or if two ask for the same: an operator's filters may say it in words of their own,
// and a guess would raise false alarms. Prepends are not counted: a daemon adds its own.
std::optional<State> TellState(const SeenAttributes& seen, const AnycastConfig::Service& service);

// The service that has `prefix`; nullptr if none.
const AnycastConfig::Service* FindService(const std::vector<AnycastConfig::Service>& services,
                                          const Prefix& prefix);

// "64512:100"; nullopt if it is none.
std::optional<uint32_t> ParseCommunity(absl::string_view text);
// "64512:1:2".
std::optional<LargeCommunity> ParseLargeCommunity(absl::string_view text);

}  // namespace hither

#endif  // HITHER_ANYCAST_ROUTE_READBACK_H_
