#ifndef HITHER_ANYCAST_STATE_STATE_FILE_H_
#define HITHER_ANYCAST_STATE_STATE_FILE_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace hither {

inline constexpr size_t kStateFileBytesMax = 1 << 20;

// What a sidecar must remember across a restart. Times are by the wall clock, since the other
// clocks restart with the host; within one boot, `boot` protects them from changes to the clock. A
// value.
struct KeptState {
  struct Boot {
    std::string id;                // Empty: unknown.
    absl::Duration wall_is_ahead;  // Of CLOCK_BOOTTIME, as the times here have it.
    friend bool operator==(const Boot&, const Boot&) = default;
  };
  struct Family {                         // For the flap budget and the hold-down.
    std::vector<absl::Time> withdrawals;  // Oldest first.
    absl::Duration hold_down;
    absl::Time hold_down_until = absl::InfinitePast();
    bool was_announced = false;  // And not withdrawn in order since.
    friend bool operator==(const Family&, const Family&) = default;
  };
  struct Service {
    bool drain = false;
    absl::Time drain_since = absl::InfinitePast();
    absl::Time frozen_until = absl::InfinitePast();
    Family ipv4;
    Family ipv6;
    friend bool operator==(const Service&, const Service&) = default;
  };
  std::map<std::string, Service> services;
  Boot boot;
  friend bool operator==(const KeptState&, const KeptState&) = default;
};

// The time `now` by the wall clock of the times in `kept`: within the same boot, whatever changed
// the clock since; in another boot `wall`, the current clock.
absl::Time WallOf(const KeptState& kept, absl::string_view boot_id, absl::Time boot_now,
                  absl::Time wall);

std::string EncodeState(const KeptState& state);
// Errors name the fault in the text. Throws nothing.
absl::StatusOr<KeptState> DecodeState(absl::string_view text);

// A missing file is an empty state. Source: our own file, or whatever replaced it.
absl::StatusOr<KeptState> LoadState(const std::string& path);
// Whole or not at all, and on the disk when it returns.
absl::Status SaveState(const std::string& path, const KeptState& state);

}  // namespace hither

#endif  // HITHER_ANYCAST_STATE_STATE_FILE_H_
