#include "server/answer/response_writer.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/packet_text.h"
#include "tests/support/reply_parser.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  const char* question;
  const char* reply;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.question; }

class Octets : public testing::TestWithParam<Case> {};

constexpr char kZone[] = R"(
@ 16 SOA a b 1 2 3 4 5
@ 16 NS a
a 16 A 192.0.2.1
a 16 A 192.0.2.2
m 16 MX 1 a
c 16 CNAME x.y.example.net.
d 16 CNAME Y.example.net.
s 16 SRV 1 2 3 a
n 16 CNAME m
)";

TEST_P(Octets, AreTheReply) {
  TestServer server({{"ex.", kZone}});
  EXPECT_EQ(ToHex(server.Reply(GetParam().question)), ToHex(PacketFromText(GetParam().reply)));
}

// The question stands at octet 12; pointers are c000 + where the name stands (RFC 1035 §4.1.4).
constexpr Case kCases[] = {
    {"OwnerPointsToQuestion", "a.ex. A",
     "1234 8400 0001 0002 0000 0000\n"
     "01'a' 02'ex' 00 0001 0001                 ; 12: a.ex.  14: ex.\n"
     "c00c 0001 0001 00000010 0004 c0000201\n"
     "c00c 0001 0001 00000010 0004 c0000202\n"},
    {"RdataPointsToQuestion", "m.ex. MX",
     "1234 8400 0001 0001 0000 0002\n"
     "01'm' 02'ex' 00 000f 0001                 ; 14: ex.\n"
     "c00c 000f 0001 00000010 0006 0001 01'a' c00e ; 36: a.ex.\n"
     "c024 0001 0001 00000010 0004 c0000201\n"
     "c024 0001 0001 00000010 0004 c0000202\n"},
    // The owner of the negative answer's SOA is an ancestor of the question's name.
    {"AncestorOfQuestion", "q.a.ex. A",
     "1234 8403 0001 0000 0001 0000             ; NXDOMAIN\n"
     "01'q' 01'a' 02'ex' 00 0001 0001           ; 14: a.ex.  16: ex.\n"
     "c010 0006 0001 00000005 001a\n"
     "c00e 01'b' c010                           ; MNAME a.ex., RNAME b.ex.\n"
     "00000001 00000002 00000003 00000004 00000005\n"},
    // RFC 4343 §4.1: matched in any case, told in the zone's.
    {"CaseIsKept", "D.EX. CNAME",
     "1234 8400 0001 0001 0000 0000\n"
     "01'D' 02'EX' 00 0005 0001\n"
     "c00c 0005 0001 00000010 000f 01'Y' 07'example' 03'net' 00\n"},
    // RFC 3597 §4: SRV's target must not be compressed.
    {"SrvIsNotCompressed", "s.ex. SRV",
     "1234 8400 0001 0001 0000 0002\n"
     "01's' 02'ex' 00 0021 0001                 ; 14: ex.\n"
     "c00c 0021 0001 00000010 000c 0001 0002 0003 01'a' 02'ex' 00\n"
     "01'a' c00e 0001 0001 00000010 0004 c0000201 ; 46: a.ex.\n"
     "c02e 0001 0001 00000010 0004 c0000202\n"},
    // An owner that is nothing but a pointer is not pointed to: its target is.
    {"NoPointerToPointer", "n.ex. MX",
     "1234 8400 0001 0002 0000 0002\n"
     "01'n' 02'ex' 00 000f 0001\n"
     "c00c 0005 0001 00000010 0004 01'm' c00e   ; 34: m.ex.\n"
     "c022 000f 0001 00000010 0006 0001 01'a' c00e ; 52: a.ex.\n"
     "c034 0001 0001 00000010 0004 c0000201\n"
     "c034 0001 0001 00000010 0004 c0000202\n"},
    {"NoAnswerNoQuestionChange", "other. A",
     "1234 8005 0001 0000 0000 0000\n"
     "05'other' 00 0001 0001\n"},
    {"OptIsLast", "a.ex. AAAA +edns",
     "1234 8400 0001 0000 0001 0001\n"
     "01'a' 02'ex' 00 001c 0001\n"
     "c00e 0006 0001 00000005 001a c00c 01'b' c00e\n"
     "00000001 00000002 00000003 00000004 00000005\n"
     "00 0029 04d0 00000000 0000\n"},
};
INSTANTIATE_TEST_SUITE_P(Replies, Octets, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

// The root is one octet; a pointer to it would be two.
TEST(RootOwner, IsNeverAPointer) {
  TestServer server({{".", "@ 16 SOA a. b. 1 2 3 4 5\n@ 16 NS a.\n@ 16 NS b.\n"}});
  EXPECT_EQ(ToHex(server.Reply(". NS")),
            ToHex(PacketFromText("1234 8400 0001 0002 0000 0000\n"
                                 "00 0002 0001\n"
                                 "00 0002 0001 00000010 0003 01'a' 00\n"
                                 "00 0002 0001 00000010 0003 01'b' 00\n")));
  EXPECT_EQ(ToHex(server.Reply("q. A")),
            ToHex(PacketFromText("1234 8403 0001 0000 0001 0000\n"
                                 "01'q' 00 0001 0001\n"
                                 "00 0006 0001 00000005 001a 01'a' 00 01'b' 00\n"
                                 "00000001 00000002 00000003 00000004 00000005\n")));
}

// A pointer reaches 0x3fff; names beyond are written out, and nothing points to them.
TEST(LongReply, NamesBeyondPointersAreWrittenOut) {
  std::string text = "@ 16 SOA a b 1 2 3 4 5\n@ 16 NS a\n";
  for (int i = 0; i < 900; ++i) absl::StrAppend(&text, "m 16 MX ", i, " mail-", i, ".host\n");
  for (int i = 0; i < 900; ++i) absl::StrAppend(&text, "mail-", i, ".host 16 A 192.0.2.1\n");
  TestServer server({{"example.", text}});
  const Bytes reply = server.Reply("m.example. MX +tcp");
  ASSERT_GT(reply.size(), 0x4000u);
  const ParsedMessage parsed = ParseMessage(reply);
  ASSERT_EQ(parsed.error, "");
  ASSERT_EQ(parsed.answer().size(), 900u);
  EXPECT_EQ(parsed.answer()[899].rdata, std::string("\x03\x83\x08mail-899\x04host\x07"
                                                    "example\x00",
                                                    25));
  EXPECT_EQ(parsed.additional().size(), 128u);  // kAdditionalTargetsMax
}

// Names that start beyond 0x3fff are not remembered.
TEST(LongReply, OwnersBeyondPointersAreWrittenOut) {
  std::string text = "@ 16 SOA a b 1 2 3 4 5\n@ 16 NS a\n";
  for (int i = 0; i < 900; ++i) absl::StrAppend(&text, "s 16 SRV 1 2 ", i, " h", i % 90, "\n");
  for (int i = 0; i < 90; ++i) {
    absl::StrAppend(&text, "h", i, " 16 A 192.0.2.1\nh", i, " 16 AAAA 2001:db8::1\n");
  }
  TestServer server({{"example.", text}});
  const Bytes reply = server.Reply("s.example. SRV +tcp");
  ASSERT_GT(reply.size(), 0x4000u);
  const ParsedMessage parsed = ParseMessage(reply);
  ASSERT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.additional().size(), 180u);
  EXPECT_EQ(parsed.additional()[179].owner, std::string("\x03h89\x07"
                                                        "example\x00",
                                                        13));
}

// 126 suffixes of one question fight for 256 slots: some are not remembered.
TEST(LongQuestion, OfManyLabelsIsRight) {
  TestServer server({{"e.", "@ 16 SOA a b 1 2 3 4 5\n@ 16 NS a\n*.w 16 MX 1 m.w\n"}});
  std::string name;
  for (int i = 0; i < 124; ++i) name += static_cast<char>('a' + i % 26), name += '.';
  const ParsedMessage parsed = ParseMessage(server.Reply(name + "w.e. MX"));
  ASSERT_EQ(parsed.error, "");
  ASSERT_EQ(parsed.answer().size(), 1u);
  EXPECT_EQ(parsed.answer()[0].rdata, std::string("\x00\x01\x01m\x01w\x01"
                                                  "e\x00",
                                                  9));
}

// More names than the writer remembers (256), and their lot of collisions: still right.
TEST(LongReply, MoreNamesThanAreRemembered) {
  std::string text = "@ 16 SOA a b 1 2 3 4 5\n@ 16 NS a\n";
  for (int i = 0; i < 999; ++i) absl::StrAppend(&text, "p 16 PTR h", i, ".s", i % 40, "\n");
  TestServer server({{"e.", text}});
  const ParsedMessage parsed = ParseMessage(server.Reply("p.e. PTR +tcp"));
  ASSERT_EQ(parsed.error, "");
  ASSERT_EQ(parsed.answer().size(), 999u);
  for (int i = 0; i < 999; ++i) {
    const std::string host = absl::StrCat("h", i);
    const std::string subdomain = absl::StrCat("s", i % 40);
    std::string want(1, static_cast<char>(host.size()));
    want += host;
    want += static_cast<char>(subdomain.size());
    want += subdomain + std::string(
                            "\x01"
                            "e\x00",
                            3);
    EXPECT_EQ(parsed.answer()[i].rdata, want);
  }
}

// At every limit: nothing, or an RRset whole; never a part of it, and never over the limit.
TEST(Limit, IsKeptAtEveryOctet) {
  const auto zone = ZoneFromText("ex.", R"(
@ 16 SOA a b 1 2 3 4 5
@ 16 NS a.b.c
@ 16 MX 1 a.b.c
@ 16 MX 2 d.b.c
)");
  const Bytes message = QueryFromText("ex. MX").message;
  Query query;
  ASSERT_EQ(ParseQuery(message, query), Parsed::kQuery);
  ResponseWriter writer;
  Bytes buffer(512);
  const RRset& mx = *zone->FindRRset(kApex, RrType::kMx);
  const RRset& soa = *zone->FindRRset(kApex, RrType::kSoa);
  for (size_t limit = message.size(); limit < 160; ++limit) {
    writer.Start(buffer, limit, 0, message, query);
    const bool has_mx = writer.AddRRset(Section::kAnswer, {zone->apex()}, mx, &soa);
    const bool has_soa = writer.AddRRset(Section::kAuthority, {zone->apex()}, soa, nullptr);
    const bool has_cname = writer.AddCname(zone->apex(), 0, 1, zone->apex());
    const size_t bytes = writer.Finish(Rcode::kNoError, nullptr, nullptr);
    ASSERT_LE(bytes, limit);
    const ParsedMessage parsed = ParseMessage(ByteView(buffer).first(bytes));
    ASSERT_EQ(parsed.error, "") << limit;
    EXPECT_EQ(parsed.answer().size(), (has_mx ? 3u : 0u) + (has_cname ? 1u : 0u));
    EXPECT_EQ(parsed.authority().size(), has_soa ? 1u : 0u);
    if (limit == 159) {
      EXPECT_TRUE(has_mx && has_soa && has_cname);
    }
  }
}

// Where not even the OPT fits there is none: never a part of it.
TEST(Limit, LeavesOutAnOptThatDoesNotFit) {
  const Bytes message = QueryFromText("ex. MX").message;
  Query query;
  ASSERT_EQ(ParseQuery(message, query), Parsed::kQuery);
  ResponseWriter writer;
  Bytes buffer(512);
  OptReply opt;
  for (size_t limit = message.size(); limit < message.size() + 12; ++limit) {
    writer.Start(buffer, limit, opt.Bytes(), message, query);
    const size_t bytes = writer.Finish(Rcode::kNoError, &opt, nullptr);
    EXPECT_EQ(bytes, limit < message.size() + 11 ? message.size() : message.size() + 11);
    EXPECT_EQ(ParseMessage(ByteView(buffer).first(bytes)).error, "");
  }
}

}  // namespace
}  // namespace hither
