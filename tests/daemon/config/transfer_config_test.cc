#include "daemon/config/transfer_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/daemon/config/config_errors.h"

namespace hither {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::string_view kPrimaries =
    "primaries: [{ name: a, address: 192.0.2.1 }, { name: b, address: 192.0.2.2 }]\n";

// `text` begins on line 2.
absl::StatusOr<Config> Parse(absl::string_view text, absl::string_view folder = "/etc/hither") {
  return ParseConfig(absl::StrCat(kPrimaries, text), "h.yaml", folder);
}
std::vector<std::string> ErrorsOf(absl::string_view text) {
  return ErrorsOfConfig(absl::StrCat(kPrimaries, text));
}

constexpr absl::string_view kEverything = R"(
zones:
  - name: example.org
    primaries: [b, a]
    notify_from: [192.0.2.0/24, "2001:db8::7", a, { prefix: 198.51.100.1, key: k1 }]
    keep_versions: 5
    octets_max: 70000
    records_max: 1000
    refresh: { min: 1m, max: 2h }
    retry: { min: 10s }
    expire: { max: 14d }
    gates: { zonemd: require }
  - { name: example.net, primaries: [a] }
  - { name: example.com, file: example.com.zone }
transfers: { transfers_max: 7, transfers_per_primary_max: 2, zones_max: 10, idle_timeout: 20s,
             checks_max: 90, checks_per_primary_max: 30,
             lifetime_max: 1h, octets_max: 1000000, records_max: 2000,
             refresh: { min: 2m, max: 3h }, retry: { min: 1m, max: 30m },
             expire: { min: 1d, max: 30d } }
state_dir: state
keys: [{ name: k1, secret: MDEyMzQ1Njc4OWFiY2RlZg== }]
)";

TEST(Transfers, ReadsEveryKey) {
  const absl::StatusOr<Config> config = Parse(kEverything);
  ASSERT_TRUE(config.ok()) << config.status();
  const TransferSettings& transfers = config->transfers;
  EXPECT_EQ(transfers.transfers_max, 7u);
  EXPECT_EQ(transfers.transfers_per_primary_max, 2u);
  EXPECT_EQ(transfers.checks_max, 90u);
  EXPECT_EQ(transfers.checks_per_primary_max, 30u);
  EXPECT_EQ(transfers.zones_max, 10u);
  EXPECT_EQ(transfers.idle_timeout, absl::Seconds(20));
  EXPECT_EQ(transfers.lifetime_max, absl::Hours(1));
  EXPECT_EQ(transfers.zone.octets_max, 1'000'000u);
  EXPECT_EQ(transfers.zone.records_max, 2'000u);
  EXPECT_EQ(transfers.zone.refresh, (TimeBounds{absl::Minutes(2), absl::Hours(3)}));
  EXPECT_EQ(transfers.zone.retry, (TimeBounds{absl::Minutes(1), absl::Minutes(30)}));
  EXPECT_EQ(transfers.zone.expire, (TimeBounds{absl::Hours(24), absl::Hours(24 * 30)}));
  EXPECT_EQ(config->state_dir, "/etc/hither/state");
}

TEST(Transfers, ReadsEveryKeyOfAZone) {
  const absl::StatusOr<Config> config = Parse(kEverything);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->zones.size(), 3u);
  const ZoneSource zone = config->zones[0];
  EXPECT_EQ(zone.kind(), ZoneSource::Kind::kPrimaries);
  EXPECT_EQ(zone.name().ToText(), "example.org.");
  EXPECT_EQ(zone.file(), "");
  const TransferPolicy& policy = config->transfer_policies.at(zone.policy());
  EXPECT_THAT(policy.primaries, ElementsAre("b", "a"));
  ASSERT_EQ(policy.notify_from.size(), 4u);
  EXPECT_EQ(policy.notify_from[0].prefixes[0].ToText(), "192.0.2.0/24");
  EXPECT_EQ(policy.notify_from[1].prefixes[0].ToText(), "2001:db8::7/128");
  EXPECT_EQ(policy.notify_from[2].primary, "a");
  EXPECT_TRUE(policy.notify_from[2].prefixes.empty());
  EXPECT_EQ(policy.notify_from[3].prefixes[0].ToText(), "198.51.100.1/32");
  EXPECT_EQ(policy.notify_from[3].key, "k1");
  EXPECT_EQ(policy.keep_versions, 5u);
  EXPECT_EQ(policy.limits.octets_max, 70'000u);
  EXPECT_EQ(policy.limits.records_max, 1'000u);
  EXPECT_EQ(policy.limits.refresh, (TimeBounds{absl::Minutes(1), absl::Hours(2)}));
  EXPECT_EQ(policy.gates.zonemd, GateZonemd::kRequire);
  EXPECT_EQ(config->zones[2].kind(), ZoneSource::Kind::kText);
}

// The entries that say more than who.
TEST(Transfers, ReadsRulesOfNotifies) {
  const absl::StatusOr<Config> config = Parse(R"(
keys: [{ name: k1, secret: c2VjcmV0LXNlY3JldC1zZWNyZXQ= }]
zones:
  - name: example.org
    primaries: [a]
    notify_from:
      - { primary: a, key: k1, transport: tcp }
      - { primary: a, key: none, deny: true }
      - { prefix: [192.0.2.0/24, "2001:db8::/32"], key: any, transport: [tcp, udp] }
)");
  ASSERT_TRUE(config.ok()) << config.status();
  using Signing = NotifySource::Signing;
  EXPECT_THAT(
      config->transfer_policies.at(0).notify_from,
      ElementsAre(
          NotifySource{.primary = "a", .signing = Signing::kKey, .key = "k1", .takes_udp = false},
          NotifySource{.primary = "a", .signing = Signing::kUnsigned, .is_denial = true},
          NotifySource{
              .prefixes = {*Prefix::FromText("192.0.2.0/24"), *Prefix::FromText("2001:db8::/32")},
              .signing = Signing::kSigned}));
}

// "none" would be read as a word where the operator means the key.
TEST(Transfers, AKeyWhoseNameIsAWordCannotBeMeant) {
  const absl::Status wrong = Parse(R"(
keys: [{ name: none, secret: c2VjcmV0LXNlY3JldC1zZWNyZXQ= }]
zones:
  - { name: example.org, primaries: [a], notify_from: [{ primary: a, key: none }] }
)")
                                 .status();
  EXPECT_THAT(wrong.message(),
              HasSubstr("5: zones.notify_from.key: 'none' has a meaning of its own here, but there "
                        "is a key of this name; rename the key"));
}

// Although `transfers` is later in the file.
TEST(Transfers, AZoneTakesWhatItDoesNotSetFromTransfers) {
  const absl::StatusOr<Config> config = Parse(kEverything);
  ASSERT_TRUE(config.ok()) << config.status();
  const auto policy_of = [&](size_t zone) {
    return config->transfer_policies.at(config->zones[zone].policy());
  };
  EXPECT_EQ(policy_of(0).limits.retry, (TimeBounds{absl::Seconds(10), absl::Minutes(30)}));
  EXPECT_EQ(policy_of(0).limits.expire, (TimeBounds{absl::Hours(24), absl::Hours(24 * 14)}));
  EXPECT_EQ(policy_of(1).limits, config->transfers.zone);
  EXPECT_EQ(policy_of(1).keep_versions, TransferPolicy().keep_versions);
  EXPECT_EQ(policy_of(1).gates, GatesOf(GateProfile::kRecommended));
}

TEST(Transfers, HaveDefaults) {
  const absl::StatusOr<Config> config = Parse("transfers:\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->transfers, TransferSettings());
  EXPECT_EQ(config->state_dir, "/var/lib/hither");
  EXPECT_TRUE(config->transfer_policies.empty());
}

TEST(Transfers, TheStateFolderIsAbsolute) {
  EXPECT_EQ(Parse("state_dir: /srv/x/../state")->state_dir, "/srv/state");
  EXPECT_EQ(Parse("state_dir: ../state")->state_dir, "/etc/state");
  EXPECT_THAT(Parse("state_dir: state", "")->state_dir, testing::MatchesRegex("/.*/state"));
  EXPECT_THAT(ErrorsOf("state_dir:"),
              ElementsAre("2: state_dir: found nothing; expected the path of a folder, such as "
                          "/var/lib/hither"));
}

// A zone costs its name and 9 octets, whatever its settings are.
TEST(Transfers, ZonesWithTheSameSettingsShareThem) {
  std::string text = "zones:\n";
  constexpr size_t kZones = 20'000;
  for (size_t i = 0; i < kZones; ++i) {
    absl::StrAppend(&text, "- { name: z", i, ".example, primaries: [", i % 2 == 0 ? "a" : "a, b",
                    "], gates: { shrink_max: 5%, keep_rrsets: ['@ NS'] } }\n");
  }
  const absl::StatusOr<Config> config = Parse(text);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->zones.size(), kZones);
  EXPECT_EQ(config->transfer_policies.size(), 2u);
  EXPECT_EQ(config->zones[0].policy(), config->zones[kZones - 2].policy());
  EXPECT_NE(config->zones[0].policy(), config->zones[kZones - 1].policy());
  EXPECT_LT(config->zones.MemoryBytes(), kZones * (16 + 9 + 16) + (1u << 20));
}

TEST(Transfers, ConfigurationsCompareByValue) {
  const absl::StatusOr<Config> one = Parse(kEverything);
  const absl::StatusOr<Config> two = Parse(kEverything);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->transfers, two->transfers);
  EXPECT_EQ(one->transfer_policies, two->transfer_policies);
}

// Each zone with the mistake is reported, although the two have the same settings.
TEST(Transfers, UnknownPrimariesAreErrorsOfEachZone) {
  EXPECT_THAT(ErrorsOf("zones:\n- { name: x, primaries: [c] }\n- { name: y, primaries: [c] }\n"),
              ElementsAre("3: zones.primaries: there is no primary 'c'; choose from: a, b",
                          "4: zones.primaries: there is no primary 'c'; choose from: a, b"));
  EXPECT_THAT(ErrorsOfConfig("zones: [{ name: x, primaries: [c] }]"),
              ElementsAre("1: zones.primaries: there is no primary 'c'; add it to primaries:"));
}

TEST(Transfers, ZonesAreCounted) {
  EXPECT_THAT(ErrorsOf("transfers: { zones_max: 1 }\nzones:\n- { name: x, primaries: [a] }\n- { "
                       "name: f, file: f }\n- { name: y, primaries: [a] }\n"),
              ElementsAre("6: over 1 zones with primaries; raise transfers.zones_max, or move some "
                          "to another server"));
}

// A list as read from memory, by its path.
absl::Status ReadSampleList(const std::string& path, ZoneListSink& sink) {
  ReadZoneListLines(path == "/etc/hither/good" ? "b\n# A comment.\n c # Another.\n" : "b\nc f\nB\n",
                    1, sink);
  return absl::OkStatus();
}

TEST(Transfers, AListHasNamesAlone) {
  const absl::StatusOr<Config> config = ParseConfig(
      absl::StrCat(kPrimaries, "zones: [{ list: good, primaries: [b], keep_versions: 9 }]"),
      "h.yaml", "/etc/hither", ReadSampleList);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->zones.size(), 2u);
  EXPECT_EQ(config->zones[1].name().ToText(), "c.");
  EXPECT_EQ(config->zones[0].policy(), config->zones[1].policy());
  const TransferPolicy& policy = config->transfer_policies.at(config->zones[1].policy());
  EXPECT_EQ(policy.keep_versions, 9u);
  EXPECT_THAT(policy.primaries, ElementsAre("b"));
}

TEST(Transfers, ErrorsOfAListHaveItsPlace) {
  const auto message_of = [](absl::string_view zones) {
    return std::string(
        ParseConfig(absl::StrCat(kPrimaries, zones), "h.yaml", "/etc/hither", ReadSampleList)
            .status()
            .message());
  };
  EXPECT_EQ(message_of("zones: [{ list: /bad, primaries: [a] }]"),
            "/bad:2: 'f' after the name; remove it, because this list's zones have primaries\n"
            "/bad:3: zone b. is repeated, first on line 1; keep one");
  EXPECT_EQ(message_of("zones: [{ list: good, primaries: [c] }]"),
            "h.yaml:2: zones.primaries: there is no primary 'c'; choose from: a, b");
  EXPECT_EQ(message_of("transfers: { zones_max: 1 }\nzones: [{ list: good, primaries: [a] }]"),
            "/etc/hither/good:3: over 1 zones with primaries; raise transfers.zones_max, or move "
            "some to another server");
  EXPECT_EQ(message_of("zones: [{ list: good, keep_versions: 3 }]"),
            "h.yaml:2: 'keep_versions' without 'primaries'; add primaries: [NAME], or remove it");
}

class WrongTransfers : public testing::TestWithParam<ConfigErrors> {};

TEST_P(WrongTransfers, AreReportedWithTheirLines) {
  EXPECT_EQ(ErrorsOf(GetParam().text), GetParam().errors);
}

// clang-format off
const ConfigErrors kWrongs[] = {
    {"UnknownKey", "transfers: { transfer_max: 1 }", {"2: unknown key 'transfer_max'; did you mean 'transfers_max'?"}},
    {"ZonesKey", "transfers: { keep_versions: 1 }", {"2: unknown key 'keep_versions'; choose from: transfers_max, transfers_per_primary_max, checks_max, checks_per_primary_max, zones_max, idle_timeout, lifetime_max, octets_max, records_max, refresh, retry, expire"}},
    {"TooManyChecks", "transfers: { checks_per_primary_max: 257 }", {"2: transfers.checks_per_primary_max: '257' is out of range; give a whole number from 1 to 256"}},
    {"OctetsTooFew", "transfers: { octets_max: 65535 }", {"2: transfers.octets_max: '65535' is out of range; give a whole number from 65536 to 1099511627776"}},
    {"BoundsOfText", "transfers: { refresh: 1h }", {"2: transfers.refresh: found text; expected keys: min, max"}},
    {"BoundsTheWrongWayRound", "transfers:\n  refresh: { min: 2h, max: 1h }", {"3: transfers.refresh: min is 2h, but max is 1h; lower min or raise max"}},
    {"BoundsAgainstTheDefault", "transfers: { retry: { min: 2d } }", {"2: transfers.retry: min is 48h, but max is 12h; lower min or raise max"}},
    {"BoundsOfMilliseconds", "transfers: { retry: { min: 1500ms } }", {"2: transfers.retry.min: '1500ms' is not a multiple of 1s; give a time from 1s to 8784h with its unit, such as 500ms, 10s or 2m"}},
    {"UnknownKeyInZone", "zones:\n- { name: x, primary: [a] }", {"3: unknown key 'primary'; did you mean 'primaries'?", "3: zone without 'file'; add file: example.org.zone"}},
    {"FileToo", "zones:\n- { name: x, primaries: [a], file: f }", {"3: zone with 'primaries' and a file; remove 'file' and 'image' to transfer it, or 'primaries' to read the file"}},
    {"ImageToo", "zones:\n- { name: x, primaries: [a], image: f }", {"3: zone with 'primaries' and a file; remove 'file' and 'image' to transfer it, or 'primaries' to read the file"}},
    {"GatesOfAFile", "zones:\n- name: x\n  file: f\n  gates: {}", {"5: 'gates' without 'primaries'; add primaries: [NAME], or remove it"}},
    {"NameOfAList", "zones:\n- { list: l, primaries: [a], name: x }", {"3: 'list' beside other keys; make it a separate entry, as in - { list: zones.txt }"}},
    {"PrimariesOfAFolder", "zones:\n- { folder: l, primaries: [a] }", {"3: 'folder' beside other keys; make it a separate entry, as in - { folder: zones, pattern: \"*.zone\" }"}},
    {"NoName", "zones:\n- { primaries: [a] }", {"3: zone without 'name'; add name: example.org"}},
    {"NoPrimaries", "zones:\n- { name: x, primaries: [] }", {"3: zones.primaries: the list is empty; give the name of one of primaries:"}},
    {"PrimariesAreText", "zones:\n- { name: x, primaries: a }", {"3: zones.primaries: found text; expected a list of names, such as [hidden1, hidden2]"}},
    {"PrimaryTwice", "zones:\n- { name: x, primaries: [a,\n  a] }", {"4: zones.primaries: primary 'a' is repeated; keep one"}},
    {"ZoneTwice", "zones:\n- { name: x, primaries: [a] }\n- { name: X., file: f }", {"4: zone x. is repeated, first on line 3; keep one"}},
    {"ZoneTwiceTheOtherWayRound", "zones:\n- { name: X., file: f }\n- { name: x, primaries: [a] }", {"4: zone X. is repeated, first on line 3; keep one"}},
    {"KeepNothing", "zones:\n- { name: x, primaries: [a], keep_versions: 0 }", {"3: zones.keep_versions: '0' is out of range; give a whole number from 1 to 100"}},
    {"NotifyFromPrefixWithBits", "zones:\n- { name: x, primaries: [a], notify_from: [192.0.2.1/24] }", {"3: zones.notify_from: '192.0.2.1/24' has bits set after its prefix length; write 192.0.2.0/24"}},
    {"NotifyFromNobody", "zones:\n- { name: x, primaries: [a], notify_from: [c] }", {"3: zones.notify_from: there is no primary 'c'; choose from: a, b"}},
    {"NotifyFromTwice", "zones:\n- { name: x, primaries: [a], notify_from: [b,\n b] }", {"4: zones.notify_from: this entry is repeated; keep one"}},
    {"NotifyFromKeyAlone", "zones:\n- { name: x, primaries: [a], notify_from: [{ key: k1 }] }", {"3: zones.notify_from: no 'prefix'; add prefix: 192.0.2.0/24", "3: zones.notify_from.key: there is no key 'k1'; add it to keys:"}},
    {"NotifyFromUnknownKey", "zones:\n- { name: x, primaries: [a], notify_from: [{ prefx: k1 }] }", {"3: unknown key 'prefx'; did you mean 'prefix'?"}},
    {"NotifyFromPrefixTwice", "zones:\n- { name: x, primaries: [a], notify_from: [{ prefix: [::1, ::1] }] }", {"3: zones.notify_from.prefix: '::1' is repeated; keep one"}},
    {"NotifyFromTwoSenders", "zones:\n- { name: x, primaries: [a], notify_from: [{ prefix: ::1, primary: b }] }", {"3: zones.notify_from: both 'prefix' and 'primary'; make two entries of it"}},
    {"NotifyFromNoSuchPrimary", "zones:\n- { name: x, primaries: [a], notify_from: [{ primary: c }] }", {"3: zones.notify_from.primary: there is no primary 'c'; choose from: a, b"}},
    {"NotifyFromTls", "zones:\n- { name: x, primaries: [a], notify_from: [{ primary: b, transport: tls }] }", {"3: zones.notify_from.transport: hitherd accepts no NOTIFYs over TLS yet, whether or not the primary has 'tls'; use udp, tcp"}},
    {"NotifyFromTlsBesideTcp", "zones:\n- { name: x, primaries: [a], notify_from: [{ primary: b, transport: [tcp, tls] }] }", {"3: zones.notify_from.transport: hitherd accepts no NOTIFYs over TLS yet, whether or not the primary has 'tls'; use udp, tcp"}},
    {"NotifyFromUnknownTransport", "zones:\n- { name: x, primaries: [a], notify_from: [{ primary: b, transport: quic }] }", {"3: zones.notify_from.transport: there is no transport 'quic'; choose from: udp, tcp"}},
    {"NotifyFromTransportTwice", "zones:\n- { name: x, primaries: [a], notify_from: [{ primary: b, transport: [udp, udp] }] }", {"3: zones.notify_from.transport: 'udp' is repeated; keep one"}},
    {"NotifyFromNoTransport", "zones:\n- { name: x, primaries: [a], notify_from: [{ primary: b, transport: [] }] }", {"3: zones.notify_from.transport: the list is empty; give udp or tcp, or remove it"}},
    {"NotifyFromPin", "zones:\n- { name: x, primaries: [a], notify_from: [{ primary: b,\n pin: x }] }", {"4: zones.notify_from.pin: only a client over TLS shows a certificate, and hitherd accepts no NOTIFYs over TLS yet; use 'key'"}},
    {"NotifyFromCaFile", "zones:\n- { name: x, primaries: [a], notify_from: [{ primary: b,\n ca_file: x }] }", {"4: zones.notify_from.ca_file: only a client over TLS shows a certificate, and hitherd accepts no NOTIFYs over TLS yet; use 'key'"}},
    {"NotifyFromHostName", "zones:\n- { name: x, primaries: [a], notify_from: [{ primary: b,\n host_name: x }] }", {"4: zones.notify_from.host_name: only a client over TLS shows a certificate, and hitherd accepts no NOTIFYs over TLS yet; use 'key'"}},
    {"NotifyFromDenyIsText", "zones:\n- { name: x, primaries: [a], notify_from: [{ primary: b, deny: k1 }] }", {"3: zones.notify_from.deny: 'k1'; write true or false"}},
    {"NotifyFromBadPrefix", "zones:\n- { name: x, primaries: [a], notify_from: [{ prefix: a }] }", {"3: zones.notify_from.prefix: 'a' is not a prefix; write it as 192.0.2.0/24 or 2001:db8::/48"}},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, WrongTransfers, testing::ValuesIn(kWrongs),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace hither
