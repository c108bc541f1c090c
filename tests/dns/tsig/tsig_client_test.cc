#include "dns/tsig/tsig_client.h"

#include <memory>
#include <string>

#include "dns/tsig/tsig_request.h"
#include "gtest/gtest.h"
#include "tests/dns/tsig/tsig_cases.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

constexpr const char* kAnswerMac =
    "575bf03ee238752f752a95390751e339e2b9b692da430847694135b6f278c2a1";

TsigKey Sha256Key() { return KeyOfCases(HmacAlgorithm::kSha256); }

// A request that was sent, and the verifier of its response.
struct Exchange {
  explicit Exchange(const TsigKey& with = Sha256Key()) : key(with), query(UnsignedQuery()) {
    mac = SignRequest(key, kSignedAt, query);
    stream = std::make_unique<TsigStream>(key, mac);
  }
  TsigReply Next(ByteView message, uint64_t now = kSignedAt) { return stream->Next(message, now); }

  TsigKey key;
  Bytes query;
  Mac mac;
  std::unique_ptr<TsigStream> stream;
};

// A server that shares `key`.
struct Peer {
  Peer(const TsigKey& key, const Bytes& query) : ring({key}) {
    EXPECT_EQ(request.Check(ring, query, kSignedAt), TsigCheck::kGood);
    signer = request.Stream();
  }
  Bytes Sign(Bytes message, uint64_t now = kSignedAt) {
    const size_t bytes = message.size();
    message.resize(bytes + signer->ReservedBytes());
    EXPECT_EQ(signer->Sign(message, bytes, now), message.size());
    return message;
  }

  TsigKeyRing ring;
  TsigRequest request;
  std::unique_ptr<TsigSigner> signer;
};

class Algorithms : public testing::TestWithParam<TsigCase> {};

TEST_P(Algorithms, AreThoseOfDnspython) {
  const TsigCase& c = GetParam();
  Exchange exchange(KeyOfCases(c.algorithm));
  EXPECT_EQ(exchange.query, WithMac(UnsignedQuery(), exchange.key, c.query_mac));
  EXPECT_FALSE(exchange.stream->IsComplete());
  const Bytes answer = WithMac(UnsignedAnswer(), exchange.key, c.answer_mac);
  EXPECT_EQ(exchange.Next(answer), TsigReply::kVerified);
  EXPECT_EQ(exchange.stream->bytes_without_tsig(), UnsignedAnswer().size());
  EXPECT_TRUE(exchange.stream->IsComplete());
}

INSTANTIATE_TEST_SUITE_P(All, Algorithms, testing::ValuesIn(TsigCases().begin(), TsigCases().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Reply, WithAnyChangedBitIsNotVerified) {
  Bytes answer = WithMac(UnsignedAnswer(), Sha256Key(), kAnswerMac);
  for (size_t bit = 0; bit < 8 * answer.size(); ++bit) {
    const auto mask = static_cast<uint8_t>(1u << bit % 8);
    if (bit < 16 || mask == 0x20) continue;  // The ID; the case of names.
    answer[bit / 8] ^= mask;
    EXPECT_NE(Exchange().Next(answer), TsigReply::kVerified) << bit;
    answer[bit / 8] ^= mask;
  }
}

TEST(Reply, CutShortIsFormErr) {
  const Bytes whole = WithMac(UnsignedAnswer(), Sha256Key(), kAnswerMac);
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(Exchange().Next(cut), TsigReply::kFormErr) << size;
  }
}

TEST(Reply, WithoutSignatureIsRefused) {
  Exchange exchange;
  EXPECT_EQ(exchange.Next(UnsignedAnswer()), TsigReply::kUnsigned);
  EXPECT_FALSE(exchange.stream->IsComplete());
  // And so is everything after it.
  const Bytes answer = WithMac(UnsignedAnswer(), Sha256Key(), kAnswerMac);
  EXPECT_EQ(exchange.Next(answer), TsigReply::kUnsigned);
}

TEST(Reply, ToAnotherRequestIsBadSig) {
  Exchange exchange;
  Bytes other = UnsignedQuery();
  SignRequest(exchange.key, kSignedAt + 1, other);
  Peer peer(exchange.key, other);
  EXPECT_EQ(exchange.Next(peer.Sign(UnsignedAnswer())), TsigReply::kBadSig);
}

TEST(Reply, OfAnotherKeyIsRefused) {
  TsigKey other = Sha256Key();
  other.name = *Name::FromText("other.");
  EXPECT_EQ(Exchange().Next(WithMac(UnsignedAnswer(), other, kAnswerMac)), TsigReply::kOtherKey);
  other = Sha256Key();
  other.algorithm = HmacAlgorithm::kSha384;
  EXPECT_EQ(Exchange().Next(WithMac(UnsignedAnswer(), other, kAnswerMac)), TsigReply::kOtherKey);
}

TEST(Reply, TooOldOrFromTheFutureIsBadTime) {
  const Bytes answer = WithMac(UnsignedAnswer(), Sha256Key(), kAnswerMac);
  EXPECT_EQ(Exchange().Next(answer, kSignedAt + 300), TsigReply::kVerified);
  EXPECT_EQ(Exchange().Next(answer, kSignedAt + 301), TsigReply::kBadTime);
  EXPECT_EQ(Exchange().Next(answer, kSignedAt - 301), TsigReply::kBadTime);
}

TEST(Reply, WithATruncatedMacIsRefusedUnlessTheKeyAllowsIt) {
  TsigKey key = Sha256Key();
  const Bytes mac = PacketFromText(kAnswerMac);
  const auto truncated = [&](size_t size) {
    return WithTsig(UnsignedAnswer(), key, {.mac = ByteView(mac).first(size)});
  };
  EXPECT_EQ(Exchange(key).Next(truncated(16)), TsigReply::kBadTrunc);
  EXPECT_EQ(Exchange(key).Next(truncated(15)), TsigReply::kFormErr);
  EXPECT_EQ(Exchange(key).Next(truncated(0)), TsigReply::kFormErr);
  key.mac_bytes_min = 16;
  EXPECT_EQ(Exchange(key).Next(truncated(16)), TsigReply::kVerified);
}

// RFC 8945 §5.3.2: nobody signed these, so they are reported, not believed.
TEST(PeersError, WithoutAMacIsRecognized) {
  const auto reply = [](TsigError error) {
    Exchange exchange;
    const Bytes answer = WithTsig(UnsignedQuery(), exchange.key, {.error = error});
    const TsigReply got = exchange.Next(answer);
    EXPECT_FALSE(exchange.stream->IsComplete());
    return got;
  };
  EXPECT_EQ(reply(TsigError::kBadKey), TsigReply::kPeerBadKey);
  EXPECT_EQ(reply(TsigError::kBadSig), TsigReply::kPeerBadSig);
  EXPECT_EQ(reply(TsigError::kBadTime), TsigReply::kFormErr);  // This one must be signed.
}

TEST(PeersError, BadTimeIsVerifiedAndHasThePeersTime) {
  Exchange exchange;
  TsigRequest request;
  const TsigKeyRing ring({exchange.key});
  ASSERT_EQ(request.Check(ring, exchange.query, kSignedAt + 1'000), TsigCheck::kBadTime);
  Bytes answer = UnsignedQuery();
  const size_t bytes = answer.size();
  answer.resize(bytes + request.ReservedBytes());
  ASSERT_EQ(request.Sign(answer, bytes, kSignedAt + 1'000), answer.size());
  EXPECT_EQ(exchange.Next(answer), TsigReply::kPeerBadTime);
  EXPECT_EQ(exchange.stream->peer_time_seconds(), kSignedAt + 1'000);
  EXPECT_FALSE(exchange.stream->IsComplete());
}

TEST(PeersError, BadTruncIsVerified) {
  TsigKey key = Sha256Key();
  key.mac_bytes_min = 16;
  Exchange exchange(key);
  Bytes query = UnsignedQuery();
  Mac mac = SignRequest(key, kSignedAt, query);
  mac.size = 16;
  query = WithTsig(UnsignedQuery(), key, {.mac = mac.view()});
  key.mac_bytes_min = 0;
  const TsigKeyRing ring({key});
  TsigRequest request;
  ASSERT_EQ(request.Check(ring, query, kSignedAt), TsigCheck::kBadTrunc);
  Bytes answer = UnsignedQuery();
  const size_t bytes = answer.size();
  answer.resize(bytes + request.ReservedBytes());
  ASSERT_EQ(request.Sign(answer, bytes, kSignedAt), answer.size());
  EXPECT_EQ(TsigStream(key, mac).Next(answer, kSignedAt), TsigReply::kPeerBadTrunc);
}

TEST(PeersError, EveryFaultHasAText) {
  for (auto reply = static_cast<int>(TsigReply::kFormErr);
       reply <= static_cast<int>(TsigReply::kPeerError); ++reply) {
    EXPECT_FALSE(TsigReplyText(static_cast<TsigReply>(reply)).empty()) << reply;
  }
  EXPECT_TRUE(TsigReplyText(TsigReply::kVerified).empty());
}

// RFC 8945 §5.3.1: the MAC of the third message covers the unsigned second one. As dnspython
// signs them.
TEST(Stream, OfDnspythonIsVerified) {
  Exchange exchange;
  const Bytes third_mac =
      PacketFromText("42a0c68e13d48f1959a141d4e8c428bd9954fe1a057053003e63b2692cd229ea");
  const Bytes first = WithMac(UnsignedAnswer(), exchange.key, kAnswerMac);
  const Bytes third =
      WithTsig(UnsignedAnswer(), exchange.key, {.mac = third_mac, .time_signed = kSignedAt + 7});
  EXPECT_EQ(exchange.Next(first), TsigReply::kVerified);
  EXPECT_EQ(exchange.Next(UnsignedAnswer()), TsigReply::kUnsignedYet);
  EXPECT_FALSE(exchange.stream->IsComplete());
  EXPECT_EQ(exchange.Next(third, kSignedAt + 7), TsigReply::kVerified);
  EXPECT_TRUE(exchange.stream->IsComplete());
}

TEST(Stream, OfOurSignerIsVerified) {
  for (const TsigCase& c : TsigCases()) {
    Exchange exchange(KeyOfCases(c.algorithm));
    Peer peer(exchange.key, exchange.query);
    for (uint64_t i = 0; i < 200; ++i) {
      const Bytes message = peer.Sign(UnsignedAnswer(), kSignedAt + i);
      ASSERT_EQ(exchange.Next(message, kSignedAt + i), TsigReply::kVerified) << c.name << i;
    }
  }
}

TEST(Stream, WithAMissingMessageIsBadSig) {
  Exchange exchange;
  Peer peer(exchange.key, exchange.query);
  EXPECT_EQ(exchange.Next(peer.Sign(UnsignedAnswer())), TsigReply::kVerified);
  peer.Sign(UnsignedAnswer());
  EXPECT_EQ(exchange.Next(peer.Sign(UnsignedAnswer())), TsigReply::kBadSig);
}

TEST(Stream, WithAnInsertedMessageIsBadSig) {
  Exchange exchange;
  Peer peer(exchange.key, exchange.query);
  EXPECT_EQ(exchange.Next(peer.Sign(UnsignedAnswer())), TsigReply::kVerified);
  EXPECT_EQ(exchange.Next(UnsignedAnswer()), TsigReply::kUnsignedYet);
  EXPECT_EQ(exchange.Next(peer.Sign(UnsignedAnswer())), TsigReply::kBadSig);
}

TEST(Stream, MayHave99UnsignedMessagesInARow) {
  Exchange exchange;
  Peer peer(exchange.key, exchange.query);
  EXPECT_EQ(exchange.Next(peer.Sign(UnsignedAnswer())), TsigReply::kVerified);
  for (int i = 0; i < 99; ++i) {
    ASSERT_EQ(exchange.Next(UnsignedAnswer()), TsigReply::kUnsignedYet) << i;
  }
  EXPECT_EQ(exchange.Next(UnsignedAnswer()), TsigReply::kUnsigned);
  EXPECT_FALSE(exchange.stream->IsComplete());
}

// A signed request of almost the largest size.
TEST(SignedRequest, IsNotOver65535Octets) {
  const Bytes small = UnsignedQuery();
  Bytes query = small;
  const size_t tsig_bytes = Exchange().query.size() - small.size();
  query.resize(65'535 - tsig_bytes);
  EXPECT_NE(SignRequest(Sha256Key(), kSignedAt, query).size, 0u);
  EXPECT_EQ(query.size(), 65'535u);
  query = small;
  query.resize(65'536 - tsig_bytes);
  EXPECT_EQ(SignRequest(Sha256Key(), kSignedAt, query).size, 0u);
  EXPECT_EQ(query.size(), 65'536 - tsig_bytes);
}

}  // namespace
}  // namespace hither
