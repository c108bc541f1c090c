#include "server/load/check_zones.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

using testing::HasSubstr;

TEST(CheckZones, AsksNoPrimary) {
  const std::string path = absl::StrCat(testing::TempDir(), "check_zones.", ::getpid());
  std::ofstream(path) << "@ 60 SOA ns1.example.net. . 1 1 1 1 1\n@ 60 NS ns1.example.net.\n";
  Config config;
  config.primaries.push_back({.name = "hidden1"});
  config.transfer_policies.push_back({.primaries = {"hidden1"}});
  config.zones.AddTransferred(*Name::FromText("example.org"), 0);
  config.zones.Add(*Name::FromText("example.net"), path);
  config.zones.AddTransferred(*Name::FromText("example.com"), 0);
  std::ostringstream out;
  EXPECT_TRUE(CheckZones(config, out));
  EXPECT_THAT(out.str(), HasSubstr("3 zones, 2 records, 0 zones with errors\n"
                                   "2 zones from primaries, which a check does not ask\n"));
  std::filesystem::remove(path);
}

TEST(CheckStart, LooksForTheFilesOfTransfers) {
  Config config;
  config.log.file = "";
  PrimaryTls tls;
  tls.ca_file = "/nonexistent/ca.pem";
  tls.client_key = "/nonexistent/us.key";
  config.primaries.push_back({.name = "hidden1", .tls = tls});
  std::ostringstream out;
  EXPECT_FALSE(CheckStart(config, out));
  EXPECT_THAT(
      out.str(),
      HasSubstr("primary hidden1: /nonexistent/ca.pem: cannot read the CA's certificate: No "
                "such file or directory; check path and permissions\nerror: primary "
                "hidden1: /nonexistent/us.key: cannot read"));
}

}  // namespace
}  // namespace hither
