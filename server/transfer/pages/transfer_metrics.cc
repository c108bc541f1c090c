#include "server/transfer/pages/transfer_metrics.h"

#include <algorithm>
#include <string>

#include "server/transfer/pages/zone_pages.h"

namespace hither {
namespace {

double UnixSeconds(absl::Time time) { return absl::ToDoubleSeconds(time - absl::UnixEpoch()); }

bool IsNever(absl::Time time) {
  return time == absl::InfinitePast() || time == absl::InfiniteFuture();
}

struct LabelledCount {
  absl::string_view value;
  uint64_t count;
};

void AddEach(const char* metric, MetricType type, const char* help, absl::string_view label,
             std::initializer_list<LabelledCount> counts, MetricsText& page) {
  for (const LabelledCount& one : counts) {
    page.Add(metric, type, help, MetricLabels({{label, one.value}}), one.count);
  }
}

void AddStates(const TransferService::Counts& counts, MetricsText& page) {
  AddEach("hither_transfer_zones", MetricType::kGauge,
          "Zones from primaries, by state: empty zones have no version yet.", "state",
          {{"empty", counts.zones_empty},
           {"fresh", SummaryOf(counts).Fresh()},
           {"stale", counts.zones_stale},
           {"expired", counts.zones_expired}},
          page);
  page.Add("hither_transfer_zones_refused", MetricType::kGauge,
           "Zones with a refused version, while an older one is served.", "", counts.zones_refused);
  page.Add("hither_transfers_waiting", MetricType::kGauge, "Zones that wait to ask a primary.", "",
           counts.waiting);
  page.Add("hither_transfers_under_way", MetricType::kGauge, "Zones that ask a primary now.", "",
           counts.under_way);
}

void AddEvents(const TransferService::Counts& counts, MetricsText& page) {
  page.Add("hither_transfer_attempts_total", MetricType::kCounter,
           "Attempts to refresh a zone from one primary; most find no newer version.", "",
           counts.checks);
  AddEach("hither_transfers_total", MetricType::kCounter,
          "Transfers received, and attempts to refresh that failed.", "result",
          {{"ixfr", counts.transfers_ixfr},
           {"axfr", counts.transfers_axfr},
           {"failed", counts.transfers_failed}},
          page);
  page.Add("hither_transfer_bytes_total", MetricType::kCounter, "Octets of transfers received.", "",
           counts.octets);
  AddEach("hither_transfer_versions_total", MetricType::kCounter,
          "Transferred versions that were stored to be published, or refused.", "result",
          {{"stored", counts.versions_made}, {"refused", counts.versions_refused}}, page);
}

void AddLog(const TransferService::Counts& counts, MetricsText& page) {
  page.Add("hither_zone_log_ok", MetricType::kGauge,
           "1 if the last write to the zone log succeeded; 0: no new version is published.", "",
           uint64_t{counts.disk_error.empty()});
  page.Add("hither_zone_log_errors_total", MetricType::kCounter, "Failed writes to the zone log.",
           "", counts.log_errors);
  page.Add("hither_zone_log_syncs_total", MetricType::kCounter,
           "Syncs of the zone log; one covers all versions that wait for it.", "",
           counts.log_syncs);
  page.Add("hither_zone_log_disk_bytes", MetricType::kGauge, "Size of the zone log on disk.", "",
           counts.log_disk_bytes);
  page.Add("hither_zone_log_live_bytes", MetricType::kGauge,
           "Part of the zone log that is still needed; compaction removes the rest.", "",
           counts.log_live_bytes);
}

}  // namespace

void AddTransferTotals(const TransferService::Counts& counts, MetricsText& page) {
  AddStates(counts, page);
  AddEvents(counts, page);
  AddLog(counts, page);
}

void AddTransferZone(const ZoneTransferStatus& zone, absl::Time now, MetricsText& page) {
  const std::string labels = MetricLabels({{"zone", zone.zone.ToText()}});
  const auto gauge = [&](const char* metric, const char* help, auto value) {
    page.Add(metric, MetricType::kGauge, help, labels, value);
  };
  gauge("hither_zone_stale", "1 if the last attempt to refresh the zone failed; it is served.",
        uint64_t{zone.state == RefreshState::kStale});
  gauge("hither_zone_expired",
        "1 if no primary has confirmed the zone for its expire time: its names get SERVFAIL.",
        uint64_t{zone.state == RefreshState::kExpired});
  gauge("hither_zone_refused", "1 if a later version of the zone was refused.",
        uint64_t{zone.refused.has_value()});
  gauge("hither_zone_rolled_back", "1 if an older version is served by order of the operator.",
        uint64_t{zone.is_rolled_back});
  if (!IsNever(zone.last_success)) {
    // Not below zero if the clock was set back.
    gauge("hither_zone_confirmation_age_seconds",
          "Time since a primary last confirmed or sent the served version.",
          std::max(0.0, absl::ToDoubleSeconds(now - zone.last_success)));
  }
  if (!IsNever(zone.expires_at)) {
    gauge("hither_zone_expiry_timestamp_seconds",
          "Unix time when the zone expires unless a primary confirms it.",
          UnixSeconds(zone.expires_at));
  }
  if (!IsNever(zone.next_refresh)) {
    gauge("hither_zone_next_refresh_timestamp_seconds",
          "Unix time when a primary will be asked next.", UnixSeconds(zone.next_refresh));
  }
  if (!zone.last.has_value() || IsNever(zone.last->at)) return;
  gauge("hither_zone_last_transfer_timestamp_seconds",
        "Unix time of the last transfer, whatever its result.", UnixSeconds(zone.last->at));
  gauge("hither_zone_last_transfer_bytes", "Octets of the last transfer.", zone.last->octets);
  gauge("hither_zone_last_transfer_seconds", "Duration of the last transfer.",
        absl::ToDoubleSeconds(zone.last->took));
}

}  // namespace hither
