#include "server/transfer/pages/zone_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "server/transfer/pages/zone_status_json.h"
#include "tests/server/transfer/pages/fake_transfer_service.h"

namespace hither {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

class ZonePages : public testing::Test {
 protected:
  ZonePages() {
    service_.zones = {FakeZone("a.example"), FakeRefusingZone("b.example"), FakeZone("c.example")};
    for (AdminAction& action : TransferActions(service_, [] { return kFakeNow; })) {
      const std::string path = action.path;
      actions_.emplace(path, std::move(action));
    }
  }

  AdminAnswer Ask(const std::string& path, const AdminParameters& parameters) {
    const AdminAction& action = actions_.at(path);
    if (action.answer) return action.answer(parameters);
    AdminAnswer got = {.code = 0};
    action.begin(parameters, [&got](const AdminAnswer& answer) { got = answer; });
    return got;
  }
  std::vector<std::string> Listed(const AdminParameters& parameters) {
    const AdminAnswer answer = Ask("/zone/status", parameters);
    EXPECT_EQ(answer.code, 200);
    EXPECT_TRUE(answer.is_json);
    page_ = ZoneStatusPageFromJson(answer.text).value();
    std::vector<std::string> names;
    for (const ZoneTransferStatus& zone : page_.zones) names.push_back(zone.zone.ToText());
    return names;
  }

  FakeTransferService service_;
  std::map<std::string, AdminAction> actions_;
  ZoneStatusPage page_;
};

TEST_F(ZonePages, ListTheZonesInTheirOrder) {
  service_.totals.zones_stale = 1;
  EXPECT_THAT(Listed({}), ElementsAre("a.example.", "b.example.", "c.example."));
  EXPECT_EQ(page_.now, kFakeNow);
  EXPECT_EQ(page_.summary.zones, 3u);
  EXPECT_EQ(page_.summary.stale, 1u);
  EXPECT_EQ(page_.next, std::nullopt);
}

TEST_F(ZonePages, ListAPageAtATime) {
  EXPECT_THAT(Listed({{"max", "2"}}), ElementsAre("a.example.", "b.example."));
  EXPECT_EQ(page_.next, 2u);
  EXPECT_THAT(Listed({{"first", "2"}}), ElementsAre("c.example."));
  EXPECT_EQ(page_.next, std::nullopt);
  EXPECT_THAT(Listed({{"first", "4000000000"}}), IsEmpty());
}

// Several of the chunks in which the service is asked.
TEST_F(ZonePages, ListThoseWithTroubleOutOfMany) {
  service_.zones.assign(12'000, FakeZone("good.example"));
  service_.zones[4'100] = FakeRefusingZone("held.example");
  service_.zones[11'999].is_rolled_back = true;
  EXPECT_THAT(Listed({{"troubled", "1"}}), ElementsAre("held.example.", "good.example."));
  EXPECT_THAT(Listed({{"troubled", "1"}, {"max", "1"}}), ElementsAre("held.example."));
  EXPECT_EQ(page_.next, 4'101u);
  EXPECT_EQ(Listed({{"troubled", "0"}}).size(), kZonesPageMax);
  EXPECT_EQ(page_.next, kZonesPageMax);
  EXPECT_EQ(Listed({{"max", "1000000"}}).size(), kZonesPageMax);
}

TEST_F(ZonePages, ShowTheDifferenceOfARefusedVersion) {
  const AdminAnswer shown = Ask("/zone/show", {{"zone", "b.example"}});
  const ZoneStatusPage page = ZoneStatusPageFromJson(shown.text).value();
  ASSERT_EQ(page.zones.size(), 1u);
  EXPECT_EQ(page.zones[0].refused->diff_text, service_.zones[1].refused->diff_text);
  EXPECT_THAT(Listed({{"zone", "B.example."}}), ElementsAre("b.example."));
  EXPECT_EQ(page_.zones[0].refused->diff_text, "");
  EXPECT_THAT(page_.zones[0].versions, Optional(ElementsAre(10u, 11u, 12u)));
}

TEST_F(ZonePages, PassOnOrders) {
  EXPECT_EQ(Ask("/zone/refresh", {{"zone", "a.example"}}).text, "refresh of a.example. is done\n");
  EXPECT_EQ(Ask("/zone/retransfer", {{"zone", "a.example"}}).code, 200);
  EXPECT_EQ(Ask("/zone/accept", {{"zone", "b.example"}, {"serial", "4294967295"}}).code, 200);
  EXPECT_EQ(Ask("/zone/accept", {{"zone", "b.example"}}).code, 200);
  EXPECT_EQ(Ask("/zone/rollback", {{"zone", "b.example"}, {"serial", "0"}}).code, 200);
  EXPECT_EQ(service_.orders(),
            "refresh a.example.\nretransfer a.example.\naccept b.example. 4294967295\n"
            "accept b.example.\nroll back b.example. 0\n");
}

TEST_F(ZonePages, SayWhyAnOrderIsRefused) {
  const std::pair<absl::Status, int> refusals[] = {
      {absl::NotFoundError("no such zone"), 404},
      {absl::FailedPreconditionError("no refused version"), 409},
      {absl::UnavailableError("the server ends"), 503},
      {absl::InternalError("the disk is full"), 500},
  };
  for (const auto& [status, code] : refusals) {
    service_.obeys = status;
    const AdminAnswer answer = Ask("/zone/accept", {{"zone", "b.example"}});
    EXPECT_EQ(answer.code, code);
    EXPECT_EQ(answer.text, absl::StrCat(status.message(), "\n"));
  }
}

struct BadRequest {
  const char* name;
  const char* path;
  AdminParameters parameters;
  int code;
  const char* text;
};

// clang-format off
const BadRequest kBadRequests[] = {
    {"NoZone", "/zone/refresh", {}, 400, "no zone; name one, as in ?zone=example.org\n"},
    {"EmptyZone", "/zone/status", {{"zone", ""}}, 400, "no zone; name one, as in ?zone=example.org\n"},
    {"TwoZones", "/zone/rollback", {{"zone", "a.example"}, {"zone", "b.example"}}, 400, "two zones; name one\n"},
    {"BadName", "/zone/show", {{"zone", "a..\nb"}}, 400, "zone name a..?b: "},
    {"UnknownZone", "/zone/show", {{"zone", "z.example"}}, 404, "z.example. is no zone from primaries\n"},
    {"BadSerial", "/zone/accept", {{"zone", "b.example"}, {"serial", "4294967296"}}, 400, "serial 4294967296 is not a number in range\n"},
    {"NegativeSerial", "/zone/rollback", {{"zone", "b.example"}, {"serial", "-1"}}, 400, "serial -1 is not a number in range\n"},
    {"BadFirst", "/zone/status", {{"first", "x"}}, 400, "first x is not a number in range\n"},
    {"BadMax", "/zone/status", {{"max", "-5"}}, 400, "max -5 is not a number in range\n"},
};
// clang-format on

TEST_F(ZonePages, RefuseBadRequests) {
  for (const BadRequest& bad : kBadRequests) {
    const AdminAnswer answer = Ask(bad.path, bad.parameters);
    EXPECT_EQ(answer.code, bad.code) << bad.name;
    EXPECT_THAT(answer.text, HasSubstr(bad.text)) << bad.name;
  }
  EXPECT_EQ(service_.orders(), "");
}

// What an action takes is checked by the endpoint; a typing error must not be obeyed.
TEST_F(ZonePages, OrdersNeedTheHeaderAndTakeNothingElse) {
  for (const auto& [path, action] : actions_) {
    ASSERT_TRUE(action.takes.has_value()) << path;
    const bool is_order = action.begin != nullptr;
    EXPECT_EQ(action.method, is_order ? "POST" : "GET") << path;
    EXPECT_EQ(action.unwaited.empty(), !is_order) << path;
  }
  EXPECT_THAT(*actions_.at("/zone/refresh").takes, ElementsAre("zone"));
  EXPECT_THAT(*actions_.at("/zone/accept").takes, ElementsAre("zone", "serial"));
}

}  // namespace
}  // namespace hither
