#include "anycast/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace hither {
namespace {

using ::testing::HasSubstr;

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
                    {"next_hop_v4 10.0.0.8 is no address of an interface here"}}};
  view.mismatches = {
      {"192.0.2.0/24", "bird uplink", "wanted SOFT, absent", kNow - absl::Seconds(4)}};
  view.mismatches_total = 7;
  view.probes = {{"udp 192.0.2.53", {{{0.001, 3}}, 0.5, 4}}};
  view.fleet = {true, true, 3, 0, 2, true, 1};
  view.transitions[{"dns", "ipv4", "SOFT", "soft-fault"}] = 2;
  return view;
}

TEST(SidecarPages, StatusSaysStateRuleAndAge) {
  EXPECT_EQ(
      StatusText(Sample(), kNow + absl::Milliseconds(300)),
      "hither-anycast 0.1.0  node ns1, site fra1, pid 42, up 10m, verdict 300ms old (lease 2s)\n"
      "\n"
      "service dns\n"
      "  ipv4  SOFT   for 5s  soft-fault: zone example.org: stale?DOWN\n"
      "        192.0.2.0/24; withdrawals 1 of 2\n"
      "  12.2 queries/s\n"
      "\n"
      "announced by bgp\n"
      "  10.0.0.1 (upstream A)  Established for 9m, 3 resets, our router ID 10.0.0.9\n"
      "    rejected: ipv6: refused\n"
      "    warning: next_hop_v4 10.0.0.8 is no address of an interface here\n"
      "  MISMATCH 192.0.2.0/24 at bird uplink: wanted SOFT, absent, for 4s\n"
      "fleet: known, 3 nodes, others: 2 announcing, 0 withdrawn; at most 1 may be\n");
}

TEST(SidecarPages, StatusSaysThatADrainWouldBeForgotten) {
  SidecarView view = Sample();
  view.state_failure = "No space left on device";
  EXPECT_THAT(StatusText(view, kNow), HasSubstr("\nstate NOT kept: No space left on device\n"));
  EXPECT_THAT(MetricsPage(view, kNow), HasSubstr("\nhither_anycast_state_kept 0\n"));
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
  EXPECT_EQ(json["fleet"]["max_withdrawn"], 1);
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
              HasSubstr("3s old; the loop hangs"));
}

}  // namespace
}  // namespace hither
