#include "anycast/pages.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/printable.h"
#include "daemon/admin/metrics_text.h"

namespace hither {
namespace {

constexpr absl::string_view kStates[] = {"DOWN", "DRAIN", "SOFT", "UP"};
constexpr absl::string_view kTimeFormat = "%Y-%m-%dT%H:%M:%SZ";

absl::string_view FamilyText(const SidecarView::FamilyView& family) {
  return WordOf(family.family);
}

// Whole seconds are enough for people: "3s", "2m5s", "4h10m".
std::string Ago(absl::Duration age) {
  const absl::Duration rounded =
      absl::Trunc(age, age < absl::Seconds(10) ? absl::Milliseconds(100) : absl::Seconds(1));
  return rounded <= absl::ZeroDuration() ? "0s" : absl::FormatDuration(rounded);
}

std::string WallText(const SidecarView& view, absl::Time at) {
  return absl::FormatTime(kTimeFormat, view.Wall(at), absl::UTCTimeZone());
}

std::string IntentText(const SidecarView& view, const Intent& intent) {
  std::vector<std::string> parts;
  if (intent.drain) parts.push_back("drained by the operator");
  if (intent.frozen_until > view.now) {
    parts.push_back(absl::StrCat("frozen until ", WallText(view, intent.frozen_until)));
  }
  return absl::StrJoin(parts, ", ");
}

// "others: 2 announcing, 1 withdrawn (1 of them unknown)": the input of the fleet rules.
std::string FleetText(const FleetView& fleet) {
  if (!fleet.is_asked) return "no peers are configured";
  std::string text = absl::StrCat(fleet.is_known ? "known" : "unknown", ", ", fleet.nodes,
                                  " nodes, others: ", fleet.others_announcing, " announcing, ",
                                  fleet.others_withdrawn, " withdrawn");
  if (fleet.others_unknown > 0) absl::StrAppend(&text, " (", fleet.others_unknown, " unknown)");
  if (fleet.others_absent > 0) {
    absl::StrAppend(&text, ", ", fleet.others_absent, " without this family of this service");
  }
  return absl::StrCat(text, "; at most ", fleet.max_withdrawn, " may be withdrawn");
}

absl::string_view AnnouncedText(const SidecarView::FamilyView& family) {
  const bool is_wanted = family.verdict.state != State::kDown;
  if (!family.announced.has_value()) return "not known if announced";
  if (*family.announced) return is_wanted ? "announced" : "STILL ANNOUNCED";
  return is_wanted ? "NOT ANNOUNCED" : "not announced";
}

// A dead responder is withdrawn whatever the budget says, so that more may be used than there are.
std::string WithdrawalsText(int used, int budget) {
  if (used <= budget) return absl::StrCat("used ", used, " of ", budget, " withdrawals");
  return absl::StrCat(used, " withdrawals, more than the budget of ", budget,
                      " (a dead hitherd is always withdrawn)");
}

void AddFamilyText(const SidecarView& view, const SidecarView::FamilyView& family,
                   std::string& out) {
  const Verdict& verdict = family.verdict;
  absl::StrAppendFormat(&out, "  %-4s  %-5s  for %s  %s: %s\n", std::string(FamilyText(family)),
                        std::string(ToText(verdict.state)), Ago(view.now - verdict.since),
                        verdict.rule, Printable(verdict.reason));
  absl::StrAppend(&out, "        ", absl::StrJoin(family.prefixes, " "), "; ",
                  AnnouncedText(family), "; ",
                  WithdrawalsText(family.withdrawals, view.withdrawals_max), "\n");
  absl::StrAppend(&out, "        fleet: ", FleetText(family.fleet), "\n");
}

void AddSessionText(const SidecarView& view, const Observation::Session& session,
                    std::string& out) {
  absl::StrAppendFormat(
      &out, "  %s%s  %s for %s, %d resets", session.neighbor,
      session.description.empty() ? "" : absl::StrCat(" (", Printable(session.description), ")"),
      session.state, Ago(view.now - session.since), session.resets);
  if (!session.identifier.empty()) absl::StrAppend(&out, ", our router ID ", session.identifier);
  if (!session.last_error.empty()) {
    // Beside a session that is up, an error without its age looks like one of now.
    const bool is_old =
        session.state == "Established" && session.last_error_at != absl::InfinitePast();
    absl::StrAppend(&out, "; last error",
                    is_old ? absl::StrCat(", ", Ago(view.now - session.last_error_at), " ago") : "",
                    ": ", Printable(session.last_error));
  }
  if (!session.last_reason.empty()) {
    absl::StrAppend(&out, "; before that, ", Ago(view.now - session.last_reason_at),
                    " ago: ", Printable(session.last_reason));
  }
  out += '\n';
  for (const std::string& rejected : session.rejected) {
    absl::StrAppend(&out, "    rejected: ", Printable(rejected), "\n");
  }
  for (const std::string& warning : session.warnings) {
    absl::StrAppend(&out, "    warning: ", Printable(warning), "\n");
  }
}

void AddFleetMetrics(const FleetView& fleet, const std::string& labels, MetricsText& page) {
  page.Add("hither_anycast_fleet_known", MetricType::kGauge,
           "1 if enough peers have fresh pages for fleet decisions.", labels,
           uint64_t{fleet.is_known});
  page.Add("hither_anycast_fleet_others_withdrawn", MetricType::kGauge,
           "Other nodes that have the service and family and are not known to announce it.", labels,
           static_cast<uint64_t>(fleet.others_withdrawn));
  page.Add("hither_anycast_fleet_others_announcing", MetricType::kGauge,
           "Other nodes whose routers have the route.", labels,
           static_cast<uint64_t>(fleet.others_announcing));
}

// A separate series that begins at 0: an alert cannot count a series that begins at 1.
uint64_t WithdrawalsOf(const SidecarView& view, absl::string_view service,
                       absl::string_view family) {
  uint64_t withdrawals = 0;
  for (const auto& [key, count] : view.transitions) {
    const auto& [of_service, of_family, to, rule] = key;
    const bool is_ours = of_service == service && of_family == family;
    if (is_ours && to == "DOWN" && rule != "drained") withdrawals += count;
  }
  return withdrawals;
}

void AddPeerMetrics(const SidecarView& view, MetricsText& page) {
  for (const SidecarView::Peer& peer : view.peers) {
    const std::string labels = MetricLabels({{"peer", peer.name}});
    page.Add("hither_anycast_peer_reachable", MetricType::kGauge,
             "1 if the peer's page is fresh and valid.", labels, uint64_t{peer.is_reachable});
    page.Add("hither_anycast_peer_fault", MetricType::kGauge,
             "1 for what is wrong with the peer's last answer; none: nothing.",
             MetricLabels({{"peer", peer.name}, {"fault", WordOf(peer.fault)}}), uint64_t{1});
    page.Add("hither_anycast_peer_pages_unsealed_total", MetricType::kCounter,
             "Pages of the peer rejected because the seal was missing or wrong.", labels,
             peer.unsealed);
  }
  page.Add("hither_anycast_clones", MetricType::kGauge,
           "Addresses where another process uses this node's name.", "",
           uint64_t{view.clones.size()});
}

void AddPeerText(const SidecarView& view, std::string& out) {
  for (const std::string& clone : view.clones) {
    absl::StrAppend(&out, "CLONE: another node has this one's name, at ", clone, "\n");
  }
  if (!view.peers.empty()) absl::StrAppend(&out, "peers\n");
  for (const SidecarView::Peer& peer : view.peers) {
    absl::StrAppend(
        &out, "  ", peer.name, "  ", peer.address, "  ", ToText(peer.fault),
        peer.error.empty() ? "" : ": ", Printable(peer.error),
        peer.is_reachable && peer.fault != PeerFault::kNone ? "; its last page still counts" : "",
        "\n");
  }
}

void AddServiceMetrics(const SidecarView& view, const SidecarView::ServiceView& service,
                       MetricsText& page) {
  for (const SidecarView::FamilyView& family : service.families) {
    for (const absl::string_view state : kStates) {
      page.Add("hither_anycast_state", MetricType::kGauge,
               "1 for the state that a family of a service is in.",
               MetricLabels(
                   {{"service", service.name}, {"family", FamilyText(family)}, {"state", state}}),
               uint64_t{ToText(family.verdict.state) == state});
    }
    const std::string labels =
        MetricLabels({{"service", service.name}, {"family", FamilyText(family)}});
    page.Add("hither_anycast_state_since_timestamp_seconds", MetricType::kGauge,
             "Unix time when the state was entered.", labels,
             absl::ToDoubleSeconds(view.Wall(family.verdict.since) - absl::UnixEpoch()));
    if (family.announced.has_value()) {
      page.Add("hither_anycast_announced", MetricType::kGauge,
               "1 if routers have the routes, 0 if they do not; absent while unknown.", labels,
               uint64_t{*family.announced});
    }
    AddFleetMetrics(family.fleet, labels, page);
    page.Add("hither_anycast_withdrawals_in_window", MetricType::kGauge,
             "Withdrawals that count towards the flap budget.", labels,
             static_cast<uint64_t>(family.withdrawals));
    page.Add("hither_anycast_withdrawals_total", MetricType::kCounter,
             "Withdrawals other than drains.", labels,
             WithdrawalsOf(view, service.name, FamilyText(family)));
  }
  page.Add("hither_anycast_drained", MetricType::kGauge,
           "1 if the service is withdrawn because of a drain: safe to stop.",
           MetricLabels({{"service", service.name}}), uint64_t{service.is_drained});
  for (const Signal& signal : service.signals) {
    page.Add(
        "hither_anycast_signal", MetricType::kGauge,
        "A signal's level: 0 ok, 1 unknown, 2 soft, 3 hard.",
        MetricLabels(
            {{"service", service.name}, {"signal", signal.name}, {"scope", ToText(signal.scope)}}),
        static_cast<uint64_t>(signal.level));
  }
}

void AddRouteMetrics(const SidecarView& view, MetricsText& page) {
  for (const Observation::Session& session : view.sessions) {
    const std::string labels = MetricLabels({{"neighbor", session.neighbor}});
    page.Add("hither_anycast_session_established", MetricType::kGauge,
             "1 if the BGP session is established.", labels,
             uint64_t{session.state == "Established"});
    page.Add("hither_anycast_session_resets_total", MetricType::kCounter,
             "BGP sessions that ended.", labels, session.resets);
  }
  for (const SidecarView::Readback& readback : view.readbacks) {
    page.Add("hither_anycast_readback_ok", MetricType::kGauge,
             "1 if the routing daemon's routes can be read back; 0: a filter there stays unseen.",
             MetricLabels({{"daemon", readback.name}}), uint64_t{readback.is_ok});
  }
  page.Add("hither_anycast_readback_mismatch", MetricType::kGauge,
           "Prefixes whose announcement differs from the intended one.", "",
           uint64_t{view.mismatches.size()});
  page.Add("hither_anycast_readback_mismatches_total", MetricType::kCounter,
           "Differences between the wanted routes and those read back.", "", view.mismatches_total);
}

void AddOutsideMetrics(const OutsideView& outside, MetricsText& page) {
  for (const OutsideView::Row& row : outside.rows) {
    if (!row.age.has_value()) continue;
    page.Add("hither_anycast_outside_heard_age_seconds", MetricType::kGauge,
             "Time since a peer last heard a beacon from a service address of this node.",
             MetricLabels({{"service", row.service}, {"address", row.address}, {"peer", row.peer}}),
             absl::ToDoubleSeconds(*row.age));
  }
  for (const auto& [address, is_listening] : outside.listening) {
    page.Add("hither_anycast_outside_listening", MetricType::kGauge,
             "1 if the address can receive peers' beacons.", MetricLabels({{"address", address}}),
             uint64_t{is_listening});
  }
  if (outside.listening.empty()) return;
  page.Add(
      "hither_anycast_outside_overrun", MetricType::kGauge,
      "1 if beacons arrive faster than they are read; this node then reports no peer as silent.",
      "", uint64_t{outside.is_overrun});
  for (size_t end = 0; end < kBeaconEnds; ++end) {
    page.Add("hither_anycast_beacons_received_total", MetricType::kCounter,
             "Datagrams received at the beacon address, by kind.",
             MetricLabels({{"result", ToText(static_cast<BeaconEnd>(end))}}),
             outside.received[end]);
  }
}

}  // namespace

std::string MetricsPage(const SidecarView& view, absl::Time asked) {
  MetricsText page;
  page.Add("hither_anycast_start_timestamp_seconds", MetricType::kGauge,
           "Unix time when the sidecar started.", "",
           absl::ToDoubleSeconds(view.Wall(view.started_at) - absl::UnixEpoch()));
  page.Add("hither_anycast_lease_age_seconds", MetricType::kGauge,
           "Age of the last decision; if it exceeds the lease, announcements end.", "",
           absl::ToDoubleSeconds(asked - view.now));
  page.Add("hither_anycast_lease_seconds", MetricType::kGauge, "Maximum age of a decision.", "",
           absl::ToDoubleSeconds(view.lease));
  page.Add("hither_anycast_ticks_total", MetricType::kCounter, "Decisions made.", "", view.ticks);
  page.Add("hither_anycast_late_ticks_total", MetricType::kCounter,
           "Decisions that were more than one tick late.", "", view.late_ticks);
  page.Add("hither_anycast_state_kept", MetricType::kGauge,
           "0 while the state file cannot be written; a drain would be lost at a restart.", "",
           uint64_t{view.state_failure.empty()});
  for (const EndpointState& one : view.endpoints) {
    page.Add("hither_anycast_endpoint_listening", MetricType::kGauge,
             "1 if the pages are served at the address of this key; 0 if not, and it is retried.",
             MetricLabels({{"endpoint", one.key}}), uint64_t{one.error.empty()});
  }
  for (const SidecarView::ServiceView& service : view.services) {
    AddServiceMetrics(view, service, page);
  }
  for (const auto& [key, count] : view.transitions) {
    const auto& [service, family, state, rule] = key;
    page.Add(
        "hither_anycast_transitions_total", MetricType::kCounter,
        "State changes, by the state entered and the rule that fired.",
        MetricLabels({{"service", service}, {"family", family}, {"to", state}, {"rule", rule}}),
        count);
  }
  AddRouteMetrics(view, page);
  AddPeerMetrics(view, page);
  for (const SidecarView::Probe& probe : view.probes) {
    page.AddHistogram("hither_anycast_probe_seconds", "Round-trip time of answered probes.",
                      MetricLabels({{"probe", probe.name}}), probe.latency);
  }
  AddOutsideMetrics(view.outside, page);
  return page.Take();
}

std::string StatusText(const SidecarView& view, absl::Time asked) {
  std::string out;
  absl::StrAppend(&out, view.version, "  node ", view.node, view.site.empty() ? "" : ", site ",
                  view.site, ", pid ", view.pid, ", up ", Ago(asked - view.started_at),
                  ", last decision ", Ago(asked - view.now), " ago (lease ",
                  absl::FormatDuration(view.lease), ")\n");
  if (!view.state_failure.empty()) {
    absl::StrAppend(&out, "state NOT kept: ", Printable(view.state_failure), "\n");
  }
  for (const EndpointState& one : view.endpoints) {
    if (!one.error.empty()) absl::StrAppend(&out, "no page: ", Printable(one.error), "\n");
  }
  for (const SidecarView::ServiceView& service : view.services) {
    const std::string intent = IntentText(view, service.intent);
    absl::StrAppend(&out, "\nservice ", service.name, intent.empty() ? "" : "  ", intent,
                    service.is_drained ? "; withdrawn, safe to stop" : "", "\n");
    for (const SidecarView::FamilyView& family : service.families) {
      AddFamilyText(view, family, out);
    }
    if (service.queries_per_second.has_value()) {
      absl::StrAppendFormat(&out, "  %.1f queries/s\n", *service.queries_per_second);
    }
  }
  absl::StrAppend(&out, "\nannounced by ", absl::StrJoin(view.backends, ", "), "\n");
  for (const Observation::Session& session : view.sessions) AddSessionText(view, session, out);
  for (const SidecarView::Mismatch& mismatch : view.mismatches) {
    absl::StrAppend(&out, "  MISMATCH ", mismatch.prefix, " at ", mismatch.where, ": ",
                    Printable(mismatch.text), ", for ", Ago(view.now - mismatch.since), "\n");
  }
  AddPeerText(view, out);
  return out;
}

std::string ExplainText(const SidecarView& view, absl::Time asked) {
  std::string out;
  for (const SidecarView::ServiceView& service : view.services) {
    const std::string intent = IntentText(view, service.intent);
    absl::StrAppend(&out, "service ", service.name, intent.empty() ? "" : ": ", intent, "\n");
    for (const SidecarView::FamilyView& family : service.families) {
      AddFamilyText(view, family, out);
      for (const std::string& note : family.notes) {
        absl::StrAppend(&out, "        ", Printable(note), "\n");
      }
    }
    absl::StrAppend(&out, "  signals\n");
    for (const Signal& signal : service.signals) {
      absl::StrAppendFormat(
          &out, "    %-7s  %-6s  %-4s  %s%s\n", std::string(ToText(signal.level)),
          std::string(ToText(signal.scope)),
          signal.families == Families::kBoth ? "all" : std::string(ToText(signal.families)),
          Printable(absl::StrCat(signal.name, ": ", signal.detail)),
          signal.is_certain ? " (certain)" : "");
    }
  }
  absl::StrAppend(&out, "last decision ", Ago(asked - view.now), " ago\n");
  return out;
}

absl::Status HealthOf(const SidecarView& view, absl::Time asked) {
  if (asked - view.now <= view.lease) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("the last decision was ", Ago(asked - view.now),
                   " ago: the sidecar's loop hangs, and its announcements end; restart it"));
}

}  // namespace hither
