#include "daemon/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daemon/config/nsid.h"

namespace hither {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::string_view kEverything = R"(
identity: { site: fra1, node: ns2, nsid: "{node}.{site}.example.net" }
listen: ["192.0.2.53:5353", 192.0.2.54, "[2001:db8::53]:53", "::"]
workers: 3
user: names
version: "mine"
udp:
  payload_bytes_max: 1400
  receive_buffer_bytes: 8388608
  batch_size: 16
tcp:
  connections_max: 2000
  connections_per_prefix_max: 20
  idle_timeout: 500ms
  lifetime_max: 2m
  unsent_bytes_max: 131074
zones:
  - { name: example.org, file: zones/example.org.zone }
  - name: .
    file: /srv/root.zone
  - { name: example.net, image: net.image }
image_cache: cache
admin: { listen: "unix:/run/hither/admin.sock" }
log: { level: warning, target: hither.log }
limits:
  records_per_rrset_max: 10
  types_per_name_max: 11
  nsec3_iterations_max: 13
  include_depth_max: 0
  generate_records_max: 12
)";

TEST(Config, ReadsEveryKey) {
  const absl::StatusOr<Config> config = ParseConfig(kEverything, "h.yaml", "/etc/hither");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->identity.site, "fra1");
  EXPECT_EQ(config->identity.node, "ns2");
  EXPECT_EQ(config->identity.nsid_template, "{node}.{site}.example.net");
  std::vector<std::string> listen;
  for (const SocketAddress& address : config->listen) listen.push_back(address.ToText());
  EXPECT_THAT(listen,
              ElementsAre("192.0.2.53:5353", "192.0.2.54:53", "[2001:db8::53]:53", "[::]:53"));
  EXPECT_EQ(config->workers, 3);
  EXPECT_EQ(config->user, "names");
  EXPECT_EQ(config->version, "mine");
  EXPECT_EQ(config->udp.payload_bytes_max, 1400);
  EXPECT_EQ(config->udp.receive_buffer_bytes, 8388608u);
  EXPECT_EQ(config->udp.batch_size, 16);
  EXPECT_EQ(config->tcp.connections_max, 2000);
  EXPECT_EQ(config->tcp.connections_per_prefix_max, 20);
  EXPECT_EQ(config->tcp.idle_timeout, absl::Milliseconds(500));
  EXPECT_EQ(config->tcp.lifetime_max, absl::Minutes(2));
  EXPECT_EQ(config->tcp.unsent_bytes_max, 131074u);
  ASSERT_EQ(config->zones.size(), 3u);
  EXPECT_EQ(config->zones[0].name().ToText(), "example.org.");
  EXPECT_EQ(config->zones[0].file(), "/etc/hither/zones/example.org.zone");
  EXPECT_TRUE(config->zones[1].name().IsRoot());
  EXPECT_EQ(config->zones[1].file(), "/srv/root.zone");
  EXPECT_EQ(config->zones[1].kind(), ZoneSource::Kind::kText);
  EXPECT_EQ(config->zones[2].file(), "/etc/hither/net.image");
  EXPECT_EQ(config->zones[2].kind(), ZoneSource::Kind::kImage);
  EXPECT_EQ(config->image_cache, "/etc/hither/cache");
  EXPECT_EQ(config->admin.ToText(), "unix:/run/hither/admin.sock");
  EXPECT_EQ(config->log.level, LogLevel::kWarning);
  EXPECT_EQ(config->log.file, "/etc/hither/hither.log");
  EXPECT_EQ(config->limits.records_per_rrset_max, 10u);
  EXPECT_EQ(config->limits.types_per_name_max, 11u);
  EXPECT_EQ(config->limits.nsec3_iterations_max, 13u);
  EXPECT_EQ(config->limits.include_depth_max, 0u);
  EXPECT_EQ(config->limits.generate_records_max, 12u);
}

TEST(Config, EmptyFileIsAllDefaults) {
  for (const char* text : {"", "\n# Nothing.\n", "---\n", "udp:\n"}) {
    const absl::StatusOr<Config> config = ParseConfig(text, "h.yaml", "");
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->udp.payload_bytes_max, 1232);
    EXPECT_EQ(config->admin.ToText(), "127.0.0.1:8053");
    EXPECT_EQ(config->version, absl::StrCat("Hither ", HITHER_VERSION));
    EXPECT_TRUE(config->zones.empty());
  }
}

TEST(Config, VersionCanBeHidden) {
  EXPECT_EQ(ParseConfig("version: hidden", "h.yaml", "")->version, "");
}

// One wrong file each: all of its errors, without the file's name in front.
struct Wrong {
  const char* name;
  const char* text;
  std::vector<const char*> errors;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.name; }

class WrongConfig : public testing::TestWithParam<Wrong> {};

TEST_P(WrongConfig, TellsEveryErrorWithItsLine) {
  const absl::StatusOr<Config> config = ParseConfig(GetParam().text, "h.yaml", "");
  ASSERT_FALSE(config.ok());
  const std::vector<std::string> lines =
      absl::StrSplit(std::string(config.status().message()), '\n');
  std::vector<std::string> expected;
  for (const char* error : GetParam().errors) expected.push_back(absl::StrCat("h.yaml:", error));
  EXPECT_EQ(lines, expected);
}

// clang-format off
const Wrong kWrongs[] = {
    {"UnknownKeyWithNearest", "lisen: []", {"1: unknown key 'lisen'; did you mean 'listen'?"}},
    {"UnknownKeyFarFromAll", "log: { colour: red }", {"1: unknown key 'colour'; choose from: level, target"}},
    {"RenamedKeys", "workers: 1\ntcp:\n  total_timeout: 2m\n  unread_bytes_max: 131074", {"3: tcp.total_timeout was renamed: write tcp.lifetime_max", "4: tcp.unread_bytes_max was renamed: write tcp.unsent_bytes_max"}},
    {"RenamedKeyElsewhere", "udp: { unread_bytes_max: 1 }", {"1: unknown key 'unread_bytes_max'; did you mean 'payload_bytes_max'?"}},
    {"UnknownKeyInZone", "zones:\n- name: a\n  fiel: b", {"2: zone without 'file'; add file: example.org.zone", "3: unknown key 'fiel'; did you mean 'file'?"}},
    {"KeyTwice", "workers: 1\nuser: a\nworkers: 2", {"3: key 'workers' is repeated, first on line 1; keep one"}},
    {"KeyIsAList", "[a]: b", {"1: found a list; expected a key of plain text"}},
    {"TopIsAList", "- a", {"1: found a list; expected keys: identity, listen, workers, user, version, udp, tcp, zones, image_cache, admin, metrics, heartbeat, log, limits, reload, anycast"}},
    {"SectionIsText", "udp: fast", {"1: udp: found text; expected keys: payload_bytes_max, receive_buffer_bytes, batch_size"}},
    {"ListenIsText", "listen: 192.0.2.1", {"1: listen: found text; expected a list, such as [\"192.0.2.53:53\", \"[2001:db8::53]:53\"]"}},
    {"ListenIsEmpty", "listen: []", {"1: the list is empty; give an address, or remove 'listen' to use all of them"}},
    {"NumberIsText", "workers: many", {"1: workers: 'many' is out of range; give a whole number from 0 to 256"}},
    {"NumberIsNegative", "workers: -1", {"1: workers: '-1' is out of range; give a whole number from 0 to 256"}},
    {"NumberTooLarge", "workers: 257", {"1: workers: '257' is out of range; give a whole number from 0 to 256"}},
    {"NumberOver64Bits", "workers: 99999999999999999999", {"1: workers: '99999999999999999999' is out of range; give a whole number from 0 to 256"}},
    {"NumberMissing", "workers:", {"1: workers: found nothing; expected a whole number from 0 to 256"}},
    {"PayloadTooSmall", "udp: { payload_bytes_max: 511 }", {"1: udp.payload_bytes_max: '511' is out of range; give a whole number from 512 to 4096"}},
    {"DurationWithoutUnit", "tcp: { idle_timeout: 10 }", {"1: tcp.idle_timeout: '10' is not valid; give a time from 100ms to 1h with its unit, such as 500ms, 10s or 2m"}},
    {"DurationTooLong", "tcp: { lifetime_max: 25h }", {"1: tcp.lifetime_max: '25h' is not valid; give a time from 1s to 24h with its unit, such as 500ms, 10s or 2m"}},
    {"DurationInfinite", "tcp: { lifetime_max: inf }", {"1: tcp.lifetime_max: 'inf' is not valid; give a time from 1s to 24h with its unit, such as 500ms, 10s or 2m"}},
    {"ListenHostName", "listen: [localhost]", {"1: 'localhost' is not an address with a port: not an IPv4 or IPv6 address (host names are not looked up); write 192.0.2.1:53 or [2001:db8::1]:53"}},
    {"ListenBadPort", "listen: ['192.0.2.1:65536']", {"1: '192.0.2.1:65536' is not an address with a port: the port is not a number from 0 to 65535; write 192.0.2.1:53 or [2001:db8::1]:53"}},
    {"ListenPortZero", "listen: ['192.0.2.1:0']", {"1: '192.0.2.1:0' has port 0; choose one from 1 to 65535"}},
    {"ListenMulticast", "listen: ['224.0.0.251']", {"1: '224.0.0.251' is a multicast or broadcast address; give a unicast one"}},
    {"ListenTwice", "listen:\n- '[2001:db8::1]:53'\n- '2001:DB8:0::1'", {"3: listen address [2001:db8::1]:53 is repeated, first on line 2; keep one"}},
    {"ZoneTwice", "zones:\n- { name: example.org, file: a }\n- { name: EXAMPLE.org., file: b }", {"3: zone example.org. is repeated, first on line 2; keep one"}},
    {"ZoneWithoutName", "zones:\n- { file: a }", {"2: zone without 'name'; add name: example.org"}},
    {"ZoneIsText", "zones: [example.org]", {"1: zones: found text; expected { name: example.org, file: example.org.zone }"}},
    {"ZoneListBesideName", "zones:\n- { name: a, list: c }", {"2: 'list' beside other keys; make it a separate entry, as in - { list: zones.txt }"}},
    {"FolderBesideAName", "zones: [{ folder: z, name: a }]", {"1: 'folder' beside other keys; make it a separate entry, as in - { folder: zones, pattern: \"*.zone\" }"}},
    {"PatternAlone", "zones: [{ pattern: '*' }]", {"1: 'pattern' without 'folder'; add folder: zones"}},
    {"PatternWithoutStar", "zones: [{ folder: z, pattern: zone }]", {"1: pattern 'zone' is not a file name with one * for the zone's name; write \"*.zone\""}},
    {"FolderMissing", "zones: [{ folder: /none/such }]", {"1: cannot read the folder /none/such: No such file or directory; check path and permissions"}},
    {"WatchIsANumber", "reload: { watch: 1 }", {"1: reload.watch: '1'; write true or false"}},
    {"SettleTooLong", "reload: { settle: 1h }", {"1: reload.settle: '1h' is not valid; give a time from 10ms to 1m with its unit, such as 500ms, 10s or 2m"}},
    {"ZoneListIsAList", "zones: [{ list: [a] }]", {"1: zones: found a list; expected the path of a list of zones"}},
    {"ZoneListMissing", "zones: [{ list: /nonexistent/list }]", {"1: /nonexistent/list: cannot read the list of zones: No such file or directory; check path and permissions"}},
    {"ImageCacheIsEmpty", "image_cache:", {"1: image_cache: found nothing; expected the path of a folder, or none"}},
    {"ZoneNameEmpty", "zones: [{ name: '', file: a }]", {"1: zones: the text is empty or has a zero octet; expected the zone's name, such as example.org"}},
    {"AdminOnTheInternet", "admin: { listen: '0.0.0.0:8053' }", {"1: the admin address '0.0.0.0:8053' is not a loopback address, and the endpoint has no password; use 127.0.0.1, [::1] or unix:/path/of.sock"}},
    {"MetricsAtNoAddress", "metrics:\n  listen: everywhere", {"2: 'everywhere' is not an address with a port: not an IPv4 or IPv6 address (host names are not looked up); write 192.0.2.1:53 or [2001:db8::1]:53"}},
    {"HostWithPort", "metrics: { hosts: ['ns1.example.net:8053'] }", {"1: 'ns1.example.net:8053' is not a host's name; give it without a port, such as ns1.example.net; addresses need no entry"}},
    {"HostsAreAText", "metrics:\n  hosts: ns1", {"2: metrics.hosts: found text; expected a list of names without a port, such as [ns1.example.net]"}},
    {"AdminUnixWithoutPath", "admin: { listen: 'unix:' }", {"1: the UNIX socket's path has 0 octets; give 1 to 107 of them after 'unix:'"}},
    {"LogLevel", "log: { level: warn }", {"1: unknown log level 'warn'; choose from: debug, info, warning, error"}},
    {"NsidPlaceholder", "identity: { nsid: '{nod}.x' }", {"1: unknown placeholder {nod} in the NSID template; did you mean 'node'?"}},
    {"NsidBrace", "identity: { nsid: 'a{site' }", {"1: the NSID template 'a{site' has an unmatched brace; write {site}, {node} or {worker}"}},
    {"SiteWithBlank", "identity: { site: 'fra 1' }", {"1: identity.site 'fra 1' cannot be sent as an NSID; use at most 63 letters, digits, '-', '_' and '.'"}},
    {"SeveralAtOnce", "workers: x\nuser:\nbogus: 1", {"1: workers: 'x' is out of range; give a whole number from 0 to 256", "2: user: found nothing; expected an account's name", "3: unknown key 'bogus'; choose from: identity, listen, workers, user, version, udp, tcp, zones, image_cache, admin, metrics, heartbeat, log, limits, reload, anycast"}},
    {"Anchor", "user: &a hither", {"1: anchors (&name) are not used here; remove it"}},
    {"Alias", "version: x\nuser: *a", {"2: not YAML: the referenced anchor is not defined; check indentation and quotes"}},
    {"Tag", "workers: !!int 3", {"1: tags (!name) are not used here; remove it"}},
    {"SecondDocument", "workers: 1\n---\nworkers: 2", {"2: more than one YAML document; keep one"}},
    {"NoYaml", "a: b\n c: d: e", {"2: not YAML: illegal map value; check indentation and quotes"}},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Each, WrongConfig, testing::ValuesIn(kWrongs),
                         [](const auto& tested) { return tested.param.name; });

TEST(ConfigLimits, DepthIsBounded) {
  const std::string deep(17, '[');
  EXPECT_EQ(ParseConfig(deep, "h.yaml", "").status().message(),
            "h.yaml:1: lists and maps are nested too deeply; flatten them");
}

// yaml-cpp stops before its own recursion ends the process.
TEST(ConfigLimits, VeryDeepFileIsAnErrorToo) {
  for (const char* piece : {"[", "{", "- ", "{a: ", "? "}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += piece;
    EXPECT_FALSE(ParseConfig(deep, "h.yaml", "").ok()) << piece;
  }
}

TEST(ConfigLimits, ErrorsAreToldUpToAHundred) {
  std::string text;
  for (int i = 0; i < 150; ++i) absl::StrAppend(&text, "unknown", i, ": 1\n");
  const std::string message(ParseConfig(text, "h.yaml", "").status().message());
  const std::vector<std::string> lines = absl::StrSplit(message, '\n');
  ASSERT_EQ(lines.size(), kConfigErrorsMax + 1);
  EXPECT_EQ(lines.back(), "h.yaml:0: 50 more errors; correct these first");
}

TEST(ConfigLimits, ListenAddressesAreCounted) {
  std::string text = "listen:\n";
  for (size_t i = 0; i <= kListenAddressesMax; ++i) {
    absl::StrAppend(&text, "- 10.0.", i / 256, ".", i % 256, "\n");
  }
  EXPECT_EQ(ParseConfig(text, "h.yaml", "").status().message(),
            "h.yaml:2: 257 listen addresses; give at most 256, or 0.0.0.0 and [::] for all");
}

TEST(ConfigLimits, ManyZonesLoad) {
  std::string text = "zones:\n";
  for (int i = 0; i < 20'000; ++i) {
    absl::StrAppend(&text, "- { name: z", i, ".example, file: z", i, ".zone }\n");
  }
  const absl::StatusOr<Config> config = ParseConfig(text, "h.yaml", "zones");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->zones.size(), 20'000u);
  EXPECT_EQ(config->zones.back().file(), "zones/z19999.zone");
}

// A list as read from memory, by its path.
absl::Status ReadSampleList(const std::string& path, ZoneListSink& sink) {
  const absl::string_view text = path == "/etc/good/list" ? "b f\nc /srv/c # A comment.\n"
                                 : path == "/etc/bad"     ? "d d\n\nA. f\nd g\ne\n"
                                                          : "";
  ReadZoneListLines(text, 1, sink);
  return absl::OkStatus();
}

TEST(ConfigLists, ZonesComeInTheOrderOfTheEntries) {
  const absl::StatusOr<Config> config =
      ParseConfig("zones: [{ name: a, file: f }, { list: good/list }, { name: d, file: f }]",
                  "h.yaml", "/etc", ReadSampleList);
  ASSERT_TRUE(config.ok()) << config.status();
  std::vector<std::string> zones;
  for (const ZoneSource zone : config->zones) {
    zones.push_back(absl::StrCat(zone.name().ToText(), " ", zone.file()));
  }
  EXPECT_THAT(zones, ElementsAre("a. /etc/f", "b. /etc/good/f", "c. /srv/c", "d. /etc/f"));
}

TEST(ConfigLists, ErrorsHaveTheListsPlace) {
  const absl::StatusOr<Config> config =
      ParseConfig("zones:\n- { name: a, file: f }\n- { list: /etc/bad }\nusr: x\n", "h.yaml",
                  "/etc", ReadSampleList);
  EXPECT_EQ(config.status().message(),
            "/etc/bad:3: zone a. is repeated, first in h.yaml:2; keep one\n"
            "/etc/bad:4: zone d. is repeated, first on line 1; keep one\n"
            "/etc/bad:5: zone 'e' without a file; write it after the name and a blank\n"
            "h.yaml:4: unknown key 'usr'; did you mean 'user'?");
}

// It may be right once one of them changes.
TEST(ConfigLists, AFailureKnowsTheFilesToWatch) {
  const absl::StatusOr<Config> config =
      ParseConfig("zones:\n- { list: bad }\n- { folder: none }\n", "h.yaml", "/etc", ReadSampleList,
                  [](const std::string& folder,
                     const ZonePattern&) -> absl::StatusOr<std::vector<std::string>> {
                    return absl::NotFoundError(folder);
                  });
  EXPECT_THAT(FilesOfFailure(config.status()), ElementsAre("/etc/bad", "/etc/none"));
  const absl::StatusOr<Config> misnamed = ParseConfig(
      "zones: [{ folder: z }]", "h.yaml", "/etc", ReadSampleList,
      [](const std::string&, const ZonePattern&) -> absl::StatusOr<std::vector<std::string>> {
        return std::vector<std::string>{"a..b.zone"};
      });
  EXPECT_THAT(FilesOfFailure(misnamed.status()), ElementsAre("/etc/z/a..b.zone"));
}

// The folder's line does not say which file it is.
TEST(ConfigLists, AZoneThatIsTwiceInAFolderIsNamedByItsFiles) {
  const absl::StatusOr<Config> config = ParseConfig(
      "zones:\n- { folder: z }\n- { name: a.test, file: f }\n- { list: good/list }\n", "h.yaml",
      "/etc",
      [](const std::string&, ZoneListSink& sink) {
        ReadZoneListLines("A.test f\n", 1, sink);
        return absl::OkStatus();
      },
      [](const std::string&, const ZonePattern&) -> absl::StatusOr<std::vector<std::string>> {
        return std::vector<std::string>{"A.TEST.zone", "a.test.zone"};
      });
  EXPECT_EQ(config.status().message(),
            "h.yaml:2: /etc/z/a.test.zone: zone A.TEST. is repeated, first as /etc/z/A.TEST.zone "
            "on line 2; keep one\n"
            "h.yaml:3: zone A.TEST. is repeated, first as /etc/z/A.TEST.zone on line 2; keep one\n"
            "/etc/good/list:1: zone A.TEST. is repeated, first as /etc/z/A.TEST.zone in h.yaml:2; "
            "keep one");
  EXPECT_THAT(FilesOfFailure(config.status()), testing::Contains("/etc/z/a.test.zone"));
}

TEST(ConfigLists, ErrorsAreBoundedToo) {
  const auto read_list = [](const std::string&, ZoneListSink& sink) {
    for (uint32_t line = 1; line <= 150; ++line) ReadZoneListLines("a\n", line, sink);
    return absl::OkStatus();
  };
  const std::string message(
      ParseConfig("zones: [{ list: l }]", "h.yaml", "", read_list).status().message());
  EXPECT_THAT(message, HasSubstr("\nl:100: "));
  EXPECT_THAT(message, testing::Not(HasSubstr("\nl:101: ")));
  EXPECT_THAT(message, HasSubstr("\nh.yaml:0: 50 more errors; correct these first"));
}

TEST(ConfigLists, NoneIsNoImageCache) {
  EXPECT_EQ(ParseConfig("image_cache: none", "h.yaml", "/etc")->image_cache, "");
}

Config WithZone() {
  Config config;
  config.zones.Add(*Name::FromText("example.org"), "example.org.zone");
  return config;
}

TEST(FinishConfig, FillsDefaults) {
  Config config = WithZone();
  ASSERT_TRUE(FinishConfig("ns1.example.net", config).ok());
  EXPECT_EQ(config.identity.node, "ns1.example.net");
  EXPECT_EQ(config.identity.nsid_template, "{node}");
  ASSERT_EQ(config.listen.size(), 2u);
  EXPECT_EQ(config.listen[0].ToText(), "0.0.0.0:53");
  EXPECT_EQ(config.listen[1].ToText(), "[::]:53");
}

TEST(FinishConfig, SiteGoesIntoTheNsid) {
  Config config = WithZone();
  config.identity.site = "fra1";
  ASSERT_TRUE(FinishConfig("ns1", config).ok());
  EXPECT_EQ(config.identity.nsid_template, "{node}.{site}");
}

TEST(FinishConfig, RefusesWhatDoesNotFitTogether) {
  Config no_zone;
  EXPECT_THAT(std::string(FinishConfig("ns1", no_zone).message()), HasSubstr("no zone to serve"));
  Config no_site = WithZone();
  no_site.identity.nsid_template = "{site}";
  EXPECT_THAT(std::string(FinishConfig("ns1", no_site).message()), HasSubstr("--site"));
  Config long_nsid = WithZone();
  long_nsid.identity.nsid_template = std::string(253, 'x') + "{worker}";
  EXPECT_THAT(std::string(FinishConfig("ns1", long_nsid).message()), HasSubstr("256 octets"));
  long_nsid.identity.nsid_template = std::string(252, 'x') + "{worker}";
  EXPECT_TRUE(FinishConfig("ns1", long_nsid).ok());
}

TEST(Nsid, Expands) {
  EXPECT_EQ(ExpandNsid("{node}-{worker}.{site}.{site}", "fra1", "ns2", 7), "ns2-7.fra1.fra1");
  EXPECT_EQ(ExpandNsid("plain", "fra1", "ns2", 7), "plain");
}

std::string MatchedBy(absl::string_view nsid_template, absl::string_view nsid) {
  const std::optional<NsidNames> names = MatchNsid(nsid, nsid_template);
  return names.has_value() ? absl::StrCat("node ", names->node, " site ", names->site) : "";
}

TEST(Nsid, TemplatesAreReadBackwards) {
  constexpr char kLong[] = "{node}.{site}.dns.example.net";
  EXPECT_EQ(MatchedBy(kLong, "ns1.fra1.dns.example.net"), "node ns1 site fra1");
  EXPECT_EQ(MatchedBy(kLong, "ns1.a.b.dns.example.net"), "node ns1 site a.b");
  EXPECT_EQ(MatchedBy(kLong, "ns1.fra1"), "");
  EXPECT_EQ(MatchedBy(kLong, "ns1.fra1.dns.example.org"), "");
  EXPECT_EQ(MatchedBy(kLong, ".fra1.dns.example.net"), "");
  EXPECT_EQ(MatchedBy("{site}/{node}#{worker}", "fra1/ns2#7"), "node ns2 site fra1");
  EXPECT_EQ(MatchedBy("{node}-{worker}.{site}.{site}", "ns2-7.fra1.fra1"), "node ns2 site fra1");
  EXPECT_EQ(MatchedBy("{node}-{worker}.{site}.{site}", "ns2-7.fra1.ams1"), "");
  EXPECT_EQ(MatchedBy("dns {node}", "dns ns1"), "");  // It does not name the site.
  EXPECT_EQ(MatchedBy("{node}.{site}", "n\xff.fra1"), "");
}

TEST(LoadConfigFile, PathsAreRelativeToItsFolder) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "config_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "h.yaml") << "zones: [{ name: a, file: a.zone }, { list: sub/list }]";
  std::filesystem::create_directories(folder / "sub");
  std::ofstream(folder / "sub/list") << "b b.zone\n";
  const absl::StatusOr<Config> config = LoadConfigFile((folder / "h.yaml").string());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->zones[0].file(), (folder / "a.zone").string());
  EXPECT_EQ(config->zones[1].file(), (folder / "sub/b.zone").string());
  std::filesystem::remove_all(folder);
}

TEST(LoadConfigFile, RemembersWhatItRead) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "config_files";
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "h.yaml").string();
  std::ofstream(path) << "zones: [{ list: a }, { list: b }]\n";
  std::ofstream(folder / "a") << "a. a.zone\n";
  std::ofstream(folder / "b") << "b. b.zone\n";
  const absl::StatusOr<Config> config = LoadConfigFile(path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->files,
              testing::ElementsAre(path, (folder / "a").string(), (folder / "b").string()));
}

TEST(LoadConfigFile, SizeIsBounded) {
  const std::string path = testing::TempDir() + "config_size.yaml";
  std::ofstream(path) << "workers: 1\n";
  EXPECT_TRUE(LoadConfigFile(path, 11).ok());
  EXPECT_EQ(
      LoadConfigFile(path, 10).status().message(),
      absl::StrCat(path, ": cannot read the configuration: it has over 10 octets; shorten it"));
  std::filesystem::remove(path);
}

TEST(ConfigLimits, WordsAreBounded) {
  const auto parse = [](const std::string& text) { return ParseConfig(text, "h.yaml", "").ok(); };
  EXPECT_TRUE(parse("identity: { site: " + std::string(63, 's') + " }"));
  EXPECT_FALSE(parse("identity: { site: " + std::string(64, 's') + " }"));
  EXPECT_TRUE(parse("identity: { node: " + std::string(255, 'n') + " }"));
  EXPECT_FALSE(parse("identity: { node: " + std::string(256, 'n') + " }"));
  EXPECT_TRUE(parse("version: " + std::string(255, 'v')));
  EXPECT_FALSE(parse("version: " + std::string(256, 'v')));
  EXPECT_TRUE(parse("admin: { listen: 'unix:/" + std::string(106, 'u') + "' }"));
  EXPECT_FALSE(parse("admin: { listen: 'unix:/" + std::string(107, 'u') + "' }"));
}

TEST(ConfigLimits, LongWordsAreCutInErrors) {
  const std::string word(100'000, 'w');
  const std::string message(ParseConfig(word + ": 1", "h.yaml", "").status().message());
  EXPECT_LT(message.size(), 1'100u);
}

TEST(LoadConfigFile, SaysWhyItCannotRead) {
  EXPECT_EQ(LoadConfigFile("/nonexistent/h.yaml").status().message(),
            "/nonexistent/h.yaml: cannot read the configuration: No such file or directory; "
            "check path and permissions");
  EXPECT_EQ(LoadConfigFile("/").status().message(),
            "/: cannot read the configuration: it is a folder; name a file in it");
}

// Neither is waited for nor read up to an end that it has not.
TEST(LoadConfigFile, RefusesWhatIsNoRegularFile) {
  const std::string fifo = testing::TempDir() + "config_fifo";
  std::filesystem::remove(fifo);
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const std::string& path : {fifo, std::string("/dev/zero")}) {
    EXPECT_EQ(LoadConfigFile(path).status().message(),
              absl::StrCat(path,
                           ": cannot read the configuration: it is not a regular file; name "
                           "one"));
  }
  std::filesystem::remove(fifo);
}

}  // namespace
}  // namespace hither
