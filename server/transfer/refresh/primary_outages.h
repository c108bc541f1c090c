#ifndef HITHER_SERVER_TRANSFER_REFRESH_PRIMARY_OUTAGES_H_
#define HITHER_SERVER_TRANSFER_REFRESH_PRIMARY_OUTAGES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/transfer/transfer_queue.h"

namespace hither {

// Primaries that cannot be reached, for the log: one line when an outage begins and one when it
// ends, however many zones the primary has. A primary that comes and goes gets the first line once
// in kEvery, and the second only after the first.
//
// One thread's. Times are steady. "" means that nothing is to be logged.
class PrimaryOutages {
 public:
  static constexpr absl::Duration kEvery = absl::Minutes(1);
  static constexpr absl::Duration kCountWait = absl::Seconds(5);

  // After each turn that did not reach the primary. `zones`: how many are transferred from it;
  // while a start still counts them, the line waits for kCountWait at most.
  std::string OnUnreachable(PrimaryNumber primary, absl::string_view name, size_t zones,
                            bool is_counting, absl::string_view reason, absl::Time now);
  // After each other turn.
  std::string OnAnswer(PrimaryNumber primary, absl::string_view name, absl::Time now);
  void Forget(PrimaryNumber primary) { outages_.erase(primary); }

 private:
  struct Outage {
    absl::Time since = absl::InfinitePast();  // Infinite past: the primary answers.
    absl::Time quiet_until = absl::InfinitePast();
    uint64_t attempts = 0;
    bool is_logged = false;
  };

  absl::flat_hash_map<PrimaryNumber, Outage> outages_;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_PRIMARY_OUTAGES_H_
