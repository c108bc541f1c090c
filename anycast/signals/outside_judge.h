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
// Five beacons in a row: a link that loses one in five loses so many once in 3,000 times.
inline constexpr absl::Duration kOutsideSilence = absl::Seconds(5);
// How long a hard verdict is remembered when the peers that gave it say nothing more.
inline constexpr absl::Duration kOutsideLatch = absl::Minutes(10);

// What one peer at another site says of the beacons from one of our service addresses.
struct OutsideWitness {
  enum class Word : uint8_t {
    kNone,      // Nothing that counts: no fresh page, not able, or it has never heard us.
    kHears,     //
    kSilent,    // It does not hear us any more, and it hears other nodes.
    kUnproven,  // It hears nobody: perhaps its own way in is broken.
  };
  std::string name;
  Word word = Word::kNone;
  std::optional<absl::Duration> age;  // Since it heard us, if it ever did.
};

// `page_age`: since the page was asked for. `was_heard`: this peer has heard us before, by our own
// memory; its page may have forgotten that with a restart.
OutsideWitness ReadWitness(const OutsidePage& page, absl::string_view peer, absl::string_view self,
                           absl::string_view from, absl::Duration page_age, bool was_heard);

struct OutsideCase {
  std::vector<OutsideWitness> witnesses;
  bool is_settled = false;  // Beacons have been sent for so long that silence means something.
  std::string own_fault;    // Why none can be made; empty: they are sent.
  std::string send_error;   // What the kernel said of the last one that it refused.
};

// Hard, and of the path: two peers that hear others do not hear us, and nobody does. The word of
// one peer is soft. Never certain, so that the fleet's limits hold.
Signal JudgeOutside(const OutsideCase& at, absl::string_view from);

// After a hard verdict only a peer that hears us again clears the fault; what is less than that is
// unknown, so that a node does not come back when its witnesses go. It ends after kOutsideLatch: a
// word of peers that are no more must not keep a node away.
class OutsideLatch {
 public:
  Signal Apply(Signal judged, absl::Time now);

 private:
  absl::Time hard_at_ = absl::InfinitePast();
};

}  // namespace hither

#endif  // HITHER_ANYCAST_SIGNALS_OUTSIDE_JUDGE_H_
