#include "daemon/admin/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Time kStart = absl::FromUnixSeconds(1'795'419'637);

ServerStatus Example() {
  ServerStatus status;
  status.version = "hitherd 0.1.0";
  status.pid = 4711;
  status.site = "fra1";
  status.node = "ns2";
  status.nsid = "ns2.fra1";
  status.workers = 2;
  status.started_at = kStart;
  status.uptime = absl::Seconds(100);
  status.listen = {"127.0.0.1:5300", "[::1]:5300"};
  status.counters = {{"hither_queries_total{transport=\"udp\"}", 1'000},
                     {"hither_queries_total{transport=\"tcp\"}", 50},
                     {"hither_never_total", 0}};
  status.latency = {{"udp", 1'000, absl::Nanoseconds(9'472), absl::Nanoseconds(1'114'112),
                     absl::Nanoseconds(68'719'476'736)},
                    {"tcp", 50, absl::Nanoseconds(999), absl::Nanoseconds(999'960),
                     absl::Nanoseconds(12'058'624)},
                    {"quic", 0, {}, {}, {}}};
  status.zones = {
      {"example.org.", "example.org.zone", 7, 12, "NSEC3", kStart, "", ""},
      {"example.edu.", "example.edu.zone", 7, 12, "no", kStart, "", "serial 7 is as before"},
      {"example.net.", "example.net.zone", 3, 4, "no", kStart, "example.net.zone:3: bad; mend it",
       "not shown"},
      {"example.com.", "example.com.zone", {}, 0, "", absl::InfinitePast(), "no such file", ""},
  };
  return status;
}

TEST(Status, TextIsForATerminal) {
  EXPECT_EQ(ToText(Example(), 50),
            "hitherd 0.1.0, process 4711, 2 workers, up 1m40s (since 2026-11-23T07:40:37Z)\n"
            "site     fra1\n"
            "node     ns2\n"
            "nsid     ns2.fra1\n"
            "listen   127.0.0.1:5300, [::1]:5300\n"
            "queries  1050, 10.5 a second since startup\n"
            "  hither_queries_total{transport=\"udp\"}          1000        10.0/s\n"
            "  hither_queries_total{transport=\"tcp\"}            50         0.5/s\n"
            "latency  udp  p50 9.472us  p99 1.114ms  p99.9 68.72s  of 1000 answers\n"
            "         tcp  p50 999ns  p99 1000us  p99.9 12.06ms  of 50 answers\n"
            "zones    4, 2 of them with errors\n"
            "  ZONE              SERIAL     RECORDS  SIGNED  LOADED                STATE\n"
            "  example.net.           3           4  no      2026-11-23T07:40:37Z  stale: "
            "example.net.zone:3: bad; mend it\n"
            "  example.com.           -           0  -       never                 broken: no such "
            "file\n"
            "  example.edu.           7          12  no      2026-11-23T07:40:37Z  ok; warning: "
            "serial 7 is as before\n"
            "  example.org.           7          12  NSEC3   2026-11-23T07:40:37Z  ok\n");
}

TEST(Status, SignaturesThatEndSoonAreShownFirst) {
  ServerStatus status = Example();
  const absl::Time now = status.started_at + status.uptime;
  status.zones.erase(status.zones.begin() + 1, status.zones.end());
  status.zones.push_back(status.zones[0]);
  status.zones[1].name = "example.net.";
  status.zones[0].signatures_end = now + absl::Hours(73);
  EXPECT_THAT(ToText(status, 50), Not(HasSubstr("signature")));
  status.zones[1].signatures_end = now + absl::Hours(71);
  EXPECT_THAT(ToText(status, 1),
              HasSubstr("  ok; its first signature expires at 2026-11-26T06:42:17Z\n"));
  status.zones[1].signatures_end = now - absl::Hours(1);
  const std::string json = ToJson(status);
  EXPECT_THAT(json, HasSubstr("\"signatures_end\": \"2026-11-23T06:42:17Z\""));
  const absl::StatusOr<ServerStatus> back = FromJson(json);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_THAT(ToText(*back, 1),
              HasSubstr("  ok; its first signature expired at 2026-11-23T06:42:17Z\n"));
}

TEST(Status, LongListsAreCut) {
  ServerStatus status = Example();
  for (int i = 0; i < 60; ++i) {
    status.zones.push_back({absl::StrCat("z", i, "."), "f", 1, 2, "no", kStart, "", ""});
  }
  const std::string text = ToText(status, 50);
  EXPECT_THAT(text, HasSubstr("\n  and 14 more; --all shows them\n"));
  EXPECT_THAT(text, HasSubstr("\n  z45. "));
  EXPECT_THAT(text, Not(HasSubstr("\n  z46. ")));
  EXPECT_THAT(ToText(status, SIZE_MAX), HasSubstr("\n  z59. "));
}

TEST(Status, TerminalsAreNotObeyed) {
  ServerStatus status = Example();
  status.zones[0].error = "\x1b[2J\n";
  EXPECT_THAT(ToText(status, 50), HasSubstr("stale: ?[2J?\n"));
}

TEST(Status, JsonComesBackAsItWas) {
  const std::string json = ToJson(Example());
  const absl::StatusOr<ServerStatus> back = FromJson(json);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ToJson(*back), json);
  EXPECT_EQ(ToText(*back, 50), ToText(Example(), 50));
  EXPECT_THAT(json, HasSubstr("\"state\": \"stale\""));
  EXPECT_THAT(json, HasSubstr("\"serial\": null"));
}

TEST(Status, JsonSurvivesOctetsThatAreNoText) {
  ServerStatus status = Example();
  status.zones[0].error = "\xff\xfe";
  EXPECT_TRUE(FromJson(ToJson(status)).ok());
}

TEST(Status, NewMembersAreIgnored) {
  std::string json = ToJson(Example());
  json.insert(1, "\"new\": [1, 2],");
  EXPECT_TRUE(FromJson(json).ok());
}

TEST(Status, AnOlderServerSaysNothingOfLatency) {
  ServerStatus status = Example();
  status.latency.clear();
  std::string json = ToJson(status);
  const std::string empty = "\n \"latency_seconds\": {},";
  ASSERT_THAT(json, HasSubstr(empty));
  json.erase(json.find(empty), empty.size());
  const absl::StatusOr<ServerStatus> back = FromJson(json);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(back->latency.empty());
  EXPECT_EQ(back->zones.size(), 4u);
  EXPECT_THAT(ToText(*back, 50), Not(HasSubstr("latency")));
}

TEST(Status, AnOlderServerDoesNotSayWhenSignaturesEnd) {
  std::string json = ToJson(Example());
  for (size_t at; (at = json.find("\"signatures_end\"")) != std::string::npos;) {
    json.replace(at, 16, "\"unknown\"");
  }
  const absl::StatusOr<ServerStatus> back = FromJson(json);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->zones[1].signatures_end, absl::InfiniteFuture());
}

TEST(Status, AnOlderServerHasNoWarnings) {
  std::string json = ToJson(Example());
  for (size_t at; (at = json.find("\"warning\"")) != std::string::npos;) {
    json.replace(at, 9, "\"unknown\"");
  }
  const absl::StatusOr<ServerStatus> back = FromJson(json);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->zones[1].warning, "");
}

TEST(Status, WhatIsNoStatusIsRefused) {
  for (const char* json :
       {"", "{", "[]", "{}", "null", "{\"version\": 3}", "<html>", "{\"version\": \"x\"}"}) {
    EXPECT_FALSE(FromJson(json).ok()) << json;
  }
  EXPECT_EQ(FromJson("{\"version\": 3}").status().message(),
            "the answer is not a server's status: version is not a string");
  std::string bad_time = ToJson(Example());
  bad_time.replace(bad_time.find("2026-"), 5, "soon ");
  EXPECT_FALSE(FromJson(bad_time).ok());
  std::string bad_latency = ToJson(Example());
  bad_latency.replace(bad_latency.find("\"p99\": "), 7, "\"p99\": [], \"x\": ");
  EXPECT_FALSE(FromJson(bad_latency).ok());
  for (const char* member : {"\"pid\": ", "\"workers\": ", "\"records\": ", "\"answers\": "}) {
    std::string no_count = ToJson(Example());
    no_count.insert(no_count.find(member) + std::string_view(member).size(), "1e300, \"x\": ");
    const auto read = FromJson(no_count);
    EXPECT_FALSE(read.ok()) << no_count;
  }
}

}  // namespace
}  // namespace hither
