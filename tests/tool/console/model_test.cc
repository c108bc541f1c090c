#include "tool/console/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/admin/status.h"

namespace hither {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kFleet[] = R"(
sites:
  - name: fra1
    nodes: [{ name: ns1, hitherd: 10.0.0.1, anycast: 10.0.0.1, agent: 10.0.0.1 }]
  - name: ams1
    nodes: [{ name: ns1, hitherd: 10.0.0.2, anycast: 10.0.0.2 }]
routers: [{ name: ra, site: fra1, agent: 10.0.0.3 }, { name: rb, agent: 10.0.0.4 }, { name: rc }]
links: [[ra, rb], [rb, rc]]
clients: [{ name: berlin, agent: 10.0.0.5 }]
)";

std::string StatusPage(const std::string& site, uint32_t serial, uint64_t queries) {
  ServerStatus status;
  status.site = site;
  status.node = "ns1";
  status.counters = {{"hither_queries_total{transport=\"udp\"}", queries}};
  status.latency = {{"udp", 5, absl::Microseconds(20), absl::Microseconds(90), {}}};
  ServerStatus::Zone& zone = status.zones.emplace_back();
  zone.name = "example.";
  zone.serial = serial;
  return ToJson(status);
}

std::string SidecarPage(const std::string& site, const std::string& v4, const std::string& v6,
                        const std::vector<std::string>& sessions = {}) {
  const auto family = [](const char* name, const std::string& state) -> json {
    return {{"family", name}, {"state", state}, {"rule", "r"}, {"reason", "why"}};
  };
  json page = {
      {"node", "ns1"},
      {"site", site},
      {"services", {{{"name", "dns"}, {"families", {family("ipv4", v4), family("ipv6", v6)}}}}}};
  for (const std::string& state : sessions) {
    page["sessions"].push_back({{"neighbor", "10.0.0.9"}, {"state", state}});
  }
  return page.dump();
}

class ConsoleModelTest : public testing::Test {
 protected:
  json Page() const { return json::parse(model_.PageJson(now_)); }
  void Hitherd(const std::string& site, uint32_t serial, uint64_t queries) {
    model_.TakeHitherd("ns1." + site, ReadHitherdReport(StatusPage(site, serial, queries)), now_);
  }
  void Sidecar(const std::string& site, const std::string& v4, const std::string& v6 = "UP",
               const std::vector<std::string>& sessions = {}) {
    model_.TakeSidecar("ns1." + site, ReadSidecarReport(SidecarPage(site, v4, v6, sessions)), now_);
  }
  // As hitherd tells; serial 0: broken, without one.
  void Zones(const std::string& site, const std::vector<std::pair<std::string, uint32_t>>& zones) {
    ServerStatus status;
    status.site = site;
    status.node = "ns1";
    for (const auto& [name, serial] : zones) {
      ServerStatus::Zone& zone = status.zones.emplace_back();
      zone.name = name;
      if (serial != 0) zone.serial = serial;
    }
    model_.TakeHitherd("ns1." + site, ReadHitherdReport(ToJson(status)), now_);
  }
  void Answer(const std::string& site, int64_t rtt_us = 800) {
    ClientAnswer answer;
    answer.address = "192.0.2.53";
    answer.site = site;
    if (!site.empty()) answer.rtt_us = rtt_us;
    model_.TakeAnswers("berlin", std::vector<ClientAnswer>{answer}, now_);
  }
  // "who text" of all entries of the time line.
  std::vector<std::string> Told() const {
    std::vector<std::string> told;
    for (const TimeLine::Entry& entry : model_.time_line().entries()) {
      told.push_back(absl::StrCat(entry.who, " ", entry.text));
    }
    return told;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'764'190'000);
  ConsoleModel model_{*ParseFleet(kFleet, "f.yaml")};
};

TEST_F(ConsoleModelTest, KnowsNothingAtFirst) {
  const json page = Page();
  EXPECT_THAT(page["nodes"], SizeIs(2));
  EXPECT_TRUE(page["nodes"][0]["v4"].is_null());
  EXPECT_TRUE(page["sites"][0]["announced"].is_null());
  EXPECT_EQ(page["links"][0]["state"], "unknown");
  EXPECT_THAT(page["time_line"], SizeIs(0));
}

TEST_F(ConsoleModelTest, TellsChangesOfStateOnce) {
  Sidecar("fra1", "UP");
  Sidecar("fra1", "UP");
  Sidecar("fra1", "DOWN");
  EXPECT_THAT(Told(), ElementsAre("ns1.fra1 dns IPv4 UP: why (r)", "ns1.fra1 dns IPv6 UP: why (r)",
                                  "ns1.fra1 dns IPv4 UP to DOWN: why (r)"));
  const json node = Page()["nodes"][0];
  EXPECT_EQ(node["v4"]["state"], "DOWN");
  EXPECT_EQ(node["v6"]["state"], "UP");
  EXPECT_EQ(Page()["sites"][0]["announced"], true);
  Sidecar("fra1", "DOWN", "DOWN");
  EXPECT_EQ(Page()["sites"][0]["announced"], false);
}

TEST_F(ConsoleModelTest, WhatDoesNotAnswerIsNotShownAsItWas) {
  Sidecar("fra1", "UP");
  Hitherd("fra1", 7, 0);
  model_.TakeSidecar("ns1.fra1", absl::UnavailableError("no answer within 2s"), now_);
  model_.TakeHitherd("ns1.fra1", absl::UnavailableError("no answer within 2s"), now_);
  const json page = Page();
  EXPECT_TRUE(page["nodes"][0]["v4"].is_null());
  EXPECT_THAT(page["nodes"][0]["zones"], SizeIs(0));
  EXPECT_THAT(page["serials"], SizeIs(0));
  EXPECT_TRUE(page["sites"][0]["announced"].is_null());
  EXPECT_EQ(page["nodes"][0]["errors"][0], "hitherd: no answer within 2s");
}

TEST_F(ConsoleModelTest, ErrorsAreTextAndToldOnce) {
  for (int i = 0; i < 3; ++i) {
    model_.TakeHitherd("ns1.fra1", ReadHitherdReport("\xff[[["), now_);
  }
  ASSERT_THAT(Told(), SizeIs(1));
  EXPECT_THAT(Told()[0], HasSubstr("ns1.fra1 hitherd: the answer is not a server's status"));
  Hitherd("fra1", 7, 0);
  EXPECT_EQ(Told().back(), "ns1.fra1 hitherd answers again");
}

TEST_F(ConsoleModelTest, AnotherNodeThereIsAnError) {
  model_.TakeHitherd("ns1.fra1", ReadHitherdReport(StatusPage("ams1", 7, 0)), now_);
  EXPECT_THAT(Page()["nodes"][0]["errors"][0].get<std::string>(),
              HasSubstr("is ns1.ams1, not ns1.fra1"));
}

TEST_F(ConsoleModelTest, CountsQueriesOverSecondsAndSeesRestarts) {
  for (int second = 0; second <= 10; ++second, now_ += absl::Seconds(1)) {
    Hitherd("fra1", 7, static_cast<uint64_t>(second) * 100);
  }
  EXPECT_EQ(Page()["nodes"][0]["queries_per_second"], 100.0);
  Hitherd("fra1", 7, 5);
  EXPECT_EQ(Told().back(), "ns1.fra1 hitherd restarted");
}

TEST_F(ConsoleModelTest, TellsSerialsThatDiffer) {
  Hitherd("fra1", 7, 0);
  Hitherd("ams1", 7, 0);
  EXPECT_EQ(Page()["serials"][0]["agree"], true);
  Hitherd("ams1", 8, 0);
  EXPECT_EQ(Page()["serials"][0]["agree"], false);
  EXPECT_EQ(Told().back(), "ns1.ams1 example.: serial 7 to serial 8");
}

TEST_F(ConsoleModelTest, AZoneThatASiteLacksIsNotTheSame) {
  Zones("fra1", {{"both.", 7}, {"one.", 7}, {"broken.", 0}});
  Zones("ams1", {{"both.", 7}, {"broken.", 0}});
  const json page = Page();
  const auto told = [&](int i) {
    return absl::StrCat(page["serials"][i]["zone"].get<std::string>(), " ",
                        page["serials"][i]["agree"].dump(), " ",
                        page["serials"][i]["sites"].dump());
  };
  ASSERT_THAT(page["serials"], SizeIs(3));
  EXPECT_EQ(told(0), R"(broken. false {"ams1":[],"fra1":[]})");
  EXPECT_EQ(told(1), R"(one. false {"ams1":[],"fra1":[7]})");
  EXPECT_EQ(told(2), R"(both. true {"ams1":[7],"fra1":[7]})");
  EXPECT_EQ(page["zones_in_step"], 1);
  EXPECT_EQ(page["serials_omitted"], 0);
}

TEST_F(ConsoleModelTest, TheTableOfSerialsBeginsWithThoseThatDiffer) {
  std::vector<std::pair<std::string, uint32_t>> zones;
  for (int i = 0; i < 150; ++i) zones.emplace_back(absl::StrCat("a", i, "."), 7);
  zones.emplace_back("z.", 7);
  Zones("fra1", zones);
  zones.back().second = 8;
  Zones("ams1", zones);
  EXPECT_EQ(Page()["serials"][0]["zone"], "z.");
  EXPECT_THAT(Page()["serials"], SizeIs(50));
  EXPECT_EQ(Page()["serials_omitted"], 101);
  EXPECT_EQ(Page()["zones_in_step"], 150);
  zones.clear();  // Of a longer list some zones are not told: that is no word on them.
  for (size_t i = 0; i < kReportZonesMax; ++i) zones.emplace_back(absl::StrCat("a", i, "."), 7);
  Zones("ams1", zones);
  zones.emplace_back("z.", 7);
  std::rotate(zones.begin(), zones.end() - 1, zones.end());
  Zones("fra1", zones);
  EXPECT_EQ(Page()["serials"][0]["sites"].dump(), R"({"ams1":[],"fra1":[7]})");
  EXPECT_EQ(Page()["serials"][1]["agree"], true);
}

TEST_F(ConsoleModelTest, QueriesASecondOfASite) {
  EXPECT_TRUE(Page()["sites"][0]["queries_per_second"].is_null());
  for (uint64_t second = 0; second <= 10; ++second, now_ += absl::Seconds(1)) {
    Hitherd("fra1", 7, second * 100);
  }
  EXPECT_EQ(Page()["sites"][0]["queries_per_second"], 100.0);
  EXPECT_TRUE(Page()["sites"][1]["queries_per_second"].is_null());
}

TEST_F(ConsoleModelTest, ASiteIsAnnouncedOnlyToWhoHears) {
  const auto announced = [this] { return Page()["sites"][0]["announced"]; };
  Sidecar("fra1", "UP", "UP", {"Idle", "Established"});
  EXPECT_EQ(announced(), true);
  Sidecar("fra1", "UP", "UP", {"Idle", "Active"});
  EXPECT_EQ(announced(), false);
  Sidecar("fra1", "", "what");
  EXPECT_EQ(announced(), false);
  Sidecar("fra1", "UP", "UP", {"Established"});
  model_.TakeSessions("ra", std::vector<RouterSession>{{"rb", 64'500, "Idle", ""}}, now_);
  EXPECT_EQ(Page()["links"][0]["state"], "down");
  EXPECT_EQ(announced(), false);
  model_.TakeSessions("ra", absl::UnavailableError("gone"), now_);  // Not known: as it says.
  EXPECT_EQ(announced(), true);
}

// What the sidecar says of its routers counts, not its sessions: a router may drop what it is told.
TEST_F(ConsoleModelTest, WhatRoutersHaveCounts) {
  const auto page_with = [&](const json& v4, const json& v6) {
    json page = json::parse(SidecarPage("fra1", "UP", "SOFT", {"Established"}));
    page["services"][0]["families"][0]["announced"] = v4;
    page["services"][0]["families"][1]["announced"] = v6;
    model_.TakeSidecar("ns1.fra1", ReadSidecarReport(page.dump()), now_);
    return Page();
  };
  EXPECT_EQ(page_with(true, false)["sites"][0]["announced"], true);
  EXPECT_EQ(page_with(false, false)["sites"][0]["announced"], false);
  EXPECT_EQ(page_with(false, nullptr)["nodes"][0]["v4"]["announced"], false);
  EXPECT_TRUE(page_with(false, nullptr)["nodes"][0]["v6"]["announced"].is_null());
}

TEST_F(ConsoleModelTest, ASiteMayBeAnnouncedByANodeThatIsNotRead) {
  ConsoleModel model(*ParseFleet(R"(
sites:
  - name: fra1
    nodes:
      - { name: ns1, anycast: 10.0.0.1 }
      - { name: ns2, anycast: 10.0.0.2 }
      - { name: ns3, hitherd: 10.0.0.3 }
)",
                                 "f.yaml"));
  const auto announced_after = [&](const std::string& node, const std::string& state) {
    json page = json::parse(SidecarPage("fra1", state, state));
    page["node"] = node;
    model.TakeSidecar(node + ".fra1", ReadSidecarReport(page.dump()), now_);
    return json::parse(model.PageJson(now_))["sites"][0]["announced"];
  };
  EXPECT_EQ(announced_after("ns1", "DOWN"), nullptr);
  EXPECT_EQ(announced_after("ns1", "UP"), true);
  EXPECT_EQ(announced_after("ns2", "DOWN"), true);
  EXPECT_EQ(announced_after("ns1", "DOWN"), false);
}

TEST_F(ConsoleModelTest, FollowsWhoAnswersAClient) {
  Answer("fra1");
  Answer("ams1");
  Answer("");
  Answer("fra1");
  EXPECT_THAT(Told(), ElementsAre("berlin 192.0.2.53 is answered by ams1, was fra1",
                                  "berlin 192.0.2.53 is answered by nobody, was ams1",
                                  "berlin 192.0.2.53 is answered by fra1, was nobody"));
  EXPECT_EQ(Page()["sites"][0]["clients"], 1);
}

// The agent could not read the NSID, and fleet.yaml can.
TEST_F(ConsoleModelTest, AnAnswerIsNamedByItsNsid) {
  ClientAnswer answer;
  answer.address = "192.0.2.53";
  answer.nsid = "ns1.fra1.dns.example.net";
  answer.rtt_us = 800;
  model_.TakeAnswers("berlin", std::vector<ClientAnswer>{answer}, now_);
  EXPECT_EQ(Page()["clients"][0]["answers"][0]["site"], "fra1");
  EXPECT_EQ(Page()["clients"][0]["answers"][0]["node"], "ns1");
  EXPECT_EQ(Page()["sites"][0]["clients"], 1);
}

TEST_F(ConsoleModelTest, OneAddressThatIsToldTwiceIsNoNews) {
  ClientAnswer first;
  first.address = "192.0.2.53";
  first.site = "fra1";
  ClientAnswer second = first;
  second.site = "ams1";
  for (int i = 0; i < 5; ++i) {
    model_.TakeAnswers("berlin", std::vector<ClientAnswer>{first, second}, now_);
  }
  EXPECT_THAT(Told(), SizeIs(0));
  EXPECT_THAT(Page()["clients"][0]["answers"], SizeIs(1));
}

TEST_F(ConsoleModelTest, AVerdictThatIsTooOldIsAnError) {
  json page = json::parse(SidecarPage("fra1", "UP", "UP"));
  page["lease_seconds"] = 2.0;
  page["lease_age_seconds"] = 1.9;
  model_.TakeSidecar("ns1.fra1", ReadSidecarReport(page.dump()), now_);
  EXPECT_THAT(Page()["nodes"][0]["errors"], SizeIs(0));
  page["lease_age_seconds"] = 31.5;
  model_.TakeSidecar("ns1.fra1", ReadSidecarReport(page.dump()), now_);
  ASSERT_THAT(Page()["nodes"][0]["errors"], SizeIs(1));
  EXPECT_EQ(Page()["nodes"][0]["errors"][0],
            "hither-anycast: its verdict is 31.5s old and was valid for 2s; restart it");
  EXPECT_TRUE(Page()["nodes"][0]["v4"].is_null());
  page["lease_age_seconds"] = 1e300;
  model_.TakeSidecar("ns1.fra1", ReadSidecarReport(page.dump()), now_);
  EXPECT_EQ(Page()["nodes"][0]["errors"][0],
            "hither-anycast: its verdict is inf old and was valid for 2s; restart it");
}

TEST_F(ConsoleModelTest, RoundTripTimesOfFiveMinutes) {
  Answer("fra1", 10);
  Answer("fra1", 20);
  EXPECT_EQ(Page()["sites"][0]["rtt"]["p50_us"], 10);  // Nearest rank.
  EXPECT_EQ(Page()["sites"][0]["rtt"]["p99_us"], 20);
  for (int i = 3; i <= 100; ++i) Answer("fra1", i * 10);
  const json rtt = Page()["sites"][0]["rtt"];
  EXPECT_EQ(rtt["samples"], 100);
  EXPECT_EQ(rtt["p50_us"], 500);
  EXPECT_EQ(rtt["p99_us"], 990);
  now_ += absl::Minutes(6);
  EXPECT_EQ(Page()["sites"][0]["rtt"]["samples"], 0);
  Answer("atlantis");  // No site of ours: nothing is kept for it.
  EXPECT_EQ(Page()["sites"][0]["rtt"]["samples"], 0);
}

TEST_F(ConsoleModelTest, ALinkIsUpIfBothEndsSaySo) {
  const auto sessions = [](const char* peer, const char* state) {
    return std::vector<RouterSession>{{peer, 64'500, state, ""}};
  };
  const auto state = [this] { return Page()["links"][0]["state"]; };
  model_.TakeSessions("ra", sessions("rb", "Established"), now_);
  EXPECT_EQ(state(), "up");
  model_.TakeSessions("rb", sessions("ra", "Active"), now_);
  EXPECT_EQ(state(), "down");
  model_.TakeSessions("rb", sessions("ra", "Established"), now_);
  EXPECT_EQ(state(), "up");
  EXPECT_EQ(Told().back(), "rb BGP with ra: Active to Established");
  model_.TakeSessions("ra", absl::UnavailableError("gone"), now_);
  model_.TakeSessions("rb", absl::UnavailableError("gone"), now_);
  EXPECT_EQ(state(), "unknown");
}

TEST_F(ConsoleModelTest, OneSessionOfTwoWithAPeerIsEnough) {
  using Sessions = std::vector<RouterSession>;
  const Sessions one = {{"rb", 64'500, "Established", ""}, {"rb", 64'500, "Active", ""}};
  const Sessions none = {{"rb", 64'500, "Active", ""}, {"rb", 64'500, "Idle", ""}};
  for (const Sessions& sessions : {one, one, none, none, one}) {
    model_.TakeSessions("ra", sessions, now_);
  }
  EXPECT_THAT(Told(), ElementsAre("ra BGP with rb: Established to Active",
                                  "ra BGP with rb: Active to Established"));
}

TEST_F(ConsoleModelTest, FaultsOfAnAgentThatIsGoneAreNotShown) {
  const std::vector<std::string> killed = {"kill"};
  for (const char* name : {"ns1.fra1", "ra"}) model_.TakeFaults(name, killed, now_);
  const auto shown = [this] {
    return json::array({Page()["nodes"][0]["faults"], Page()["routers"][0]["faults"]});
  };
  EXPECT_EQ(shown(), json::parse(R"([["kill"], ["kill"]])"));
  for (const char* name : {"ns1.fra1", "ra"}) {
    model_.TakeFaults(name, absl::UnavailableError("gone"), now_);
  }
  EXPECT_EQ(shown(), json::parse("[[], []]"));
  for (const char* name : {"ns1.fra1", "ra"}) model_.TakeFaults(name, killed, now_);
  EXPECT_EQ(shown(), json::parse(R"([["kill"], ["kill"]])"));
  EXPECT_THAT(Told(), ElementsAre("ns1.fra1 fault active: kill", "ra fault active: kill",
                                  "ns1.fra1 the lab's agent: gone",
                                  "ns1.fra1 the lab's agent answers again"));
}

TEST_F(ConsoleModelTest, TheTimeLineHasAnEnd) {
  for (size_t i = 0; i < 3 * TimeLine::kKept; ++i) Sidecar("fra1", i % 2 == 0 ? "UP" : "DOWN");
  EXPECT_THAT(Page()["time_line"], SizeIs(TimeLine::kKept));
}

TEST_F(ConsoleModelTest, NamesThatTheFleetDoesNotHaveChangeNothing) {
  const std::string before = model_.PageJson(now_);
  model_.TakeHitherd("ns9.fra1", absl::UnavailableError("x"), now_);
  model_.TakeSidecar("", absl::UnavailableError("x"), now_);
  model_.TakeFaults("x", std::vector<std::string>{"kill"}, now_);
  model_.TakeSessions("x", absl::UnavailableError("x"), now_);
  model_.TakeAnswers("x", absl::UnavailableError("x"), now_);
  EXPECT_EQ(model_.PageJson(now_), before);
}

TEST_F(ConsoleModelTest, ForeignOctetsMakeNoBadJson) {
  const std::string page = "{\"faults\": [\"k\\u0001ill\", 7, \"" + std::string(999, 'x') + "\"]}";
  model_.TakeFaults("ns1.fra1", ReadFaults(page), now_);
  model_.TakeCommand("ns1.fra1", "\xff\xfe", absl::InternalError("\x1b[2J"), now_);
  const json told = Page();
  EXPECT_EQ(told["nodes"][0]["faults"][0], "k?ill");
  EXPECT_EQ(told["nodes"][0]["faults"][1].get<std::string>().size(), 303u);
}

TEST(Reports, RefuseWhatIsNone) {
  for (const char* page : {"", "[]", "null", "7", "{}", "{\"services\"", "\xff"}) {
    EXPECT_FALSE(ReadHitherdReport(page).ok()) << page;
    EXPECT_FALSE(ReadSidecarReport(page).ok()) << page;
    EXPECT_FALSE(ReadFaults(page).ok()) << page;
    EXPECT_FALSE(ReadAnswers(page).ok()) << page;
    EXPECT_EQ(ReadError(page), "") << page;
  }
  EXPECT_FALSE(ReadSessions("{}").ok());
  EXPECT_EQ(ReadError("{\"error\": \"no\"}"), "no");
}

TEST(Reports, MembersOfAnotherKindAreAsGoodAsNone) {
  const auto answers = ReadAnswers(R"({"answers": [7,
      {"address": [], "site": null, "rtt_us": -1, "serial": 1e10, "lost": "x"}]})");
  ASSERT_TRUE(answers.ok()) << answers.status();
  ASSERT_THAT(*answers, SizeIs(2));
  EXPECT_EQ((*answers)[1].rtt_us, std::nullopt);
  EXPECT_EQ((*answers)[1].serial, std::nullopt);
  const auto sidecar = ReadSidecarReport(R"({"services": [{"families": [{"state": 7}]}, "x"]})");
  ASSERT_TRUE(sidecar.ok()) << sidecar.status();
  EXPECT_EQ(sidecar->families[0].state, "");
}

}  // namespace
}  // namespace hither
