// NOTIFYs, and answers from zones that come from primaries.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dns/tsig/tsig_client.h"
#include "gmock/gmock.h"
#include "tests/support/answer_case.h"
#include "tests/support/query_text.h"
#include "tests/support/reply_text.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr uint64_t kNow = 1'700'000'000;
constexpr char kZone[] =
    "@ 300 SOA ns host 7 2 3 4 300\n@ 300 NS ns\nns 60 A 192.0.2.1\nwww 60 A 192.0.2.2\n";

// Takes what it is given, and answers what it is told.
class FakeHandler : public NotifyHandler {
 public:
  Rcode OnNotify(NameView zone, std::optional<uint32_t> serial,
                 const AccessClient& sender) override {
    heard.push_back(absl::StrCat(zone.ToText(), " serial=", serial.value_or(0),
                                 " client=", sender.address.size(),
                                 " key=", sender.key.has_value() ? sender.key->ToText() : "none",
                                 sender.transport == AccessTransport::kTcp ? " tcp" : ""));
    return answer;
  }
  Rcode answer = Rcode::kNoError;
  std::vector<std::string> heard;
};

class NotifyAnswer : public testing::Test {
 protected:
  NotifyAnswer() : server_(ResponderOptions{.notify = &handler_}) {
    server_.Add("file.", kZone)
        .AddTransferred("fresh.", kZone, false)
        .AddTransferred("empty.", "", false)
        .SetKeys({{.name = *Name::FromText("key."), .secret = Bytes(32, 1)}});
  }
  uint64_t Count(Counter which) const { return server_.counters().Get(which); }

  FakeHandler handler_;
  TestServer server_;
};

TEST_F(NotifyAnswer, IsHandedOnAndAnswered) {
  EXPECT_EQ(server_.Ask("fresh. SOA opcode=NOTIFY"), "NOERROR aa opcode=4");
  EXPECT_EQ(server_.Ask("EMPTY. SOA opcode=NOTIFY +tcp +edns"), "NOERROR aa opcode=4 | edns 1232");
  EXPECT_THAT(handler_.heard, ElementsAre("fresh. serial=0 client=0 key=none",
                                          "EMPTY. serial=0 client=0 key=none tcp"));
  EXPECT_EQ(Count(Counter::kNotifyTaken), 2u);
}

TEST_F(NotifyAnswer, HasWhatTheHandlerSays) {
  handler_.answer = Rcode::kRefused;
  EXPECT_EQ(server_.Ask("fresh. SOA opcode=NOTIFY"), "REFUSED opcode=4");
  handler_.answer = Rcode::kNotAuth;
  EXPECT_EQ(server_.Ask("fresh. SOA opcode=NOTIFY"), "NOTAUTH opcode=4");
  EXPECT_EQ(Count(Counter::kNotifyRefused), 1u);
  EXPECT_EQ(Count(Counter::kNotifyNotAuth), 1u);
}

// None of these reaches the handler.
TEST_F(NotifyAnswer, ForOtherZonesAndMalformedOnesIsDecidedHere) {
  EXPECT_EQ(server_.Ask("elsewhere. SOA opcode=NOTIFY +edns"),
            "NOTAUTH opcode=4 | edns 1232 ede=20");
  EXPECT_EQ(server_.Ask("www.fresh. SOA opcode=NOTIFY"), "NOTAUTH opcode=4");
  EXPECT_EQ(server_.Ask("file. SOA opcode=NOTIFY +edns"), "REFUSED opcode=4 | edns 1232 ede=18");
  EXPECT_EQ(server_.Ask("fresh. A opcode=NOTIFY"), "NOTIMP opcode=4");
  EXPECT_EQ(server_.Ask("fresh. SOA class=CH opcode=NOTIFY"), "NOTAUTH opcode=4");
  EXPECT_EQ(server_.Ask("fresh. SOA opcode=NOTIFY version=1"), "BADVERS opcode=4 | edns 1232");
  Bytes cut = QueryFromText("fresh. SOA opcode=NOTIFY").message;
  cut.pop_back();
  EXPECT_EQ(server_.AskPacket(cut), "FORMERR opcode=4 question=none");
  EXPECT_TRUE(handler_.heard.empty());
  EXPECT_EQ(Count(Counter::kNotifyNotAuth), 3u);
  EXPECT_EQ(Count(Counter::kNotifyRefused), 1u);
  EXPECT_EQ(Count(Counter::kNotifyMalformed), 3u);
}

TEST_F(NotifyAnswer, ReadsTheSerialAndTheSendersAddress) {
  Bytes message = QueryFromText("fresh. SOA opcode=NOTIFY").message;
  StoreU16(message.data() + 6, 1);                                   // ANCOUNT
  const Bytes soa = {0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0,  // fresh. SOA . .
                     0,    0,  0, 9, 0, 0, 0, 1, 0, 0, 0, 1,  0, 0, 0, 1, 0, 0, 0, 1};
  message.insert(message.end(), soa.begin(), soa.end());
  Counters counters;
  Responder responder({.notify = &handler_}, counters);
  ZoneSet zones;
  zones.Add(zones.MakeTransferred(*Name::FromText("fresh.")));
  Bytes reply(512);
  const Bytes client = {192, 0, 2, 1};
  const Exchange exchange{.query = message, .reply = reply, .client = client};
  EXPECT_EQ(responder.Answer(exchange, {}, zones).message_bytes, 12u + 7 + 4);
  EXPECT_THAT(handler_.heard, ElementsAre("fresh. serial=9 client=4 key=none"));
}

// The handler hears of a key only if the signature is good; the response is signed.
TEST_F(NotifyAnswer, OfASignedOneIsSigned) {
  for (const int wrong : {0, 1}) {
    const TsigKey key = {.name = *Name::FromText("key."),
                         .secret = Bytes(32, static_cast<uint8_t>(1 + wrong))};
    TestQuery asked = QueryFromText("fresh. SOA opcode=NOTIFY");
    asked.facts.now_seconds = kNow;
    const Mac mac = SignRequest(key, kNow, asked.message);
    const Bytes reply = server_.Reply(asked.message, asked.facts);
    const TsigReply verdict = TsigStream(key, mac).Next(reply, kNow);
    EXPECT_EQ(verdict == TsigReply::kVerified, wrong == 0);
    EXPECT_THAT(ReplyToText(reply, asked.message),
                StartsWith(wrong == 0 ? "NOERROR aa opcode=4 | tsig key." : "NOTAUTH opcode=4"));
  }
  EXPECT_THAT(handler_.heard, ElementsAre("fresh. serial=0 client=0 key=key."));
  EXPECT_EQ(Count(Counter::kTsigBadSig), 1u);
  EXPECT_EQ(Count(Counter::kNotifyTaken), 1u);
  EXPECT_EQ(Count(Counter::kNotifyNotAuth), 0u) << "that one says nothing of the zone";
}

TestServer& Mixed() {
  static TestServer& server = (new TestServer())
                                  ->AddTransferred("fresh.", kZone, false)
                                  .AddTransferred("stale.", kZone, true)
                                  .AddTransferred("empty.", "", false)
                                  .AddTransferred("expired.", "", true);
  return server;
}

// clang-format off
// RFC 8914: 3 is Stale Answer, 14 is Not Ready, 24 is Invalid Data ("too old or having expired").
constexpr AnswerCase kStates[] = {
    {"Fresh",         "www.fresh. A +edns",    "NOERROR aa | www.fresh. 60 A 192.0.2.2 | edns 1232"},
    {"Stale",         "www.stale. A +edns",    "NOERROR aa | www.stale. 60 A 192.0.2.2 | edns 1232 ede=3"},
    {"StaleNegative", "no.stale. A +do",       "NXDOMAIN aa | ; stale. 300 SOA | edns 1232 do ede=3"},
    {"StaleVersion",  "www.stale. A +zoneversion", "NOERROR aa | www.stale. 60 A 192.0.2.2 | edns 1232 zoneversion=1/0/7 ede=3"},
    {"StaleNoEdns",   "www.stale. A",          "NOERROR aa | www.stale. 60 A 192.0.2.2"},
    {"Empty",         "www.empty. A +edns",    "SERVFAIL | edns 1232 ede=14"},
    {"Expired",       "www.expired. A +edns",  "SERVFAIL | edns 1232 ede=24"},
    {"ExpiredNoEdns", "expired. SOA",          "SERVFAIL"},
};
// clang-format on
class States : public testing::TestWithParam<AnswerCase> {};
TEST_P(States, Answers) { EXPECT_EQ(Mixed().Ask(GetParam().question), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(Zones, States, testing::ValuesIn(kStates), NameOfCase);

// The option has room in an answer that fills its limit: it is truncated, never too large.
TEST(StaleAnswer, FitsTheLimit) {
  for (int octets = 440; octets < 500; ++octets) {
    std::string text = kZone;
    for (int left = octets; left > 0; left -= 250) {
      absl::StrAppend(&text, "t 60 TXT ",
                      std::string(static_cast<size_t>(std::min(left, 250)), 'x'), "\n");
    }
    TestServer server;
    server.AddTransferred("stale.", text, true);
    const Bytes query = QueryFromText("t.stale. TXT bufsize=512").message;
    const Bytes reply = server.Reply(query);
    EXPECT_LE(reply.size(), 512u) << octets;
    EXPECT_THAT(ReplyToText(reply, query), HasSubstr("ede=3")) << octets;
  }
}

}  // namespace
}  // namespace hither
