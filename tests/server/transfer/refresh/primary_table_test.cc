#include "server/transfer/refresh/primary_table.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NoTurns : public PrimaryClient {
 public:
  uint64_t Begin(TurnOrder, Done) override { return 0; }
  void Cancel(uint64_t) override {}
};

// Clients are made unless `fails`; `made` says from which files.
class PrimaryTableTest : public testing::Test {
 protected:
  PrimaryTableTest()
      : table_([this](const PrimarySpec& spec) -> std::unique_ptr<PrimaryClient> {
          made_.push_back(spec.config.tls.has_value() ? spec.config.tls->files_stamp : "no TLS");
          if (fails_) return nullptr;
          return std::make_unique<NoTurns>();
        }) {}

  static PrimaryConfig OverTls(const std::string& stamp) {
    return {.name = "p1",
            .address = *SocketAddress::FromText("192.0.2.1", 853),
            .tls = PrimaryTls{.ca_file = "ca.pem", .host_name = "p1", .files_stamp = stamp}};
  }
  std::vector<PrimaryNumber> Configure(PrimaryConfig config) {
    return table_.Configure({std::move(config)}, nullptr);
  }
  std::vector<std::string> Made() { return std::exchange(made_, {}); }

  bool fails_ = false;
  PrimaryTable table_;

 private:
  std::vector<std::string> made_;
};

TEST_F(PrimaryTableTest, MakesClientsAgainForOtherFiles) {
  EXPECT_THAT(Configure(OverTls("1")), IsEmpty());
  const PrimaryNumber number = *table_.Find("p1");
  EXPECT_THAT(Configure(OverTls("1")), IsEmpty());
  EXPECT_THAT(Made(), ElementsAre("1"));
  EXPECT_THAT(Configure(OverTls("2")), ElementsAre(number)) << "its turns have ended";
  EXPECT_THAT(Made(), ElementsAre("2"));
  EXPECT_EQ(table_.Find("p1"), number) << "the content is the same";
  EXPECT_NE(table_.client(number), nullptr);
}

// Half a certificate must not stop transfers that work.
TEST_F(PrimaryTableTest, KeepsTheClientWhileTheFilesCannotBeUsed) {
  Configure(OverTls("1"));
  const PrimaryNumber number = *table_.Find("p1");
  PrimaryClient* const client = table_.client(number);
  fails_ = true;
  for (const char* stamp : {"2", "2", "3"}) {
    EXPECT_THAT(Configure(OverTls(stamp)), IsEmpty()) << "its turns go on";
    EXPECT_EQ(table_.client(number), client);
  }
  fails_ = false;
  EXPECT_THAT(Configure(OverTls("3")), ElementsAre(number)) << "the same files, readable now";
  EXPECT_THAT(Made(), ElementsAre("1", "2", "2", "3", "3"));
  EXPECT_THAT(Configure(OverTls("3")), IsEmpty());
  EXPECT_THAT(Made(), IsEmpty());
}

// The former client has another pin or no TLS at all: that is not what the operator wants now.
TEST_F(PrimaryTableTest, KeepsNoClientOfOtherSettings) {
  Configure(OverTls("1"));
  const PrimaryNumber number = *table_.Find("p1");
  fails_ = true;
  PrimaryConfig pinned = OverTls("2");
  pinned.tls->pins.emplace_back();
  EXPECT_THAT(Configure(pinned), ElementsAre(number));
  EXPECT_EQ(table_.client(number), nullptr);
  fails_ = false;
  PrimaryConfig plain = OverTls("");
  plain.tls.reset();
  Configure(plain);
  EXPECT_NE(table_.client(number), nullptr);
  fails_ = true;
  Configure(OverTls("3"));
  EXPECT_EQ(table_.client(number), nullptr) << "never in clear text instead";
}

}  // namespace
}  // namespace hither
