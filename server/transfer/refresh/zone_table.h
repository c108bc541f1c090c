#ifndef HITHER_SERVER_TRANSFER_REFRESH_ZONE_TABLE_H_
#define HITHER_SERVER_TRANSFER_REFRESH_ZONE_TABLE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "dns/name_hash.h"
#include "server/transfer/refresh/refresh_zone.h"

namespace hither {

// Zones by name and by number. Numbers start with 1 and are not used twice, so that a late call
// never meets another zone. Pointers are valid until Remove(). One thread's.
class ZoneTable {
 public:
  // Null: no such zone.
  RefreshZone* At(ZoneNumber number) {
    const auto at = zones_.find(number);
    return at == zones_.end() ? nullptr : at->second.get();
  }
  std::optional<ZoneNumber> Find(NameView name) const {
    const auto at = names_.find(name);
    return at == names_.end() ? std::nullopt : std::optional(at->second);
  }

  // `name` is not in the table; its octets outlive the entry, or Rename() replaces them.
  ZoneNumber Add(NameView name) {
    auto zone = std::make_unique<RefreshZone>();
    zone->name = name;
    names_.emplace(name, next_);
    zones_.emplace(next_, std::move(zone));
    return next_++;
  }
  // The same name in other octets.
  void Rename(RefreshZone& zone, NameView name) {
    const auto at = names_.find(zone.name);
    const ZoneNumber number = at->second;
    names_.erase(at);
    zone.name = name;
    names_.emplace(name, number);
  }
  void Remove(ZoneNumber number) {
    const auto at = zones_.find(number);
    if (at == zones_.end()) return;
    names_.erase(at->second->name);
    zones_.erase(at);
  }

  // In the configuration's order.
  const std::vector<ZoneNumber>& order() const { return order_; }
  void set_order(std::vector<ZoneNumber> order) { order_ = std::move(order); }
  size_t size() const { return zones_.size(); }

 private:
  struct Hash {
    size_t operator()(NameView name) const { return HashName(name); }
  };
  struct Equal {
    bool operator()(NameView a, NameView b) const { return a.EqualsIgnoreCase(b); }
  };

  absl::flat_hash_map<ZoneNumber, std::unique_ptr<RefreshZone>> zones_;
  absl::flat_hash_map<NameView, ZoneNumber, Hash, Equal> names_;
  std::vector<ZoneNumber> order_;
  ZoneNumber next_ = 1;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_ZONE_TABLE_H_
