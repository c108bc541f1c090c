#ifndef HITHER_SERVER_TRANSFER_REFRESH_NOTIFY_REFUSALS_H_
#define HITHER_SERVER_TRANSFER_REFRESH_NOTIFY_REFUSALS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "dns/name.h"
#include "server/guard/access_list.h"

namespace hither {

// Refused NOTIFYs for the log: RFC 1996 §3.10 wants them there, but anybody can send them, so one
// in kEvery is described and the others are counted.
//
// Threads: Note() any; the others the log's owner's.
class NotifyRefusals {
 public:
  static constexpr absl::Duration kEvery = absl::Minutes(1);

  // True: it is to be described now, by Take(). Any other one costs an addition.
  bool Note(NameView zone, const AccessClient& sender);
  // "zone a.example.: refused a NOTIFY from 192.0.2.1 over UDP, unsigned; 7 others since the last".
  std::string Take(absl::Time now);
  // Of the same clock. Once kEvery has passed since Take(), the next one is described, too.
  void Renew(absl::Time now);

 private:
  struct Refusal {
    Name zone = {};
    std::array<uint8_t, 16> address = {};
    size_t address_bytes = 0;
    std::optional<Name> key = std::nullopt;
    AccessTransport transport = AccessTransport::kUdp;
  };

  std::atomic<bool> is_noted_ = false;
  std::atomic<uint64_t> others_ = 0;
  absl::Time taken_ = absl::InfinitePast();  // Infinite past: nothing was, since Renew().
  Mutex mu_;
  Refusal noted_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_NOTIFY_REFUSALS_H_
