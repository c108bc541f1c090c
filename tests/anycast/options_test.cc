#include "anycast/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

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

// Each is the default of a default-made configuration.
TEST(SidecarHelp, ShowsTheDefaults) {
  const std::string help = SidecarHelp();
  for (const char* line : {
           "tick: 250ms",
           "every: 10s, timeout: 2s, level: soft",
           "soft:  { med: 100, prepend: 2 }\n",
           "drain: { med: 200, prepend: 3, communities: [graceful-shutdown] }\n",
           "ttl_security: false, multihop: 0,",
           "hold_time: 3s",
           "kernel: { mode: address, interface_up: wp-up, interface_soft: wp-soft,",
           "lease: 3s }",
           "down: [...], timeout: 10s }",
           "max_withdrawn: \"50%\"",
           "state_file: /var/lib/hither-anycast/state ",
       }) {
    EXPECT_THAT(help, HasSubstr(line));
  }
}

// "--help lists every key", says the README: so it does.
TEST(SidecarHelp, ListsEveryKey) {
  std::ifstream in(std::string(HITHER_SOURCE_DIR) + "/daemon/config/anycast_config_reader.cc");
  const std::string source((std::istreambuf_iterator<char>(in)), {});
  const std::string help = SidecarHelp();
  size_t keys = 0;
  for (size_t at = source.find("    {\""); at != std::string::npos;
       at = source.find("    {\"", at + 1)) {
    const std::string key = source.substr(at + 6, source.find('"', at + 6) - at - 6);
    ++keys;
    EXPECT_THAT(help, testing::ContainsRegex("[ ,{\n]" + key + "[:,}/ \n]")) << key;
  }
  EXPECT_GT(keys, 50u);
  EXPECT_THAT(help, HasSubstr("TCP 8055"));
}

// A $name that nothing replaces would be one.
TEST(SidecarHelp, HasNoNameLeft) {
  std::string help = SidecarHelp();
  const size_t folder = help.find("$RUNTIME_DIRECTORY");  // systemd's.
  ASSERT_NE(folder, std::string::npos);
  help.erase(folder, 1);
  EXPECT_EQ(help.find('$'), std::string::npos) << help.substr(help.find('$'));
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

// At the start the kernel backend would refuse them.
TEST_F(SidecarConfig, LeasesThatTheKernelCannotHoldAreRefused) {
  const auto error = [&](absl::string_view listen, absl::string_view prefix) {
    const std::string text = absl::StrCat(
        "anycast: { services: [{ name: dns, prefixes: [\"", prefix, "\"], addresses: [\"", listen,
        "\"], probe: { name: a } }], kernel: { mode: metric, metric_interface: lo } }\n");
    return std::string(Build(text).status().message());
  };
  EXPECT_EQ(error("192.0.2.53", "192.0.2.0/24"), "");
  EXPECT_EQ(error("192.0.2.53", "192.0.2.53/32"),
            path_ +
                ": kernel: service dns: 192.0.2.53/32 has no address left to hold a lease; use "
                "mode: address, or the backend bgp");
  EXPECT_THAT(error("2001:db8::53", "2001:db8::/48"),
              HasSubstr(": kernel: metric_interface is lo, where the kernel keeps no lifetime"));
}

// Of several errors, each names the file.
TEST_F(SidecarConfig, EachErrorNamesTheFile) {
  const auto config = Build(
      "anycast: { dry_run: true, services: [\n"
      "  { name: dns, prefixes: [192.0.2.0/24], probe: { name: wrong-1 } },\n"
      "  { name: ns, prefixes: [198.51.100.0/24], addresses: [198.51.100.1],\n"
      "    probe: { name: wrong-2 } }] }\n");
  const std::vector<std::string> lines = absl::StrSplit(config.status().message(), '\n');
  EXPECT_GE(lines.size(), 2u);
  for (const std::string& line : lines) EXPECT_THAT(line, testing::StartsWith(path_ + ":"));
}

// What --check says of this host. A start would fail because of the state file, but not because of
// a command that a package may still bring.
TEST_F(SidecarConfig, ACheckLooksAtTheHost) {
  auto config = Build(
      "anycast: { services: [{ name: dns, prefixes: [192.0.2.0/24], probe: { name: a } }],\n"
      "  exec: { up: [/nonexistent/up], down: [/bin/true] }, state_file: none }\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(*DescribeConfigHere(*config),
              HasSubstr("\nwarning: anycast: exec: up: /nonexistent/up cannot be run: "));
  config->anycast.state_file = path_;  // YAML is none.
  EXPECT_THAT(std::string(DescribeConfigHere(*config).status().message()),
              HasSubstr("is not a state file of this version"));
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
