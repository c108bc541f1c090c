#include "dns/query.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

const char* ToText(Parsed parsed) {
  switch (parsed) {
    case Parsed::kQuery:
      return "query";
    case Parsed::kFormErr:
      return "formerr";
    case Parsed::kShort:
      return "short";
    case Parsed::kResponse:
      return "response";
  }
  return "?";
}

// What was read: "query example. 1/1 edns tsig", without the question if it could not be read.
std::string Describe(ByteView message) {
  Query query;
  std::string text = ToText(ParseQuery(message, query));
  if (query.question_bytes != 0) {
    absl::StrAppend(&text, " ", query.name.ToText(), " ", static_cast<int>(query.type), "/",
                    static_cast<int>(query.klass));
  }
  if (query.edns.present) text += " edns";
  if (query.tsig.present) text += query.tsig.key_name.empty() ? " tsig-compressed" : " tsig";
  return text;
}

struct Case {
  const char* name;
  const char* packet;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class ReadQuery : public testing::TestWithParam<Case> {};

TEST_P(ReadQuery, Gives) {
  const Bytes message = PacketFromText(GetParam().packet);
  EXPECT_EQ(Describe(message), GetParam().want);
}

// A fresh copy of exactly so many octets each time: a sanitizer sees a read past the end.
TEST_P(ReadQuery, CutShortAnywhereIsNoQuery) {
  if (!absl::StartsWith(GetParam().want, "query")) return;
  const Bytes whole = PacketFromText(GetParam().packet);
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    Query query;
    EXPECT_NE(ParseQuery(cut, query), Parsed::kQuery) << size;
  }
}

constexpr Case kCases[] = {
    {"Least", "1234 0000 0001 0000 0000 0000 00 0002 0001", "query . 2/1"},
    {"Plain", "1234 0000 0001 0000 0000 0000 01'a' 02'bc' 00 0001 0001", "query a.bc. 1/1"},
    {"AnyOctetInLabel", "1234 0000 0001 0000 0000 0000 03 00ff2e 00 0001 0001",
     "query \\000\\255\\.. 1/1"},
    {"Label63",
     "1234 0000 0001 0000 0000 0000\n"
     "3f 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 00 0001 0001",
     "query aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa. 1/1"},
    {"Label64",
     "1234 0000 0001 0000 0000 0000\n"
     "40 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 00 0001 0001",
     "formerr"},
    {"LabelType80", "1234 0000 0001 0000 0000 0000 80 00 0001 0001", "formerr"},
    {"LabelTypeBf", "1234 0000 0001 0000 0000 0000 bf 00 0001 0001", "formerr"},
    // RFC 1035 §4.1.4: there is no prior name to point to.
    {"PointerToItself", "1234 0000 0001 0000 0000 0000 c00c 0001 0001", "formerr"},
    {"PointerToHeader", "1234 0000 0001 0000 0000 0000 c000 0001 0001", "formerr"},
    {"PointerBehindLabel", "1234 0000 0001 0000 0000 0000 01'a' c00c 0001 0001", "formerr"},
    {"PointerForward", "1234 0000 0001 0000 0000 0000 c010 0001 0001 00", "formerr"},
    {"NoQuestion", "1234 0000 0000 0000 0000 0000", "formerr"},
    {"TwoQuestions", "1234 0000 0002 0000 0000 0000 00 0002 0001 00 0002 0001", "formerr"},
    {"TrailingOctet", "1234 0000 0001 0000 0000 0000 00 0002 0001 00", "formerr . 2/1"},
    {"AnswerCounted", "1234 0000 0001 0001 0000 0000 00 0002 0001", "formerr . 2/1"},
    {"AuthorityCounted", "1234 0000 0001 0000 0001 0000 00 0002 0001", "formerr . 2/1"},
    {"AdditionalMissing", "1234 0000 0001 0000 0000 0001 00 0002 0001", "formerr . 2/1"},
    {"AdditionalsMissing", "1234 0000 0001 0000 0000 ffff 00 0002 0001", "formerr . 2/1"},
    {"AnyAdditional",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "01'x' 00 0001 0001 00000000 0004 c0000201",
     "query . 2/1"},
    {"AdditionalWithBadName",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "41'x' 00 0001 0001 00000000 0000",
     "formerr . 2/1"},
    {"AdditionalLongerThanMessage",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "00 0001 0001 00000000 0005 c0000201",
     "formerr . 2/1"},
    {"IxfrAuthority",
     "1234 0000 0001 0000 0001 0000 00 00fb 0001\n"
     "c00c 0006 0001 00000000 0016 0000 00000001 00000002 00000003 00000004 00000005",
     "query . 251/1"},
    {"IxfrAuthorityMissing", "1234 0000 0001 0000 0001 0000 00 00fb 0001", "formerr . 251/1"},
    {"UpdateSections",
     "1234 2800 0001 0001 0001 0000 00 0006 0001\n"
     "c00c 00ff 00ff 00000000 0000\n"
     "c00c 0001 0001 00000000 0004 c0000201",
     "query . 6/1"},
    {"Opt", "1234 0000 0001 0000 0000 0001 00 0002 0001 00 0029 1000 00000000 0000",
     "query . 2/1 edns"},
    {"OptFirstOfTwoRecords",
     "1234 0000 0001 0000 0000 0002 00 0002 0001\n"
     "00 0029 1000 00000000 0000\n"
     "00 0001 0001 00000000 0000",
     "query . 2/1 edns"},
    // RFC 6891 §6.1.1: a sender of an OPT gets one, whatever else is wrong.
    {"OptWithoutQuestion", "1234 0000 0000 0000 0000 0001 00 0029 1000 00000000 0000",
     "formerr edns"},
    {"OptBehindTwoQuestions",
     "1234 0000 0002 0000 0000 0001 00 0002 0001 00 0002 0001\n"
     "00 0029 1000 00000000 0000",
     "formerr edns"},
    {"OptBehindAnAnswer",
     "1234 0000 0001 0001 0000 0001 00 0002 0001\n"
     "00 0001 0001 00000000 0004 c0000201\n"
     "00 0029 1000 00000000 0000",
     "formerr . 2/1 edns"},
    // RFC 6891 §6.1.1.
    {"OptTwice",
     "1234 0000 0001 0000 0000 0002 00 0002 0001\n"
     "00 0029 1000 00000000 0000\n"
     "00 0029 1000 00000000 0000",
     "formerr . 2/1 edns"},
    {"OptNotAtRoot",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "01'x' 00 0029 1000 00000000 0000",
     "formerr . 2/1"},
    {"OptAtPointer",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "c00c 0029 1000 00000000 0000",
     "formerr . 2/1"},
    {"OptInAuthority",
     "1234 0000 0001 0000 0001 0000 00 0002 0001\n"
     "00 0029 1000 00000000 0000",
     "formerr . 2/1"},
    {"OptWithHalfAnOption",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "00 0029 1000 00000000 0003 000300",
     "formerr . 2/1 edns"},
    // RFC 8945 §5.1: the last record.
    {"Tsig",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "01'k' 00 00fa 00ff 00000000 0014\n"
     "02'md' 00 000065000000 012c 0000 1234 0000 0000",
     "query . 2/1 tsig"},
    {"TsigWithMacAndOther",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "01'k' 00 00fa 00ff 00000000 001a\n"
     "02'md' 00 000065000000 012c 0004 aabbccdd 1234 0012 0002 eeff",
     "query . 2/1 tsig"},
    {"TsigBehindOpt",
     "1234 0000 0001 0000 0000 0002 00 0002 0001\n"
     "00 0029 1000 00000000 0000\n"
     "01'k' 00 00fa 00ff 00000000 0014\n"
     "02'md' 00 000065000000 012c 0000 1234 0000 0000",
     "query . 2/1 edns tsig"},
    {"TsigKeyCompressed",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "c00c 00fa 00ff 00000000 0014\n"
     "02'md' 00 000065000000 012c 0000 1234 0000 0000",
     "query . 2/1 tsig-compressed"},
    {"TsigNotLast",
     "1234 0000 0001 0000 0000 0002 00 0002 0001\n"
     "01'k' 00 00fa 00ff 00000000 0014\n"
     "02'md' 00 000065000000 012c 0000 1234 0000 0000\n"
     "00 0029 1000 00000000 0000",
     "formerr . 2/1"},
    {"TsigTooShort",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "01'k' 00 00fa 00ff 00000000 0004 02'md' 00",
     "formerr . 2/1 tsig"},
    {"TsigTooLong",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "01'k' 00 00fa 00ff 00000000 0015\n"
     "02'md' 00 000065000000 012c 0000 1234 0000 0000 00",
     "formerr . 2/1 tsig"},
    {"TsigAlgorithmIsNoName",
     "1234 0000 0001 0000 0000 0001 00 0002 0001\n"
     "01'k' 00 00fa 00ff 00000000 0002 c00c",
     "formerr . 2/1 tsig"},
};
INSTANTIATE_TEST_SUITE_P(Packets, ReadQuery, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

// RFC 1035 §2.3.4: 255 octets in all, the root's included.
Bytes QueryOfNameBytes(size_t name_bytes) {
  Bytes message = PacketFromText("1234 0000 0001 0000 0000 0000");
  for (size_t left = name_bytes - 1; left > 0;) {
    size_t label = left >= 66 ? 63 : left - 1;  // Never leaves a single octet over.
    if (left >= 66 && left - 64 == 1) label = 62;
    message.push_back(static_cast<uint8_t>(label));
    message.insert(message.end(), label, 'a');
    left -= 1 + label;
  }
  const Bytes end = PacketFromText("00 0001 0001");
  message.insert(message.end(), end.begin(), end.end());
  return message;
}

TEST(LongName, Of255OctetsIsRead) {
  Query query;
  const Bytes message = QueryOfNameBytes(255);
  EXPECT_EQ(ParseQuery(message, query), Parsed::kQuery);
  EXPECT_EQ(query.name.size(), 255u);
  EXPECT_EQ(query.question_bytes, 259u);
}

TEST(LongName, Of256OctetsIsNot) {
  Query query;
  const Bytes message = QueryOfNameBytes(256);
  EXPECT_EQ(ParseQuery(message, query), Parsed::kFormErr);
  EXPECT_EQ(query.question_bytes, 0u);
}

// 127 labels of one octet: the most there can be.
TEST(LongName, Of127LabelsIsRead) {
  Bytes message = PacketFromText("1234 0000 0001 0000 0000 0000");
  for (int i = 0; i < 127; ++i) message.insert(message.end(), {1, 'a'});
  const Bytes end = PacketFromText("00 0001 0001");
  message.insert(message.end(), end.begin(), end.end());
  Query query;
  EXPECT_EQ(ParseQuery(message, query), Parsed::kQuery);
  EXPECT_EQ(query.name.label_count(), kNameLabelsMax);
}

TEST(Header, IsReadEvenIfTheRestCannotBe) {
  Query query;
  const Bytes message = PacketFromText("beef 2910 0000 0000 0000 0000");
  EXPECT_EQ(ParseQuery(message, query), Parsed::kFormErr);
  EXPECT_EQ(query.id, 0xbeef);
  EXPECT_EQ(query.opcode, Opcode::kUpdate);
  EXPECT_EQ(query.flags & (kFlagRd | kFlagCd), kFlagRd | kFlagCd);
}

}  // namespace
}  // namespace hither
