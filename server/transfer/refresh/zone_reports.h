#ifndef HITHER_SERVER_TRANSFER_REFRESH_ZONE_REPORTS_H_
#define HITHER_SERVER_TRANSFER_REFRESH_ZONE_REPORTS_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "server/transfer/refresh/zone_transfer_status.h"
#include "server/transfer/transfer_queue.h"

namespace hither {

// What is known only of zones with trouble.
struct ZoneReport {
  std::string reason = {};         // Of the last failure; "" after a success.
  std::string logged_reason = {};  // The last one that was logged.
  std::optional<RefusedVersion> refused = std::nullopt;
  bool IsEmpty() const { return reason.empty() && logged_reason.empty() && !refused.has_value(); }
};

// Limits: all texts of differences together have kDiffOctetsMax; later ones are left out. One
// thread's.
class ZoneReports {
 public:
  static constexpr size_t kDiffOctetsMax = size_t{64} << 20;

  // Null: nothing is known of the zone.
  const ZoneReport* Find(ZoneNumber zone) const {
    const auto at = reports_.find(zone);
    return at == reports_.end() ? nullptr : at->second.get();
  }
  ZoneReport& Of(ZoneNumber zone) {
    std::unique_ptr<ZoneReport>& report = reports_[zone];
    if (report == nullptr) report = std::make_unique<ZoneReport>();
    return *report;
  }
  bool HasRefused(ZoneNumber zone) const {
    const ZoneReport* report = Find(zone);
    return report != nullptr && report->refused.has_value();
  }
  void SetRefused(ZoneNumber zone, RefusedVersion refused) {
    ForgetRefused(zone);
    if (refused.diff_text.size() > kDiffOctetsMax - diff_octets_) refused.diff_text.clear();
    diff_octets_ += refused.diff_text.size();
    ++refused_count_;
    Of(zone).refused = std::move(refused);
  }
  void ForgetRefused(ZoneNumber zone) {
    const auto at = reports_.find(zone);
    if (at == reports_.end() || !at->second->refused.has_value()) return;
    diff_octets_ -= at->second->refused->diff_text.size();
    --refused_count_;
    at->second->refused.reset();
    Prune(zone);
  }
  // The zone is well again.
  void ForgetReason(ZoneNumber zone) {
    const auto at = reports_.find(zone);
    if (at == reports_.end()) return;
    at->second->reason.clear();
    at->second->logged_reason.clear();
    Prune(zone);
  }
  void Remove(ZoneNumber zone) {
    ForgetRefused(zone);
    reports_.erase(zone);
  }

  size_t refused_count() const { return refused_count_; }

 private:
  void Prune(ZoneNumber zone) {
    const auto at = reports_.find(zone);
    if (at != reports_.end() && at->second->IsEmpty()) reports_.erase(at);
  }

  absl::flat_hash_map<ZoneNumber, std::unique_ptr<ZoneReport>> reports_;
  size_t diff_octets_ = 0;
  size_t refused_count_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_REFRESH_ZONE_REPORTS_H_
