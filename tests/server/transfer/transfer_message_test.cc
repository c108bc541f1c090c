#include "server/transfer/transfer_message.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/server/transfer/transfer_texts.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

TransferQuery QueryOf(RrType type) {
  TransferQuery query;
  query.id = 0x1234;
  query.zone = TestZone();
  query.type = type;
  query.serial = 7;
  return query;
}

TEST(WriteQuery, AsksForTheSoa) {
  EXPECT_EQ(ToHex(WriteQuery(QueryOf(RrType::kSoa))),
            ToHex(PacketFromText("1234 0000 0001 0000 0000 0001\n"
                                 "07'example'00 0006 0001\n"
                                 "00 0029 04d0 00000000 0004  ; OPT of 1,232 octets\n"
                                 "0009 0000                   ; EXPIRE, empty")));
}

TEST(WriteQuery, AsksForAxfrWithoutEdns) {
  TransferQuery query = QueryOf(RrType::kAxfr);
  query.has_edns = false;
  EXPECT_EQ(ToHex(WriteQuery(query)),
            ToHex(PacketFromText("1234 0000 0001 0000 0000 0000 07'example'00 00fc 0001")));
}

TEST(WriteQuery, AsksForIxfrFromASerial) {
  EXPECT_EQ(ToHex(WriteQuery(QueryOf(RrType::kIxfr))),
            ToHex(PacketFromText("1234 0000 0001 0000 0001 0001\n"
                                 "07'example'00 00fb 0001\n"
                                 "c00c 0006 0001 00000000 0016 00 00  ; SOA of the zone\n"
                                 "00000007 00000000 00000000 00000000 00000000\n"
                                 "00 0029 04d0 00000000 0004 0009 0000")));
}

// Our own parser of queries takes them.
TEST(WriteQuery, IsAQuery) {
  for (const RrType type : {RrType::kSoa, RrType::kAxfr, RrType::kIxfr}) {
    const Bytes message = WriteQuery(QueryOf(type));
    Query query;
    EXPECT_EQ(ParseQuery(message, query), Parsed::kQuery);
    EXPECT_EQ(query.type, type);
    EXPECT_TRUE(query.edns.present);
  }
}

ReplyFault Check(absl::string_view text, bool is_first = true) {
  const TransferQuery query = QueryOf(RrType::kSoa);
  const Bytes message = ReplyFromText(query, text);
  RecordCursor cursor(message);
  return CheckReply(cursor, query, is_first);
}

TEST(CheckReply, NamesTheFault) {
  EXPECT_EQ(Check("SOA 7"), ReplyFault::kNone);
  EXPECT_EQ(Check("id=1"), ReplyFault::kOtherId);
  EXPECT_EQ(Check("query"), ReplyFault::kNoResponse);
  EXPECT_EQ(Check("opcode=5"), ReplyFault::kOtherOpcode);
  EXPECT_EQ(Check("question=other"), ReplyFault::kOtherQuestion);
  EXPECT_EQ(Check("question=two"), ReplyFault::kOtherQuestion);
  EXPECT_EQ(Check("question=none"), ReplyFault::kOtherQuestion);
  EXPECT_EQ(Check("question=none", false), ReplyFault::kNone);
  EXPECT_EQ(Check("question=none; rcode=1"), ReplyFault::kRcode);
  EXPECT_EQ(Check("question=other; rcode=5"), ReplyFault::kOtherQuestion);
  EXPECT_EQ(Check("rcode=5"), ReplyFault::kRcode);
}

TEST(CheckReply, IgnoresTheCaseOfTheQuestion) {
  TransferQuery other = QueryOf(RrType::kSoa);
  other.zone = Name::FromText("eXaMple.").value();
  const Bytes message = ReplyFromText(other, "SOA 7");
  RecordCursor cursor(message);
  EXPECT_EQ(CheckReply(cursor, QueryOf(RrType::kSoa), true), ReplyFault::kNone);
}

TEST(CheckReply, RejectsAMessageThatEndsEarly) {
  const Bytes message = PacketFromText("1234 8000 0001 0000 0000 0000 07'example'00 0006");
  RecordCursor cursor(message);
  EXPECT_EQ(CheckReply(cursor, QueryOf(RrType::kSoa), true), ReplyFault::kMalformed);
}

struct OptCase {
  const char* name;
  const char* rdata;
  const char* want;
};

TEST(ReadReplyOpt, ReadsExpire) {
  constexpr OptCase kCases[] = {
      {"Nothing", "", "yes"},
      {"Expire", "0009 0004 00000e10", "yes 3600"},
      {"OtherFirst", "0003 0002 abcd 0009 0004 00000e10", "yes 3600"},
      {"Empty", "0009 0000", "yes"},
      {"Short", "0009 0003 000e10", "no"},
      {"Long", "0009 0005 0000000e10", "no"},
      {"PastTheEnd", "0009 0008 00000e10", "no"},
      {"HalfAHead", "0009 00", "no"},
  };
  for (const OptCase& c : kCases) {
    const Bytes rdata = PacketFromText(c.rdata);
    WireRecord record;
    record.type = RrType::kOpt;
    record.rdata = rdata;
    ReplyEdns edns;
    std::string text = ReadReplyOpt(record, edns) ? "yes" : "no";
    if (edns.expire_seconds.has_value()) text += " " + std::to_string(*edns.expire_seconds);
    EXPECT_EQ(text, c.want) << c.name;
    EXPECT_FALSE(ReadReplyOpt(record, edns)) << "a second OPT";
  }
}

TEST(ReadReplyOpt, LimitsOptions) {
  Bytes rdata;
  for (int i = 0; i < 65; ++i) ByteWriter(rdata).U32(0x0a0000);
  WireRecord record;
  record.rdata = rdata;
  ReplyEdns edns;
  EXPECT_FALSE(ReadReplyOpt(record, edns));
}

TEST(MeansNoEdns, OnlyWithoutAnOpt) {
  EXPECT_TRUE(MeansNoEdns(Rcode::kFormErr, false));
  EXPECT_TRUE(MeansNoEdns(Rcode::kNotImp, false));
  EXPECT_FALSE(MeansNoEdns(Rcode::kFormErr, true));
  EXPECT_FALSE(MeansNoEdns(Rcode::kRefused, false));
}

}  // namespace
}  // namespace hither
