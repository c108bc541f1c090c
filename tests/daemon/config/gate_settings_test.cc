#include "daemon/config/gate_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/daemon/config/config_errors.h"

namespace hither {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

// A zone with these gates. The line of `gates` is 4.
std::string WithGates(absl::string_view gates) {
  return absl::StrCat(
      "primaries: [{ name: a, address: 192.0.2.1 }]\nzones:\n- { name: example.org, primaries: "
      "[a],\n    gates: ",
      gates, " }\n");
}

GateConfig GatesFrom(absl::string_view gates) {
  const absl::StatusOr<Config> config = ParseConfig(WithGates(gates), "h.yaml", "/etc/hither");
  EXPECT_TRUE(config.ok()) << config.status();
  if (!config.ok()) return {};
  return config->transfer_policies.at(config->zones[0].policy()).gates;
}

TEST(Gates, ReadsEveryKey) {
  const GateConfig gates = GatesFrom(R"({ serial: any, shrink_max: 5%, growth_max: 0.5%,
    apex_ns: pass, dnskey: hold, zonemd: require, dnssec: off, expires_in_min: 3d,
    keep_rrsets: ["@ MX", "WWW.example.org. AAAA", "example.org  TYPE65400"],
    command: [/usr/local/bin/check, --fast], deadline: 5m, on_deadline: accept, profile: none })");
  EXPECT_EQ(gates.serial, GateSerial::kAny);
  EXPECT_EQ(gates.shrink_max, 500u);
  EXPECT_EQ(gates.growth_max, 50u);
  EXPECT_EQ(gates.apex_ns, GateChange::kPass);
  EXPECT_EQ(gates.dnskey, GateChange::kHold);
  EXPECT_EQ(gates.zonemd, GateZonemd::kRequire);
  EXPECT_EQ(gates.dnssec, GateDnssec::kOff);
  EXPECT_EQ(gates.expires_in_min, absl::Hours(72));
  ASSERT_EQ(gates.keep_rrsets.size(), 3u);
  EXPECT_FALSE(gates.keep_rrsets[0].owner.has_value());
  EXPECT_EQ(gates.keep_rrsets[0].type, RrType::kMx);
  EXPECT_EQ(gates.keep_rrsets[1].owner, *Name::FromText("www.example.org"));
  EXPECT_EQ(gates.keep_rrsets[1].type, RrType::kAaaa);
  EXPECT_EQ(static_cast<int>(gates.keep_rrsets[2].type), 65400);
  EXPECT_THAT(gates.command, ElementsAre("/usr/local/bin/check", "--fast"));
  EXPECT_EQ(gates.deadline, absl::Minutes(5));
  EXPECT_EQ(gates.on_deadline, GateDeadline::kAccept);
}

TEST(Gates, AreTheRecommendedOnesByDefault) {
  EXPECT_EQ(GatesFrom(""), GatesOf(GateProfile::kRecommended));
  EXPECT_EQ(GatesFrom("{}"), GatesOf(GateProfile::kRecommended));
  EXPECT_EQ(GatesFrom("{ profile: recommended }"), GatesOf(GateProfile::kRecommended));
  EXPECT_EQ(GatesFrom("{ profile: none }"), GateConfig());
  EXPECT_NE(GatesOf(GateProfile::kRecommended), GateConfig());
}

TEST(Gates, KeysChangeTheProfileWhereverItIs) {
  GateConfig want = GatesOf(GateProfile::kRecommended);
  want.dnssec = GateDnssec::kOff;
  want.shrink_max.reset();
  EXPECT_EQ(GatesFrom("{ dnssec: off, shrink_max: none, profile: recommended }"), want);
  GateConfig one;
  one.zonemd = GateZonemd::kVerify;
  EXPECT_EQ(GatesFrom("{ zonemd: verify, profile: none }"), one);
}

// docs/configuration.md has them in a table: keys and their text, values, and the two profiles.
struct DocumentedGates {
  std::vector<std::string> keys = {};
  std::string recommended = {};  // As YAML, without braces.
  std::string none = {};
};

std::string WithoutQuotes(absl::string_view cell) {
  return std::string(absl::StripAsciiWhitespace(absl::StrReplaceAll(cell, {{"`", ""}})));
}

DocumentedGates ReadDocumentedGates() {
  std::ifstream in(HITHER_SOURCE_DIR "/docs/configuration.md");
  DocumentedGates gates;
  std::string line;
  while (std::getline(in, line) && !absl::StartsWith(line, "| gate |")) {
  }
  std::getline(in, line);  // The rule below the heads.
  while (std::getline(in, line) && absl::StartsWith(line, "|")) {
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    const std::string head = cells[1].substr(0, cells[1].find_first_of(":("));
    size_t at = 0;
    for (const absl::string_view key : absl::StrSplit(head, ',')) {
      gates.keys.push_back(WithoutQuotes(key));
      for (const auto& [cell, to] : {std::pair(cells[cells.size() - 3], &gates.recommended),
                                     std::pair(cells[cells.size() - 2], &gates.none)}) {
        const std::vector<std::string> values = absl::StrSplit(cell, ',');
        const std::string value = WithoutQuotes(values[std::min(at, values.size() - 1)]);
        if (value != "–") absl::StrAppend(to, ", ", gates.keys.back(), ": ", value);
      }
      ++at;
    }
  }
  return gates;
}

TEST(Gates, TheDocumentedDefaultsAreTheProfiles) {
  const DocumentedGates gates = ReadDocumentedGates();
  std::ifstream in(HITHER_SOURCE_DIR "/daemon/config/gate_reader.cc");
  const std::string source((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::string> keys;
  for (size_t at = source.find("    {\""); at != std::string::npos;
       at = source.find("    {\"", at + 1)) {
    keys.push_back(source.substr(at + 6, source.find('"', at + 6) - at - 6));
  }
  std::erase(keys, "profile");
  EXPECT_THAT(gates.keys, UnorderedElementsAreArray(keys));
  // Each on top of the other profile, so that every value counts.
  EXPECT_EQ(GatesFrom(absl::StrCat("{ profile: none", gates.recommended, " }")),
            GatesOf(GateProfile::kRecommended))
      << gates.recommended;
  EXPECT_EQ(GatesFrom(absl::StrCat("{ profile: recommended", gates.none, " }")),
            GatesOf(GateProfile::kNone))
      << gates.none;
}

TEST(Gates, SharesAreInHundredthsOfAPercent) {
  const auto shrink = [](const char* text) {
    return GatesFrom(absl::StrCat("{ shrink_max: ", text, " }")).shrink_max;
  };
  EXPECT_EQ(shrink("0%"), 0u);
  EXPECT_EQ(shrink("0.01%"), 1u);
  EXPECT_EQ(shrink("12.25%"), 1'225u);
  EXPECT_EQ(shrink("100%"), 10'000u);
  EXPECT_EQ(shrink("none"), std::nullopt);
  EXPECT_EQ(GatesFrom("{ growth_max: 100000% }").growth_max, 10'000'000u);
}

struct Case {
  const char* name;
  const char* gates;
  std::vector<std::string> errors;  // Without "4: zones.gates".
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class WrongGates : public testing::TestWithParam<Case> {};

TEST_P(WrongGates, AreReported) {
  std::vector<std::string> want;
  for (const std::string& error : GetParam().errors) {
    want.push_back(absl::StrCat("4: zones.gates", error));
  }
  EXPECT_EQ(ErrorsOfConfig(WithGates(GetParam().gates)), want);
}

// clang-format off
#define SHARE " is not valid; give a share from 0% to 100%, such as 5% or 0.5%, or none"
#define RRSET "a name and a type, such as \"www.example.org A\", or \"@ MX\" for the zone's own name"
const Case kCases[] = {
    {"List", "[a]", {": found a list; expected keys: profile, serial, shrink_max, growth_max, apex_ns, dnskey, zonemd, dnssec, expires_in_min, keep_rrsets, command, deadline, on_deadline"}},
    {"Profile", "{ profile: strict }", {".profile: 'strict'; write recommended or none"}},
    {"ProfileIsAList", "{ profile: [none] }", {".profile: found a list; expected recommended or none"}},
    {"Serial", "{ serial: back }", {".serial: 'back'; write forward or any"}},
    {"Zonemd", "{ zonemd: on }", {".zonemd: 'on'; write ignore or verify or require"}},
    {"ShareWithoutPercent", "{ shrink_max: 5 }", {".shrink_max: '5'" SHARE}},
    {"ShareOver", "{ shrink_max: 101% }", {".shrink_max: '101%'" SHARE}},
    {"ShareALittleOver", "{ shrink_max: 100.01% }", {".shrink_max: '100.01%'" SHARE}},
    {"ShareNegative", "{ shrink_max: -1% }", {".shrink_max: '-1%'" SHARE}},
    {"ShareTooFine", "{ shrink_max: 0.001% }", {".shrink_max: '0.001%'" SHARE}},
    {"ShareWithoutWhole", "{ shrink_max: .5% }", {".shrink_max: '.5%'" SHARE}},
    {"ShareWithoutFraction", "{ shrink_max: 5.% }", {".shrink_max: '5.%'" SHARE}},
    {"ShareOfNothing", "{ shrink_max: '%' }", {".shrink_max: '%'" SHARE}},
    {"ShareOver32Bits", "{ shrink_max: 4294967297% }", {".shrink_max: '4294967297%'" SHARE}},
    {"Expires", "{ expires_in_min: 3 }", {".expires_in_min: '3' is not valid; give a time from 0 to 1440h with its unit, such as 500ms, 10s or 2m"}},
    {"ExpiresInNegativeHours", "{ expires_in_min: 1d-2h }", {".expires_in_min: '1d-2h' is not valid; give a time from 0 to 1440h with its unit, such as 500ms, 10s or 2m"}},
    {"ExpiresInTooManyDays", "{ expires_in_min: 99999999999d }", {".expires_in_min: '99999999999d' is not valid; give a time from 0 to 1440h with its unit, such as 500ms, 10s or 2m"}},
    {"DeadlineTooShort", "{ deadline: 10ms }", {".deadline: '10ms' is not valid; give a time from 1s to 1h with its unit, such as 500ms, 10s or 2m"}},
    {"RrsetWithoutType", "{ keep_rrsets: [example.org] }", {".keep_rrsets: 'example.org' is not an RRset; give " RRSET}},
    {"RrsetWithBlank", "{ keep_rrsets: ['example.org '] }", {".keep_rrsets: 'example.org ' is not an RRset; give " RRSET}},
    {"RrsetOfNoType", "{ keep_rrsets: ['@ AAAAA'] }", {".keep_rrsets: '@ AAAAA' does not end in a type of records; give " RRSET}},
    {"RrsetOfAny", "{ keep_rrsets: ['@ ANY'] }", {".keep_rrsets: '@ ANY' does not end in a type of records; give " RRSET}},
    {"RrsetOfBadName", "{ keep_rrsets: ['a..b A'] }", {".keep_rrsets: 'a..b A': 'a..b' is not a domain name: it has an empty label"}},
    {"RrsetTwice", "{ keep_rrsets: ['a.example.org A', 'A.example.org. a'] }", {".keep_rrsets: 'A.example.org. a' is repeated; keep one"}},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, WrongGates, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

TEST(Gates, UnknownKeysAndEmptyCommandsAreErrors) {
  EXPECT_THAT(ErrorsOfConfig(WithGates("{ dnsec: off }")),
              ElementsAre("4: unknown key 'dnsec'; did you mean 'dnssec'?"));
  EXPECT_THAT(ErrorsOfConfig(WithGates("{ command: [] }")),
              ElementsAre("4: the command is empty; give a program's path"));
}

TEST(Gates, KeptRrsetsAreInTheZone) {
  EXPECT_THAT(ErrorsOfConfig(WithGates("{ keep_rrsets: ['www.example.net A'] }")),
              ElementsAre("3: keep_rrsets of zone example.org. names www.example.net., "
                          "which is not in the zone; correct or remove it"));
}

}  // namespace
}  // namespace hither
