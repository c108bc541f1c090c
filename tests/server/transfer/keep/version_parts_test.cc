#include "server/transfer/keep/version_parts.h"

#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/zones/change/change_support.h"

namespace hither {
namespace {

using testing::HasSubstr;

RecordList ListWith(uint32_t serial, const std::string& records) {
  return ListFromText("z.", absl::StrCat("@ 60 SOA a b ", serial, " 2 3 4 5\n", records));
}

// One record a line, the SOAs apart.
TransferDiff Step(uint32_t from, const std::string& removed, const std::string& added) {
  TransferDiff diff{.serial_from = from, .serial_to = from + 1};
  const RecordList lists[] = {ListWith(from, removed), ListWith(from + 1, added)};
  for (const RecordView& record : lists[0]) diff.removed.Append(record);
  for (const RecordView& record : lists[1]) diff.added.Append(record);
  return diff;
}

struct Applied {
  std::vector<std::string> texts = {};
  uint64_t repeated = 0;
  std::string error = {};
};
Applied ApplyTo(const std::string& before, const std::vector<TransferDiff>& diffs) {
  Applied applied;
  const absl::StatusOr<RecordList> after =
      ApplyAll(ListWith(1, before), diffs, {}, &applied.repeated);
  if (after.ok()) applied.texts = TextsOf(*after);
  if (!after.ok()) applied.error = std::string(after.status().message());
  return applied;
}

TEST(ApplyAll, OnlyTheTtlChanges) {
  const Applied applied =
      ApplyTo("a 60 A 192.0.2.1", {Step(1, "a 60 A 192.0.2.1", "a 61 A 192.0.2.1")});
  EXPECT_EQ(applied.texts, TextsOf(ListWith(2, "a 61 A 192.0.2.1"))) << applied.error;
  EXPECT_EQ(applied.repeated, 0u);
}

TEST(ApplyAll, RepeatedAdditionsAreCounted) {
  const Applied applied = ApplyTo(
      "a 60 A 192.0.2.1",
      {Step(1, "", "a 60 A 192.0.2.1\na 60 TXT x"), Step(2, "", "a 60 A 192.0.2.1\na 60 TXT x")});
  EXPECT_EQ(applied.texts, TextsOf(ListWith(3, "a 60 A 192.0.2.1\na 60 TXT x"))) << applied.error;
  EXPECT_EQ(applied.repeated, 3u);
}

// Joined without a look at the zone, both steps together would change nothing.
TEST(ApplyAll, ARepeatedAdditionThatIsRemovedLaterIsGone) {
  const Applied applied = ApplyTo(
      "a 60 A 192.0.2.1", {Step(1, "", "a 60 A 192.0.2.1"), Step(2, "a 60 A 192.0.2.1", "")});
  EXPECT_EQ(applied.texts, TextsOf(ListWith(3, ""))) << applied.error;
}

TEST(ApplyAll, AnAbsentRecordThatIsRemovedAndAddedAgainDoesNotFit) {
  const Applied applied =
      ApplyTo("", {Step(1, "a 60 A 192.0.2.1", ""), Step(2, "", "a 60 A 192.0.2.1")});
  EXPECT_THAT(applied.error, HasSubstr("removes a record that is absent: a.z."));
}

TEST(ApplyAll, StepsThatDoNotFollowEachOtherDoNotFit) {
  EXPECT_THAT(ApplyTo("", {Step(1, "", ""), Step(4, "", "")}).error,
              HasSubstr("removes a record that is absent: z."));
}

// The obvious way: a set, one step after the other. Some steps add again what is there, and some
// remove what is absent.
TEST(ApplyAllModel, EqualsOneStepAfterTheOther) {
  std::mt19937 random(14);
  const auto text_of = [](const std::set<std::string>& records) {
    std::string text;
    for (const std::string& record : records) absl::StrAppend(&text, record, "\n");
    return text;
  };
  int unfit = 0;
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(round);
    std::set<std::string> held;
    for (int i = 0; i < 4; ++i) held.insert(absl::StrCat("n", random() % 8, " 60 A 192.0.2.1"));
    const std::string before = text_of(held);
    std::vector<TransferDiff> diffs;
    uint64_t repeated = 0;
    bool fits = true;
    const uint32_t steps = 1 + random() % 5;
    for (uint32_t step = 1; step <= steps; ++step) {
      std::set<std::string> sides[2];
      for (int i = 0; i < 3; ++i) {
        const std::string record = absl::StrCat("n", random() % 8, " 60 A 192.0.2.1");
        const bool is_there = held.count(record) > 0;
        const bool is_odd = random() % 16 == 0;
        const bool is_removal = is_odd ? random() % 2 == 0 : is_there && random() % 4 != 0;
        if (sides[is_removal ? 1 : 0].count(record) == 0) sides[is_removal ? 0 : 1].insert(record);
      }
      for (const std::string& record : sides[0]) fits = fits && held.erase(record) == 1;
      for (const std::string& record : sides[1]) repeated += held.insert(record).second ? 0 : 1;
      diffs.push_back(Step(step, text_of(sides[0]), text_of(sides[1])));
    }
    const Applied applied = ApplyTo(before, diffs);
    EXPECT_EQ(applied.error.empty(), fits) << applied.error;
    unfit += fits ? 0 : 1;
    if (!fits) continue;
    EXPECT_EQ(applied.texts, TextsOf(ListWith(steps + 1, text_of(held))));
    EXPECT_EQ(applied.repeated, repeated);
  }
  EXPECT_GT(unfit, 10);
  EXPECT_LT(unfit, 300);
}

// The apex NS or SOA removed by an IXFR made BIND fail an assertion at the next question
// (CVE-2021-25214): here the version is not built at all.
TEST(ApplyAll, AnApexWithoutItsSoaIsNoDifference) {
  TransferDiff diff = Step(1, "", "");
  diff.added = {};
  EXPECT_THAT(ApplyTo("@ 60 NS ns.other.", {diff}).error,
              HasSubstr("must remove the SOA of the old serial and add the SOA"));
}

TEST(BuildVersion, AnApexWithoutItsNsIsAnError) {
  const std::string ns = "@ 60 NS ns.other.";
  const absl::StatusOr<RecordList> after = ApplyAll(ListWith(1, ns), {Step(1, ns, "")}, {});
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_THAT(BuildVersion(*after, {}).error, HasSubstr("NS"));
}

}  // namespace
}  // namespace hither
