#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"
#include "zones/image/zone_view.h"

namespace hither {
namespace {

constexpr char kText[] = R"(
@ 60 SOA a b 7 2 3 4 5
@ 60 NS ns.example.net.
a 60 A 192.0.2.1
b.c 60 TXT x
*.w 60 MX 1 a
*.v 60 CNAME a
alias 60 CNAME a
d 60 DNAME w
d 60 TXT x
x.d 60 A 192.0.2.2
s 60 NS ns.s
ns.s 60 A 192.0.2.3
n.d.s 60 DNAME w
deep.*.w 60 A 192.0.2.4
)";

const Zone& Example() {
  static const auto& zone =
      *new std::shared_ptr<const Zone>(BuildZone(FlatZoneFromText("example.", kText)));
  return *zone;
}

// "state owner-of-the-node encloser type-of-the-rrset", and "wildcard".
std::string Describe(const Zone& zone, const Lookup& at) {
  static constexpr const char* kStates[] = {"answer",   "alias",  "dname",
                                            "referral", "nodata", "nxdomain"};
  return absl::StrCat(
      kStates[at.state], " ", at.node == kNoNode ? "-" : zone.NameOf(at.node).ToText(), " ",
      zone.NameOf(at.encloser).ToText(), " ",
      at.rrset == nullptr ? "-" : TypeToText(at.rrset->type), at.wildcard ? " wildcard" : "");
}

struct Case {
  const char* name;
  const char* question;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.question; }

class Find : public testing::TestWithParam<Case> {};

TEST_P(Find, Gives) {
  const std::pair<std::string, std::string> question = absl::StrSplit(GetParam().question, ' ');
  const Name name = *Name::FromText(question.first);
  const Lookup at = ZoneView(Example()).Find(HashedName(name), *TypeFromText(question.second));
  EXPECT_EQ(Describe(Example(), at), GetParam().want);
}

// clang-format off
constexpr Case kCases[] = {
    {"Apex",             "example. SOA",            "answer example. example. SOA"},
    {"Exact",            "a.example. A",            "answer a.example. a.example. A"},
    {"AnyCase",          "A.EXAMPLE. A",            "answer a.example. a.example. A"},
    {"TypeAbsent",       "a.example. MX",           "nodata a.example. a.example. -"},
    {"Any",              "d.example. ANY",          "answer d.example. d.example. TXT"},
    {"EmptyNonTerminal", "c.example. A",            "nodata c.example. c.example. -"},
    {"AnyOfEmpty",       "c.example. ANY",          "nodata c.example. c.example. -"},
    {"NameAbsent",       "q.example. A",            "nxdomain - example. -"},
    {"BelowLeaf",        "q.q.q.q.a.example. A",    "nxdomain - a.example. -"},
    {"BelowEmpty",       "q.c.example. A",          "nxdomain - c.example. -"},
    {"Alias",            "alias.example. A",        "alias alias.example. alias.example. CNAME"},
    {"AliasAsked",       "alias.example. CNAME",    "answer alias.example. alias.example. CNAME"},
    {"Wildcard",         "q.w.example. MX",         "answer *.w.example. w.example. MX wildcard"},
    {"WildcardDeep",     "q.q.q.w.example. MX",     "answer *.w.example. w.example. MX wildcard"},
    {"WildcardNoType",   "q.w.example. A",          "nodata *.w.example. w.example. - wildcard"},
    {"WildcardAlias",    "q.v.example. A",          "alias *.v.example. v.example. CNAME wildcard"},
    {"Star",             "*.w.example. MX",         "answer *.w.example. *.w.example. MX"},
    {"BelowStar",        "q.*.w.example. MX",       "nxdomain - *.w.example. -"},
    {"DeepBelowStar",    "deep.*.w.example. A",     "answer deep.*.w.example. deep.*.w.example. A"},
    {"DnameItself",      "d.example. TXT",          "answer d.example. d.example. TXT"},
    {"DnameAsked",       "d.example. DNAME",        "answer d.example. d.example. DNAME"},
    {"BelowDname",       "q.d.example. A",          "dname d.example. d.example. DNAME"},
    {"OccludedByDname",  "x.d.example. A",          "dname d.example. d.example. DNAME"},
    {"BelowOccluded",    "q.x.d.example. A",        "dname d.example. d.example. DNAME"},
    {"Cut",              "s.example. A",            "referral s.example. s.example. NS"},
    {"CutNs",            "s.example. NS",           "referral s.example. s.example. NS"},
    {"CutDs",            "s.example. DS",           "nodata s.example. s.example. -"},
    {"BelowCut",         "q.s.example. A",          "referral s.example. s.example. NS"},
    {"BelowCutDs",       "q.s.example. DS",         "referral s.example. s.example. NS"},
    {"Glue",             "ns.s.example. A",         "referral s.example. s.example. NS"},
    {"DnameBelowCut",    "q.n.d.s.example. A",      "referral s.example. s.example. NS"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Zones, Find, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(FindNode, KnowsOccludedNamesToo) {
  EXPECT_NE(Example().FindNode(*Name::FromText("NS.s.example.")), kNoNode);
  EXPECT_EQ(Example().FindNode(*Name::FromText("q.s.example.")), kNoNode);
}

TEST(FindNsec, IsTheLastAtOrBefore) {
  FlatZone flat = FlatZoneFromText("example.", kText);
  SignWithNsec(flat);
  const auto zone = BuildZone(flat);
  const auto owner_of = [&](absl::string_view name) {
    const Name qname = *Name::FromText(name);
    return zone->NameOf(zone->FindNsec(qname)).ToText();
  };
  EXPECT_EQ(owner_of("a.example."), "a.example.");
  EXPECT_EQ(owner_of("a.a.example."), "a.example.");
  EXPECT_EQ(owner_of("c.example."), "alias.example.");  // An empty non-terminal has none.
  EXPECT_EQ(owner_of("a.c.example."), "alias.example.");
  EXPECT_EQ(owner_of("z.example."), "deep.*.w.example.");
  EXPECT_EQ(owner_of("t.example."), "s.example.");  // Glue below the cut has none either.
  EXPECT_EQ(Example().FindNsec(*Name::FromText("a.example.")), kNoNode);
}

TEST(FindNsec3, MatchesOrCoversOnARing) {
  const Nsec3Chain chain{1, {0xab}, false};
  FlatZone flat = FlatZoneFromText("example.", kText);
  SignWithNsec3(flat, chain);
  const auto zone = BuildZone(flat);
  ASSERT_TRUE(zone->uses_nsec3() && zone->is_signed() && !zone->uses_nsec());
  for (const char* text : {"example.", "A.example.", "c.example.", "s.example."}) {
    const Name name = *Name::FromText(text);
    bool matches = false;
    const NodeId found = zone->FindNsec3(zone->HashForNsec3(name), matches);
    EXPECT_TRUE(matches);
    EXPECT_EQ(zone->NameOf(found).ToText(), Base32Hex(HashOf(name, chain)) + ".example.");
  }
  Nsec3Hash lowest{};
  bool matches = true;
  const NodeId last = zone->FindNsec3(lowest, matches);
  EXPECT_FALSE(matches);
  EXPECT_EQ(zone->Next(last), zone->nodes_end());
}

TEST(Image, IsOneBlock) {
  const Zone& zone = Example();
  EXPECT_EQ(zone.image().data(), reinterpret_cast<const uint8_t*>(&zone));
  EXPECT_GT(zone.image_bytes(), zone.nodes_end() * kImageUnitBytes);
}

}  // namespace
}  // namespace hither
