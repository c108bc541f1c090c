// `hither zone` at an endpoint with hitherd's own actions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/admin/admin_endpoint.h"
#include "server/transfer/pages/zone_pages.h"
#include "server/transfer/pages/zone_status_json.h"
#include "tests/server/transfer/pages/fake_transfer_service.h"
#include "tool/command.h"
#include "tool/zone/zone_text.h"

namespace hither {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ZoneCommand : public testing::Test {
 protected:
  void SetUp() override {
    service_.zones = {FakeZone("example.org"), FakeRefusingZone("held.example")};
    service_.totals.zones_stale = 1;
    Serve(true);
  }
  // `has_zones`: from primaries.
  void Serve(bool has_zones) {
    AdminHandlers pages;
    pages.health = [] { return absl::OkStatus(); };
    if (has_zones) pages.more = TransferActions(service_, [] { return kFakeNow; });
    endpoint_ = AdminEndpoint::Bind(*ParseAdmin("127.0.0.1:0"), {.program = "hitherd"}).value();
    ASSERT_TRUE(endpoint_->Serve(pages).ok());
    admin_ = absl::StrCat("--admin=", endpoint_->address().ToText());
  }

  ToolResult Zone(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "zone");
    arguments.push_back(admin_.c_str());
    return RunTool(arguments);
  }

  FakeTransferService service_;  // Outlives the endpoint.
  std::unique_ptr<AdminEndpoint> endpoint_;
  std::string admin_;
};

TEST_F(ZoneCommand, StatusIsATable) {
  const ToolResult result = Zone({"status"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out,
            "2 zones from primaries: 1 fresh, 1 stale; 0 transfers under way\n"
            "  ZONE           SERIAL  STATE  CONFIRMED  REFRESH   PRIMARY  LAST TRANSFER\n"
            "  held.example.      12  stale  1m30s ago  in 30m0s  hidden1  refuses 13 by the gate "
            "size: 33 % of the records are gone\n"
            "  example.org.       12  fresh  1m30s ago  in 30m0s  hidden1  ixfr, 1234 octets in "
            "15ms\n");
}

TEST_F(ZoneCommand, StatusOfManyShowsThoseWithTroubleAndFiftyInAll) {
  service_.zones.clear();
  for (int i = 0; i < 12'000; ++i) {
    service_.zones.push_back(FakeZone(absl::StrCat("z", i, ".example").c_str()));
  }
  service_.zones[11'000] = FakeRefusingZone("held.example");
  const ToolResult some = Zone({"status"});
  EXPECT_THAT(some.out, HasSubstr("LAST TRANSFER\n  held.example. "));
  EXPECT_THAT(some.out, HasSubstr("\n  z48.example. "));
  EXPECT_THAT(some.out, Not(HasSubstr("\n  z49.example. ")));
  EXPECT_THAT(some.out, HasSubstr("\n  and 11950 more; --all shows them\n"));
  const ToolResult all = Zone({"status", "--all"});
  EXPECT_THAT(all.out, HasSubstr("LAST TRANSFER\n  held.example. "));
  EXPECT_THAT(all.out, HasSubstr("\n  z11999.example. "));
  EXPECT_THAT(all.out, Not(HasSubstr("more;")));
  const ToolResult json = Zone({"status", "--json"});
  EXPECT_EQ(json.code, 0);
  EXPECT_THAT(json.out, HasSubstr("\"zone\": \"z11999.example.\""));
  EXPECT_THAT(json.out, HasSubstr("\"next\": null\n"));
}

TEST_F(ZoneCommand, StatusOfOneZone) {
  const ToolResult result = Zone({"status", "Example.ORG"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, ZoneDetails(service_.zones[0], kFakeNow));
  const ToolResult json = Zone({"status", "example.org", "--json"});
  const ZoneStatusPage page = ZoneStatusPageFromJson(json.out).value();
  EXPECT_EQ(page.zones.at(0).versions, service_.zones[0].versions);
}

TEST_F(ZoneCommand, ShowsARefusedVersion) {
  const ToolResult result = Zone({"show", "held.example"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, RefusedText(service_.zones[1], kFakeNow));
  EXPECT_EQ(Zone({"show", "example.org"}).out, "example.org. has no refused version\n");
  EXPECT_THAT(Zone({"show", "held.example", "--json"}).out, HasSubstr("\"diff\": \"-www"));
}

TEST_F(ZoneCommand, GivesOrders) {
  const ToolResult refreshed = Zone({"refresh", "example.org"});
  EXPECT_EQ(refreshed.code, 0) << refreshed.err;
  EXPECT_EQ(refreshed.out, "refresh of example.org. is done\n");
  EXPECT_EQ(Zone({"retransfer", "example.org"}).code, 0);
  EXPECT_EQ(Zone({"accept", "held.example", "13"}).code, 0);
  EXPECT_EQ(Zone({"accept", "held.example"}).code, 0);
  EXPECT_EQ(Zone({"rollback", "a\\.b&c=d.example", "4294967295"}).code, 0);
  EXPECT_EQ(service_.orders(),
            "refresh example.org.\nretransfer example.org.\naccept held.example. 13\n"
            "accept held.example.\nroll back a\\.b&c=d.example. 4294967295\n");
}

TEST_F(ZoneCommand, SaysWhyAnOrderFailed) {
  service_.obeys = absl::FailedPreconditionError("serial 9 is not kept; kept are 10 11 12");
  const ToolResult result = Zone({"rollback", "example.org", "9"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "hither zone rollback: serial 9 is not kept; kept are 10 11 12\n");
}

TEST_F(ZoneCommand, SaysThatThereIsNoSuchZone) {
  for (const char* const verb : {"status", "show"}) {
    const ToolResult result = Zone({verb, "example.net"});
    EXPECT_EQ(result.code, 1);
    EXPECT_EQ(result.err,
              absl::StrCat("hither zone ", verb, ": example.net. is no zone from primaries\n"));
  }
}

TEST_F(ZoneCommand, SaysThatTheServerHasNoSuchZones) {
  endpoint_->Stop();
  Serve(false);
  const std::vector<const char*> commands[] = {{"status"}, {"refresh", "example.org"}};
  for (const std::vector<const char*>& arguments : commands) {
    const ToolResult result = Zone(arguments);
    EXPECT_EQ(result.code, 1);
    EXPECT_EQ(result.err, absl::StrCat("hither zone ", arguments[0], ": hitherd at ",
                                       endpoint_->address().ToText(),
                                       " has no zones from primaries; give a zone `primaries:` in "
                                       "its configuration\n"));
  }
}

TEST_F(ZoneCommand, AnOrderThatTakesLongContinues) {
  service_.is_slow = true;
  const ToolResult result = Zone({"refresh", "example.org", "--timeout", "500ms"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err,
            absl::StrCat("hither zone refresh: hitherd at ", endpoint_->address().ToText(),
                         " has the order and has not finished it within 500ms; it "
                         "continues: see hither zone status example.org., or wait "
                         "longer with --timeout\n"));
  endpoint_->Stop();
}

// The sidecar must not be given an order for hitherd, and the other way round.
TEST_F(ZoneCommand, OrdersNoOtherProgram) {
  endpoint_->Stop();
  endpoint_ =
      AdminEndpoint::Bind(*ParseAdmin("127.0.0.1:0"), {.program = "hither-anycast"}).value();
  AdminHandlers pages;
  pages.health = [] { return absl::OkStatus(); };
  pages.more = TransferActions(service_, [] { return kFakeNow; });
  ASSERT_TRUE(endpoint_->Serve(pages).ok());
  admin_ = absl::StrCat("--admin=", endpoint_->address().ToText());
  EXPECT_EQ(Zone({"retransfer", "example.org"}).code, 1);
  EXPECT_EQ(Zone({"status"}).code, 1);
  EXPECT_EQ(service_.orders(), "");
}

}  // namespace
}  // namespace hither
