#include "server/transfer/client/signed_exchange.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dns/tsig/tsig_request.h"
#include "gmock/gmock.h"
#include "server/transfer/client/turn_steps.h"
#include "tests/server/transfer/client/fake_primary.h"
#include "tests/server/transfer/transfer_texts.h"

namespace hither {
namespace {

using testing::HasSubstr;

constexpr uint64_t kNow = 1'700'000'000;
const TransferNow kTime = {.steady = absl::UnixEpoch(), .wall = absl::FromUnixSeconds(kNow)};

TsigKey Key(const char* name = "key.", uint8_t first = 1) {
  return {.name = Name::FromText(name).value(), .secret = Bytes(32, first)};
}

// The primary's side: a reply's messages, "..." signed and "-..." not.
class Signer {
 public:
  Signer(TsigKey key, ByteView query, uint64_t now) : ring_({std::move(key)}), now_(now) {
    check_ = request_.Check(ring_, query, now);
    if (check_ == TsigCheck::kGood) stream_ = request_.Stream();
  }
  TsigCheck check() const { return check_; }
  Bytes Sign(Bytes message) {
    const size_t size = message.size();
    message.resize(size + 300);
    message.resize(stream_ != nullptr ? stream_->Sign(message, size, now_)
                                      : request_.Sign(message, size, now_));
    return message;
  }

 private:
  const TsigKeyRing ring_;
  const uint64_t now_;
  TsigRequest request_;
  TsigCheck check_;
  std::unique_ptr<TsigSigner> stream_;
};

struct Setting {
  std::optional<TsigKey> ours = Key();
  TsigKey theirs = Key();
  uint64_t their_time = kNow;
  bool is_axfr = false;
};

// How the turn ends with this reply, whose messages are separated by "/"; "-" before one that is
// not signed.
std::string MakeTurn(const Setting& setting, absl::string_view reply) {
  PrimaryFacts facts{.key = setting.ours};
  TurnOrder order{.zone = TestZone(), .held_serial = 7};
  if (setting.is_axfr) order.held_serial = std::nullopt;
  TurnSteps turn(order, facts);
  const Bytes query_octets = turn.Write(1, kTime);
  const TransferQuery query = ReadTestQuery(query_octets);
  Signer signer(setting.theirs, query_octets, setting.their_time);
  for (absl::string_view text : absl::StrSplit(reply, '/')) {
    const bool is_signed = !absl::ConsumePrefix(&text, "-");
    Bytes message = ReplyFromText(query, text);
    if (is_signed) message = signer.Sign(message);
    if (turn.OnMessage(message, kTime) == ReplyNext::kMore) continue;
    const TurnResult result = turn.TakeResult();
    const std::string kind = result.kind == TurnResult::Kind::kCurrent  ? "current"
                             : result.kind == TurnResult::Kind::kWhole  ? "whole"
                             : result.kind == TurnResult::Kind::kFailed ? "failed"
                                                                        : "another";
    return absl::StrCat(kind, result.reason.empty() ? "" : ": ", result.reason);
  }
  return "more";
}

TEST(SignedExchangeTest, SignsWhatTheServerAccepts) {
  const std::optional<TsigKey> key = Key();
  SignedExchange exchange(key);
  Bytes query = WriteQuery({.id = 7, .zone = TestZone()});
  ASSERT_TRUE(exchange.Sign(query, kNow));
  EXPECT_EQ(Signer(Key(), query, kNow).check(), TsigCheck::kGood);
  EXPECT_FALSE(exchange.IsComplete());
}

TEST(SignedExchangeTest, RemovesTheTsig) {
  const std::optional<TsigKey> key = Key();
  SignedExchange exchange(key);
  const TransferQuery query{.id = 7, .zone = TestZone()};
  Bytes octets = WriteQuery(query);
  ASSERT_TRUE(exchange.Sign(octets, kNow));
  const Bytes plain = ReplyFromText(query, "aa; SOA 7; expire=9");
  Bytes reply = Signer(Key(), octets, kNow).Sign(plain);
  std::span<uint8_t> message = reply;
  EXPECT_EQ(exchange.Verify(message, kNow), "");
  EXPECT_EQ(Bytes(message.begin(), message.end()), plain);
  EXPECT_TRUE(exchange.IsComplete());
}

TEST(SignedExchangeTest, SignsNothingWithoutAKey) {
  const std::optional<TsigKey> none;
  SignedExchange exchange(none);
  Bytes query = WriteQuery({.id = 7, .zone = TestZone()});
  const Bytes plain = query;
  ASSERT_TRUE(exchange.Sign(query, kNow));
  EXPECT_EQ(query, plain);
  EXPECT_TRUE(exchange.IsComplete());
}

TEST(SignedSoaTest, Counts) { EXPECT_EQ(MakeTurn({}, "aa; SOA 7"), "current"); }

TEST(SignedSoaTest, CountsForNothingWithoutItsTsig) {
  EXPECT_EQ(MakeTurn({}, "-aa; SOA 7"),
            "failed: the response is not signed; configure the key for this client at the server");
}

// An attacker could make us drop EDNS, but gains nothing by a failed turn.
TEST(SignedSoaTest, AnUnsignedRefusalIsOnlyReported) {
  EXPECT_THAT(MakeTurn({}, "-rcode=5"),
              HasSubstr("is not signed; configure the key for this client at "
                        "the server (it has the rcode REFUSED)"));
  EXPECT_THAT(MakeTurn({}, "-rcode=1"), HasSubstr("(it has the rcode FORMERR)"));
}

TEST(SignedSoaTest, WithAnotherSecret) {
  EXPECT_THAT(MakeTurn({.theirs = Key("key.", 2)}, "aa; SOA 7"), HasSubstr("reports BADSIG"));
}

TEST(SignedSoaTest, WithAnotherKey) {
  EXPECT_THAT(MakeTurn({.theirs = Key("other.")}, "aa; SOA 7"), HasSubstr("reports BADKEY"));
}

TEST(SignedSoaTest, WithAnotherTime) {
  EXPECT_THAT(MakeTurn({.their_time = kNow + 1000}, "aa; SOA 7"), HasSubstr("reports BADTIME"));
}

TEST(SignedSoaTest, ThatNobodyAskedFor) {
  PrimaryFacts facts;
  TurnSteps turn({.zone = TestZone(), .held_serial = 7}, facts);
  const TransferQuery query = ReadTestQuery(turn.Write(1, kTime));
  const std::optional<TsigKey> key = Key();
  SignedExchange exchange(key);
  Bytes reply = ReplyFromText(query, "aa; SOA 7");
  ASSERT_TRUE(exchange.Sign(reply, kNow));
  EXPECT_EQ(turn.OnMessage(reply, kTime), ReplyNext::kUnfinished);
  const TurnResult result = turn.TakeResult();
  EXPECT_EQ(result.kind, TurnResult::Kind::kFailed);
  EXPECT_EQ(result.reason, "the response is signed, but no key is configured for this primary");
}

TEST(SignedTransferTest, OfManyMessages) {
  EXPECT_EQ(MakeTurn({.is_axfr = true}, "SOA 7 / a A 192.0.2.1 / SOA 7"), "whole");
}

TEST(SignedTransferTest, MustHaveATsigAtItsStart) {
  EXPECT_THAT(MakeTurn({.is_axfr = true}, "-SOA 7 / a A 192.0.2.1 / SOA 7"),
              HasSubstr("failed: the response is not signed"));
}

TEST(SignedTransferTest, MustHaveATsigAtItsEnd) {
  EXPECT_EQ(MakeTurn({.is_axfr = true}, "SOA 7 /a A 192.0.2.1 /-SOA 7"),
            "failed: the last message of the transfer is not signed");
}

// The signer here covers no unsigned messages in between, as after an attacker has added one.
TEST(SignedTransferTest, NoticesAnAddedMessage) {
  EXPECT_THAT(MakeTurn({.is_axfr = true}, "SOA 7 /-b A 192.0.2.66 /SOA 7"),
              HasSubstr("failed: the response's signature is wrong"));
}

TEST(SignedTransferTest, ToleratesNoMoreUnsignedMessagesThanTheRfc) {
  std::string reply = "SOA 7";
  for (int i = 0; i < TsigStream::kUnsignedMax; ++i) absl::StrAppend(&reply, " /-a A 192.0.2.1");
  EXPECT_EQ(MakeTurn({.is_axfr = true}, reply), "more");
  EXPECT_THAT(MakeTurn({.is_axfr = true}, reply + " /-a A 192.0.2.1"), HasSubstr("is not signed"));
}

}  // namespace
}  // namespace hither
