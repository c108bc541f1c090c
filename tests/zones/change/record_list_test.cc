#include "zones/change/record_list.h"

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/zones/change/change_support.h"

namespace hither {
namespace {

using testing::HasSubstr;

const Name& Apex() {
  static const Name apex = *Name::FromText("example.");
  return apex;
}

TEST(RecordList, KeepsRecordsInTheOrderOfArrivalAndInWireForm) {
  RecordList list(Apex());
  EXPECT_TRUE(list.empty());
  ASSERT_TRUE(list.Add(RecordFromText("WWW 60 A 192.0.2.1", Apex()).view()).ok());
  ASSERT_TRUE(list.Add(RecordFromText("@ 5 TXT x", Apex()).view()).ok());
  EXPECT_EQ(list.size(), 2u);
  const Bytes wire = {3, 'W', 'W', 'W', 7,   'e', 'x', 'a', 'm', 'p', 'l', 'e', 0,  // Owner,
                      0, 1,   0,   1,   0,   0,   0,   60,                          // A, IN, 60 s,
                      0, 4,   192, 0,   2,   1,                                     // 4 octets.
                      7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0,   0,   16,  0,   1,
                      0, 0,   0,   5,   0,   2,   1,   'x'};
  EXPECT_EQ(Bytes(list.octets().begin(), list.octets().end()), wire);
  const absl::StatusOr<RecordList> parsed = RecordList::Parse(wire, Apex());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(TextsOf(*parsed), TextsOf(list));
}

TEST(RecordList, SortsInCanonicalOrderEachRecordOnce) {
  // RFC 4034 §6.1's example, then types, RDATA by its octets and TTLs.
  const RecordList list = ListFromText("example.",
                                       "z 60 A 192.0.2.1\n"
                                       "yljkjljk.a 60 A 192.0.2.1\n"
                                       "Z.a 60 A 192.0.2.1\n"
                                       "zABC.a.EXAMPLE. 60 A 192.0.2.1\n"
                                       "\\001.z 60 A 192.0.2.1\n"
                                       "*.z 60 A 192.0.2.1\n"
                                       "\\200.z 60 A 192.0.2.1\n"
                                       "a 60 TXT b\n"
                                       "a 60 NS b\n"
                                       "A 60 NS A\n"
                                       "a 60 NS a\n"
                                       "a 50 NS a\n"
                                       "@ 60 SOA a b 1 2 3 4 5\n");
  EXPECT_TRUE(list.is_sorted());
  std::vector<std::string> heads;
  for (const RecordView& record : list) {
    heads.push_back(
        absl::StrCat(record.owner.ToText(), " ", record.ttl_seconds, " ", TypeToText(record.type)));
  }
  EXPECT_EQ(absl::StrJoin(heads, "\n"),
            "example. 60 SOA\n"
            "a.example. 50 NS\n"
            "A.example. 60 NS\n"
            "a.example. 60 NS\n"
            "a.example. 60 TXT\n"
            "yljkjljk.a.example. 60 A\n"
            "Z.a.example. 60 A\n"
            "zABC.a.EXAMPLE. 60 A\n"
            "z.example. 60 A\n"
            "\\001.z.example. 60 A\n"
            "*.z.example. 60 A\n"
            "\\200.z.example. 60 A");
}

TEST(RecordList, KnowsWhetherItIsSorted) {
  RecordList list(Apex());
  ASSERT_TRUE(list.Add(RecordFromText("a 60 A 192.0.2.1", Apex()).view()).ok());
  ASSERT_TRUE(list.Add(RecordFromText("b 60 A 192.0.2.1", Apex()).view()).ok());
  EXPECT_TRUE(list.is_sorted());
  ASSERT_TRUE(list.Add(RecordFromText("B 60 A 192.0.2.1", Apex()).view()).ok());
  EXPECT_FALSE(list.is_sorted());
  list.Sort();
  EXPECT_EQ(list.size(), 2u);
}

struct Refused {
  const char* name;
  const char* record;
  const char* why;
};
void PrintTo(const Refused& refused, std::ostream* os) { *os << refused.name; }

class Refusal : public testing::TestWithParam<Refused> {};

TEST_P(Refusal, NamesTheRecord) {
  RecordList list(Apex());
  const absl::Status added = list.Add(RecordFromText(GetParam().record, Apex()).view());
  EXPECT_EQ(added.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(added.message()), HasSubstr(GetParam().why));
  EXPECT_TRUE(list.empty());
}

// clang-format off
const Refused kRefused[] = {
    {"OutsideTheZone", "www.example.net. 60 A 192.0.2.1", "www.example.net. 60 A \\# 4 c0000201: outside the zone example."},
    {"NamesThatOnlyEndAlike", "xexample. 60 A 192.0.2.1", "outside the zone"},
    {"SoaBelowTheApex", "a 60 SOA a b 1 2 3 4 5", "a SOA below the apex"},
    {"MetaType", "a 60 TYPE255 \\# 0", "not a type of data"},
    {"TypeZero", "a 60 TYPE0 \\# 0", "not a type of data"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Records, Refusal, testing::ValuesIn(kRefused),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(RecordList, RefusesMalformedRdata) {
  RecordList list(Apex());
  const Bytes three = {192, 0, 2};
  const absl::Status added = list.Add({Apex(), RrType::kA, 60, three, {}});
  EXPECT_THAT(std::string(added.message()), HasSubstr("example. 60 A \\# 3 c00002: malformed"));
}

TEST(RecordList, HasLimits) {
  const TextRecord record = RecordFromText("a 60 A 192.0.2.1", Apex());  // 25 octets.
  for (const RecordLimits limits : {RecordLimits{74, 100}, RecordLimits{1000, 2}}) {
    RecordList list(Apex(), limits);
    EXPECT_TRUE(list.Add(record.view()).ok());
    EXPECT_TRUE(list.Add(record.view()).ok());
    EXPECT_EQ(list.Add(record.view()).code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(list.size(), 2u);
    Bytes wire(list.octets().begin(), list.octets().end());
    wire.insert(wire.end(), wire.begin(), wire.begin() + 25);
    EXPECT_EQ(RecordList::Parse(wire, Apex(), limits).status().code(),
              absl::StatusCode::kResourceExhausted);
  }
}

TEST(RecordList, ParsesNothingThatIsCutOff) {
  const RecordList list = ListFromText("example.", "a 60 A 192.0.2.1\n@ 60 SOA a b 1 2 3 4 5\n");
  const ByteView wire = list.octets();
  int parsed = 0;
  for (size_t bytes = 0; bytes <= wire.size(); ++bytes) {
    parsed += RecordList::Parse(wire.first(bytes), Apex()).ok();
  }
  EXPECT_EQ(parsed, 3);  // Nothing, one record, both.
}

TEST(RecordList, ParsesNoOtherClass) {
  const RecordList list = ListFromText("example.", "a 60 A 192.0.2.1");
  Bytes wire(list.octets().begin(), list.octets().end());
  wire[14] = 3;  // CHAOS.
  EXPECT_THAT(std::string(RecordList::Parse(wire, Apex()).status().message()),
              HasSubstr("of class 3"));
}

TEST(RecordList, FindsTheSerial) {
  EXPECT_EQ(ListFromText("example.", "@ 60 SOA a b 4294967295 2 3 4 5\na 60 A 192.0.2.1").Serial(),
            absl::StatusOr<uint32_t>(4294967295u));
  EXPECT_FALSE(ListFromText("example.", "a 60 A 192.0.2.1").Serial().ok());
  EXPECT_FALSE(
      ListFromText("example.", "@ 60 SOA a b 1 2 3 4 5\n@ 60 SOA a b 2 2 3 4 5").Serial().ok());
}

}  // namespace
}  // namespace hither
