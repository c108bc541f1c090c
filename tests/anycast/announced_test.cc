#include "anycast/announced.h"

#include <gtest/gtest.h>

#include <ostream>

#include "absl/strings/str_split.h"

namespace hither {
namespace {

// "a=announced b=absent c=unknown": a letter for each of three prefixes, where and what is seen.
std::vector<Observation::Seen> SeenOf(absl::string_view text) {
  std::vector<Observation::Seen> all;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const absl::string_view kind = word.substr(2);
    Observation::Seen& seen = all.emplace_back();
    seen.prefix = *Prefix::FromText(word[0] == 'a' ? "192.0.2.0/24" : "198.51.100.0/24");
    seen.kind = kind == "announced" ? Observation::Kind::kAnnounced
                : kind == "absent"  ? Observation::Kind::kAbsent
                                    : Observation::Kind::kUnknown;
  }
  return all;
}

struct Case {
  const char* name;
  const char* said;
  const char* read;  // Null: no daemon is read back from. "stale ...": not lately.
  const char* announced;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// clang-format off
constexpr Case kCases[] = {
    {"SaidToARouter",              "a=announced b=announced",           nullptr, "yes"},
    {"OneOfTwoRoutersIsEnough",    "a=absent a=announced b=announced",  nullptr, "yes"},
    {"NoSession",                  "a=absent b=absent",                 nullptr, "no"},
    {"HalfIsNotAll",               "a=announced b=absent",              nullptr, "no"},
    {"NobodySaysAnything",         "",                                  nullptr, "no"},
    {"ACommandRuns",               "a=announced b=unknown",             nullptr, "unknown"},
    {"UnknownAndAbsent",           "a=unknown b=absent",                nullptr, "no"},
    {"ReadBackToo",                "a=announced b=announced",           "a=announced b=announced", "yes"},
    {"ReadBackFromOneOfTwo",       "a=announced b=announced",           "a=absent a=announced b=announced", "yes"},
    {"TheDaemonsNeighborsAreDown", "a=announced b=announced",           "a=absent b=absent", "no"},
    {"AFilterDropsOne",            "a=announced b=announced",           "a=announced b=absent", "no"},
    {"TheDaemonIsSilent",          "a=announced b=announced",           "stale", "unknown"},
    {"TheDaemonSaysNothingOfIt",   "a=announced b=announced",           "a=announced", "unknown"},
    {"SilentAndNotEvenSaid",       "a=absent b=absent",                 "stale", "no"},
    {"AnothersRouteReadBack",      "a=absent b=absent",                 "a=announced b=announced", "no"},
};
// clang-format on

class AnnouncedCases : public testing::TestWithParam<Case> {};

TEST_P(AnnouncedCases, AsRoutersHaveIt) {
  const Case& c = GetParam();
  Evidence evidence;
  evidence.said = SeenOf(c.said);
  evidence.is_read_back = c.read != nullptr;
  evidence.is_read_fresh = c.read != nullptr && absl::string_view(c.read) != "stale";
  if (evidence.is_read_fresh) evidence.read = SeenOf(c.read);
  const std::vector<Prefix> prefixes = {*Prefix::FromText("192.0.2.0/24"),
                                        *Prefix::FromText("198.51.100.0/24")};
  const std::optional<bool> announced = IsAnnounced(prefixes, evidence);
  EXPECT_STREQ(!announced.has_value() ? "unknown" : *announced ? "yes" : "no", c.announced);
}

INSTANTIATE_TEST_SUITE_P(All, AnnouncedCases, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(Announced, NothingWantedIsNotAnnounced) { EXPECT_EQ(IsAnnounced({}, {}), false); }

}  // namespace
}  // namespace hither
