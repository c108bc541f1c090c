#include "zones/zone_set.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

Name N(absl::string_view text) { return *Name::FromText(text); }

std::shared_ptr<const ServedZone> Served(absl::string_view apex, const std::string& file = "") {
  auto zone = std::make_shared<ServedZone>();
  zone->apex = N(apex);
  zone->file = file;
  return zone;
}

struct Case {
  const char* name;
  const char* zones;  // Their apexes, parted by spaces.
  const char* qname;
  bool ds_at_parent;
  const char* want;  // The apex of the zone that answers, or "" for none.
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class FindZone : public testing::TestWithParam<Case> {};

TEST_P(FindZone, GivesTheDeepest) {
  const Case& c = GetParam();
  ZoneSet set;
  for (const absl::string_view apex : absl::StrSplit(c.zones, ' ', absl::SkipEmpty())) {
    set.Add(Served(apex));
  }
  const Name qname = N(c.qname);
  const ServedZone* got = set.FindZone(HashedName(qname), c.ds_at_parent);
  EXPECT_EQ(got == nullptr ? "" : got->apex.ToText(), c.want);
}

// clang-format off
constexpr Case kCases[] = {
    {"Apex",               "example. org.",          "example.",           false, "example."},
    {"Below",              "example. org.",          "a.b.c.org.",         false, "org."},
    {"NotServed",          "example. org.",          "net.",               false, ""},
    {"LabelsNotLetters",   "example.",               "badexample.",        false, ""},
    {"AnyCase",            "ExamplE.",               "WWW.eXAMPLe.",       false, "ExamplE."},
    {"Deepest",            "org. b.org. a.b.org.",   "x.a.b.org.",         false, "a.b.org."},
    {"DeepestAnyOrder",    "a.b.org. org. b.org.",   "x.b.org.",           false, "b.org."},
    {"GapBetween",         "org. a.b.org.",          "b.org.",             false, "org."},
    {"Sibling",            "a.org. b.org.",          "c.org.",             false, ""},
    {"Root",               ".",                      "anything.at.all.",   false, "."},
    {"RootItself",         ". org.",                 ".",                  false, "."},
    {"NoZones",            "",                       "org.",               false, ""},
    {"NoZonesRoot",        "",                       ".",                  false, ""},
    {"DeeperThanAnyApex",  "org.",                   "1.2.3.4.5.6.7.org.", false, "org."},
    // RFC 4035 §3.1.4.1: the DS of a zone's apex is the parent's.
    {"DsAtParent",         "org. a.org.",            "a.org.",             true,  "org."},
    {"DsAtGrandparent",    ". a.org.",               "a.org.",             true,  "."},
    {"DsNoParentServed",   "a.org.",                 "a.org.",             true,  "a.org."},
    {"DsBelowApex",        "org. a.org.",            "x.a.org.",           true,  "a.org."},
    {"DsOfRoot",           ". org.",                 ".",                  true,  "."},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Zones, FindZone, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ZoneSet, ReplacesTheSameApexInPlace) {
  ZoneSet set;
  set.Add(Served("a.", "old"));
  set.Add(Served("b.", "b"));
  set.Add(Served("A.", "new"));
  ASSERT_EQ(set.zones().size(), 2u);
  EXPECT_EQ(set.zones()[0]->file, "new");
  EXPECT_EQ(set.zones()[1]->file, "b");
  EXPECT_EQ(set.FindExact(N("a."))->file, "new");
}

TEST(ZoneSet, FindsExactlyOneApex) {
  ZoneSet set;
  set.Add(Served("org."));
  EXPECT_NE(set.FindExact(N("ORG.")), nullptr);
  EXPECT_EQ(set.FindExact(N("a.org.")), nullptr);
  EXPECT_EQ(set.FindExact(N(".")), nullptr);
}

// Two names with one hash, found by a search of some 2^32 steps.
TEST(ZoneSet, TellsNamesOfOneHashApart) {
  const Name one = N("gglmbpkbajhdpoae.");
  const Name other = N("nnclcakkdieilbdh.");
  ASSERT_EQ(HashName(one), HashName(other)) << "the hash has changed: this needs another pair";
  ZoneSet set;
  set.Add(Served("gglmbpkbajhdpoae.", "one"));
  EXPECT_EQ(set.FindExact(other), nullptr);
  EXPECT_EQ(set.FindZone(HashedName(other), false), nullptr);
  set.Add(Served("nnclcakkdieilbdh.", "other"));
  ASSERT_EQ(set.zones().size(), 2u);
  EXPECT_EQ(set.FindExact(one)->file, "one");
  EXPECT_EQ(set.FindExact(other)->file, "other");
}

}  // namespace
}  // namespace hither
