#include "server/transfer/notify_message.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/transfer/transfer_message.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

// "NOERROR example. serial=7", or "(ignored)".
std::string Describe(ByteView message) {
  Notify notify;
  const NotifyVerdict verdict = ReadNotify(message, notify);
  if (verdict.kind == NotifyVerdict::Kind::kIgnore) return "(ignored)";
  std::string text = absl::StrCat(RcodeToText(verdict.rcode), " ", notify.query.name.ToText());
  if (notify.serial.has_value()) absl::StrAppend(&text, " serial=", *notify.serial);
  return text;
}

struct Case {
  const char* name;
  const char* packet;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class ReadsNotify : public testing::TestWithParam<Case> {};

TEST_P(ReadsNotify, Gives) {
  EXPECT_EQ(Describe(PacketFromText(GetParam().packet)), GetParam().want);
}

// Flags 2400: opcode NOTIFY and AA (RFC 1996 §3.7).
#define HITHER_SOA(owner, serial) \
  owner " 0006 0001 00000000 0016 00 00 " serial " 00000001 00000002 00000003 00000004"
// clang-format off
constexpr Case kCases[] = {
    {"Plain", "1234 2400 0001 0000 0000 0000 07'example'00 0006 0001", "NOERROR example."},
    {"WithoutAa", "1234 2000 0001 0000 0000 0000 07'example'00 0006 0001", "NOERROR example."},
    {"Hint", "1234 2400 0001 0001 0000 0000 07'example'00 0006 0001" HITHER_SOA("c00c", "00000007"), "NOERROR example. serial=7"},
    {"HintInAnotherCase", "1234 2400 0001 0001 0000 0000 07'example'00 0006 0001" HITHER_SOA("07'EXAMPLE'00", "00000007"), "NOERROR example. serial=7"},
    {"HintOfAnotherOwner", "1234 2400 0001 0001 0000 0000 07'example'00 0006 0001" HITHER_SOA("00", "00000007"), "NOERROR example."},
    {"TwoHints", "1234 2400 0001 0002 0000 0000 07'example'00 0006 0001" HITHER_SOA("c00c", "00000007") HITHER_SOA("c00c", "00000008"), "NOERROR example."},
    {"ShortHint", "1234 2400 0001 0001 0000 0000 07'example'00 0006 0001 c00c 0006 0001 00000000 0004 00000000", "NOERROR example."},
    {"HintInTheAuthoritySection", "1234 2400 0001 0000 0001 0000 07'example'00 0006 0001" HITHER_SOA("c00c", "00000007"), "NOERROR example."},
    {"Edns", "1234 2400 0001 0000 0000 0001 07'example'00 0006 0001 00 0029 04d0 00000000 0000", "NOERROR example."},
    {"EdnsVersion1", "1234 2400 0001 0000 0000 0001 07'example'00 0006 0001 00 0029 04d0 00010000 0000", "BADVERS example."},
    {"OtherType", "1234 2400 0001 0000 0000 0000 07'example'00 003b 0001", "NOTIMP example."},
    {"OtherClass", "1234 2400 0001 0000 0000 0000 07'example'00 0006 0003", "NOTAUTH example."},
    {"NoQuestion", "1234 2400 0000 0000 0000 0000", "FORMERR ."},
    {"TwoQuestions", "1234 2400 0002 0000 0000 0000 00 0006 0001 00 0006 0001", "FORMERR ."},
    {"RecordOverTheEnd", "1234 2400 0001 0001 0000 0000 07'example'00 0006 0001 c00c 0006 0001 00000000 0016 00", "FORMERR example."},
    {"OctetsAfterTheEnd", "1234 2400 0001 0000 0000 0000 07'example'00 0006 0001 00", "FORMERR example."},
    {"Response", "1234 a400 0001 0000 0000 0000 07'example'00 0006 0001", "(ignored)"},
    {"Query", "1234 0000 0001 0000 0000 0000 07'example'00 0006 0001", "(ignored)"},
    {"NoHeader", "1234 2400 0001", "(ignored)"},
};
// clang-format on
#undef HITHER_SOA
INSTANTIATE_TEST_SUITE_P(Cases, ReadsNotify, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

std::string Response(absl::string_view request, Rcode rcode) {
  const Bytes message = PacketFromText(request);
  Notify notify;
  ReadNotify(message, notify);
  return ToHex(WriteNotifyResponse(notify, rcode));
}

TEST(WriteNotifyResponse, RepeatsIdAndQuestion) {
  EXPECT_EQ(Response("1234 2400 0001 0000 0000 0000 07'eXample'00 0006 0001", Rcode::kNoError),
            ToHex(PacketFromText("1234 a400 0001 0000 0000 0000 07'eXample'00 0006 0001")));
}

TEST(WriteNotifyResponse, RefusesWithAnOptIfTheRequestHadOne) {
  EXPECT_EQ(Response("1234 2400 0001 0000 0000 0001 07'example'00 0006 0001\n"
                     "00 0029 04d0 00000000 0000",
                     Rcode::kRefused),
            ToHex(PacketFromText("1234 a405 0001 0000 0000 0001 07'example'00 0006 0001\n"
                                 "00 0029 04d0 00000000 0000")));
}

TEST(WriteNotifyResponse, SplitsTheRcodeOfBadVersion) {
  EXPECT_EQ(Response("1234 2400 0001 0000 0000 0001 07'example'00 0006 0001\n"
                     "00 0029 04d0 00010000 0000",
                     Rcode::kBadVers),
            ToHex(PacketFromText("1234 a400 0001 0000 0000 0001 07'example'00 0006 0001\n"
                                 "00 0029 04d0 01000000 0000")));
}

TEST(WriteNotifyResponse, HasNoQuestionIfThereWasNone) {
  EXPECT_EQ(Response("1234 2400 0000 0000 0000 0000", Rcode::kFormErr),
            ToHex(PacketFromText("1234 a401 0000 0000 0000 0000")));
}

}  // namespace
}  // namespace hither
