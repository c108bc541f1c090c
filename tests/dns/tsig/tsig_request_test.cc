#include "dns/tsig/tsig_request.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/dns/tsig/tsig_cases.h"
#include "tests/support/packet_text.h"

namespace hither {
namespace {

constexpr TsigCase kSha256 = {"", HmacAlgorithm::kSha256,
                              "a55f7ca0497eb9c6653622f523898d8d4f50fe303bac254751b4c05c32718584",
                              "575bf03ee238752f752a95390751e339e2b9b692da430847694135b6f278c2a1"};

TsigKeyRing RingOf(const TsigKey& key) { return TsigKeyRing({key}); }

TsigKey Sha256Key() { return KeyOfCases(HmacAlgorithm::kSha256); }

Bytes SignedQuery() { return WithMac(UnsignedQuery(), Sha256Key(), kSha256.query_mac); }

TsigCheck CheckOf(ByteView message, const TsigKey& key = Sha256Key(), uint64_t now = kSignedAt) {
  TsigRequest request;
  return request.Check(RingOf(key), message, now);
}

// The answer as request.Sign() leaves it; empty if it may not be sent.
Bytes Signed(TsigRequest& request, Bytes answer, uint64_t now = kSignedAt, size_t room = 512) {
  const size_t bytes = answer.size();
  answer.resize(room);
  answer.resize(request.Sign(answer, bytes, now));
  return answer;
}

class Algorithms : public testing::TestWithParam<TsigCase> {};

TEST_P(Algorithms, AreThoseOfDnspython) {
  const TsigCase& c = GetParam();
  const TsigKey key = KeyOfCases(c.algorithm);
  const TsigKeyRing ring = RingOf(key);
  const Bytes query = WithMac(UnsignedQuery(), key, c.query_mac);
  TsigRequest request;
  ASSERT_EQ(request.Check(ring, query, kSignedAt), TsigCheck::kGood);
  EXPECT_EQ(request.key(), &ring.keys()[0]);
  const Bytes answer = Signed(request, UnsignedAnswer());
  EXPECT_EQ(answer, WithMac(UnsignedAnswer(), key, c.answer_mac));
  EXPECT_EQ(answer.size(), UnsignedAnswer().size() + request.ReservedBytes());
}

TEST_P(Algorithms, NoticeEveryChangedBit) {
  const TsigKey key = KeyOfCases(GetParam().algorithm);
  Bytes query = WithMac(UnsignedQuery(), key, GetParam().query_mac);
  for (size_t bit = 0; bit < 8 * query.size(); ++bit) {
    const auto mask = static_cast<uint8_t>(1u << bit % 8);
    query[bit / 8] ^= mask;
    const bool is_id = bit < 16;        // The original ID counts (RFC 8945 §4.3.2).
    const bool is_case = mask == 0x20;  // Names count in lower case.
    if (!is_id && !is_case) {
      EXPECT_NE(CheckOf(query, key), TsigCheck::kGood) << bit;
    }
    query[bit / 8] ^= mask;
  }
  EXPECT_EQ(CheckOf(query, key), TsigCheck::kGood);
}

INSTANTIATE_TEST_SUITE_P(All, Algorithms, testing::ValuesIn(TsigCases().begin(), TsigCases().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Check, AnUnsignedMessageIsUnsigned) {
  TsigRequest request;
  EXPECT_EQ(request.Check(RingOf(Sha256Key()), UnsignedQuery(), kSignedAt), TsigCheck::kUnsigned);
  EXPECT_EQ(request.key(), nullptr);
  EXPECT_EQ(request.ReservedBytes(), 0u);
  EXPECT_EQ(Signed(request, UnsignedAnswer()), UnsignedAnswer());
}

TEST(Check, ForwardersMayChangeTheId) {
  Bytes query = SignedQuery();
  StoreU16(query.data(), 0xabcd);
  EXPECT_EQ(CheckOf(query), TsigCheck::kGood);
}

TEST(Check, CaseOfKeyAndAlgorithmDoesNotMatter) {
  TsigKey key = Sha256Key();
  key.name = *Name::FromText("kEY.eXAMPLE.");
  EXPECT_EQ(CheckOf(SignedQuery(), key), TsigCheck::kGood);
}

// RFC 8945 §5.1.
TEST(Check, ATsigThatIsNotTheLastRecordIsFormErr) {
  Bytes query = SignedQuery();
  const Bytes opt = PacketFromText("00 0029 04d0 00000000 0000");
  query.insert(query.end(), opt.begin(), opt.end());
  query[11] = 2;
  TsigRequest request;
  EXPECT_EQ(request.Check(RingOf(Sha256Key()), query, kSignedAt), TsigCheck::kFormErr);
  EXPECT_EQ(Signed(request, UnsignedAnswer()), UnsignedAnswer());
}

TEST(Check, TwoTsigsAreFormErr) {
  const Bytes twice = WithMac(SignedQuery(), Sha256Key(), kSha256.query_mac);
  EXPECT_EQ(CheckOf(twice), TsigCheck::kFormErr);
}

TEST(Check, MessagesCutShortAreFormErr) {
  const Bytes whole = SignedQuery();
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(CheckOf(cut), TsigCheck::kFormErr) << size;
  }
}

// RFC 8945 §5.2.1: no MAC in the answer, as there is no key for one.
TEST(Check, AnUnknownKeyIsBadKey) {
  TsigKey other = Sha256Key();
  other.name = *Name::FromText("other.");
  TsigRequest request;
  ASSERT_EQ(request.Check(RingOf(other), SignedQuery(), kSignedAt + 1'000), TsigCheck::kBadKey);
  EXPECT_EQ(request.key(), nullptr);
  const Bytes answer = Signed(request, UnsignedAnswer());
  EXPECT_EQ(answer, WithTsig(UnsignedAnswer(), Sha256Key(), {.error = TsigError::kBadKey}));
}

TEST(Check, AnotherAlgorithmIsBadKey) {
  TsigKey other = Sha256Key();
  other.algorithm = HmacAlgorithm::kSha384;
  EXPECT_EQ(CheckOf(SignedQuery(), other), TsigCheck::kBadKey);
}

TEST(Check, AnotherSecretIsBadSig) {
  TsigKey other = Sha256Key();
  other.secret.push_back(1);
  TsigRequest request;
  ASSERT_EQ(request.Check(RingOf(other), SignedQuery(), kSignedAt), TsigCheck::kBadSig);
  EXPECT_EQ(request.key(), nullptr);
  const Bytes answer = Signed(request, UnsignedAnswer());
  EXPECT_EQ(answer, WithTsig(UnsignedAnswer(), Sha256Key(), {.error = TsigError::kBadSig}));
}

// Without a key, an answer that has no room for the TSIG is sent without.
TEST(Check, BadKeyIsLeftOutWhereItDoesNotFit) {
  TsigRequest request;
  ASSERT_EQ(request.Check(TsigKeyRing(), SignedQuery(), kSignedAt), TsigCheck::kBadKey);
  const size_t least = UnsignedAnswer().size() + request.ReservedBytes();
  EXPECT_EQ(Signed(request, UnsignedAnswer(), kSignedAt, least - 1), UnsignedAnswer());
  EXPECT_EQ(Signed(request, UnsignedAnswer(), kSignedAt, least).size(), least);
}

TEST(Check, TheFudgeIsTheLimitOfTheTime) {
  EXPECT_EQ(CheckOf(SignedQuery(), Sha256Key(), kSignedAt - 300), TsigCheck::kGood);
  EXPECT_EQ(CheckOf(SignedQuery(), Sha256Key(), kSignedAt + 300), TsigCheck::kGood);
  EXPECT_EQ(CheckOf(SignedQuery(), Sha256Key(), kSignedAt - 301), TsigCheck::kBadTime);
  EXPECT_EQ(CheckOf(SignedQuery(), Sha256Key(), kSignedAt + 301), TsigCheck::kBadTime);
  EXPECT_EQ(CheckOf(SignedQuery(), Sha256Key(), 0), TsigCheck::kBadTime);
  EXPECT_EQ(CheckOf(SignedQuery(), Sha256Key(), UINT64_MAX), TsigCheck::kBadTime);
}

// RFC 8945 §5.2.3: the client's time, ours in the other data, and a MAC, as dnspython makes it.
TEST(Check, BadTimeIsSigned) {
  TsigRequest request;
  const TsigKeyRing ring = RingOf(Sha256Key());
  ASSERT_EQ(request.Check(ring, SignedQuery(), kSignedAt + 1'000), TsigCheck::kBadTime);
  Bytes answer = UnsignedQuery();
  StoreU16(answer.data() + 2, 0x8109);  // QR, RD, NOTAUTH.
  const Bytes octets = Signed(request, answer, kSignedAt + 1'000);
  EXPECT_EQ(octets.size(), answer.size() + request.ReservedBytes());
  EXPECT_EQ(octets,
            PacketFromText("1234 8109 0001 0000 0000 0001 03'www' 07'example' 00 0001 0001\n"
                           "03'Key' 07'Example' 00 00fa 00ff 00000000 0043\n"
                           "0b'hmac-sha256' 00 00006553f100 012c\n"
                           "0020 c0fb2f78c796eb06e13a3e97730c1fef09f93a641b3328df576a30be13f03427\n"
                           "1234 0012 0006 00006553f4e8"));
}

// RFC 8945 §5.2.2.1: what is no MAC of this algorithm, whole or truncated.
TEST(TruncatedMac, OfAnImpossibleSizeIsFormErr) {
  const TsigKey key = Sha256Key();
  const Bytes mac = PacketFromText(std::string(kSha256.query_mac) + "00");
  for (const size_t size : {0, 1, 15, 33}) {
    const Bytes query = WithTsig(UnsignedQuery(), key, {.mac = ByteView(mac).first(size)});
    EXPECT_EQ(CheckOf(query), TsigCheck::kFormErr) << size;
  }
}

TEST(TruncatedMac, IsRefusedUnlessTheKeyAllowsIt) {
  TsigKey key = Sha256Key();
  const Bytes mac = PacketFromText(kSha256.query_mac);
  const auto truncated = [&](size_t size) {
    return WithTsig(UnsignedQuery(), key, {.mac = ByteView(mac).first(size)});
  };
  EXPECT_EQ(CheckOf(truncated(16), key), TsigCheck::kBadTrunc);
  EXPECT_EQ(CheckOf(truncated(31), key), TsigCheck::kBadTrunc);
  key.mac_bytes_min = 20;
  EXPECT_EQ(CheckOf(truncated(19), key), TsigCheck::kBadTrunc);
  EXPECT_EQ(CheckOf(truncated(20), key), TsigCheck::kGood);
  Bytes wrong = truncated(20);
  wrong[wrong.size() - 7] ^= 1;  // The last octet of the MAC.
  EXPECT_EQ(CheckOf(wrong, key), TsigCheck::kBadSig);
}

TEST(TruncatedMac, GetsASignedError) {
  const Bytes mac = PacketFromText(kSha256.query_mac);
  TsigRequest request;
  const TsigKeyRing ring = RingOf(Sha256Key());
  const Bytes query = WithTsig(UnsignedQuery(), Sha256Key(), {.mac = ByteView(mac).first(16)});
  ASSERT_EQ(request.Check(ring, query, kSignedAt), TsigCheck::kBadTrunc);
  const Bytes answer = Signed(request, UnsignedAnswer());
  EXPECT_EQ(TsigOf(answer).mac.size(), 32u);
  EXPECT_EQ(TsigOf(answer).error, static_cast<uint16_t>(TsigError::kBadTrunc));
}

TEST(Sign, WithoutRoomNothingMayBeSent) {
  TsigRequest request;
  const TsigKeyRing ring = RingOf(Sha256Key());
  ASSERT_EQ(request.Check(ring, SignedQuery(), kSignedAt), TsigCheck::kGood);
  const size_t least = UnsignedAnswer().size() + request.ReservedBytes();
  EXPECT_TRUE(Signed(request, UnsignedAnswer(), kSignedAt, least - 1).empty());
  EXPECT_EQ(Signed(request, UnsignedAnswer(), kSignedAt, least).size(), least);
}

// One object for requests that differ in every way.
TEST(Check, ForgetsTheRequestBefore) {
  TsigRequest request;
  const TsigKeyRing ring = RingOf(Sha256Key());
  EXPECT_EQ(request.Check(ring, SignedQuery(), kSignedAt), TsigCheck::kGood);
  EXPECT_EQ(request.Check(TsigKeyRing(), SignedQuery(), kSignedAt), TsigCheck::kBadKey);
  EXPECT_EQ(request.key(), nullptr);
  EXPECT_EQ(request.Check(ring, UnsignedQuery(), kSignedAt), TsigCheck::kUnsigned);
  EXPECT_EQ(request.ReservedBytes(), 0u);
}

// As dnspython signs the first message; the later ones are judged in tsig_client_test.
TEST(Stream, FirstMessageIsSignedLikeASingleOne) {
  TsigRequest request;
  const TsigKeyRing ring = RingOf(Sha256Key());
  ASSERT_EQ(request.Check(ring, SignedQuery(), kSignedAt), TsigCheck::kGood);
  const auto signer = request.Stream();
  Bytes message = UnsignedAnswer();
  const size_t bytes = message.size();
  message.resize(bytes + signer->ReservedBytes() - 1);
  EXPECT_EQ(signer->Sign(message, bytes, kSignedAt), 0u);
  const auto again = request.Stream();
  message.resize(bytes + signer->ReservedBytes());
  EXPECT_EQ(again->Sign(message, bytes, kSignedAt), message.size());
  EXPECT_EQ(ToHex(TsigOf(message).mac), kSha256.answer_mac);
}

}  // namespace
}  // namespace hither
