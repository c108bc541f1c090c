#include "zones/change/zone_diff.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/zones/change/change_support.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kSoa1[] = "@ 60 SOA a b 1 2 3 4 5\n";
constexpr char kSoa2[] = "@ 60 SOA a b 2 2 3 4 5\n";

RecordList Zone(const std::string& soa, const std::string& records) {
  return ListFromText("example.", soa + records);
}

ZoneDiff MakeDiff(const RecordList& before, const RecordList& after) {
  const absl::StatusOr<ZoneDiff> diff = Diff(before, after);
  EXPECT_TRUE(diff.ok()) << diff.status();
  EXPECT_TRUE(CheckDiff(*diff).ok()) << CheckDiff(*diff);
  return *diff;
}

TEST(Diff, HoldsTheSoasAndWhatDiffers) {
  const ZoneDiff diff = MakeDiff(Zone(kSoa1, "a 60 A 192.0.2.1\nb 60 A 192.0.2.1"),
                                 Zone(kSoa2, "b 60 A 192.0.2.1\nc 60 A 192.0.2.1"));
  EXPECT_EQ(diff.serial_from, 1u);
  EXPECT_EQ(diff.serial_to, 2u);
  EXPECT_THAT(TextsOf(diff.removed),
              ElementsAre(HasSubstr("SOA"), "a.example. 60 A \\# 4 c0000201"));
  EXPECT_THAT(TextsOf(diff.added), ElementsAre(HasSubstr("SOA"), "c.example. 60 A \\# 4 c0000201"));
}

TEST(Diff, AChangedTtlOrCaseIsARemovalAndAnAddition) {
  const ZoneDiff diff = MakeDiff(Zone(kSoa1, "a 60 A 192.0.2.1\nb 60 NS n\nc 60 A 192.0.2.1"),
                                 Zone(kSoa2, "a 50 A 192.0.2.1\nb 60 NS N\nC 60 A 192.0.2.1"));
  EXPECT_EQ(diff.removed.size(), 4u);
  EXPECT_EQ(diff.added.size(), 4u);
}

TEST(Diff, NeedsOneSoa) {
  EXPECT_FALSE(Diff(Zone(kSoa1, ""), Zone("", "a 60 A 192.0.2.1")).ok());
  EXPECT_FALSE(Diff(Zone("", "a 60 A 192.0.2.1"), Zone(kSoa1, "")).ok());
}

TEST(Apply, NamesTheRecordThatIsAbsentOrPresent) {
  const RecordList one = Zone(kSoa1, "a 60 A 192.0.2.1");
  const RecordList two = Zone(kSoa2, "b 60 A 192.0.2.1");
  const ZoneDiff diff = MakeDiff(one, two);
  EXPECT_THAT(std::string(Apply(Zone(kSoa1, "a 50 A 192.0.2.1"), diff).status().message()),
              HasSubstr("removes a record that is absent: a.example. 60 A \\# 4 c0000201"));
  EXPECT_THAT(
      std::string(
          Apply(Zone(kSoa1, "a 60 A 192.0.2.1\nB 60 A 192.0.2.1"), diff).status().message()),
      HasSubstr("adds a record that is present: b.example. 60 A \\# 4 c0000201"));
}

// A primary may give a name in another case in an IXFR than in the AXFR before.
TEST(Apply, RemovesARecordInAnotherCase) {
  const ZoneDiff diff = MakeDiff(Zone(kSoa1, "A 60 NS N"), Zone(kSoa2, ""));
  const absl::StatusOr<RecordList> after = Apply(Zone(kSoa1, "a 60 NS n"), diff);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->size(), 1u);
}

TEST(Concatenate, RefusesChangesThatDoNotFit) {
  const RecordList one = Zone(kSoa1, "");
  const RecordList two = Zone(kSoa2, "a 60 A 192.0.2.1");
  const ZoneDiff first = MakeDiff(one, two);
  EXPECT_FALSE(Concatenate(first, first).ok());
  ZoneDiff second = *Invert(first);
  second.removed = Zone(kSoa2, "b 60 A 192.0.2.1");
  EXPECT_TRUE(Concatenate(first, second).ok());  // Whether b is present is unknown.
  second.removed = Zone(kSoa2, "");
  second.added = Zone(kSoa1, "a 60 A 192.0.2.1");
  EXPECT_THAT(std::string(Concatenate(first, second).status().message()),
              HasSubstr("adds a record that is present: a.example."));
  const ZoneDiff back = *Invert(first);
  ZoneDiff again = first;
  again.removed = Zone(kSoa1, "a 60 A 192.0.2.1");
  again.added = Zone(kSoa2, "");
  EXPECT_THAT(std::string(Concatenate(back, again).status().message()),
              HasSubstr("removes a record that is absent: a.example."));
}

TEST(Invert, NothingIsBeforeTheFirstVersion) {
  EXPECT_FALSE(Invert(MakeDiff(RecordList(*Name::FromText("example.")), Zone(kSoa1, ""))).ok());
}

TEST(CheckDiff, WantsTheRightSoas) {
  const ZoneDiff good = MakeDiff(Zone(kSoa1, ""), Zone(kSoa2, ""));
  ZoneDiff diff = good;
  diff.serial_to = 3;
  EXPECT_FALSE(CheckDiff(diff).ok());
  diff = good;
  diff.serial_from = 3;
  EXPECT_FALSE(CheckDiff(diff).ok());
  diff = good;
  diff.serial_from.reset();
  EXPECT_FALSE(CheckDiff(diff).ok());
  diff = good;
  diff.removed = Zone("", "");
  EXPECT_FALSE(CheckDiff(diff).ok());
  diff = good;
  diff.added = Zone(std::string(kSoa2) + "@ 50 SOA a b 2 2 3 4 5\n", "");
  EXPECT_FALSE(CheckDiff(diff).ok());
}

TEST(CheckDiff, WantsEachRecordOnOneSide) {
  ZoneDiff diff = MakeDiff(Zone(kSoa1, ""), Zone(kSoa2, ""));
  diff.removed = Zone(kSoa1, "a 60 A 192.0.2.1");
  diff.added = Zone(kSoa2, "a 60 A 192.0.2.1");
  EXPECT_FALSE(CheckDiff(diff).ok());
  diff.added = Zone(kSoa2, "A 60 A 192.0.2.1");
  EXPECT_TRUE(CheckDiff(diff).ok());
}

TEST(ParseDiff, AcceptsNothingThatIsCutOffOrOfAnotherFormat) {
  const Bytes wire = EncodeDiff(MakeDiff(Zone(kSoa1, "a 60 A 192.0.2.1"), Zone(kSoa2, "")));
  EXPECT_TRUE(ParseDiff(wire).ok());
  for (size_t bytes = 0; bytes < wire.size(); ++bytes) {
    EXPECT_FALSE(ParseDiff(ByteView(wire).first(bytes)).ok()) << bytes;
  }
  for (const size_t at : {0u, 1u}) {
    Bytes other = wire;
    other[at] = 9;
    EXPECT_FALSE(ParseDiff(other).ok());
  }
  EXPECT_FALSE(ParseDiff(wire, {10, 10}).ok());
}

// Records by what identifies them, to what they look like.
using Model = std::map<std::string, std::string>;
Model ModelOf(const RecordList& list) {
  Model model;
  for (const RecordView& record : list) {
    Bytes rdata(record.rdata.begin(), record.rdata.end());
    for (uint8_t& octet : rdata) octet = ToLowerOctet(octet);  // No other letters in these zones.
    model[absl::AsciiStrToLower(RecordText(
        {record.owner, record.type, record.ttl_seconds, rdata, {}}))] = RecordText(record);
  }
  return model;
}

Model ApplyToModel(Model model, const ZoneDiff& diff) {
  for (const auto& [key, text] : ModelOf(diff.removed)) EXPECT_EQ(model.erase(key), 1u) << text;
  for (const auto& [key, text] : ModelOf(diff.added)) {
    EXPECT_TRUE(model.emplace(key, text).second) << text;
  }
  return model;
}

TEST(ZoneDiffModel, AllPathsBetweenRandomVersionsAgree) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    RandomZone zone("example.", seed);
    std::vector<RecordList> versions = {RecordList(*Name::FromText("example."))};
    for (int i = 0; i < 4; ++i) versions.push_back(zone.Next());
    ZoneDiff all = MakeDiff(versions[0], versions[1]);
    for (size_t i = 2; i < versions.size(); ++i) {
      const ZoneDiff diff = MakeDiff(versions[i - 1], versions[i]);
      EXPECT_EQ(ApplyToModel(ModelOf(versions[i - 1]), diff), ModelOf(versions[i]));
      EXPECT_EQ(TextsOf(*Apply(versions[i - 1], diff)), TextsOf(versions[i]));
      EXPECT_EQ(TextsOf(*Apply(versions[i], *Invert(diff))), TextsOf(versions[i - 1]));
      const absl::StatusOr<ZoneDiff> parsed = ParseDiff(EncodeDiff(diff));
      ASSERT_TRUE(parsed.ok()) << parsed.status();
      EXPECT_EQ(EncodeDiff(*parsed), EncodeDiff(diff));
      const absl::StatusOr<ZoneDiff> joined = Concatenate(all, diff);
      ASSERT_TRUE(joined.ok()) << joined.status();
      all = *joined;
      EXPECT_EQ(EncodeDiff(all), EncodeDiff(MakeDiff(versions[0], versions[i])));
      const ZoneDiff last_two = *Concatenate(MakeDiff(versions[i - 1], versions[i]), *Invert(diff));
      EXPECT_TRUE(last_two.removed.empty() && last_two.added.empty());
    }
  }
}

}  // namespace
}  // namespace hither
