#include "server/admin_pages.h"

#include <unistd.h>

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "daemon/admin/metrics_text.h"
#include "daemon/config/nsid.h"
#include "server/options.h"
#include "server/signatures_end.h"

namespace hither {
namespace {

uint64_t SumOf(Counter which, const ServerView& view) {
  uint64_t sum = 0;
  for (const ServerView::WorkerView& worker : view.workers) sum += worker.counters->Get(which);
  return sum;
}

template <typename Visit>
void ForEachCounter(Visit visit) {
  for (size_t i = 0; i < kCounterCount; ++i) visit(static_cast<Counter>(i));
}

// Seconds since 1970, with the part after the point.
double Seconds(absl::Time time) { return absl::ToDoubleSeconds(time - absl::UnixEpoch()); }

void AddProcess(const ServerView& view, MetricsText& page) {
  page.Add("hither_build_info", MetricType::kGauge, "Always 1; the version is in the label.",
           MetricLabels({{"version", HITHER_VERSION}}), uint64_t{1});
  page.Add("hither_start_time_seconds", MetricType::kGauge, "Unix time when the server started.",
           "", Seconds(view.started_at));
  page.Add("hither_workers", MetricType::kGauge, "Threads that answer queries.", "",
           uint64_t{view.workers.size()});
  page.Add("hither_reloads_total", MetricType::kCounter, "Completed reloads.", "", view.reloads);
  page.Add("hither_reloads_failed_total", MetricType::kCounter,
           "Reloads that ended with an error in the configuration or in a zone.", "",
           view.reloads_failed);
  for (const EndpointState& one : view.endpoints) {
    page.Add("hither_endpoint_listening", MetricType::kGauge,
             "1 if the pages are served at the address of this key; 0 if not, and it is retried.",
             MetricLabels({{"endpoint", one.key}}), uint64_t{one.error.empty()});
  }
  for (size_t i = 0; i < view.workers.size(); ++i) {
    page.Add("hither_worker_idle_seconds", MetricType::kGauge,
             "Time since the worker's loop last ran; over 3 it is stuck.",
             MetricLabels({{"worker", absl::StrCat(i)}}),
             absl::ToDoubleSeconds(view.workers[i].since_turn));
  }
}

// The zones that a page lists: all in order, or else the failed ones first.
template <typename Visit>
void ForEachToldZone(const ZoneSet& set, Visit visit) {
  const std::span<const ServedZone> zones = set.zones();
  if (zones.size() <= kZonesToldMax) {
    for (const ServedZone& served : zones) visit(served);
    return;
  }
  size_t told = 0;
  for (const bool failed : {true, false}) {
    for (size_t i = 0; i < zones.size() && told < kZonesToldMax; ++i) {
      if (zones[i].has_failed() != failed) continue;
      visit(zones[i]);
      ++told;
    }
  }
}

size_t OmittedOf(size_t zones) { return zones - std::min(zones, kZonesToldMax); }

void AddZoneCounts(const ZoneSet& set, MetricsText& page) {
  const size_t zones = set.zones().size();
  page.Add("hither_zones", MetricType::kGauge, "Zones in the configuration.", "", uint64_t{zones});
  page.Add("hither_zones_served", MetricType::kGauge, "Zones that are loaded and answer queries.",
           "", uint64_t{set.served()});
  page.Add("hither_zones_failed", MetricType::kGauge,
           "Zones whose last load failed; an older version may still answer.", "",
           uint64_t{set.failed()});
  page.Add("hither_zones_omitted", MetricType::kGauge,
           "Zones that have no samples of their own on this page because of its size limit; "
           "failed zones come first.",
           "", uint64_t{OmittedOf(zones)});
}

// One transport's figures on the metrics page and the status page.
struct TransportLatency {
  const char* transport;
  LatencySummary summary;
};

std::vector<TransportLatency> LatencyOf(const ServerView& view) {
  std::vector<TransportLatency> all(2);
  all[0].transport = "udp";
  all[1].transport = "tcp";
  for (const ServerView::WorkerView& worker : view.workers) {
    all[0].summary.Add(worker.latency->udp);
    all[1].summary.Add(worker.latency->tcp);
  }
  return all;
}

// From 1.024 us to 1.074 s: powers of two of nanoseconds are borders of LatencyBuckets, so that
// these counts are exact.
constexpr int kLeastBorderBits = 10;
constexpr int kGreatestBorderBits = 30;

void AddLatency(const TransportLatency& of, MetricsText& page) {
  HistogramValues values;
  for (int bits = kLeastBorderBits; bits <= kGreatestBorderBits; ++bits) {
    const uint64_t border_ns = uint64_t{1} << bits;
    values.borders.push_back(
        {static_cast<double>(border_ns) / 1e9, of.summary.AnswersWithin(border_ns)});
  }
  values.sum = absl::ToDoubleSeconds(of.summary.total());
  values.count = of.summary.answers();
  page.AddHistogram(
      "hither_answer_seconds",
      "Time from receiving a query to sending its answer, excluding the socket's queue.",
      MetricLabels({{"transport", of.transport}}), values);
}

void AddZone(const ServedZone& served, absl::Time now, MetricsText& page) {
  const std::string labels = MetricLabels({{"zone", served.apex().ToText()}});
  page.Add("hither_zone_load_failed", MetricType::kGauge,
           "1 if the last load of the zone failed; an older version may still answer.", labels,
           uint64_t{served.has_failed()});
  page.Add("hither_zone_served", MetricType::kGauge,
           "1 if a version of the zone answers; 0: its names get SERVFAIL.", labels,
           uint64_t{served.zone != nullptr});
  if (served.zone == nullptr) return;
  page.Add("hither_zone_serial", MetricType::kGauge, "Serial of the served version.", labels,
           uint64_t{served.zone->serial()});
  page.Add("hither_zone_records", MetricType::kGauge, "Records in the served version.", labels,
           served.zone->record_count());
  page.Add("hither_zone_memory_bytes", MetricType::kGauge, "Memory used by the served version.",
           labels, uint64_t{served.zone->image_bytes()});
  page.Add("hither_zone_loaded_timestamp_seconds", MetricType::kGauge,
           "Unix time when the served version was loaded.", labels, Seconds(served.loaded_at()));
  const absl::Time end = SignaturesEnd(*served.zone, now);
  if (end == absl::InfiniteFuture()) return;
  page.Add("hither_zone_signatures_end_timestamp_seconds", MetricType::kGauge,
           "Unix time when the first signature of the served version expires.", labels,
           Seconds(end));
}

ServerStatus::Zone StatusOf(const ServedZone& served, absl::Time now) {
  ServerStatus::Zone zone;
  zone.name = served.apex().ToText();
  zone.file = std::string(served.file());
  zone.error = std::string(served.last_error());
  zone.warning = std::string(served.warning());
  if (served.zone == nullptr) return zone;
  zone.serial = served.zone->serial();
  zone.records = served.zone->record_count();
  zone.signing = served.zone->uses_nsec3() ? "NSEC3" : served.zone->uses_nsec() ? "NSEC" : "no";
  zone.loaded_at = served.loaded_at();
  zone.signatures_end = SignaturesEnd(*served.zone, now);
  return zone;
}

}  // namespace

std::string MetricsPage(const ServerView& view) {
  MetricsText page;
  AddProcess(view, page);
  ForEachCounter([&](Counter which) {
    const CounterText& text = TextOf(which);
    page.Add(text.metric, MetricType::kCounter, text.help, text.label, SumOf(which, view));
  });
  AddZoneCounts(*view.zones, page);
  ForEachToldZone(*view.zones, [&](const ServedZone& served) { AddZone(served, view.now, page); });
  for (const TransportLatency& latency : LatencyOf(view)) AddLatency(latency, page);
  return page.Take();
}

absl::Status HealthOfWorkers(const ServerView& view) {
  for (size_t i = 0; i < view.workers.size(); ++i) {
    const absl::Duration since = view.workers[i].since_turn;
    if (since < kWorkerStuckAfter) continue;
    return absl::UnavailableError(
        absl::StrCat("worker ", i, " has been stuck for ", absl::FormatDuration(since)));
  }
  if (view.workers.empty()) return absl::UnavailableError("no worker is running");
  return absl::OkStatus();
}

absl::Status HealthOf(const ServerView& view) {
  if (auto workers = HealthOfWorkers(view); !workers.ok()) return workers;
  if (view.zones->served() > 0) return absl::OkStatus();
  return absl::UnavailableError("no zone is loaded");
}

std::string HealthNote(const ServerView& view) {
  const ZoneSet& set = *view.zones;
  const size_t missing = set.zones().size() - set.served();
  if (missing == 0) return "";
  const auto first = std::ranges::find_if(
      set.zones(), [](const ServedZone& served) { return served.zone == nullptr; });
  return absl::StrCat(missing, " of ", set.zones().size(),
                      " zones have no version and get SERVFAIL: ", first->apex().ToText(),
                      missing > 1 ? " and others" : "", "; see `hither status`");
}

ServerStatus StatusOf(const ServerView& view) {
  const Config::Identity& identity = view.config->identity;
  ServerStatus status;
  status.version = VersionText();
  status.pid = ::getpid();
  status.site = identity.site;
  status.node = identity.node;
  status.nsid = ExpandNsid(identity.nsid_template, identity.site, identity.node, 0);
  status.workers = static_cast<int>(view.workers.size());
  status.started_at = view.started_at;
  status.uptime = view.now - view.started_at;
  for (const SocketAddress& address : view.listen) status.listen.push_back(address.ToText());
  status.endpoints = view.endpoints;
  if (const AnycastConfig& anycast = view.config->anycast; anycast.is_present) {
    status.sidecar = anycast.admin_text == kSidecarAdmin ? "" : anycast.admin_text;
  }
  ForEachCounter([&](Counter which) {
    const CounterText& text = TextOf(which);
    const std::string labels = text.label.empty() ? "" : absl::StrCat("{", text.label, "}");
    status.counters.emplace_back(absl::StrCat(text.metric, labels), SumOf(which, view));
  });
  size_t failed_told = 0;
  ForEachToldZone(*view.zones, [&](const ServedZone& served) {
    status.zones.push_back(StatusOf(served, view.now));
    failed_told += served.has_failed();
  });
  status.zones_omitted = OmittedOf(view.zones->zones().size());
  status.zones_omitted_failed = view.zones->failed() - failed_told;
  for (const auto& [transport, summary] : LatencyOf(view)) {
    status.latency.push_back({transport, summary.answers(), summary.Quantile(500),
                              summary.Quantile(990), summary.Quantile(999)});
  }
  return status;
}

ServerStatus PublicStatusOf(const ServerView& view) {
  ServerStatus status = StatusOf(view);
  status.sidecar.reset();
  for (ServerStatus::Zone& zone : status.zones) {
    if (!zone.error.empty()) zone.error = "has errors; see the log or `hither status` on its host";
  }
  return status;
}

}  // namespace hither
