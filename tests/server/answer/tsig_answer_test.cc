// Signed queries get signed answers, and no answer is too large for its transport.

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "dns/tsig/tsig_client.h"
#include "gmock/gmock.h"
#include "tests/support/query_text.h"
#include "tests/support/reply_text.h"
#include "tests/support/test_server.h"

namespace hither {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr uint64_t kNow = 1'700'000'000;
constexpr char kZone[] =
    "@ 300 SOA ns host 1 2 3 4 300\n@ 300 NS ns\nns 60 A 192.0.2.1\nwww 60 A 192.0.2.2\n";

TsigKey KeyNamed(absl::string_view name) {
  return {.name = *Name::FromText(name),
          .algorithm = HmacAlgorithm::kSha512,
          .secret = Bytes(64, 0x11)};
}

// A server that has a key, and a client that asks it with one.
class SignedAnswer : public testing::Test {
 protected:
  SignedAnswer() { server_.SetKeys({key_}).Add("example.", kZone); }

  // The reply; `client` is the key that the client signs with.
  Bytes Ask(absl::string_view query, const TsigKey& client, uint64_t now = kNow) {
    TestQuery asked = QueryFromText(query);
    asked.facts.now_seconds = now;
    const Mac mac = SignRequest(client, kNow, asked.message);
    EXPECT_NE(mac.size, 0u);
    asked_ = asked.message;
    const Bytes reply = server_.Reply(asked.message, asked.facts);
    verdict_ = TsigStream(client, mac).Next(reply, now);
    return reply;
  }
  std::string TextOf(absl::string_view query, const TsigKey& client) {
    const Bytes reply = Ask(query, client);
    return ReplyToText(reply, asked_);
  }
  // The same without the TSIG, which must be good.
  std::string AskForText(absl::string_view query) {
    const std::string text = TextOf(query, key_);
    EXPECT_EQ(verdict_, TsigReply::kVerified) << query;
    return text.substr(0, text.find(" | tsig key."));
  }
  uint64_t Count(Counter which) const { return server_.counters().Get(which); }

  const TsigKey key_ = KeyNamed("key.");
  TestServer server_;
  Bytes asked_;
  TsigReply verdict_ = TsigReply::kUnsigned;
};

TEST_F(SignedAnswer, IsTheUnsignedOneWithATsig) {
  for (const char* query :
       {"www.example. A", "www.example. A +tcp", "www.example. A +do +nsid", "no.example. A",
        "example.net. A", "www.example. A version=1", "example. AXFR +tcp", "example. IXFR",
        "example. SOA opcode=NOTIFY", "example. SOA opcode=UPDATE", "example. NXNAME",
        "id.server. TXT class=CH", "example. SOA opcode=9"}) {
    EXPECT_EQ(AskForText(query), server_.Ask(query)) << query;
  }
  EXPECT_EQ(Count(Counter::kTsigGood), 13u);
}

// The client of a malformed query may believe the FORMERR.
TEST_F(SignedAnswer, OfAMalformedQueryIsSigned) {
  const Bytes plain = QueryFromText("www.example. A +edns").message;
  const size_t question = 13 + 4 + 4;
  Bytes none = plain;
  none[5] = 0;  // QDCOUNT
  none.erase(none.begin() + 12, none.begin() + 12 + question - 4);
  Bytes two = plain;
  two[5] = 2;
  two.insert(two.begin() + 12, plain.begin() + 12, plain.begin() + 12 + question - 4);
  Bytes answered = plain;
  answered[7] = 1;  // ANCOUNT: a record before the OPT.
  const Bytes record = {0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0};
  answered.insert(answered.end() - 11, record.begin(), record.end());
  for (const Bytes& malformed : {none, two, answered}) {
    Bytes message = malformed;
    const Mac mac = SignRequest(key_, kNow, message);
    const TransportFacts facts{.now_seconds = kNow};
    Bytes reply = server_.Reply(message, facts);
    EXPECT_THAT(ReplyToText(reply, message), StartsWith("FORMERR"));
    EXPECT_EQ(TsigStream(key_, mac).Next(reply, kNow), TsigReply::kVerified);
    message[message.size() - 8] ^= 1;  // In the MAC.
    reply = server_.Reply(message, facts);
    EXPECT_THAT(ReplyToText(reply, message), StartsWith("NOTAUTH"));
    message = malformed;
    SignRequest(key_, kNow, message);
    message.push_back(0);  // After the TSIG, which is not the end now.
    reply = server_.Reply(message, facts);
    EXPECT_THAT(ReplyToText(reply, message), StartsWith("FORMERR"));
    EXPECT_THAT(ReplyToText(reply, message), testing::Not(HasSubstr("tsig")));
  }
}

TEST_F(SignedAnswer, WithoutAKeyIsBadKey) {
  EXPECT_THAT(TextOf("www.example. A +edns", KeyNamed("other.")),
              StartsWith("NOTAUTH | edns 1232 | tsig other. hmac-sha512. "));
  EXPECT_EQ(verdict_, TsigReply::kPeerBadKey);
  EXPECT_EQ(Count(Counter::kTsigBadKey), 1u);
  EXPECT_EQ(Count(Counter::kNotAuth), 1u);
}

TEST_F(SignedAnswer, WithAnotherSecretIsBadSig) {
  TsigKey other = key_;
  other.secret[0] ^= 1;
  EXPECT_THAT(TextOf("www.example. A", other), HasSubstr("error=16"));
  EXPECT_EQ(verdict_, TsigReply::kPeerBadSig);
  EXPECT_EQ(Count(Counter::kTsigBadSig), 1u);
}

TEST_F(SignedAnswer, AtAnotherTimeIsBadTime) {
  TestQuery asked = QueryFromText("www.example. A");
  const Mac mac = SignRequest(key_, kNow, asked.message);
  asked.facts.now_seconds = kNow + 301;
  const Bytes reply = server_.Reply(asked.message, asked.facts);
  EXPECT_THAT(ReplyToText(reply, asked.message), StartsWith("NOTAUTH | tsig key. "));
  TsigStream stream(key_, mac);
  EXPECT_EQ(stream.Next(reply, kNow), TsigReply::kPeerBadTime);
  EXPECT_EQ(stream.peer_time_seconds(), kNow + 301);
  EXPECT_EQ(Count(Counter::kTsigBadTime), 1u);
}

TEST_F(SignedAnswer, UsesNewKeysAtOnce) {
  server_.SetKeys({KeyNamed("new.")});
  EXPECT_THAT(TextOf("www.example. A", key_), HasSubstr("error=17"));
  Ask("www.example. A", KeyNamed("new."));
  EXPECT_EQ(verdict_, TsigReply::kVerified);
}

// RFC 8945 §5.3: the TSIG's room is kept, and what does not fit beside it is truncated.
TEST_F(SignedAnswer, IsTruncatedRatherThanTooLarge) {
  size_t whole = 0;
  std::string texts;
  for (size_t bytes = 200; bytes < 500; ++bytes) {
    absl::StrAppend(&texts, "t", bytes, " 60 TXT ", std::string(bytes / 2, 'a'), " ",
                    std::string(bytes - bytes / 2, 'b'), "\n");
  }
  server_.Add("text.", absl::StrCat(kZone, texts));
  for (size_t bytes = 200; bytes < 500; ++bytes) {
    const std::string query = absl::StrCat("t", bytes, ".text. TXT");
    const Bytes reply = Ask(query, key_);
    ASSERT_EQ(verdict_, TsigReply::kVerified) << bytes;
    ASSERT_LE(reply.size(), 512u);
    const bool is_whole = (reply[2] & 0x02) == 0;
    // 12 octets of header, 15 of question, 12 of the record's head, 2 lengths; 108 of TSIG.
    EXPECT_EQ(is_whole, bytes + 12 + 15 + 12 + 2 + 108 <= 512) << bytes;
    whole += is_whole ? 1 : 0;
  }
  EXPECT_GT(whole, 0u);
}

// Over TCP there is no larger message.
TEST_F(SignedAnswer, IsServfailRatherThanTooLargeForTcp) {
  // Records of 268 octets and one of 13: 65,163 or, with the longer question, 65,435 octets in all.
  const auto zone = [](size_t records) {
    std::string text = absl::StrCat(kZone, "big 60 TXT \"\"\n");
    for (size_t i = 0; i < records; ++i) {
      absl::StrAppend(&text, "big 60 TXT ", 1'000 + i, std::string(251, 'x'), "\n");
    }
    return text;
  };
  server_.Add("fits.", zone(243)).Add("unsigned.", zone(244));
  EXPECT_THAT(AskForText("big.fits. TXT +tcp"), StartsWith("NOERROR"));
  EXPECT_THAT(server_.Ask("big.unsigned. TXT +tcp"), StartsWith("NOERROR"));
  EXPECT_THAT(AskForText("big.unsigned. TXT +tcp"), StartsWith("SERVFAIL"));
}

// The longest question, key and OPT in 512 octets.
TEST(LongestSignedAnswer, Fits) {
  const std::string label(49, 'k');
  const TsigKey key = KeyNamed(absl::StrCat(label, ".", label.substr(1), "."));
  ASSERT_EQ(key.name.view().size(), kTsigKeyNameBytesMax);
  ResponderOptions options;
  options.nsid = std::string(255, 'n');
  TestServer server(options);
  server.SetKeys({key});
  const std::string name = absl::StrCat(std::string(63, 'a'), ".", std::string(63, 'b'), ".",
                                        std::string(63, 'c'), ".", std::string(61, 'd'), ".");
  TestQuery asked = QueryFromText(absl::StrCat(name, " A +nsid bufsize=512"));
  asked.facts.now_seconds = kNow + 1'000;
  Mac mac = SignRequest(key, kNow, asked.message);
  const Bytes reply = server.Reply(asked.message, asked.facts);
  EXPECT_LE(reply.size(), 512u);
  EXPECT_EQ(TsigStream(key, mac).Next(reply, kNow), TsigReply::kPeerBadTime);
  EXPECT_THAT(ReplyToText(reply, asked.message), HasSubstr("| edns 1232"));
}

}  // namespace
}  // namespace hither
