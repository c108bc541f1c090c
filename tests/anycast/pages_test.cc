#include "anycast/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Noon by the wall clock is 1000 s by the monotonic one.
const absl::Time kNow = absl::FromUnixSeconds(1'000);
const absl::Time kNoon = absl::FromUnixSeconds(1'795'521'600);  // 2026-11-24T12:00:00Z

SidecarView Sample() {
  SidecarView view;
  view.version = "hither-anycast 0.1.0";
  view.node = "ns1";
  view.site = "fra1";
  view.pid = 42;
  view.wall = kNoon;
  view.now = kNow;
  view.started_at = kNow - absl::Minutes(10);
  view.lease = absl::Seconds(2);
  view.withdrawals_max = 2;
  SidecarView::ServiceView service;
  service.name = "dns";
  service.queries_per_second = 12.25;
  SidecarView::FamilyView v4;
  v4.prefixes = {"192.0.2.0/24"};
  v4.verdict = {State::kSoft, "soft-fault", "zone example.org: stale\nDOWN",
                kNow - absl::Seconds(5), false};
  v4.notes = {"UP again after 5s without a fault"};
  v4.withdrawals = 1;
  v4.announced = true;
  v4.fleet = {true, true, 3, 1, 1, true, false, 1, 1, 1};
  service.families = {v4};
  service.signals = {{"zone example.org", Scope::kShared, Level::kSoft, Families::kBoth, false,
                      "the last load failed"}};
  view.services = {service};
  view.backends = {"bgp"};
  view.sessions = {{"10.0.0.1",
                    "Established",
                    kNow - absl::Minutes(9),
                    "",
                    3,
                    {"ipv6: refused"},
                    "upstream A",
                    "10.0.0.9",
                    {"next_hop_v4 10.0.0.8 is not an address of an interface on this host"}}};
  view.mismatches = {
      {"192.0.2.0/24", "bird uplink", "wanted SOFT, absent", kNow - absl::Seconds(4)}};
  view.mismatches_total = 7;
  view.probes = {{"udp 192.0.2.53", {{{0.001, 3}}, 0.5, 4}}};
  view.transitions[{"dns", "ipv4", "SOFT", "soft-fault"}] = 2;
  return view;
}

TEST(SidecarPages, StatusSaysStateRuleAndAge) {
  EXPECT_EQ(
      StatusText(Sample(), kNow + absl::Milliseconds(300)),
      "hither-anycast 0.1.0  node ns1, site fra1, pid 42, up 10m, last decision 300ms ago (lease "
      "2s)\n"
      "\n"
      "service dns\n"
      "  ipv4  SOFT   for 5s  soft-fault: zone example.org: stale?DOWN\n"
      "        192.0.2.0/24; announced; used 1 of 2 withdrawals\n"
      "        fleet: known, 3 nodes, others: 1 announcing, 1 withdrawn (1 unknown), 1 without "
      "this "
      "family of this service; at most 1 may be withdrawn\n"
      "  12.2 queries/s\n"
      "\n"
      "announced by bgp\n"
      "  10.0.0.1 (upstream A)  Established for 9m, 3 resets, our router ID 10.0.0.9\n"
      "    rejected: ipv6: refused\n"
      "    warning: next_hop_v4 10.0.0.8 is not an address of an interface on this host\n"
      "  MISMATCH 192.0.2.0/24 at bird uplink: wanted SOFT, absent, for 4s\n");
}

// "verdict 0 old" and "withdrawals 3 of 2" were read twice.
TEST(SidecarPages, NumbersAreReadOnce) {
  SidecarView view = Sample();
  view.services[0].families[0].withdrawals = 3;
  const std::string text = StatusText(view, kNow);
  EXPECT_THAT(text, HasSubstr(", last decision 0s ago (lease 2s)\n"));
  EXPECT_THAT(text,
              HasSubstr("; 3 withdrawals, more than the budget of 2 (a dead hitherd is always "
                        "withdrawn)\n"));
}

// A verdict is a wish. What routers have is another thing, and said beside it.
TEST(SidecarPages, WhatIsAnnouncedIsSaid) {
  SidecarView view = Sample();
  SidecarView::FamilyView& family = view.services[0].families[0];
  constexpr absl::string_view kLabels = "{service=\"dns\",family=\"ipv4\"}";
  const std::string metric = absl::StrCat("hither_anycast_announced", kLabels);
  const auto of = [&](State state, std::optional<bool> announced) {
    family.verdict.state = state;
    family.announced = announced;
    const std::string metrics = MetricsPage(view, kNow);
    const size_t at = metrics.find(metric);
    return absl::StrCat(at == std::string::npos ? "" : metrics.substr(at + metric.size(), 3),
                        StatusText(view, kNow));
  };
  EXPECT_THAT(of(State::kUp, true), AllOf(StartsWith(" 1\n"), HasSubstr("; announced;")));
  EXPECT_THAT(of(State::kUp, false), AllOf(StartsWith(" 0\n"), HasSubstr("; NOT ANNOUNCED;")));
  EXPECT_THAT(of(State::kDown, false), AllOf(StartsWith(" 0\n"), HasSubstr("; not announced;")));
  EXPECT_THAT(of(State::kDown, true), AllOf(StartsWith(" 1\n"), HasSubstr("STILL ANNOUNCED")));
  EXPECT_THAT(of(State::kUp, std::nullopt), AllOf(Not(StartsWith(" ")), HasSubstr("not known if")));
}

TEST(SidecarPages, StatusSaysThatADrainWouldBeForgotten) {
  SidecarView view = Sample();
  view.state_failure = "No space left on device";
  EXPECT_THAT(StatusText(view, kNow), HasSubstr("\nstate NOT kept: No space left on device\n"));
  EXPECT_THAT(MetricsPage(view, kNow), HasSubstr("\nhither_anycast_state_kept 0\n"));
}

TEST(SidecarPages, AReadbackThatFailsIsCounted) {
  SidecarView view = Sample();
  view.readbacks = {{"bird", false, "cannot ask BIRD"}, {"frr", true, ""}};
  EXPECT_THAT(MetricsPage(view, kNow),
              AllOf(HasSubstr("\nhither_anycast_readback_ok{daemon=\"bird\"} 0\n"),
                    HasSubstr("\nhither_anycast_readback_ok{daemon=\"frr\"} 1\n")));
  EXPECT_EQ(nlohmann::json::parse(StatusJson(view, kNow))["readbacks"][0]["ok"], false);
}

TEST(SidecarPages, EachPeerIsListedWithItsFault) {
  SidecarView view = Sample();
  view.peers = {
      {"ns1.ams1", "10.0.2.2:8055", true, "", 0, PeerFault::kNone},
      {"ns1.nyc1", "10.0.3.2:8055", false, "is ns2.nyc1, not ns1.nyc1", 0, PeerFault::kMisnamed},
      {"ns1.sin1", "10.0.4.2:8055", true, "nothing listens there", 0, PeerFault::kRefuses}};
  EXPECT_THAT(StatusText(view, kNow),
              HasSubstr("peers\n"
                        "  ns1.ams1  10.0.2.2:8055  answers\n"
                        "  ns1.nyc1  10.0.3.2:8055  MISNAMED: is ns2.nyc1, not ns1.nyc1\n"
                        "  ns1.sin1  10.0.4.2:8055  REFUSES CONNECTIONS: nothing listens there; "
                        "its last page still counts\n"));
  const auto json = nlohmann::json::parse(StatusJson(view, kNow));
  EXPECT_EQ(json["peers"][1]["fault"], "misnamed");
  EXPECT_THAT(MetricsPage(view, kNow),
              HasSubstr("hither_anycast_peer_fault{peer=\"ns1.sin1\",fault=\"refuses\"} 1\n"));
}

TEST(SidecarPages, TheReasonOfALostSessionStaysBesideItsLastError) {
  SidecarView view = Sample();
  view.sessions[0].state = "Connect";
  view.sessions[0].last_error = "Connection reset by peer";
  view.sessions[0].last_reason = "NOTIFICATION received: Bad Peer AS";
  view.sessions[0].last_reason_at = kNow - absl::Minutes(3);
  EXPECT_THAT(StatusText(view, kNow),
              HasSubstr("; last error: Connection reset by peer; before that, 3m ago: NOTIFICATION "
                        "received: Bad Peer AS\n"));
}

// It looked like an error of now.
TEST(SidecarPages, TheErrorBesideAnEstablishedSessionHasItsAge) {
  SidecarView view = Sample();
  view.sessions[0].state = "Established";
  view.sessions[0].last_error = "NOTIFICATION received: Cease";
  view.sessions[0].last_error_at = kNow - absl::Minutes(3);
  EXPECT_THAT(StatusText(view, kNow),
              HasSubstr("; last error, 3m ago: NOTIFICATION received: Cease\n"));
}

TEST(SidecarPages, OverrunIsToldWhereBeaconsComeIn) {
  SidecarView view = Sample();
  view.outside.is_overrun = true;
  EXPECT_THAT(MetricsPage(view, kNow), Not(HasSubstr("outside_overrun")));
  view.outside.listening = {{"198.51.100.2:8055", true}};
  EXPECT_THAT(MetricsPage(view, kNow), HasSubstr("\nhither_anycast_outside_overrun 1\n"));
}

TEST(SidecarPages, ExplainShowsEverySignal) {
  const std::string text = ExplainText(Sample(), kNow);
  EXPECT_THAT(text, HasSubstr("        UP again after 5s without a fault\n"));
  EXPECT_THAT(text,
              HasSubstr("    soft     shared  all   zone example.org: the last load failed\n"));
}

TEST(SidecarPages, IntentIsShown) {
  SidecarView view = Sample();
  view.services[0].intent = {true, kNow, kNow + absl::Minutes(10)};
  view.services[0].is_drained = true;
  EXPECT_THAT(StatusText(view, kNow),
              HasSubstr("service dns  drained by the operator, frozen until 2026-11-24T12:10:00Z; "
                        "withdrawn, safe to stop\n"));
}

TEST(SidecarPages, JsonHasAllOfIt) {
  SidecarView view = Sample();
  view.services[0].signals[0].detail = "\xff";  // Not UTF-8: the page must live.
  const auto json = nlohmann::json::parse(StatusJson(view, kNow + absl::Milliseconds(500)));
  EXPECT_EQ(json["services"][0]["families"][0]["state"], "SOFT");
  EXPECT_EQ(json["services"][0]["families"][0]["since"], "2026-11-24T11:59:55.000Z");
  EXPECT_EQ(json["services"][0]["signals"][0]["scope"], "shared");
  EXPECT_EQ(json["sessions"][0]["rejected"][0], "ipv6: refused");
  EXPECT_EQ(json["mismatches_total"], 7);
  EXPECT_EQ(json["lease_age_seconds"], 0.5);
  EXPECT_EQ(json["services"][0]["families"][0]["announced"], true);
  EXPECT_EQ(json["services"][0]["families"][0]["fleet"]["max_withdrawn"], 1);
  EXPECT_EQ(json["services"][0]["families"][0]["fleet"]["others_absent"], 1);
}

TEST(SidecarPages, MetricsHaveOneStateAtATime) {
  const std::string page = MetricsPage(Sample(), kNow + absl::Milliseconds(500));
  for (const char* line : {
           "hither_anycast_state{service=\"dns\",family=\"ipv4\",state=\"SOFT\"} 1\n",
           "hither_anycast_state{service=\"dns\",family=\"ipv4\",state=\"UP\"} 0\n",
           "hither_anycast_transitions_total{service=\"dns\",family=\"ipv4\",to=\"SOFT\","
           "rule=\"soft-fault\"} 2\n",
           "hither_anycast_withdrawals_total{service=\"dns\",family=\"ipv4\"} 0\n",
           "hither_anycast_lease_age_seconds 0.5\n",
           "hither_anycast_readback_mismatch 1\n",
           "hither_anycast_readback_mismatches_total 7\n",
           "hither_anycast_session_established{neighbor=\"10.0.0.1\"} 1\n",
           "hither_anycast_probe_seconds_bucket{probe=\"udp 192.0.2.53\",le=\"0.001\"} 3\n",
           "hither_anycast_signal{service=\"dns\",signal=\"zone example.org\",scope=\"shared\"} "
           "2\n",
       }) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

TEST(SidecarPages, HealthIsTheLoops) {
  EXPECT_TRUE(HealthOf(Sample(), kNow + absl::Seconds(2)).ok());
  EXPECT_THAT(std::string(HealthOf(Sample(), kNow + absl::Seconds(3)).message()),
              HasSubstr("3s ago: the sidecar's loop hangs"));
}

}  // namespace
}  // namespace hither
