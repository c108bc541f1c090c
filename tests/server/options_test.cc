#include "server/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Options> Parse(const std::vector<const char*>& arguments) {
  return ParseOptions(arguments);
}

TEST(Options, QuickStart) {
  const absl::StatusOr<Options> options =
      Parse({"--listen", "127.0.0.1:5300", "--listen=[::1]:5300", "--site", "lab1", "--zone",
             "example.org=example.org.zone", "--zone=.=root.zone", "--workers", "2", "--node=a",
             "--nsid={node}.{site}", "--admin", "none", "--user", "root"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->mode, Options::Mode::kServe);
  const absl::StatusOr<Config> config = BuildConfig(*options);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->listen.size(), 2u);
  EXPECT_EQ(config->listen[0].ToText(), "127.0.0.1:5300");
  EXPECT_EQ(config->listen[1].ToText(), "[::1]:5300");
  EXPECT_EQ(config->identity.site, "lab1");
  EXPECT_EQ(config->identity.node, "a");
  EXPECT_EQ(config->identity.nsid_template, "{node}.{site}");
  EXPECT_EQ(config->workers, 2);
  EXPECT_TRUE(config->admin.IsOff());
  EXPECT_EQ(config->user, "root");
  ASSERT_EQ(config->zones.size(), 2u);
  EXPECT_EQ(config->zones[0].name().ToText(), "example.org.");
  EXPECT_EQ(config->zones[0].file(), "example.org.zone");
  EXPECT_TRUE(config->zones[1].name().IsRoot());
}

class OptionsOverFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "options_test";
    std::filesystem::create_directories(folder_);
    path_ = (folder_ / "h.yaml").string();
    std::ofstream(path_) << "listen: ['192.0.2.1', '192.0.2.2']\nworkers: 4\n"
                            "identity: { site: file, node: file }\n"
                            "zones: [{ name: a, file: a.zone }, { name: b, file: b.zone }]\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(OptionsOverFile, FileAlone) {
  const absl::StatusOr<Config> config = BuildConfig(*Parse({"--config", path_.c_str()}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen.size(), 2u);
  EXPECT_EQ(config->workers, 4);
}

TEST_F(OptionsOverFile, ScalarsAreReplacedListenTooAndZonesAdded) {
  const absl::StatusOr<Config> config =
      BuildConfig(*Parse({"--site=flag", "--listen=127.0.0.1", "--zone=c=c.zone",
                          "--zone=B=other.zone", "--config", path_.c_str()}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->identity.site, "flag");
  EXPECT_EQ(config->identity.node, "file");
  ASSERT_EQ(config->listen.size(), 1u);
  EXPECT_EQ(config->listen[0].ToText(), "127.0.0.1:53");
  ASSERT_EQ(config->zones.size(), 3u);
  EXPECT_EQ(config->zones[0].file(), (folder_ / "a.zone").string());
  EXPECT_EQ(config->zones[1].file(), "other.zone");
  EXPECT_EQ(config->zones[2].name().ToText(), "c.");
}

TEST_F(OptionsOverFile, FileIsReadAnewEachTime) {
  const Options options = *Parse({"--config", path_.c_str()});
  std::ofstream(path_) << "workers: 5\nzones: [{ name: a, file: a.zone }]\n";
  EXPECT_EQ(BuildConfig(options)->workers, 5);
  std::ofstream(path_) << "wrokers: 5\n";
  EXPECT_THAT(std::string(BuildConfig(options).status().message()),
              HasSubstr("h.yaml:1: unknown key 'wrokers'; did you mean 'workers'?"));
}

// Of a section of the file, that is; a flag is in no file.
TEST_F(OptionsOverFile, AnErrorOfTheAnycastSectionNamesTheFile) {
  std::ofstream(path_) << "zones: [{ name: a, file: a.zone }]\nanycast: { services: [] }\n";
  EXPECT_THAT(std::string(BuildConfig(*Parse({"--config", path_.c_str()})).status().message()),
              testing::StartsWith(absl::StrCat(path_, ": anycast: ")));
}

struct ModeCase {
  const char* name;
  std::vector<const char*> arguments;
  Options::Mode mode;
};
void PrintTo(const ModeCase& tested, std::ostream* out) { *out << tested.name; }

class OptionsMode : public testing::TestWithParam<ModeCase> {};

TEST_P(OptionsMode, IsChosen) {
  const absl::StatusOr<Options> options = ParseOptions(GetParam().arguments);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->mode, GetParam().mode);
}

const ModeCase kModes[] = {
    {"Nothing", {}, Options::Mode::kServe},
    {"Check", {"--check", "--zone", "a=b"}, Options::Mode::kCheck},
    {"Version", {"--version"}, Options::Mode::kVersion},
    {"VersionOverCheck", {"--check", "--version"}, Options::Mode::kVersion},
    {"CheckAfterVersion", {"--version", "--check"}, Options::Mode::kVersion},
    {"Help", {"--help"}, Options::Mode::kHelp},
    {"HelpInSpiteOfErrors", {"--bogus", "--help", "--version"}, Options::Mode::kHelp},
};
INSTANTIATE_TEST_SUITE_P(Each, OptionsMode, testing::ValuesIn(kModes),
                         [](const auto& tested) { return tested.param.name; });

struct WrongCase {
  const char* name;
  std::vector<const char*> arguments;
  const char* message;  // The whole of it.
};
void PrintTo(const WrongCase& tested, std::ostream* out) { *out << tested.name; }

class WrongOptions : public testing::TestWithParam<WrongCase> {};

TEST_P(WrongOptions, AreTold) {
  const absl::StatusOr<Options> options = ParseOptions(GetParam().arguments);
  ASSERT_FALSE(options.ok());
  EXPECT_EQ(options.status().message(), GetParam().message);
}

// clang-format off
const WrongCase kWrongs[] = {
    {"Typo", {"--lisen", "::1"}, "unknown flag --lisen; did you mean '--listen'?\n'::1': not a flag; zones are given as --zone ORIGIN=FILE"},
    {"TypoWithValue", {"--wrokers=2"}, "unknown flag --wrokers; did you mean '--workers'?"},
    {"FarFromAll", {"--q"}, "unknown flag --q; choose from: --listen, --site, --node, --nsid, --zone, --workers, --config, --admin, --heartbeat, --user, --check, --version, --help"},
    {"NoFlag", {"example.org.zone"}, "'example.org.zone': not a flag; zones are given as --zone ORIGIN=FILE"},
    {"ValueMissing", {"--site"}, "--site: no value; give one, as in --site value"},
    {"ValueEmpty", {"--site="}, "--site: no value; give one, as in --name value"},
    {"ConfigTwice", {"--config", "a", "--config", "b"}, "--config: give it once, with the path of a file"},
    {"ZoneWithoutFile", {"--zone", "example.org"}, "--zone: 'example.org' is not ORIGIN=FILE; write example.org=example.org.zone"},
    {"ZoneTwice", {"--zone", "a=b", "--zone", "A.=c"}, "--zone: zone A. is given twice; keep one"},
    {"ListenTwice", {"--listen", "::1", "--listen", "[0::1]:53"}, "--listen: [::1]:53 is given twice; keep one"},
    {"Workers", {"--workers", "257"}, "--workers: '257' is not a number of workers; give 0 (one for each core) to 256"},
    {"WorkersSigned", {"--workers", "+1"}, "--workers: '+1' is not a number of workers; give 0 (one for each core) to 256"},
    {"Nsid", {"--nsid", "{sites}"}, "--nsid: unknown placeholder {sites} in the NSID template; did you mean 'site'?"},
    {"CheckTakesNoValue", {"--check=yes"}, "--check: takes no value; write --check alone"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, WrongOptions, testing::ValuesIn(kWrongs),
                         [](const auto& tested) { return tested.param.name; });

TEST(Options, ListenAddressesAreCounted) {
  std::vector<std::string> texts;
  for (size_t i = 0; i <= kListenAddressesMax; ++i) {
    texts.push_back("--listen=127.0." + std::to_string(i / 256) + "." + std::to_string(i % 256));
  }
  std::vector<const char*> arguments;
  for (const std::string& text : texts) arguments.push_back(text.c_str());
  EXPECT_EQ(Parse(arguments).status().message(),
            "--listen: over 256 addresses; use 0.0.0.0 and [::] for all");
  arguments.pop_back();
  EXPECT_TRUE(Parse(arguments).ok());
}

// As systemd has it where the unit says RuntimeDirectory=.
TEST(Options, AServiceManagersFolderHasTheAdminSocket) {
  ASSERT_EQ(setenv("RUNTIME_DIRECTORY", "/run/hither:/run/more", 1), 0);
  const absl::Cleanup restore = [] { unsetenv("RUNTIME_DIRECTORY"); };
  const char* const arguments[] = {"--zone", "example.org=z"};
  EXPECT_EQ(BuildConfig(*ParseOptions(arguments))->admin.ToText(), "unix:/run/hither/admin.sock");
  const char* const named[] = {"--zone", "example.org=z", "--admin", "127.0.0.1:8053"};
  EXPECT_EQ(BuildConfig(*ParseOptions(named))->admin.ToText(), "127.0.0.1:8053");
  const std::string too_long = "/" + std::string(200, 'x');
  EXPECT_EQ(DefaultAdmin(too_long.c_str(), "none"), "none");
  EXPECT_EQ(DefaultAdmin("", "none"), "none");
}

TEST(Options, NoZoneIsAnError) {
  EXPECT_THAT(std::string(BuildConfig(*Parse({})).status().message()), HasSubstr("no zone"));
}

TEST(Options, ExampleConfigurationIsGood) {
  const absl::StatusOr<Config> config =
      BuildConfig(*Parse({"--config", HITHER_SOURCE_DIR "/examples/hither.yaml"}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->zones.size(), 2u);
}

// What --help shows as a configuration file is one, with every key and its default.
TEST(Options, HelpsConfigurationIsGood) {
  const std::string help(HelpText());
  const size_t begin = help.find("\n  identity:");
  ASSERT_NE(begin, std::string::npos);
  const auto read_list = [](const std::string& path, ZoneListSink&) {
    return path == "zones/list.txt" ? absl::OkStatus() : absl::NotFoundError(path);
  };
  const auto read_folder = [](const std::string& path, const ZonePattern& pattern) {
    const bool is_ours = path == "zones/all" && pattern.Match("a.zone").has_value();
    return is_ours ? absl::StatusOr<std::vector<std::string>>({"a.zone", "b.zone"})
                   : absl::NotFoundError(path);
  };
  const absl::StatusOr<Config> config =
      ParseConfig(help.substr(begin), "help", "", read_list, read_folder);
  ASSERT_TRUE(config.ok()) << config.status();
  const Config defaults;
  EXPECT_EQ(config->workers, defaults.workers);
  EXPECT_EQ(config->udp.payload_bytes_max, defaults.udp.payload_bytes_max);
  EXPECT_EQ(config->udp.receive_buffer_bytes, defaults.udp.receive_buffer_bytes);
  EXPECT_EQ(config->udp.batch_size, defaults.udp.batch_size);
  EXPECT_EQ(config->tcp.connections_max, defaults.tcp.connections_max);
  EXPECT_EQ(config->tcp.connections_per_prefix_max, defaults.tcp.connections_per_prefix_max);
  EXPECT_EQ(config->tcp.idle_timeout, defaults.tcp.idle_timeout);
  EXPECT_EQ(config->tcp.lifetime_max, defaults.tcp.lifetime_max);
  EXPECT_EQ(config->tcp.unsent_bytes_max, defaults.tcp.unsent_bytes_max);
  EXPECT_EQ(config->admin.ToText(), defaults.admin.ToText());
  EXPECT_EQ(config->image_cache, defaults.image_cache);
  EXPECT_EQ(config->reload, defaults.reload);
  EXPECT_EQ(config->limits, defaults.limits);
  EXPECT_EQ(config->zones.size(), 4u);
  EXPECT_EQ(config->log.level, defaults.log.level);
  EXPECT_EQ(config->log.file, defaults.log.file);
  EXPECT_EQ(config->limits.records_per_rrset_max, defaults.limits.records_per_rrset_max);
  EXPECT_EQ(config->limits.types_per_name_max, defaults.limits.types_per_name_max);
  EXPECT_EQ(config->limits.nsec3_iterations_max, defaults.limits.nsec3_iterations_max);
  EXPECT_EQ(config->limits.include_depth_max, defaults.limits.include_depth_max);
  EXPECT_EQ(config->limits.generate_records_max, defaults.limits.generate_records_max);
}

TEST(Options, HelpNamesEveryFlagAndFitsATerminal) {
  for (const char* flag :
       {"--listen", "--site", "--node", "--nsid", "--zone", "--workers", "--config", "--admin",
        "--heartbeat", "--user", "--check", "--version", "--help"}) {
    EXPECT_THAT(std::string(HelpText()), HasSubstr(flag));
  }
  const std::string text(HelpText());
  for (size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    EXPECT_LE(end - at, 100u) << text.substr(at, end - at);
  }
}

}  // namespace
}  // namespace hither
