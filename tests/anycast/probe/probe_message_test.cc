#include "anycast/probe/probe_message.h"

#include <gtest/gtest.h>

#include <ostream>

#include "tests/anycast/signals/fake_responder.h"

namespace hither {
namespace {

constexpr uint16_t kId = 0x1234;

ProbeExpectation Expected() { return {"example.org", "SOA", kId, {"ns2.fra1", "ns2.fra1.1"}, 7}; }

struct Case {
  const char* name;
  Manners manners;
  Reply reply;
  const char* detail;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class JudgeReplyTest : public testing::TestWithParam<Case> {};

TEST_P(JudgeReplyTest, Says) {
  const auto query = BuildProbe("example.org", "SOA", kId);
  ASSERT_TRUE(query.ok()) << query.status();
  const auto reply = MakeReply(*query, GetParam().manners);
  const ReplyVerdict verdict = JudgeReply(reply, Expected());
  EXPECT_EQ(verdict.reply, GetParam().reply) << verdict.detail;
  EXPECT_EQ(verdict.detail, GetParam().detail);
}

// clang-format off
const Case kCases[] = {
    {"Right",            {},                                          Reply::kRight, ""},
    {"OtherWorker",      {.nsid = "ns2.fra1.1"},                      Reply::kRight, ""},
    {"NewerSerial",      {.serial = 8},                               Reply::kRight, ""},
    {"SerialRoundTheEnd",{.serial = 0x80000006},                      Reply::kRight, ""},
    {"OlderSerial",      {.serial = 6},                               Reply::kBehind, "answers serial 6, but its heartbeat says 7"},
    {"FarOlderSerial",   {.serial = 0xfffffff0},                      Reply::kBehind, "answers serial 4294967280, but its heartbeat says 7"},
    {"OtherNsid",        {.nsid = "ns1.ams1"},                        Reply::kImpostor, "another server answers: NSID ns1.ams1, expected ns2.fra1"},
    {"LongOddNsid",      {.nsid = "\x1b[2J" + std::string(90, 'a')},  Reply::kImpostor, "another server answers: NSID ?[2Jaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, expected ns2.fra1"},
    {"NoNsid",           {.with_nsid = false},                        Reply::kImpostor, "another server answers, without an NSID; expected ns2.fra1"},
    {"ServFail",         {.rcode = 2, .aa = false, .with_answer = false}, Reply::kWrong, "SERVFAIL"},
    {"ServFailOfOther",  {.rcode = 2, .with_answer = false, .nsid = "x"}, Reply::kImpostor, "another server answers: NSID x, expected ns2.fra1"},
    {"RefusedNoNsid",    {.rcode = 5, .aa = false, .with_answer = false, .with_nsid = false}, Reply::kWrong, "REFUSED"},
    {"NotAuthoritative", {.aa = false},                               Reply::kWrong, "NOERROR without AA"},
    {"NoData",           {.with_answer = false},                      Reply::kWrong, "NOERROR without a SOA"},
    {"OtherType",        {.answer_type = 65'280},                     Reply::kWrong, "NOERROR without a SOA"},
    {"Truncated",        {.tc = true, .with_answer = false},          Reply::kRight, ""},
    {"OtherId",          {.other_id = true},                          Reply::kNotOurs, "another id"},
    {"OtherQuestion",    {.other_question = true},                    Reply::kNotOurs, "another question"},
    {"Query",            {.qr = false},                               Reply::kNotOurs, "not a response"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, JudgeReplyTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

TEST(JudgeReply, CutAnywhereIsNotRight) {
  const auto whole = MakeReply(*BuildProbe("example.org", "SOA", kId), {});
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const ReplyVerdict verdict = JudgeReply({whole.data(), bytes}, Expected());
    EXPECT_NE(verdict.reply, Reply::kRight) << bytes;
    EXPECT_EQ(verdict.reply == Reply::kNotOurs, bytes < 12) << bytes;
  }
}

// RFC 5001 §2.1: a query's NSID is empty; RD would be odd to ask of an authoritative server.
TEST(BuildProbe, IsAStrangersQueryWithNsid) {
  const auto query = BuildProbe("a.", "SOA", kId);
  ASSERT_TRUE(query.ok());
  const std::vector<uint8_t> expected = {
      0x12, 0x34,                     // ID
      0x00, 0x00,                     // A standard query, RD clear.
      0,    1,    0,  0, 0, 0, 0, 1,  // One question, one additional record.
      1,    'a',  0,                  // QNAME
      0,    6,    0,  1,              // SOA, IN
      0,    0,    41,                 // OPT
      0x04, 0xd0,                     // 1232
      0,    0,    0,  0,              // No extended rcode, version 0, DO clear.
      0,    4,    0,  3, 0, 0,        // NSID, empty
  };
  EXPECT_EQ(*query, expected);
}

TEST(BuildProbe, RefusesWhatIsNoNameOrType) {
  EXPECT_FALSE(BuildProbe("a..b", "SOA", 1).ok());
  EXPECT_FALSE(BuildProbe("a.b", "SAO", 1).ok());
}

// RFC 1982 §3.2, with its examples of §5.2 for 32 bits.
TEST(SerialIsBefore, GoesRound) {
  EXPECT_TRUE(SerialIsBefore(1, 2));
  EXPECT_FALSE(SerialIsBefore(2, 1));
  EXPECT_FALSE(SerialIsBefore(2, 2));
  EXPECT_TRUE(SerialIsBefore(0xffffffff, 0));
  EXPECT_FALSE(SerialIsBefore(0, 0xffffffff));
  EXPECT_FALSE(SerialIsBefore(0, 0x80000000));  // Undefined.
  EXPECT_FALSE(SerialIsBefore(0x80000000, 0));
}

}  // namespace
}  // namespace hither
