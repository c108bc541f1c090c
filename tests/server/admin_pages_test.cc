#include "server/admin_pages.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "zones/load/zone_loader.h"

namespace hither {
namespace {

using testing::HasSubstr;
using testing::Not;

void AddZone(const std::string& apex, const char* text, ZoneSet& zones) {
  const Name name = *Name::FromText(apex);
  ServedZone served = zones.Make(name, "the.zone");
  if (text != nullptr) {
    served.zone = LoadZoneText(text, "test", name).zone;
    served.set_loaded_at(absl::FromUnixSeconds(1'000));
  } else {
    served.set_last_error("the.zone:3: error: no such type", absl::UnixEpoch());
  }
  zones.Add(std::move(served));
}

constexpr char kZone[] =
    "@ 60 IN SOA ns1 host 7 7200 900 1209600 300\n@ 60 IN NS ns1\nns1 60 IN A 192.0.2.1\n";

class AdminPages : public testing::Test {
 protected:
  AdminPages() {
    config_.identity.site = "fra1";
    config_.identity.node = "ns2";
    config_.identity.nsid_template = "{node}.{site}";
    first_.Add(Counter::kQueriesUdp, 40);
    second_.Add(Counter::kQueriesUdp, 2);
    first_latency_.udp.Record(1'024, 40);  // A border itself.
    second_latency_.udp.Record(1'025, 1);
    second_latency_.udp.Record(3'000'000'000, 1);
    auto zones = std::make_shared<ZoneSet>();
    AddZone("example.org.", kZone, *zones);
    AddZone("broken.example.", nullptr, *zones);
    view_.config = &config_;
    view_.listen = {*SocketAddress::FromText("192.0.2.53:53", 53)};
    view_.zones = zones;
    view_.workers = {{&first_, &first_latency_, absl::Milliseconds(100)},
                     {&second_, &second_latency_, absl::Milliseconds(500)}};
    view_.started_at = absl::FromUnixSeconds(2'000);
    view_.now = absl::FromUnixSeconds(2'060);
    view_.reloads = 5;
    view_.reloads_failed = 2;
  }
  Config config_;
  Counters first_;
  Counters second_;
  AnswerLatency first_latency_;
  AnswerLatency second_latency_;
  ServerView view_;
};

TEST_F(AdminPages, MetricsSumTheWorkersAndTellEachZone) {
  const std::string page = MetricsPage(view_);
  for (const char* line : {
           "hither_queries_total{transport=\"udp\"} 42\n",
           "hither_zone_serial{zone=\"example.org.\"} 7\n",
           "hither_zone_records{zone=\"example.org.\"} 3\n",
           "hither_zone_loaded_timestamp_seconds{zone=\"example.org.\"} 1000\n",
           "hither_zone_load_failed{zone=\"example.org.\"} 0\n",
           "hither_zone_load_failed{zone=\"broken.example.\"} 1\n",
           "hither_zone_served{zone=\"broken.example.\"} 0\n",
           "hither_start_time_seconds 2000\n",
           "hither_reloads_total 5\n",
           "hither_reloads_failed_total 2\n",
           "hither_workers 2\n",
           "hither_zones 2\n",
           "hither_zones_served 1\n",
           "hither_zones_failed 1\n",
           "hither_zones_omitted 0\n",
           "# TYPE hither_answer_seconds histogram\n",
           "hither_answer_seconds_bucket{transport=\"udp\",le=\"1.024e-06\"} 40\n",
           "hither_answer_seconds_bucket{transport=\"udp\",le=\"2.048e-06\"} 41\n",
           "hither_answer_seconds_bucket{transport=\"udp\",le=\"1.073741824\"} 41\n",
           "hither_answer_seconds_bucket{transport=\"udp\",le=\"+Inf\"} 42\n",
           "hither_answer_seconds_sum{transport=\"udp\"} 3.000041985\n",
           "hither_answer_seconds_count{transport=\"udp\"} 42\n",
           "hither_answer_seconds_count{transport=\"tcp\"} 0\n",
       }) {
    EXPECT_THAT(page, HasSubstr(line));
  }
  // A serial of 0 would be a lie.
  EXPECT_THAT(page, Not(HasSubstr("hither_zone_serial{zone=\"broken.example.\"}")));
}

TEST_F(AdminPages, StatusTellsWhoWhereAndWhat) {
  const ServerStatus status = StatusOf(view_);
  EXPECT_EQ(status.nsid, "ns2.fra1");
  EXPECT_EQ(status.uptime, absl::Seconds(60));
  EXPECT_EQ(status.listen, std::vector<std::string>{"192.0.2.53:53"});
  ASSERT_EQ(status.zones.size(), 2u);
  EXPECT_EQ(status.zones[0].serial, 7u);
  EXPECT_EQ(status.zones[0].signing, "no");
  EXPECT_EQ(status.zones[1].serial, std::nullopt);
  EXPECT_EQ(status.zones[1].error, "the.zone:3: error: no such type");
  EXPECT_EQ(PublicStatusOf(view_).zones[0].error, "");
  EXPECT_EQ(PublicStatusOf(view_).zones[1].error,
            "has errors; see the log or `hither status` on its host");
  EXPECT_EQ(PublicStatusOf(view_).zones[1].State(), "broken");
  EXPECT_THAT(status.counters,
              testing::Contains(testing::Pair("hither_queries_total{transport=\"udp\"}", 42u)));
  ASSERT_EQ(status.latency.size(), 2u);
  EXPECT_EQ(status.latency[0].transport, "udp");
  EXPECT_EQ(status.latency[0].answers, 42u);
  EXPECT_EQ(status.latency[0].p50, absl::Nanoseconds(1'024));
  EXPECT_GE(status.latency[0].p99_9, absl::Seconds(3));
  EXPECT_EQ(status.latency[1].answers, 0u);
}

// Of so many that one page would be huge, those with errors come first.
TEST_F(AdminPages, TellsOfALimitedNumberOfZones) {
  auto zones = std::make_shared<ZoneSet>();
  for (size_t i = 0; i < kZonesToldMax; ++i) {
    zones->Add(zones->Make(*Name::FromText(absl::StrCat("z", i, "."))));
  }
  AddZone("broken.example.", nullptr, *zones);
  view_.zones = zones;
  const ServerStatus status = StatusOf(view_);
  ASSERT_EQ(status.zones.size(), kZonesToldMax);
  EXPECT_EQ(status.zones[0].name, "broken.example.");
  EXPECT_EQ(status.zones[1].name, "z0.");
  EXPECT_EQ(status.zones_omitted, 1u);
  EXPECT_EQ(status.zones_omitted_failed, 0u);
  const std::string page = MetricsPage(view_);
  EXPECT_THAT(page, HasSubstr("hither_zones 10001\n"));
  EXPECT_THAT(page, HasSubstr("hither_zones_omitted 1\n"));
  EXPECT_THAT(page, HasSubstr("hither_zone_load_failed{zone=\"broken.example.\"} 1\n"));
  EXPECT_THAT(page, Not(HasSubstr("{zone=\"z9999.\"}")));
}

TEST_F(AdminPages, CountsTheFailedZonesThatItDoesNotTellOf) {
  auto zones = std::make_shared<ZoneSet>();
  for (size_t i = 0; i < kZonesToldMax + 3; ++i)
    AddZone(absl::StrCat("z", i, "."), nullptr, *zones);
  view_.zones = zones;
  EXPECT_EQ(StatusOf(view_).zones_omitted_failed, 3u);
}

TEST_F(AdminPages, HealthyWithOneZoneThatAnswers) {
  EXPECT_TRUE(HealthOf(view_).ok());
  EXPECT_EQ(HealthNote(view_),
            "1 of 2 zones have no version and get SERVFAIL: broken.example.; see `hither status`");
  auto zones = std::make_shared<ZoneSet>();
  AddZone("example.org.", kZone, *zones);
  view_.zones = zones;
  EXPECT_EQ(HealthNote(view_), "");
}

constexpr char kSigned[] =
    "@ 60 IN SOA ns1 host 7 7200 900 1209600 300\n@ 60 IN NS ns1\nns1 60 IN A 192.0.2.1\n"
    "ns1 60 IN RRSIG A 8 3 60 19700101010000 19700101000000 1 @ AA==\n"
    "@ 60 IN RRSIG NS 8 2 60 19700101020000 19700101000000 1 @ AA==\n";

TEST_F(AdminPages, TellWhenSignaturesEnd) {
  auto zones = std::make_shared<ZoneSet>();
  AddZone("example.org.", kZone, *zones);
  AddZone("signed.example.", kSigned, *zones);
  view_.zones = zones;
  const std::string page = MetricsPage(view_);
  EXPECT_THAT(page,
              HasSubstr("\nhither_zone_signatures_end_timestamp_seconds{zone=\"signed.example.\"} "
                        "3600\n"));
  EXPECT_THAT(page, Not(HasSubstr("signatures_end_timestamp_seconds{zone=\"example.org.\"}")));
  const ServerStatus status = StatusOf(view_);
  EXPECT_EQ(status.zones.at(0).signatures_end, absl::InfiniteFuture());
  EXPECT_EQ(status.zones.at(1).signatures_end, absl::FromUnixSeconds(3'600));
}

TEST_F(AdminPages, UnhealthyWithAStuckWorker) {
  view_.workers[1].since_turn = kWorkerStuckAfter;
  EXPECT_THAT(HealthOf(view_).ToString(), HasSubstr("worker 1 has been stuck for "));
}

TEST_F(AdminPages, UnhealthyWithoutWorkers) {
  view_.workers.clear();
  EXPECT_THAT(HealthOf(view_).ToString(), HasSubstr("no worker"));
}

TEST_F(AdminPages, UnhealthyIfNoZoneAnswers) {
  auto zones = std::make_shared<ZoneSet>();
  AddZone("broken.example.", nullptr, *zones);
  view_.zones = zones;
  EXPECT_THAT(HealthOf(view_).ToString(), HasSubstr("no zone"));
}

}  // namespace
}  // namespace hither
