#include "server/transfer/pages/zone_status_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "tests/server/transfer/pages/fake_transfer_service.h"

namespace hither {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ZoneStatusPage Example() {
  ZoneStatusPage page;
  page.now = kFakeNow;
  page.summary = {.zones = 3, .empty = 1, .stale = 1, .refused = 1};
  page.zones = {FakeZone("example.org"), FakeRefusingZone("held.example")};
  page.zones.emplace_back().zone = *Name::FromText("new.example");
  page.next = 3;
  return page;
}

// `hither zone status --json` is an interface: names and units stay.
TEST(ZoneStatusJson, NamesAndUnits) {
  ZoneStatusPage page = Example();
  page.zones.resize(2);
  page.zones.erase(page.zones.begin());
  EXPECT_EQ(ToJson(page, ZoneDetail::kShow), R"({
 "now": "2026-12-01T00:00:00Z",
 "summary": {
  "zones": 3,
  "fresh": 1,
  "empty": 1,
  "stale": 1,
  "expired": 0,
  "refused": 1,
  "waiting": 0,
  "under_way": 0,
  "disk_error": ""
 },
 "zones": [
  {
   "zone": "held.example.",
   "state": "stale",
   "serial": 12,
   "rolled_back": false,
   "primary": "hidden1",
   "last_success": "2026-11-30T23:58:30Z",
   "next_refresh": "2026-12-01T00:30:00Z",
   "expires_at": "2026-12-05T04:00:00Z",
   "activity": "",
   "last_transfer": {
    "at": "2026-11-30T23:58:30Z",
    "primary": "hidden1",
    "result": "refused",
    "reason": "33 % of the records are gone",
    "octets": 1234,
    "seconds": 0.015
   },
   "refused": {
    "serial": 13,
    "at": "2026-11-30T23:55:00Z",
    "gate": "size",
    "reason": "33 % of the records are gone",
    "diff": "-www.held.example. 60 IN A 192.0.2.1\n"
   },
   "versions": [
    10,
    11,
    12
   ]
  }
 ],
 "next": 3
}
)");
}

TEST(ZoneStatusJson, ComesBackAsItWas) {
  const std::string json = ToJson(Example(), ZoneDetail::kShow);
  const absl::StatusOr<ZoneStatusPage> back = ZoneStatusPageFromJson(json);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ToJson(*back, ZoneDetail::kShow), json);
  const ZoneTransferStatus& empty = back->zones.at(2);
  EXPECT_EQ(empty.state, RefreshState::kEmpty);
  EXPECT_EQ(empty.serial, std::nullopt);
  EXPECT_EQ(empty.last_success, absl::InfinitePast());
  EXPECT_EQ(empty.expires_at, absl::InfiniteFuture());
  EXPECT_FALSE(empty.last.has_value());
}

// A list of thousands of zones has neither differences nor versions.
TEST(ZoneStatusJson, ListsAreShort) {
  const std::string list = ToJson(Example(), ZoneDetail::kList);
  EXPECT_THAT(list, Not(HasSubstr("\"diff\"")));
  EXPECT_THAT(list, Not(HasSubstr("\"versions\"")));
  EXPECT_THAT(ToJson(Example(), ZoneDetail::kZone), Not(HasSubstr("\"diff\"")));
  const absl::StatusOr<ZoneStatusPage> back = ZoneStatusPageFromJson(list);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->zones[0].versions, std::nullopt);
  EXPECT_EQ(back->zones[1].refused->diff_text, "");
}

TEST(ZoneStatusJson, AFullPageCanBeRead) {
  ZoneStatusPage page = Example();
  page.zones.assign(kZonesPageMax, FakeRefusingZone("held.example"));
  const absl::StatusOr<ZoneStatusPage> back =
      ZoneStatusPageFromJson(ToJson(page, ZoneDetail::kList));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->zones.size(), kZonesPageMax);
}

struct BadPage {
  const char* name;
  const char* from;  // What is replaced in a good page.
  const char* to;
  const char* message;
};
void PrintTo(const BadPage& bad, std::ostream* out) { *out << bad.name; }

// clang-format off
constexpr BadPage kBadPages[] = {
    {"Truncated", "\"next\": 3\n}", "", "the answer is not the status of zones: "},
    {"NoZones", "\"zones\": [", "\"others\": [", "zones"},
    {"NoDomainName", "\"example.org.\"", "\"a..b\"", "zones[0].zone is not a domain name"},
    {"UnknownState", "\"fresh\",", "\"rotten\",", "zones[0].state is not a known word"},
    {"SerialTooLarge", "\"serial\": 12,", "\"serial\": 4294967296,", "zones[0].serial"},
    {"NoTime", "\"2026-12-05T04:00:00Z\"", "\"soon\"", "zones[0].expires_at is not a time"},
    {"NegativeVersion", "    10,", "    -10,", "zones[0].versions are not serials"},
};
// clang-format on

class BadPages : public testing::TestWithParam<BadPage> {};
INSTANTIATE_TEST_SUITE_P(All, BadPages, testing::ValuesIn(kBadPages),
                         [](const auto& info) { return info.param.name; });

TEST_P(BadPages, AreRefused) {
  const std::string good = ToJson(Example(), ZoneDetail::kShow);
  const std::string bad = absl::StrReplaceAll(good, {{GetParam().from, GetParam().to}});
  ASSERT_NE(bad, good);
  const absl::StatusOr<ZoneStatusPage> page = ZoneStatusPageFromJson(bad);
  ASSERT_FALSE(page.ok());
  EXPECT_THAT(std::string(page.status().message()), HasSubstr(GetParam().message));
}

}  // namespace
}  // namespace hither
