#ifndef HITHER_ANYCAST_SIGNALS_OUTSIDE_JUDGE_H_
#define HITHER_ANYCAST_SIGNALS_OUTSIDE_JUDGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/policy/signal.h"
#include "anycast/signals/outside_page.h"

// Do answers leave this node? Judged by the peers' pages. Pure.
namespace hither {

inline constexpr absl::Duration kBeaconEvery = absl::Seconds(1);
// Five beacons in a row: a link that loses one in five loses that many once in 3,000 times.
inline constexpr absl::Duration kOutsideSilence = absl::Seconds(5);
// How long a hard verdict is remembered when the peers that gave it report nothing more.
inline constexpr absl::Duration kOutsideLatch = absl::Minutes(10);

// What one peer at another site reports about beacons from one of our service addresses.
struct OutsideWitness {
  enum class Word : uint8_t {
    kNone,      // Nothing usable: no fresh page, not able, or it has never heard us.
    kHears,     //
    kSilent,    // It no longer hears us, but hears other nodes.
    kUnproven,  // It hears nobody: perhaps its own inbound path is broken.
  };
  std::string name;
  Word word = Word::kNone;
  std::optional<absl::Duration> age;  // Since it heard us, if it ever did.
};

// `page_age`: since the page was requested. `was_heard`: we remember that this peer has heard us;
// its page may have lost that in a restart.
OutsideWitness ReadWitness(const OutsidePage& page, absl::string_view peer, absl::string_view self,
                           absl::string_view from, absl::Duration page_age, bool was_heard);

struct OutsideCase {
  std::vector<OutsideWitness> witnesses;
  bool is_settled = false;  // Beacons have been sent long enough for silence to mean something.
  std::string own_fault;    // Why none can be sent; empty: they are sent.
  std::string send_error;   // The kernel's error for the last one that it refused.
};

// Hard, with scope path: two peers that hear others do not hear us, and no peer does. One peer's
// report is soft. Never certain, so that the fleet's limits apply.
Signal JudgeOutside(const OutsideCase& at, absl::string_view from);

// After a hard verdict only a peer that hears us again clears the fault; anything less is unknown,
// so that a node does not return because its witnesses disappear. The latch ends after
// kOutsideLatch: peers that no longer exist must not keep a node away.
class OutsideLatch {
 public:
  Signal Apply(Signal judged, absl::Time now);

 private:
  absl::Time hard_at_ = absl::InfinitePast();
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_OUTSIDE_JUDGE_H_
