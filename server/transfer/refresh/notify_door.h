#ifndef HITHER_SERVER_TRANSFER_REFRESH_NOTIFY_DOOR_H_
#define HITHER_SERVER_TRANSFER_REFRESH_NOTIFY_DOOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "dns/name_hash.h"
#include "dns/query.h"
#include "server/guard/access_list.h"
#include "server/transfer/refresh/transfer_service.h"

namespace hither {

// Who may send NOTIFYs for which zone: a value of one configuration. A zone's rules are those of
// its `notify_from`, in order, then one for each of its primaries, which are allowed over every
// transport and unsigned: their NOTIFY is a hint, and the primary itself is asked.
class NotifyRules {
 public:
  NotifyRules() = default;
  explicit NotifyRules(const TransferSetup& setup);

  struct Sender {
    bool is_allowed = false;
    absl::string_view primary = {};  // The one it is; "" if it is none.
  };
  // Its number, in the configuration's order; nothing: the zone has no primaries.
  std::optional<uint32_t> Find(NameView zone) const;
  NameView name(uint32_t zone) const { return zones_[zone].name(); }
  Sender SenderOf(uint32_t zone, const AccessClient& client) const;

 private:
  struct KnownPrimary {
    Prefix at = {};
    std::string name = {};
  };
  struct Door {  // Of a policy.
    AccessList access = {};
    std::vector<KnownPrimary> primaries = {};
  };
  static Door DoorOf(const TransferPolicy& policy, const std::vector<PrimaryConfig>& primaries);
  struct Hash {
    size_t operator()(NameView name) const { return HashName(name); }
  };
  struct Equal {
    bool operator()(NameView a, NameView b) const { return a.EqualsIgnoreCase(b); }
  };

  ZoneSources zones_;
  absl::flat_hash_map<NameView, uint32_t, Hash, Equal> numbers_;
  std::vector<Door> doors_;  // By policy.
};

// Takes NOTIFYs from workers and gives them to the refresher, for each zone the latest.
//
// Threads: Offer() any; the others the owner's and the refresher's, as told there. A worker holds
// the lock for a look-up and an insertion.
class NotifyDoor {
 public:
  static constexpr size_t kWaitingMax = 65'536;  // Zones. One more is answered with SERVFAIL.

  struct Item {
    std::optional<uint32_t> hint = std::nullopt;
    std::string primary = {};
  };

  // What waits stays, unless its zone is gone.
  void Configure(const TransferSetup& setup);
  // The rcode for the response. `is_first`: nothing waited before, so Take() is to be called.
  Rcode Offer(NameView zone, std::optional<uint32_t> hint, const AccessClient& sender,
              bool& is_first);
  // Gives everything that waits to `take`, on the caller's thread.
  void Take(const std::function<void(NameView zone, const Item&)>& take);

  uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  Mutex mu_;
  std::shared_ptr<const NotifyRules> rules_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<uint32_t, Item> waiting_ ABSL_GUARDED_BY(mu_);  // By the rules' numbers.
  std::atomic<uint64_t> taken_ = 0;
  std::atomic<uint64_t> refused_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_NOTIFY_DOOR_H_
