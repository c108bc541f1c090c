#include "anycast/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using ::testing::HasSubstr;
using Mode = SidecarOptions::Mode;

absl::StatusOr<SidecarOptions> Parse(std::vector<const char*> arguments) {
  return ParseSidecarOptions(arguments);
}

TEST(SidecarOptions, Defaults) {
  const auto options = Parse({});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->config_file, "/etc/hither/hither.yaml");
  EXPECT_EQ(options->mode, Mode::kRun);
}

TEST(SidecarOptions, AreUnderstood) {
  EXPECT_EQ(Parse({"--config", "a"})->config_file, "a");
  EXPECT_EQ(Parse({"--config=b", "--check"})->config_file, "b");
  EXPECT_EQ(Parse({"--config=b", "--check"})->mode, Mode::kCheck);
  EXPECT_EQ(Parse({"-h", "--nonsense"})->mode, Mode::kHelp);
  EXPECT_TRUE(Parse({"--dry-run"})->dry_run);
}

TEST(SidecarOptions, WrongOnesAreTold) {
  EXPECT_THAT(std::string(Parse({"--confg", "a"}).status().message()),
              HasSubstr("did you mean '--config'?"));
  EXPECT_THAT(std::string(Parse({"--config"}).status().message()),
              HasSubstr("the file is missing"));
  EXPECT_THAT(std::string(Parse({"--config="}).status().message()), HasSubstr("path is empty"));
}

class SidecarConfig : public ::testing::Test {
 protected:
  SidecarConfig() : path_(absl::StrCat(::testing::TempDir(), "/sidecar.yaml.", getpid())) {}
  ~SidecarConfig() override { unlink(path_.c_str()); }
  absl::StatusOr<Config> Build(absl::string_view text, bool dry_run = false) {
    std::ofstream(path_) << "listen: [192.0.2.53]\nzones: [{ name: a, file: a }]\n" << text;
    return BuildSidecarConfig({Mode::kRun, path_, dry_run});
  }
  const std::string path_;
};

TEST_F(SidecarConfig, MustHaveAnAnycast) {
  EXPECT_THAT(std::string(Build("").status().message()),
              HasSubstr("the file has no anycast: section"));
}

TEST_F(SidecarConfig, DryRunTakesEveryBackendAway) {
  const auto config = Build(
      "anycast: { services: [{ name: dns, prefixes: [192.0.2.0/24], probe: { name: a } }],\n"
      "  kernel: {}, bgp: { local_as: 1, neighbors: [{ address: 10.0.0.1, as: 2 }] } }\n",
      /*dry_run=*/true);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->anycast.bgp || config->anycast.kernel);
  EXPECT_TRUE(config->anycast.dry_run);
  EXPECT_EQ(DescribeConfig(*config), "service dns: 192.0.2.0/24, probed at 192.0.2.53:53\n");
}

}  // namespace
}  // namespace hither
