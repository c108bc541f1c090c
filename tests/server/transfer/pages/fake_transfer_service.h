#ifndef HITHER_TESTS_SERVER_TRANSFER_PAGES_FAKE_TRANSFER_SERVICE_H_
#define HITHER_TESTS_SERVER_TRANSFER_PAGES_FAKE_TRANSFER_SERVICE_H_

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "server/transfer/refresh/transfer_service.h"

namespace hither {

// Has the given zones, and notes what it is ordered to do. Nothing is transferred.
class FakeTransferService : public TransferService {
 public:
  absl::Status Start(TransferSetup, absl::Duration) override { return absl::OkStatus(); }
  void Configure(TransferSetup) override {}
  void Stop() override {}
  Rcode OnNotify(NameView, std::optional<uint32_t>, const AccessClient&) override {
    return Rcode::kNoError;
  }

  absl::StatusOr<ZoneTransferStatus> StatusOf(NameView zone) override {
    for (const ZoneTransferStatus& one : zones) {
      if (zone.EqualsIgnoreCase(one.zone)) return one;
    }
    return absl::NotFoundError(absl::StrCat(zone.ToText(), " is no zone from primaries"));
  }
  std::vector<ZoneTransferStatus> Statuses(size_t first, size_t max) override {
    first = std::min(first, zones.size());
    const size_t end = first + std::min(max, zones.size() - first);
    return {zones.begin() + static_cast<ptrdiff_t>(first),
            zones.begin() + static_cast<ptrdiff_t>(end)};
  }

  void Refresh(NameView zone, Done done) override { Obey("refresh", zone, {}, std::move(done)); }
  void Retransfer(NameView zone, Done done) override {
    Obey("retransfer", zone, {}, std::move(done));
  }
  void Accept(NameView zone, std::optional<uint32_t> serial, Done done) override {
    Obey("accept", zone, serial, std::move(done));
  }
  void RollBack(NameView zone, std::optional<uint32_t> serial, Done done) override {
    Obey("roll back", zone, serial, std::move(done));
  }
  Counts counts() override {
    Counts counts = totals;
    counts.zones = zones.size();
    return counts;
  }

  // The orders, a line each: "accept example.org. 7".
  std::string orders() const {
    MutexLock lock(mu_);
    return orders_;
  }

  std::vector<ZoneTransferStatus> zones = {};
  Counts totals = {};
  absl::Status obeys = absl::OkStatus();  // What each order ends with.
  bool is_slow = false;                   // No order ends.

 private:
  void Obey(const char* order, NameView zone, std::optional<uint32_t> serial, Done done) {
    {
      MutexLock lock(mu_);
      absl::StrAppend(&orders_, order, " ", zone.ToText(),
                      serial.has_value() ? absl::StrCat(" ", *serial) : "", "\n");
      if (is_slow) return waiting_.push_back(std::move(done));
    }
    if (!obeys.ok()) return done(obeys);
    done(absl::StrCat(order, " of ", zone.ToText(), " is done"));
  }

  mutable Mutex mu_;
  std::string orders_ ABSL_GUARDED_BY(mu_);
  std::vector<Done> waiting_ ABSL_GUARDED_BY(mu_);
};

inline constexpr absl::Time kFakeNow = absl::FromUnixSeconds(1'796'083'200);  // 2026-12-01

// A fresh zone with everything that can be said of one.
inline ZoneTransferStatus FakeZone(const char* name) {
  ZoneTransferStatus zone;
  zone.zone = *Name::FromText(name);
  zone.state = RefreshState::kFresh;
  zone.serial = 12;
  zone.versions = {10, 11, 12};
  zone.primary = "hidden1";
  zone.last_success = kFakeNow - absl::Seconds(90);
  zone.next_refresh = kFakeNow + absl::Minutes(30);
  zone.expires_at = kFakeNow + absl::Hours(100);
  zone.last = LastTransfer{.at = kFakeNow - absl::Seconds(90),
                           .primary = "hidden1",
                           .result = "ixfr",
                           .octets = 1'234,
                           .took = absl::Milliseconds(15)};
  return zone;
}

// Stale, because version 13 was refused.
inline ZoneTransferStatus FakeRefusingZone(const char* name) {
  ZoneTransferStatus zone = FakeZone(name);
  zone.state = RefreshState::kStale;
  zone.refused = RefusedVersion{.serial = 13,
                                .at = kFakeNow - absl::Minutes(5),
                                .gate = "size",
                                .reason = "33 % of the records are gone",
                                .diff_text = "-www.held.example. 60 IN A 192.0.2.1\n"};
  zone.last->result = "refused";
  zone.last->reason = zone.refused->reason;
  return zone;
}

}  // namespace hither

#endif  // HITHER_TESTS_SERVER_TRANSFER_PAGES_FAKE_TRANSFER_SERVICE_H_
