#include "server/load/check_zones.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/net/tls_peer.h"

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

// Each file is good; together they are not.
TEST(CheckStart, LooksWhetherCertificatesFitTogether) {
  const std::string folder = absl::StrCat(testing::TempDir(), "check_tls.", ::getpid());
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  const auto write = [&](const char* name, const std::string& text) {
    const std::string path = absl::StrCat(folder, "/", name);
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0640);
    return path;
  };
  const TlsIdentity one = MakeTlsIdentity({.name = "one.example"});
  const TlsIdentity two = MakeTlsIdentity({.name = "two.example"});
  const TlsIdentity old = MakeTlsIdentity({.name = "old.example", .is_expired = true});
  Config config;
  config.user = "root";
  config.log.file = "";
  PrimaryTls tls{.pins = {one.pin()},
                 .client_certificate = write("one.pem", one.CertificateText()),
                 .client_key = write("one.key", one.KeyText())};
  config.primaries.push_back({.name = "hidden1", .tls = tls});
  const auto report = [&config] {
    std::ostringstream out;
    CheckStart(config, out);
    return out.str();
  };
  EXPECT_THAT(report(), testing::Not(HasSubstr("hidden1")));
  config.primaries[0].tls->client_key = write("two.key", two.KeyText());
  EXPECT_THAT(report(), HasSubstr(absl::StrCat("error: primary hidden1: ", folder,
                                               "/two.key: this is not the key of ", folder,
                                               "/one.pem; give the one that belongs to it\n")));
  config.primaries[0].tls->client_certificate = write("old.pem", old.CertificateText());
  config.primaries[0].tls->client_key = write("old.key", old.KeyText());
  EXPECT_THAT(report(), HasSubstr(absl::StrCat("error: primary hidden1: ", folder,
                                               "/old.pem: the certificate has expired, ")));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hither
