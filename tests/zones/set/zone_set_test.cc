#include "zones/set/zone_set.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

Name N(absl::string_view text) { return *Name::FromText(text); }

void Add(absl::string_view apex, absl::string_view file, ZoneSet& set) {
  set.Add(set.Make(N(apex), file));
}

// As many as there are, at once.
ZoneSet SetOf(absl::string_view apexes) {
  ZoneSources sources;
  for (const absl::string_view apex : absl::StrSplit(apexes, ' ', absl::SkipEmpty())) {
    sources.Add(N(apex), "f");
  }
  std::vector<ServedZone> zones;
  for (const ZoneSource source : sources) zones.emplace_back(source);
  return ZoneSet(sources, std::move(zones));
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
    Add(apex, "", set);
  }
  const ZoneSet at_once = SetOf(c.zones);
  const Name qname = N(c.qname);
  const HashedName hashed(qname);
  for (const ZoneSet* zones : {&at_once, static_cast<const ZoneSet*>(&set)}) {
    zones->Prefetch(hashed);
    const ServedZone* got = zones->FindZone(hashed, c.ds_at_parent);
    EXPECT_EQ(got == nullptr ? "" : got->apex().ToText(), c.want);
    EXPECT_EQ(zones->FindLikely(hashed), zones->FindZone(hashed, false));
  }
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
  Add("a.", "old", set);
  Add("b.", "b", set);
  Add("A.", "new", set);
  ASSERT_EQ(set.zones().size(), 2u);
  EXPECT_EQ(set.zones()[0].file(), "new");
  EXPECT_EQ(set.zones()[1].file(), "b");
  EXPECT_EQ(set.FindExact(N("a."))->file(), "new");
}

TEST(ZoneSet, FindsExactlyOneApex) {
  ZoneSet set;
  Add("org.", "", set);
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
  Add("gglmbpkbajhdpoae.", "one", set);
  EXPECT_EQ(set.FindExact(other), nullptr);
  EXPECT_EQ(set.FindZone(HashedName(other), false), nullptr);
  Add("nnclcakkdieilbdh.", "other", set);
  ASSERT_EQ(set.zones().size(), 2u);
  EXPECT_EQ(set.FindExact(one)->file(), "one");
  EXPECT_EQ(set.FindExact(other)->file(), "other");
}

TEST(ZoneSet, FindsEachOfMany) {
  std::string apexes;
  for (int i = 0; i < 5'000; ++i) absl::StrAppend(&apexes, "z", i, ".example. ");
  const ZoneSet at_once = SetOf(apexes);
  ZoneSet set;
  for (const absl::string_view apex : absl::StrSplit(apexes, ' ', absl::SkipEmpty())) {
    Add(apex, "", set);
  }
  for (const ZoneSet* zones : {&at_once, static_cast<const ZoneSet*>(&set)}) {
    ASSERT_EQ(zones->zones().size(), 5'000u);
    for (const ServedZone& zone : zones->zones()) {
      ASSERT_EQ(zones->FindExact(zone.apex()), &zone) << zone.apex().ToText();
    }
    EXPECT_EQ(zones->FindExact(N("z5000.example.")), nullptr);
  }
}

// Names and paths outlive the list that they came from, and zones need no room beyond what is told.
TEST(ZoneSet, KeepsNamesAndPathsAndIsSmall) {
  auto sources = std::make_unique<ZoneSources>();
  for (int i = 0; i < 1'000; ++i) {
    sources->Add(N(absl::StrCat("z", i, ".")), absl::StrCat("file", i));
  }
  std::vector<ServedZone> zones;
  zones.reserve(sources->size());
  for (const ZoneSource source : *sources) zones.emplace_back(source);
  const ZoneSet set(*sources, std::move(zones));
  sources.reset();
  EXPECT_EQ(set.FindExact(N("z999."))->file(), "file999");
  EXPECT_LE(set.MemoryBytes(), 1'000 * (40 + 13));
}

TEST(ZoneSet, CountsWhatIsServedAndWhatFailed) {
  ZoneSet set;
  Add("a.", "", set);
  ServedZone failed = set.Make(N("b."));
  failed.set_last_error("why", absl::UnixEpoch());
  set.Add(std::move(failed));
  EXPECT_EQ(set.served(), 0u);
  EXPECT_EQ(set.failed(), 1u);
  Add("b.", "", set);  // Replaced by one that has not failed.
  EXPECT_EQ(set.failed(), 0u);
}

}  // namespace
}  // namespace hither
