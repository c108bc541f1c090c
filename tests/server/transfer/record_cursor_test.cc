#include "server/transfer/record_cursor.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

// "a. 1/1 | 0 b. 5/1 60 rdata" for each question and record, and then "end" or the fault.
std::string Describe(ByteView message) {
  RecordCursor cursor(message);
  std::string text;
  WireQuestion question;
  while (cursor.NextQuestion(question)) {
    absl::StrAppend(&text, question.name.ToText(), " ", static_cast<int>(question.type), "/",
                    question.klass, " | ");
  }
  WireRecord record;
  while (cursor.Next(record)) {
    absl::StrAppend(&text, static_cast<int>(record.section), " ", record.owner.ToText(), " ",
                    static_cast<int>(record.type), " ", ToHex(record.rdata), " | ");
  }
  EXPECT_EQ(cursor.AtEnd(), cursor.fault() == nullptr);
  return absl::StrCat(text, cursor.AtEnd() ? "end" : cursor.fault());
}

struct Case {
  const char* name;
  const char* packet;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Walk : public testing::TestWithParam<Case> {};

TEST_P(Walk, Gives) { EXPECT_EQ(Describe(PacketFromText(GetParam().packet)), GetParam().want); }

TEST_P(Walk, EndsWithinTheMessage) {
  const Bytes whole = PacketFromText(GetParam().packet);
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    Describe(cut);
  }
}

// The question b.a. is at octet 12, a. at 14, the first record at 21.
#define HITHER_HEAD(answers) "0001 8000 0001 " answers " 0000 0000 01'b' 01'a' 00 0006 0001 "
// clang-format off
constexpr Case kCases[] = {
    {"Short", "0001 8000 0000 0000 0000 00", "is shorter than a header"},
    {"Nothing", "0001 8000 0000 0000 0000 0000", "end"},
    {"Question", HITHER_HEAD("0000"), "b.a. 6/1 | end"},
    {"Sections", "0001 8000 0000 0001 0001 0001 00 0001 0001 00000000 0001 aa 00 0001 0001 00000000 0001 bb 00 0001 0001 00000000 0001 cc",
     "0 . 1 aa | 1 . 1 bb | 2 . 1 cc | end"},
    {"FewerRecordsThanCounted", HITHER_HEAD("0002") "00 0001 0001 00000000 0001 aa", "b.a. 6/1 | 0 . 1 aa | ends within a name"},
    {"MoreOctetsThanCounted", HITHER_HEAD("0001") "00 0001 0001 00000000 0001 aa 00", "b.a. 6/1 | 0 . 1 aa | has octets after its last record"},
    {"PointerToTheQuestion", HITHER_HEAD("0001") "c00c 0001 0001 00000000 0001 aa", "b.a. 6/1 | 0 b.a. 1 aa | end"},
    {"LabelsThenPointer", HITHER_HEAD("0001") "01'c' c00e 0001 0001 00000000 0001 aa", "b.a. 6/1 | 0 c.a. 1 aa | end"},
    {"PointerToItself", HITHER_HEAD("0001") "c015 0001 0001 00000000 0001 aa", "b.a. 6/1 | has a compressed name that does not point backwards"},
    {"PointerToItsOwnLabels", HITHER_HEAD("0001") "01'c' c015 0001 0001 00000000 0001 aa", "b.a. 6/1 | has a compressed name that does not point backwards"},
    {"PointerForwards", HITHER_HEAD("0001") "c01f 0001 0001 00000000 0001 aa", "b.a. 6/1 | has a compressed name that does not point backwards"},
    {"PointerIntoTheHeader", HITHER_HEAD("0001") "c00a 0001 0001 00000000 0001 aa", "b.a. 6/1 | has a compressed name that does not point backwards"},
    {"HalfAPointer", HITHER_HEAD("0001") "c0", "b.a. 6/1 | ends within a name"},
    {"LabelType80", HITHER_HEAD("0001") "80 00", "b.a. 6/1 | has a label over 63 octets"},
    {"NsIsDecompressed", HITHER_HEAD("0001") "00 0002 0001 00000000 0004 01'c' c00e", "b.a. 6/1 | 0 . 2 0163016100 | end"},
    {"MxIsDecompressed", HITHER_HEAD("0001") "00 000f 0001 00000000 0004 0007 c00e", "b.a. 6/1 | 0 . 15 0007016100 | end"},
    {"SoaIsDecompressed", HITHER_HEAD("0001") "00 0006 0001 00000000 0018 c00c c00e 00000001 00000002 00000003 00000004 00000005",
     "b.a. 6/1 | 0 . 6 01620161000161000000000100000002000000030000000400000005 | end"},
    {"SrvIsDecompressed", HITHER_HEAD("0001") "00 0021 0001 00000000 0008 000000000000 c00e", "b.a. 6/1 | 0 . 33 000000000000016100 | end"},
    {"NaptrIsDecompressed", HITHER_HEAD("0001") "00 0023 0001 00000000 000b 00010002 01'x' 00 01'y' c00e", "b.a. 6/1 | 0 . 35 0001000201780001" "79016100 | end"},
    {"NaptrEndsInItsStrings", HITHER_HEAD("0001") "00 0023 0001 00000000 0006 00010002 ff'x'", "b.a. 6/1 | has RDATA that ends early"},
    {"DnameIsNot", HITHER_HEAD("0001") "00 0027 0001 00000000 0002 c00e", "b.a. 6/1 | 0 . 39 c00e | end"},
    {"UnknownTypeIsNot", HITHER_HEAD("0001") "00 ff00 0001 00000000 0002 c00e", "b.a. 6/1 | 0 . 65280 c00e | end"},
    {"NameOverTheRdata", HITHER_HEAD("0001") "00 0002 0001 00000000 0001 c00e", "b.a. 6/1 | has a name that ends outside of its RDATA"},
    {"NoRdata", HITHER_HEAD("0001") "00 0002 0001 00000000 0000", "b.a. 6/1 | 0 . 2  | end"},
    {"PreferenceAlone", HITHER_HEAD("0001") "00 000f 0001 00000000 0001 00", "b.a. 6/1 | has RDATA that ends early"},
};
// clang-format on
#undef HITHER_HEAD
INSTANTIATE_TEST_SUITE_P(Cases, Walk, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

Bytes Header(uint16_t answers) {
  Bytes message;
  ByteWriter writer(message);
  for (const uint16_t field : {1, 0x8000, 0, int{answers}, 0, 0}) writer.U16(field);
  return message;
}

void AppendRecord(ByteWriter& writer, uint16_t type, ByteView rdata) {
  writer.U16(type);
  writer.U16(1);
  writer.U32(0);
  writer.U16(static_cast<uint16_t>(rdata.size()));
  writer.Append(rdata);
}

// A name can grow to 255 octets by pointers, and not to more.
TEST(RecordCursor, LimitsTheSizeOfANameOfPointers) {
  for (const int labels : {127, 128}) {
    Bytes message = Header(static_cast<uint16_t>(labels));
    ByteWriter writer(message);
    size_t last = 0;
    for (int i = 0; i < labels; ++i) {
      const size_t at = message.size();
      writer.U8(1);
      writer.U8('a');
      i == 0 ? writer.U8(0) : writer.U16(static_cast<uint16_t>(0xc000 | last));
      AppendRecord(writer, 1, {});
      last = at;
    }
    const std::string text = Describe(message);
    EXPECT_EQ(text.ends_with("has a name over 255 octets"), labels == 128) << text;
  }
}

// Pointers to pointers add no octets: they are counted.
TEST(RecordCursor, LimitsPointersToPointers) {
  for (const int pointers : {RecordCursor::kPointersMax, RecordCursor::kPointersMax + 1}) {
    Bytes message = Header(static_cast<uint16_t>(pointers + 1));
    ByteWriter writer(message);
    size_t last = message.size();
    writer.U8(0);
    AppendRecord(writer, 1, {});
    for (int i = 0; i < pointers; ++i) {
      const size_t at = message.size();
      writer.U16(static_cast<uint16_t>(0xc000 | last));
      AppendRecord(writer, 1, {});
      last = at;
    }
    const std::string text = Describe(message);
    EXPECT_EQ(text.ends_with("has a name of over 127 pointers"),
              pointers > RecordCursor::kPointersMax);
  }
}

// RDATA that fits its length only while it is compressed, and a record that would fit no message.
TEST(RecordCursor, LimitsTheSizeOfARecord) {
  for (const size_t octets : {65'535 - 10 - 255 - 3, 65'535 - 10 - 255 - 2}) {
    Bytes message = Header(2);
    ByteWriter writer(message);
    for (int i = 0; i < 127; ++i) {
      writer.U8(1);
      writer.U8('a');
    }
    writer.U8(0);
    AppendRecord(writer, 1, {});
    writer.U16(0xc00c);
    AppendRecord(writer, 16, Bytes(octets + 3));
    const std::string text = Describe(message);
    EXPECT_EQ(text.ends_with("has a record over 65,535 octets"), octets > 65'535 - 10 - 255 - 3);
  }
}

}  // namespace
}  // namespace hither
