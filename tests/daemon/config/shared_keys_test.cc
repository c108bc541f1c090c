#include "daemon/config/shared_keys.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/config/config.h"
#include "gmock/gmock.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::string_view kText = "0123456789abcdef0123456789abcdef";
constexpr absl::string_view kSecret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";  // kText

TEST(Keys, AreRead) {
  const absl::StatusOr<Config> config =
      ParseConfig(absl::StrCat("keys:\n"
                               "  - { name: k1, secret_file: k1.secret }\n"
                               "  - { name: A.Example., algorithm: HMAC-SHA512, secret: ",
                               kSecret,
                               " }\n"
                               "  - { name: old, algorithm: hmac-md5, allow_weak: true, secret: ",
                               kSecret, ", mac_bytes_min: 12 }\n"),
                  "h.yaml", "/etc/hither");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->keys.size(), 3u);
  const SharedKey& k1 = config->keys[0];
  EXPECT_EQ(k1.key.name.ToText(), "k1.");
  EXPECT_EQ(k1.key.algorithm, HmacAlgorithm::kSha256);
  EXPECT_EQ(k1.secret_file, "/etc/hither/k1.secret");
  EXPECT_THAT(k1.key.secret, IsEmpty());
  EXPECT_EQ(k1.line, 2u);
  const SharedKey& a = config->keys[1];
  EXPECT_EQ(a.key.name.ToText(), "A.Example.");
  EXPECT_EQ(a.key.algorithm, HmacAlgorithm::kSha512);
  EXPECT_EQ(std::string(a.key.secret.begin(), a.key.secret.end()), kText);
  EXPECT_EQ(config->keys[2].key.algorithm, HmacAlgorithm::kMd5);
  EXPECT_EQ(config->keys[2].key.mac_bytes_min, 12u);
}

struct Case {
  const char* name;
  const char* keys;
  const char* error;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class WrongKeys : public testing::TestWithParam<Case> {};

TEST_P(WrongKeys, AreErrors) {
  const absl::StatusOr<Config> config =
      ParseConfig(absl::StrCat("keys: ", GetParam().keys), "h.yaml", "/etc");
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(std::string(config.status().message()), HasSubstr(GetParam().error));
}

// clang-format off
constexpr Case kCases[] = {
    {"NoList", "k1", "h.yaml:1: "},
    {"NoMap", "[k1]", "h.yaml:1: "},
    {"NoName", "[{ secret_file: f }]", "h.yaml:1: a key without a name; write { name: k1"},
    {"WrongName", "[{ name: a..b, secret_file: f }]", "h.yaml:1: "},
    {"LongName", "[{ name: a123456789a123456789a123456789a123456789a123456789.b123456789b123456789b123456789b123456789b123456789b, secret_file: f }]",
     "octets; use one of at most 100"},
    {"NoSecret", "[{ name: k1 }]", "h.yaml:1: key k1: it has no secret; add secret_file"},
    {"TwoSecrets", "[{ name: k1, secret_file: f, secret: MDEyMzQ1Njc4OWFiY2RlZg== }]", "key k1: it has both"},
    {"SecretIsNotBase64", "[{ name: k1, secret: '?' }]", "h.yaml:1: the secret is not Base64"},
    {"SecretTooShort", "[{ name: k1, secret: MDEyMzQ1Ng== }]", "the secret has 7 octets; give 8 to 512"},
    {"UnknownAlgorithm", "[{ name: k1, algorithm: sha256, secret_file: f }]",
     "h.yaml:1: unknown TSIG algorithm 'sha256'; write hmac-sha256"},
    {"WeakMd5", "[{ name: k1, algorithm: hmac-md5, secret_file: f }]", "add allow_weak: true"},
    {"WeakSha1", "[{ name: k1, algorithm: hmac-sha1, secret_file: f }]", "key k1: hmac-sha1 is not recommended"},
    {"MacTooShort", "[{ name: k1, secret_file: f, mac_bytes_min: 15 }]", "mac_bytes_min is 15; give 16 to 32"},
    {"MacTooLong", "[{ name: k1, secret_file: f, mac_bytes_min: 33 }]", "mac_bytes_min is 33; give 16 to 32"},
    {"Twice", "[{ name: k1, secret_file: f },\n { name: K1., secret_file: g }]",
     "h.yaml:2: key K1 is repeated, first on line 1; keep one"},
    {"UnknownKey", "[{ name: k1, file: f }]", "unknown key 'file'"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Keys, WrongKeys, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

// A configuration with the key k1, whose secret is in a file.
class Secrets : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "hither.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = folder_ + "/h.yaml";
    secret_ = folder_ + "/k1.secret";
    Write(file_, "", 0644);
    Write(secret_, absl::StrCat(kSecret, "\nnot read\n"), 0640);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static void Write(const std::string& path, absl::string_view text, mode_t mode) {
    std::ofstream(path) << text;
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  absl::Status Load(absl::string_view entry = "{ name: k1, secret_file: k1.secret }") {
    config_ = *ParseConfig(absl::StrCat("keys:\n - ", entry), "h.yaml", folder_);
    warnings_.clear();
    return LoadSecrets(file_, config_, warnings_);
  }
  std::string Failure() { return std::string(Load().message()); }

  std::string folder_;
  std::string file_;
  std::string secret_;
  Config config_;
  std::vector<std::string> warnings_;
};

TEST_F(Secrets, AreTheFirstLineOfTheirFile) {
  ASSERT_TRUE(Load().ok());
  const Bytes& secret = config_.keys[0].key.secret;
  EXPECT_EQ(std::string(secret.begin(), secret.end()), kText);
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_THAT(config_.files, ElementsAre(secret_));
}

TEST_F(Secrets, OfAFileThatOthersMayUseAreRefused) {
  for (const mode_t mode : {0644, 0660, 0641, 0602}) {
    Write(secret_, kSecret, mode);
    EXPECT_THAT(Failure(), HasSubstr("h.yaml:2: key k1: the secret file")) << mode;
    EXPECT_THAT(Failure(), HasSubstr("set its mode to 640 or 600"));
  }
  Write(secret_, kSecret, 0600);
  EXPECT_TRUE(Load().ok());
}

TEST_F(Secrets, OfAFileOfAnotherUserAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(::chown(secret_.c_str(), 4'242, 0), 0);
  EXPECT_THAT(Failure(), HasSubstr("belongs to user 4242, who is neither root nor the server's "));
  ASSERT_EQ(::chown(secret_.c_str(), kNobody, 0), 0);
  EXPECT_THAT(Failure(), HasSubstr("belongs to user 65534"));
  config_ =
      *ParseConfig("keys: [{ name: k1, secret_file: k1.secret }]\nuser: nobody", "h.yaml", folder_);
  EXPECT_TRUE(LoadSecrets(file_, config_, warnings_).ok());
}

// A user who may write in the folder, but not read secrets, must not choose one.
TEST_F(Secrets, OfAnotherUsersLinkAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a link away";
  const std::string real = folder_ + "/real.secret";
  std::filesystem::rename(secret_, real);
  std::filesystem::create_symlink("real.secret", secret_);
  EXPECT_TRUE(Load().ok()) << Failure();
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  ASSERT_EQ(::lchown(secret_.c_str(), 4'242, 0), 0);
  EXPECT_THAT(Failure(), HasSubstr("cannot read the secret file"));
}

TEST_F(Secrets, AreInRegularFiles) {
  std::filesystem::remove(secret_);
  ASSERT_EQ(::mkfifo(secret_.c_str(), 0600), 0);
  EXPECT_THAT(Failure(), HasSubstr("is not a regular file; name one")) << "and nobody waited";
  std::filesystem::remove(secret_);
  std::filesystem::create_directory(secret_);
  EXPECT_THAT(Failure(), HasSubstr("is not a regular file; name one"));
}

TEST_F(Secrets, HaveALimit) {
  Write(secret_, "", 0600);
  EXPECT_THAT(Failure(), HasSubstr("has 0 octets; give 8 to 512"));
  const auto base64 = [](size_t octets) { return absl::Base64Escape(std::string(octets, 'x')); };
  Write(secret_, base64(512), 0600);
  EXPECT_TRUE(Load().ok()) << "without a final newline";
  Write(secret_, absl::StrCat("  ", base64(512), "  \r\n"), 0600);
  EXPECT_TRUE(Load().ok()) << "blanks around it";
  Write(secret_, base64(513), 0600);
  EXPECT_THAT(Failure(), HasSubstr("has 513 octets; give 8 to 512"));
  // Cut at the limit of the reading, this would be a good secret.
  Write(secret_, absl::StrCat(base64(48), std::string(4'032, ' '), "AAAA"), 0600);
  EXPECT_THAT(Failure(), HasSubstr("has a first line of over 4096 octets; shorten it"));
}

TEST_F(Secrets, ShorterThanTheHashAreAWarning) {
  struct Size {
    const char* algorithm;
    size_t whole;
  };
  for (const auto& [algorithm, whole] : {Size{"hmac-sha256", 32}, Size{"hmac-sha512", 64}}) {
    for (const size_t octets : {whole - 1, whole}) {
      const std::string text = absl::Base64Escape(std::string(octets, 'x'));
      Write(secret_, text, 0600);
      Write(file_, "", 0600);
      for (const std::string& entry :
           {absl::StrCat("{ name: k1, secret_file: k1.secret, algorithm: ", algorithm, " }"),
            absl::StrCat("{ name: k1, secret: ", text, ", algorithm: ", algorithm, " }")}) {
        ASSERT_TRUE(Load(entry).ok());
        EXPECT_EQ(warnings_.size(), octets < whole ? 1u : 0u) << entry;
        if (octets < whole) {
          EXPECT_THAT(warnings_[0], HasSubstr(absl::StrCat("h.yaml:2: key k1: its secret has ",
                                                           octets, " octets; with ", algorithm,
                                                           " use at least ", whole)));
        }
      }
    }
  }
}

TEST_F(Secrets, OfAFileThatCannotBeReadAreAnError) {
  std::filesystem::remove(secret_);
  EXPECT_THAT(Failure(), HasSubstr("cannot read the secret file"));
  EXPECT_THAT(Failure(), HasSubstr("No such file"));
}

TEST_F(Secrets, OfAFileWithoutBase64AreAnError) {
  Write(secret_, "\n", 0640);
  EXPECT_THAT(Failure(), HasSubstr("has 0 octets; give 8 to 512"));
  Write(secret_, "???", 0640);
  EXPECT_THAT(Failure(), HasSubstr("h.yaml:2: key k1: first line of "));
  EXPECT_THAT(Failure(), HasSubstr("is not Base64"));
}

TEST_F(Secrets, InAConfigurationThatOthersMayReadAreAWarning) {
  const std::string entry = absl::StrCat("{ name: k1, secret: ", kSecret, " }");
  ASSERT_TRUE(Load(entry).ok());
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_THAT(warnings_[0], HasSubstr("h.yaml:2: key k1: every user of this host can read"));
  Write(file_, "", 0640);
  ASSERT_TRUE(Load(entry).ok());
  EXPECT_THAT(warnings_, IsEmpty());
}

}  // namespace
}  // namespace hither
