#include "zones/image/zone_builder.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "dns/name_hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/flat_zone.h"

namespace hither {
namespace {

// Builds the zone "example." from text; `line` of a record is its place in the text, from 1.
BuiltZone Build(absl::string_view text, const ZoneLimits& limits = {}) {
  const FlatZone flat = FlatZoneFromText("example.", text);
  ZoneBuilder builder(flat.apex, limits);
  uint32_t line = 0;
  for (const FlatRecord& record : flat.records) {
    builder.Add({record.owner, record.type, record.ttl_seconds, record.rdata, {0, ++line}});
  }
  return builder.Build({"zone"});
}

std::string Findings(const BuiltZone& built) {
  std::vector<std::string> texts;
  for (const Finding& found : built.findings) texts.push_back(ToText(found));
  return absl::StrJoin(texts, "\n");
}

constexpr char kHead[] = "@ 60 SOA a b 7 2 3 4 5\n@ 60 NS ns.example.net.\n";

struct Case {
  const char* name;
  const char* records;  // Behind the two lines of kHead.
  const char* want;     // All findings.
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Finds : public testing::TestWithParam<Case> {};

TEST_P(Finds, What) {
  const BuiltZone built = Build(absl::StrCat(kHead, GetParam().records));
  EXPECT_EQ(Findings(built), GetParam().want);
  const bool is_error = absl::string_view(GetParam().want).find(": error:") != std::string::npos;
  EXPECT_EQ(built.zone == nullptr, is_error);
}

// clang-format off
constexpr Case kCases[] = {
    {"Nothing", "a 60 A 192.0.2.1\n", ""},
    {"OutOfZone", "a.example.net. 60 A 192.0.2.1\n",
     "zone:3: warning: a.example.net. is outside of the zone example.; ignored, remove it or correct its owner (RFC 1035 §5.2)"},
    {"OutOfZoneByLetters", "badexample. 60 A 192.0.2.1\n",
     "zone:3: warning: badexample. is outside of the zone example.; ignored, remove it or correct its owner (RFC 1035 §5.2)"},
    {"Duplicate", "a 60 A 192.0.2.1\nb 60 A 192.0.2.1\na 60 A 192.0.2.1\n",
     "zone:5: warning: the same A record at a.example. appears above; ignored, remove one (RFC 2181 §5)"},
    {"DuplicateInOtherCase", "a 60 MX 1 M\nA 60 MX 1 m\n",
     "zone:4: warning: the same MX record at a.example. appears above; ignored, remove one (RFC 2181 §5)"},
    {"NotADuplicate", "a 60 TXT x\na 60 TXT X\n", ""},
    {"UnlikeTtls", "a 60 A 192.0.2.1\na 61 A 192.0.2.2\n",
     "zone:4: warning: TTL 61 differs from the 60 of other records of type A at a.example.; the lowest is used, make them equal (RFC 2181 §5.2)"},
    {"TwoSoas", "@ 60 SOA a b 8 2 3 4 5\n",
     "zone:3: error: 2 SOA records at example., the first on line 1; keep one (RFC 2181 §10.1)"},
    {"ThreeSoas", "@ 60 SOA a b 8 2 3 4 5\n@ 60 SOA a b 9 2 3 4 5\n@ 60 SOA a b 10 2 3 4 5\n",
     "zone:3: error: 4 SOA records at example., the first on line 1, others on line 4, on line 5; keep one (RFC 2181 §10.1)"},
    {"SoaBelowApex", "a 60 SOA a b 8 2 3 4 5\n",
     "zone:3: error: SOA at a.example., which is not the apex example.; remove it (RFC 1035 §5.2)"},
    {"CnameBesideData", "a 60 A 192.0.2.1\na 60 CNAME b\n",
     "zone:4: error: CNAME beside other data at a.example., A on line 3; remove one (RFC 1034 §3.6.2)"},
    {"CnameAtApex", "@ 60 CNAME b\n",
     "zone:3: error: CNAME beside other data at example., NS on line 2; remove one (RFC 1034 §3.6.2)"},
    {"TwoCnames", "a 60 CNAME b\na 60 CNAME c\n",
     "zone:4: error: 2 CNAME records at a.example., the first on line 3; keep one (RFC 2181 §10.1)"},
    {"SameCnameTwice", "a 60 CNAME b\na 60 CNAME B\n",
     "zone:4: warning: the same CNAME record at a.example. appears above; ignored, remove one (RFC 2181 §5)"},
    // RFC 4034 §4: an NSEC and RRSIGs stand beside a CNAME.
    {"CnameSigned", "a 60 CNAME b\na 60 NSEC b CNAME RRSIG NSEC\na 60 RRSIG CNAME 8 2 60 20300101000000 20200101000000 1 @ AA==\n", ""},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Zones, Finds, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Build, WantsASoa) {
  const BuiltZone built = Build("@ 60 NS ns.example.net.\n");
  EXPECT_EQ(Findings(built), "zone: error: no SOA record at example.; add one (RFC 1035 §5.2)");
  EXPECT_EQ(built.zone, nullptr);
}

TEST(Build, OfNothingIsAnError) { EXPECT_EQ(Build("").zone, nullptr); }

TEST(Build, GivesUpWhenToldTo) {
  StopFlag stop;
  const ZoneLimits limits{.stop = &stop};
  EXPECT_NE(Build(kHead, limits).zone, nullptr);
  stop.Raise();
  const BuiltZone built = Build(kHead, limits);
  EXPECT_EQ(built.zone, nullptr);
  EXPECT_EQ(Findings(built), "zone: error: loading was stopped");
}

TEST(Limits, OfRecordsInAnRRset) {
  ZoneLimits limits;
  limits.records_per_rrset_max = 3;
  std::string text = kHead;
  for (int i = 1; i <= 3; ++i) absl::StrAppend(&text, "a 60 A 192.0.2.", i, "\n");
  EXPECT_EQ(Findings(Build(text, limits)), "");
  absl::StrAppend(&text, "a 60 A 192.0.2.4\n");
  const BuiltZone built = Build(text, limits);
  EXPECT_EQ(Findings(built),
            "zone:3: error: 4 records of type A at a.example.; at most 3 are allowed (limits: "
            "records_per_rrset_max)");
  EXPECT_EQ(built.zone, nullptr);
}

// They are dropped.
TEST(Limits, DuplicatesDoNotCount) {
  ZoneLimits limits;
  limits.records_per_rrset_max = 20;
  std::string text = kHead;
  for (int i = 0; i < 60; ++i) absl::StrAppend(&text, "a 60 A 192.0.2.", i % 20, "\n");
  const BuiltZone built = Build(text, limits);
  ASSERT_NE(built.zone, nullptr) << Findings(built);
  EXPECT_EQ(built.zone->record_count(), 22u);
  EXPECT_EQ(built.extents.records_per_rrset, 20u);
  ASSERT_EQ(built.findings.size(), 40u);
  EXPECT_EQ(ToText(built.findings[0]),
            "zone:23: warning: the same A record at a.example. appears above; ignored, remove one "
            "(RFC 2181 §5)");
  absl::StrAppend(&text, "a 60 A 192.0.2.20\n");
  EXPECT_THAT(Findings(Build(text, limits)),
              testing::HasSubstr("zone:3: error: 61 records of type A at a.example.; at most 20"));
}

TEST(Limits, OfTypesAtAName) {
  ZoneLimits limits;
  limits.types_per_name_max = 2;
  const std::string two = absl::StrCat(kHead, "a 60 A 192.0.2.1\na 60 TXT x\n");
  EXPECT_EQ(Findings(Build(two, limits)), "");
  EXPECT_EQ(Findings(Build(two + "a 60 MX 1 a\n", limits)),
            "zone:3: error: 3 types at a.example.; at most 2 are allowed (limits: "
            "types_per_name_max)");
}

TEST(Limits, OfFindings) {
  ZoneLimits limits;
  limits.findings_max = 2;
  std::string text = kHead;
  for (int i = 0; i < 5; ++i) {
    absl::StrAppend(&text, "a", i, ".net. 60 A 192.0.2.1\nb", i, " 60 A 192.0.2.1\n");
  }
  const BuiltZone built = Build(text, limits);
  ASSERT_EQ(built.findings.size(), 3u);
  EXPECT_EQ(ToText(built.findings[2]), "zone: warning: and 3 more warnings like these");
  EXPECT_NE(built.zone, nullptr);
  // Errors have a limit of their own, and are told behind ever so many warnings.
  const auto two_cnames = [](int i) {
    return absl::StrCat("x", i, " 60 CNAME y\nx", i, " 60 CNAME z\n");
  };
  const auto is_error = [](const Finding& found) { return found.severity == Severity::kError; };
  for (int i = 0; i < 2; ++i) text += two_cnames(i);
  const BuiltZone failed = Build(text, limits);
  EXPECT_EQ(failed.zone, nullptr);
  EXPECT_EQ(std::ranges::count_if(failed.findings, is_error), 2);
  EXPECT_EQ(ToText(failed.findings.back()), "zone: warning: and 3 more warnings like these");
  const BuiltZone worse = Build(text + two_cnames(2), limits);
  EXPECT_EQ(std::ranges::count_if(worse.findings, is_error), 3);
  EXPECT_EQ(ToText(worse.findings.back()), "zone: error: and 1 more errors like these");
}

TEST(Build, NamesBothZonesIfItsNameIsWrong) {
  std::string text = "other. 60 SOA a b 1 2 3 4 5\nother. 60 NS a\n";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&text, "a", i, ".other. 60 A 192.0.2.1\n");
  EXPECT_EQ(
      Findings(Build(text)),
      "zone:1: error: the SOA is at other., but the zone is example.; give the zone its right "
      "name, or correct the SOA's owner (RFC 1035 §5.2)");
}

TEST(Build, SaysThatTheSoasDotIsMissing) {
  EXPECT_EQ(
      Findings(Build("example 60 SOA a b 1 2 3 4 5\n@ 60 NS a\nb.example. 60 A 192.0.2.1\n")),
      "zone:1: error: the SOA is at example.example., but the zone is example.; end its owner "
      "with a dot (RFC 1035 §5.1)");
}

TEST(Build, AnSoaOfAnotherZoneBesideItsOwnIsOutside) {
  EXPECT_EQ(
      Findings(Build("other. 60 SOA a b 1 2 3 4 5\n@ 60 SOA a b 1 2 3 4 5\n")),
      "zone:1: warning: other. is outside of the zone example.; ignored, remove it or correct "
      "its owner (RFC 1035 §5.2)");
}

// A wrong --origin: no warning of a record that lies elsewhere may hide why there is no zone.
TEST(Limits, OfWarningsHideNoError) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    absl::StrAppend(&text, "a", i, ".net. 60 A 192.0.2.1\nb", i, " 60 A 192.0.2.1\n");
  }
  const std::string findings = Findings(Build(text));
  EXPECT_THAT(findings, testing::HasSubstr("error: no SOA record at example.; add one"));
  EXPECT_THAT(findings, testing::HasSubstr("warning: and 900 more warnings like these"));
}

// Names of two labels below "example." that have one hash all, as somebody makes them who has read
// name_hash.cc: the second eight octets of the label undo what the first have made.
std::vector<Name> CollidingNames(size_t count) {
  const Name apex = *Name::FromText("example.");
  std::vector<Name> names;
  for (uint64_t i = 1; names.size() < count; ++i) {
    const uint64_t before = HashName(apex) ^ (16 * 0xe7037ed1a0b428db);
    const auto product = static_cast<unsigned __int128>(before ^ i) * 0xa0761d6478bd642f;
    const uint64_t octets[] = {
        i, static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64)};
    const ByteView label(reinterpret_cast<const uint8_t*>(octets), sizeof(octets));
    if (std::ranges::any_of(label, [](uint8_t octet) { return octet != ToLowerOctet(octet); })) {
      continue;
    }
    names.emplace_back(apex);
    EXPECT_TRUE(names.back().Prepend(label));
    EXPECT_EQ(HashName(names.back()), HashName(names.front()));
  }
  return names;
}

std::string FindingsWith(const std::vector<Name>& names) {
  const FlatZone head = FlatZoneFromText("example.", kHead);
  ZoneBuilder builder(head.apex);
  for (const FlatRecord& record : head.records) {
    builder.Add({record.owner, record.type, record.ttl_seconds, record.rdata, {0, 1}});
  }
  for (const Name& name : names) {
    builder.Add({name, RrType::kA, 60, Bytes{192, 0, 2, 1}, {0, 2}});
  }
  return Findings(builder.Build({"zone"}));
}

// Each name would look at all before it, and a question at all of them.
TEST(Limits, OfNamesWithOneHash) {
  constexpr char kWant[] =
      "zone: error: too many names of example. have the same hash; they were chosen to collide, "
      "remove them";
  std::vector<Name> names = CollidingNames(100'000);
  EXPECT_EQ(FindingsWith(names), kWant);  // Looked up one by one.
  const auto before = [](const Name& a, const Name& b) { return CompareCanonical(a, b) < 0; };
  std::sort(names.begin(), names.end(), before);
  EXPECT_EQ(FindingsWith(names), kWant);  // Sorted: no look-ups.
  std::swap(names[names.size() - 2], names.back());
  EXPECT_EQ(FindingsWith(names), kWant);  // All put in at once when the last one comes.
  names.resize(500);
  EXPECT_EQ(FindingsWith(names), "");
}

std::vector<std::string> NamesOf(const Zone& zone) {
  std::vector<std::string> names;
  for (const NodeId id : zone.all_nodes()) names.push_back(zone.NameOf(id).ToText());
  return names;
}

// The n-th node of the zone, from 0, the apex.
NodeId Nth(const Zone& zone, int n) {
  NodeId id = kApex;
  for (; n > 0; --n) id = zone.Next(id);
  return id;
}

// The names of RFC 4034 §6.1, in its order; "*" and the like stand as octets do.
TEST(Names, AreInCanonicalOrder) {
  const BuiltZone built = Build(absl::StrCat(kHead, R"(
z 60 TXT x
\200.z 60 TXT x
a 60 TXT x
zABC.a.EXAMPLE. 60 TXT x
yljkjljk.a 60 TXT x
*.z 60 TXT x
\001.z 60 TXT x
Z.a 60 TXT x
)"));
  EXPECT_THAT(NamesOf(*built.zone),
              testing::ElementsAre("example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.",
                                   "zABC.a.EXAMPLE.", "z.example.", "\\001.z.example.",
                                   "*.z.example.", "\\200.z.example."));
}

// Octets of 0 and 1, and names that begin alike, decide beyond the first eight octets.
TEST(Names, AreInCanonicalOrderBeyondTheSortKey) {
  const BuiltZone built = Build(absl::StrCat(kHead, R"(
abcdefghz 60 TXT x
abcdefgha 60 TXT x
abcdefgh 60 TXT x
a.abcdefgh 60 TXT x
x\000y 60 TXT x
y.x 60 TXT x
x 60 TXT x
x\001 60 TXT x
)"));
  EXPECT_THAT(NamesOf(*built.zone),
              testing::ElementsAre("example.", "abcdefgh.example.", "a.abcdefgh.example.",
                                   "abcdefgha.example.", "abcdefghz.example.", "x.example.",
                                   "y.x.example.", "x\\000y.example.", "x\\001.example."));
}

TEST(Outside, MostOfTheRecordsAreOneFinding) {
  std::string text(kHead);
  for (int i = 0; i < 200; ++i) absl::StrAppend(&text, "a", i, ".other. 60 A 192.0.2.1\n");
  const BuiltZone built = Build(text);
  ASSERT_EQ(built.findings.size(), 1u);
  EXPECT_THAT(
      ToText(built.findings[0]),
      testing::HasSubstr("warning: 200 of 202 records are outside of the zone example., this "
                         "one first, and ignored; is that the zone's name?"));
}

TEST(Names, IncludeEmptyNonTerminals) {
  const BuiltZone built = Build(absl::StrCat(kHead, "a.b.c 60 TXT x\nd.b.c 60 TXT x\n"));
  EXPECT_THAT(NamesOf(*built.zone), testing::ElementsAre("example.", "c.example.", "b.c.example.",
                                                         "a.b.c.example.", "d.b.c.example."));
  EXPECT_EQ(built.zone->node(Nth(*built.zone, 1)).rrset_count, 0);
}

// RFC 5155 §7.2.8: owners of NSEC3 are not names; those of other records of the same name are.
TEST(Names, OfNsec3StandApart) {
  const std::string hash(32, '0');
  const BuiltZone built = Build(absl::StrCat(
      kHead, "@ 0 NSEC3PARAM 1 0 0 -\n", hash, " 5 NSEC3 1 0 0 - ", hash, " NS SOA NSEC3PARAM\n",
      hash, " 60 RRSIG NSEC3 8 2 60 20300101000000 20200101000000 1 @ AA==\n", hash,
      " 60 TXT x\nz 60 TXT x\n"));
  const Zone& zone = *built.zone;
  EXPECT_THAT(NamesOf(zone), testing::ElementsAre("example.", hash + ".example.", "z.example.",
                                                  hash + ".example."));
  EXPECT_EQ(zone.name_count(), 3u);
  EXPECT_EQ(zone.names_end(), Nth(zone, 3));
  EXPECT_EQ(zone.nodes_end(), Nth(zone, 4));
  EXPECT_EQ(zone.RRsetsOf(Nth(zone, 1))[0].type, RrType::kTxt);
  EXPECT_EQ(zone.RRsetsOf(Nth(zone, 3))[0].type, RrType::kNsec3);
  EXPECT_EQ(zone.RRsetsOf(Nth(zone, 3))[0].Signatures()->covered, RrType::kNsec3);
}

TEST(Signatures, TheFirstThatExpiresIsKnown) {
  const auto signed_until = [](absl::string_view owner, absl::string_view type,
                               absl::string_view time) {
    return absl::StrCat(owner, " 60 RRSIG ", type, " 8 2 60 ", time, " 20200101000000 1 @ AA==\n");
  };
  EXPECT_EQ(Build(kHead).zone->first_expiration(), std::nullopt);
  const std::string later = absl::StrCat(kHead, "a 60 A 192.0.2.1\n", signed_until("a", "A", "9"));
  EXPECT_EQ(Build(later).zone->first_expiration(), 9u);
  EXPECT_EQ(Build(absl::StrCat(later, signed_until("@", "NS", "8"))).zone->first_expiration(), 8u);
  // RFC 4034 §3.1.5: just before 2^32 comes before 9.
  EXPECT_EQ(
      Build(absl::StrCat(later, signed_until("@", "NS", "4294967295"))).zone->first_expiration(),
      4294967295u);
  // What is below a zone cut is never in an answer.
  EXPECT_EQ(Build(absl::StrCat(later, "d 60 NS ns.d\nns.d 60 A 192.0.2.2\n",
                               signed_until("ns.d", "A", "8")))
                .zone->first_expiration(),
            9u);
}

TEST(Records, AreInOrderOfTypesAndOfTheFile) {
  const BuiltZone built =
      Build(absl::StrCat(kHead, "a 60 TXT 2\na 60 A 192.0.2.2\na 60 TXT 1\na 60 A 192.0.2.1\n"));
  const Zone& zone = *built.zone;
  ASSERT_EQ(zone.RRsetsOf(Nth(zone, 1)).size(), 2u);
  const RRset& a = zone.RRsetsOf(Nth(zone, 1))[0];
  EXPECT_EQ(a.type, RrType::kA);
  std::vector<Bytes> got;
  for (const ByteView rdata : a.Records()) got.emplace_back(rdata.begin(), rdata.end());
  EXPECT_EQ(got, (std::vector<Bytes>{{192, 0, 2, 2}, {192, 0, 2, 1}}));
  EXPECT_EQ(zone.record_count(), 6u);
}

TEST(Places, AreThoseOfTheFirstRecord) {
  const FlatZone flat = FlatZoneFromText(
      "example.", absl::StrCat(kHead, "a 60 TXT 2\na 60 A 192.0.2.2\nA 60 A 192.0.2.1\n"));
  ZoneBuilder builder(flat.apex);
  uint32_t line = 0;
  for (const FlatRecord& record : flat.records) {
    builder.Add({record.owner, record.type, record.ttl_seconds, record.rdata, {7, ++line}});
  }
  ASSERT_NE(builder.Build({"zone"}).zone, nullptr);
  const Name a = *Name::FromText("a.example.");
  EXPECT_EQ(builder.PlaceOf(a, false, RrType::kA).line, 4u);
  EXPECT_EQ(builder.PlaceOf(a, false, RrType::kA).file, 7u);
  EXPECT_EQ(builder.PlaceOf(a, false, RrType::kMx).line, 3u);  // None: the name's first.
  EXPECT_EQ(builder.PlaceOf(a, true, RrType::kA).line, 0u);    // No NSEC3 is there.
  EXPECT_EQ(builder.PlaceOf(*Name::FromText("b.example."), false, RrType::kA).line, 0u);
}

TEST(Soa, GivesSerialAndNegativeTtl) {
  const BuiltZone built = Build("@ 60 SOA a b 4294967295 2 3 4 300\n@ 60 NS a\n");
  EXPECT_EQ(built.zone->serial(), 4294967295u);
  EXPECT_EQ(built.zone->negative_ttl_seconds(), 60u);
  EXPECT_EQ(Build(kHead).zone->negative_ttl_seconds(), 5u);
}

}  // namespace
}  // namespace hither
