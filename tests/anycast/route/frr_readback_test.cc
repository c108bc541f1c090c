#include "anycast/route/frr_readback.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/anycast/route/kernel_lab.h"
#include "tests/anycast/route/run_loop.h"

namespace hither {
namespace {

// The router of a site: its node is at 10.0.0.1, its transits at 10.0.0.2 and 10.0.0.3. A command
// stands in for vtysh; tests/system/routing asks FRR itself.
constexpr char kSummary[] =
    R"({"ipv4Unicast":{"peers":{"10.0.0.1":{"state":"Established"},
        "10.0.0.2":{"state":"Established"},"10.0.0.3":{"state":"Established"}}}})";

struct Case {
  const char* name;
  const char* route;
  const char* seen;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const Case kCases[] = {
    {"OursIsAdvertised",
     R"({"advertisedTo":{"10.0.0.2":{},"10.0.0.3":{}},"paths":[
         {"peer":{"peerId":"10.0.0.1"},"aspath":{"string":"65001"},"bestpath":{"overall":true}}]})",
     "10.0.0.2 yes, 10.0.0.3 yes"},
    // A transit that tells of another site is no source: that ours is absent there counts.
    {"OursIsNotAdvertisedToOne",
     R"({"advertisedTo":{"10.0.0.3":{}},"paths":[
         {"peer":{"peerId":"10.0.0.2"},"aspath":{"string":"64497 64502 65001"}},
         {"peer":{"peerId":"10.0.0.1"},"aspath":{"string":"65001"},"bestpath":{"overall":true}}]})",
     "10.0.0.2 no, 10.0.0.3 yes"},
    {"OursIsRefused",
     R"({"paths":[{"peer":{"peerId":"10.0.0.2"},"aspath":{"string":"64497 64502 65001"},
                   "bestpath":{"overall":true}}]})",
     "10.0.0.1 no, 10.0.0.2 no, 10.0.0.3 no"},
    {"AnotherSitesIsAdvertised",
     R"({"advertisedTo":{"10.0.0.3":{}},"paths":[
         {"peer":{"peerId":"10.0.0.2"},"aspath":{"string":"64497 64502 65001"},
          "bestpath":{"overall":true}},
         {"peer":{"peerId":"10.0.0.1"},"aspath":{"string":"65001"}}]})",
     "10.0.0.2 no, 10.0.0.3 no: advertises another site's route"},
    // The node hears of another site, and says nothing there that could be missed.
    {"AnotherSitesIsAdvertisedToTheNode",
     R"({"advertisedTo":{"10.0.0.1":{}},"paths":[
         {"peer":{"peerId":"10.0.0.2"},"aspath":{"string":"64497 64502 65001"},
          "bestpath":{"overall":true}},
         {"peer":{"peerId":"10.0.0.1"},"aspath":{"string":"65001"}}]})",
     "10.0.0.2 no, 10.0.0.3 no"},
    {"NoRoute", "{}", "10.0.0.1 no, 10.0.0.2 no, 10.0.0.3 no"},
};

class FrrReadbackTest : public testing::TestWithParam<Case> {};

TEST_P(FrrReadbackTest, SeesOurs) {
  TestLoop loop;
  AnycastConfig::Readback config;
  // The options for vtysh that follow are the script's to pass over.
  config.frr_command = {"sh", "-c", "echo \"$1\"", "vtysh",
                        absl::StrCat(kSummary, "\n", GetParam().route)};
  FrrReadback readback(loop.get(), config, OneService({P("192.0.2.0/24")}), {65001, 64501});
  loop.RunUntil([&] { return readback.Seen().status.message() != "not asked yet"; },
                absl::Seconds(5), [&] { readback.Ask(MonotonicNow()); });
  ASSERT_TRUE(readback.Seen().status.ok()) << readback.Seen().status;
  std::vector<std::string> texts;
  for (const Observation::Seen& seen : readback.Seen().observation.seen) {
    texts.push_back(absl::StrCat(seen.where.substr(sizeof "frr"),
                                 seen.kind == Observation::Kind::kAnnounced ? " yes" : " no",
                                 seen.detail.empty() ? "" : ": ", seen.detail));
  }
  EXPECT_EQ(absl::StrJoin(texts, ", "), GetParam().seen);
}

INSTANTIATE_TEST_SUITE_P(All, FrrReadbackTest, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

// The neighbor's route-map makes UP of SOFT: what was taken from the node does not show that.
TEST(FrrReadbackTest, TellsTheStateByWhatTheRouteMapMakesOfIt) {
  constexpr char kTransit[] =
      R"({"ipv4Unicast":{"peers":{"10.0.0.2":{"state":"Established","pfxSnt":1}}}})";
  constexpr char kRoute[] = R"({"advertisedTo":{"10.0.0.2":{}},"paths":[
      {"peer":{"peerId":"10.0.0.1"},"aspath":{"string":"65001 65001 65001"},"metric":100,
       "bestpath":{"overall":true}}]})";
  constexpr char kAdvertised[] =
      R"({"advertisedRoutes":{"192.0.2.0/24":{"metric":0,"path":""}},"totalPrefixCounter":1})";
  TestLoop loop;
  AnycastConfig::Readback config;
  config.frr_command = {"sh",
                        "-c",
                        R"(echo "$1"; case "$*" in *"neighbors 10.0.0.2 advertised-routes json"*)
                           echo "$2";; esac)",
                        "vtysh",
                        absl::StrCat(kTransit, "\n", kRoute),
                        kAdvertised};
  auto services = OneService({P("192.0.2.0/24")});
  services[0].soft = {100, 2, {}, {}};
  FrrReadback readback(loop.get(), config, services, {65001, 64501});
  std::vector<State> told;
  const auto look = [&] {
    const auto& seen = readback.Seen().observation.seen;
    if (seen.empty() || !seen[0].state) return;
    if (told.empty() || told.back() != *seen[0].state) told.push_back(*seen[0].state);
  };
  loop.RunUntil([&] { return told.size() == 2; }, absl::Seconds(5),
                [&] {
                  readback.Ask(MonotonicNow());
                  look();
                });
  // Whom to ask for more is known after the first round.
  EXPECT_EQ(told, (std::vector<State>{State::kSoft, State::kUp})) << readback.Seen().status;
}

}  // namespace
}  // namespace hither
