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

}  // namespace
}  // namespace hither
