#include "daemon/config/transfer_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr char kCertificate[] = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
constexpr char kKey[] = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n";

class TransferFiles : public testing::Test {
 protected:
  TransferFiles() : folder_(absl::StrCat(testing::TempDir(), "transfer_files.", getpid())) {
    std::filesystem::create_directories(folder_);
    Write("ca.pem", kCertificate, 0644);
    Write("us.pem", kCertificate, 0644);
    Write("us.key", kKey, 0640);
    PrimaryTls tls;
    tls.ca_file = Path("ca.pem");
    tls.client_certificate = Path("us.pem");
    tls.client_key = Path("us.key");
    config_.primaries.push_back({.name = "hidden1", .tls = tls});
    config_.primaries.push_back({.name = "plain"});
  }
  ~TransferFiles() override { std::filesystem::remove_all(folder_); }

  std::string Path(absl::string_view name) const { return absl::StrCat(folder_, "/", name); }
  void Write(absl::string_view name, absl::string_view text, mode_t mode) {
    std::ofstream(Path(name)) << text;
    chmod(Path(name).c_str(), mode);
  }
  PrimaryTls& tls() { return *config_.primaries[0].tls; }
  std::string Errors() const { return std::string(CheckTransferFiles(config_).message()); }

  const std::string folder_;
  Config config_;
};

TEST_F(TransferFiles, MayBeGood) { EXPECT_EQ(Errors(), ""); }

TEST_F(TransferFiles, AreAllReportedIfTheyAreMissing) {
  tls().ca_file = "/nonexistent/ca.pem";
  tls().client_certificate = folder_;
  EXPECT_EQ(Errors(),
            absl::StrCat("primary hidden1: /nonexistent/ca.pem: cannot read the CA's certificate: "
                         "No such file or directory; check path and permissions\n"
                         "primary hidden1: ",
                         folder_,
                         ": cannot read the client's certificate: it is a folder; name a file in "
                         "it"));
}

TEST_F(TransferFiles, AreOfTheirKind) {
  std::swap(tls().client_certificate, tls().client_key);
  EXPECT_EQ(Errors(),
            absl::StrCat("primary hidden1: ", Path("us.key"),
                         ": no certificate in PEM form; write it with openssl\n"
                         "primary hidden1: ",
                         Path("us.pem"), ": no private key in PEM form; write it with openssl"));
}

TEST_F(TransferFiles, AKeyIsNotForEverybody) {
  Write("us.key", kKey, 0644);
  EXPECT_EQ(Errors(), absl::StrCat("primary hidden1: ", Path("us.key"),
                                   ": every user has access to this key; run chmod o= on it"));
}

TEST_F(TransferFiles, TheStateFolderMattersOnceAZoneHasPrimaries) {
  config_.state_dir = Path("ca.pem");
  EXPECT_EQ(Errors(), "");
  config_.zones.AddTransferred(*Name::FromText("example.org"), 0);
  EXPECT_EQ(Errors(),
            absl::StrCat("state_dir: ", Path("ca.pem"), ": it is not a folder; name one"));
  config_.state_dir = Path("ca.pem/state");
  EXPECT_EQ(Errors(), absl::StrCat("state_dir: ", Path("ca.pem/state"),
                                   ": Not a directory; check path and permissions"));
  config_.state_dir = Path("later");
  EXPECT_EQ(Errors(), "");
  config_.state_dir = folder_;
  EXPECT_EQ(Errors(), "");
}

TEST_F(TransferFiles, TheStateFolderIsWritable) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  config_.zones.AddTransferred(*Name::FromText("example.org"), 0);
  config_.state_dir = folder_;
  chmod(folder_.c_str(), 0500);
  EXPECT_EQ(Errors(), absl::StrCat("state_dir: ", folder_,
                                   ": cannot write there: Permission denied; give it to the "
                                   "server's user"));
  chmod(folder_.c_str(), 0700);
}

// A renewed certificate is a change of the primary, although the configuration is the same text.
TEST_F(TransferFiles, HaveAStampThatChangesWithThem) {
  std::string last;
  const auto is_new = [&] {
    StampTlsFiles(config_);
    return std::exchange(last, tls().files_stamp) != tls().files_stamp;
  };
  EXPECT_TRUE(is_new());
  EXPECT_FALSE(is_new());
  EXPECT_FALSE(config_.primaries[1].tls.has_value());
  Write("new.pem", kCertificate, 0644);
  std::filesystem::rename(Path("new.pem"), Path("us.pem"));
  EXPECT_TRUE(is_new()) << "another file of the same content";
  std::filesystem::remove(Path("us.key"));
  EXPECT_TRUE(is_new()) << "a missing one";
  EXPECT_FALSE(is_new());
  Write("us.key", kKey, 0640);
  EXPECT_TRUE(is_new()) << "it came back";
  // As Kubernetes exchanges them.
  std::filesystem::create_directories(Path("v1"));
  std::filesystem::create_directories(Path("v2"));
  Write("v1/ca.pem", kCertificate, 0644);
  Write("v2/ca.pem", kCertificate, 0644);
  std::filesystem::create_directory_symlink("v1", Path("now"));
  tls().ca_file = Path("now/ca.pem");
  EXPECT_TRUE(is_new());
  std::filesystem::create_directory_symlink("v2", Path("next"));
  std::filesystem::rename(Path("next"), Path("now"));
  EXPECT_TRUE(is_new()) << "an exchanged link";
}

TEST_F(TransferFiles, AreWatchedLikeTheConfiguration) {
  StampTlsFiles(config_);
  EXPECT_EQ(config_.files,
            (std::vector<std::string>{Path("ca.pem"), Path("us.pem"), Path("us.key")}));
}

}  // namespace
}  // namespace hither
