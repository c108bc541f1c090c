// The gate for DNSSEC: one fault at a time, made by hand in a zone that is signed well.

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/zones/gate/dnssec_judge.h"
#include "zones/check/signature_key.h"

namespace hither {
namespace {

struct Case {
  const char* name;
  std::function<void(FlatZone&)> spoil;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class DnssecGateTest : public testing::TestWithParam<Case> {};

// As the second version, and as the first one.
TEST_P(DnssecGateTest, Refuses) {
  const Case& tested = GetParam();
  for (const DenialKind denial : {DenialKind::kNsec, DenialKind::kNsec3}) {
    const FlatZone before = Signed(denial);
    FlatZone after = Signed(denial, "", 2);
    tested.spoil(after);
    EXPECT_TRUE(absl::StartsWith(Judge(&before, after), tested.want)) << Judge(&before, after);
    EXPECT_TRUE(absl::StartsWith(Judge(nullptr, after), tested.want)) << Judge(nullptr, after);
  }
}

const Case kCases[] = {
    {"SignatureMissing", [](FlatZone& zone) { RemoveRrsig(zone, "a.example.", RrType::kA); },
     "dnssec: a.example. A: the RRset is not signed"},
    {"SignatureOfDsMissing",
     [](FlatZone& zone) { RemoveRrsig(zone, "secure.example.", RrType::kDs); },
     "dnssec: secure.example. DS: the RRset is not signed"},
    {"SoaNotSigned", [](FlatZone& zone) { RemoveRrsig(zone, "example.", RrType::kSoa); },
     "dnssec: example. SOA: the RRset is not signed"},
    {"RecordAddedAfterSigning", [](FlatZone& zone) { AddRecords(zone, "a 60 A 192.0.2.99"); },
     "dnssec: a.example. A: the signature by key "},
    {"KeyUnknown",
     [](FlatZone& zone) {
       SignAgain(zone, *Name::FromText("b.example."), RrType::kA, OtherKey(),
                 With(DenialKind::kNsec));
     },
     "dnssec: b.example. A: no signature is by a key of the zone's DNSKEY RRset"},
    {"SignerIsAnotherZone",
     [](FlatZone& zone) {
       for (FlatRecord& record : zone.records) {
         if (IsRrsigOf(record, "b.example.", RrType::kA)) ++record.rdata[kSignerAt + 1];
       }
     },
     "dnssec: b.example. A: no signature is by a key of the zone's DNSKEY RRset"},
    {"NoKeys",
     [](FlatZone& zone) {
       RemoveRRset(zone, "example.", RrType::kDnskey);
       RemoveRrsig(zone, "example.", RrType::kDnskey);
     },
     "dnssec: example. SOA: the zone has signatures, but no DNSKEY RRset"},
    {"DnskeyNotSelfSigned",
     [](FlatZone& zone) {
       zone.records.push_back({zone.apex, RrType::kDnskey, 3600, OtherKey().dnskey});
     },
     "dnssec: example. DNSKEY: the signature by key "},
};
INSTANTIATE_TEST_SUITE_P(Zones, DnssecGateTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(DnssecGate, GlueAndDelegationsNeedNoSignatures) {
  for (const DenialKind denial : {DenialKind::kNsec, DenialKind::kNsec3}) {
    const FlatZone before = Signed(denial);
    EXPECT_EQ(Judge(nullptr, before), "passed");
    FlatZone after = before;
    AddRecords(after, "ns.sub 60 AAAA 2001:db8::4\nsub 60 NS ns.other.\n");
    EXPECT_EQ(Judge(&before, after), "passed");
  }
}

// What was glue is signed when the delegation goes, though its own records stay.
TEST(DnssecGate, GlueThatBecomesAnAnswerIsSigned) {
  const FlatZone before = Signed(DenialKind::kNsec);
  FlatZone after = before;
  RemoveRRset(after, "sub.example.", RrType::kNs);
  EXPECT_TRUE(
      absl::StartsWith(Judge(&before, after), "dnssec: ns.sub.example. A: the RRset is not signed"))
      << Judge(&before, after);
}

// Nothing else has changed, but what only the removed key signed is bogus now.
TEST(DnssecGate, UnchangedSignaturesOfARemovedKey) {
  for (const DenialKind denial : {DenialKind::kNsec, DenialKind::kNsec3}) {
    Signing signing = With(denial);
    signing.published.push_back(OtherKey());
    signing.zone_signers = {OtherKey()};
    const FlatZone plain = FlatZoneFromText("example.", kZone);
    const FlatZone before = SignZone(plain, signing);
    EXPECT_EQ(Judge(nullptr, before), "passed");
    signing.published.pop_back();
    FlatZone after = SignZone(plain, signing);
    EXPECT_TRUE(absl::StartsWith(
        Judge(&before, after),
        "dnssec: example. NS: no signature is by a key of the zone's DNSKEY RRset"))
        << Judge(&before, after);
    // Only the apex is signed by the key that stays.
    const RrType last = denial == DenialKind::kNsec ? RrType::kNsec : RrType::kNsec3Param;
    for (const RrType type : {RrType::kSoa, RrType::kNs, last}) {
      SignAgain(after, after.apex, type, Key(), signing);
    }
    EXPECT_TRUE(absl::StartsWith(
        Judge(&before, after),
        "dnssec: a.example. A: no signature is by a key of the zone's DNSKEY RRset"))
        << Judge(&before, after);
  }
}

// What was not verified before, because the zone had no authority over it or was not signed, is
// verified once it counts, though it has not changed.
TEST(DnssecGate, SignaturesThatDidNotCountBefore) {
  const Signing signing = With(DenialKind::kNsec);
  const auto with_bad_signature = [&](FlatZone zone, absl::string_view owner) {
    SignAgain(zone, *Name::FromText(owner), RrType::kA, Key(), signing);
    zone.records.back().rdata.back() ^= 1;
    return zone;
  };
  const FlatZone glue = with_bad_signature(Signed(DenialKind::kNsec), "ns.sub.example.");
  EXPECT_EQ(Judge(nullptr, glue), "passed");
  FlatZone after = glue;
  RemoveRRset(after, "sub.example.", RrType::kNs);
  EXPECT_TRUE(
      absl::StartsWith(Judge(&glue, after), "dnssec: ns.sub.example. A: the signature by key "))
      << Judge(&glue, after);
  const FlatZone plain = with_bad_signature(FlatZoneFromText("example.", kZone), "a.example.");
  EXPECT_EQ(Judge(nullptr, plain), "passed");
  after = with_bad_signature(Signed(DenialKind::kNsec), "a.example.");
  EXPECT_TRUE(absl::StartsWith(Judge(&plain, after), "dnssec: a.example. A: the signature by key "))
      << Judge(&plain, after);
}

// One that has expired since it was published does not take the place of the one that is removed.
TEST(DnssecGate, OnlyAnExpiredSignatureIsLeft) {
  const Name owner = *Name::FromText("a.example.");
  Signing expired = With(DenialKind::kNsec);
  expired.expiration = kNow - 1;
  const FlatZone fresh = Signed(DenialKind::kNsec);
  FlatZone stale = fresh;
  SignAgain(stale, owner, RrType::kA, Key(), expired);
  FlatZone both = stale;
  for (const FlatRecord& record : fresh.records) {
    if (IsRrsigOf(record, "a.example.", RrType::kA)) both.records.push_back(record);
  }
  EXPECT_EQ(Judge(&both, fresh), "passed");
  EXPECT_TRUE(absl::StartsWith(
      Judge(&both, stale),
      "dnssec: a.example. A: no signature is by a key of the zone's DNSKEY RRset, still valid"))
      << Judge(&both, stale);
}

// It verifies, but a validator takes it for an answer from the wildcard, and the proof that the
// name does not exist cannot be had (RFC 4035 §5.3.4).
TEST(DnssecGate, ASignatureOfTheWildcardIsNotTheNames) {
  for (const DenialKind denial : {DenialKind::kNsec, DenialKind::kNsec3}) {
    const FlatZone before = Signed(denial, "*.wild 60 TXT x\nx.wild 60 TXT x\n");
    FlatZone after = before;
    RemoveRrsig(after, "x.wild.example.", RrType::kTxt);
    for (const FlatRecord& record : before.records) {
      if (!IsRrsigOf(record, "*.wild.example.", RrType::kTxt)) continue;
      after.records.push_back(record);
      after.records.back().owner = *Name::FromText("x.wild.example.");
    }
    const std::string want = absl::StrCat("dnssec: x.wild.example. TXT: the signature by key ",
                                          Key().tag, " is for another name");
    EXPECT_EQ(Judge(nullptr, before), "passed");
    EXPECT_TRUE(absl::StartsWith(Judge(&before, after), want)) << Judge(&before, after);
    EXPECT_TRUE(absl::StartsWith(Judge(nullptr, after), want)) << Judge(nullptr, after);
  }
}

// The key that replaces another has its tag: what the other one signed must be verified again.
TEST(DnssecGate, UnchangedSignaturesOfAReplacedKeyWithTheSameTag) {
  const auto [old_key, new_key] = MakeKeysWithOneTag(256);
  Signing signing = With(DenialKind::kNsec);
  signing.published.push_back(old_key);
  signing.zone_signers = {old_key};
  const FlatZone plain = FlatZoneFromText("example.", kZone);
  const FlatZone before = SignZone(plain, signing);
  signing.published.back() = new_key;
  const FlatZone after = SignZone(plain, signing);
  EXPECT_TRUE(absl::StartsWith(
      Judge(&before, after),
      absl::StrCat("dnssec: example. NS: the signature by key ", old_key.tag, " does not verify")))
      << Judge(&before, after);
}

TEST(DnssecGate, TheFirstVersionMayExpireSoonButNotBeExpired) {
  Signing signing = With(DenialKind::kNsec);
  signing.expiration = kNow + kDay;
  const FlatZone plain = FlatZoneFromText("example.", kZone);
  const std::string soon = Judge(nullptr, SignZone(plain, signing));
  EXPECT_TRUE(absl::StartsWith(soon, "passed: example. NS: the signature by key "));
  EXPECT_FALSE(absl::StrContains(soon, "|")) << soon;  // Once is enough.
  signing.expiration = kNow - 1;
  EXPECT_TRUE(absl::StartsWith(Judge(nullptr, SignZone(plain, signing)),
                               "dnssec: example. NS: the signature by key "));
}

TEST(DnssecGate, TheMarginIsExact) {
  const FlatZone before = Signed(DenialKind::kNsec);
  Signing signing = With(DenialKind::kNsec);
  signing.expiration = kNow + 3 * kDay;  // As GateSettings().
  const FlatZone plain = FlatZoneFromText("example.", kZone);
  EXPECT_EQ(Judge(&before, SignZone(plain, signing)), "passed");
  --signing.expiration;
  EXPECT_TRUE(absl::StrContains(Judge(&before, SignZone(plain, signing)), "in less than 72h"));
}

TEST(DnssecGate, LooksAtNothingWhenItIsOff) {
  const FlatZone before = Signed(DenialKind::kNsec);
  FlatZone after = before;
  RemoveRrsig(after, "a.example.", RrType::kA);
  EXPECT_EQ(Judge(&before, after, GateSettings()), "passed");
}

// RFC 4035 §2.2: an RRset has a signature of each algorithm of the keys, so that validators need
// only one of them. A key whose algorithm is not supported cannot stand for the others.
TEST(DnssecGate, AnUnknownAlgorithmBesideOthersAndAlone) {
  constexpr uint8_t kUnknown = 12;
  KeyPair key = Key();
  key.dnskey[3] = kUnknown;
  key.tag = KeyTagOf(key.dnskey);
  Signing signing = With(DenialKind::kNsec);
  signing.published.push_back(key);
  const FlatZone plain = FlatZoneFromText("example.", kZone);
  const auto with_unknown = [&](FlatZone zone, bool is_alone) {
    const std::vector<FlatRecord> records = zone.records;
    zone.records.clear();
    for (FlatRecord record : records) {
      const bool is_signature = record.type == RrType::kRrsig;
      if (!is_signature || !is_alone) zone.records.push_back(record);
      if (!is_signature) continue;
      record.rdata[2] = kUnknown;
      StoreU16(&record.rdata[16], key.tag);
      zone.records.push_back(record);
    }
    return zone;
  };
  constexpr char kWarning[] =
      "passed: example. has signatures of an algorithm that is not supported; they were not "
      "verified";
  EXPECT_EQ(Judge(nullptr, with_unknown(SignZone(plain, signing), false)), kWarning);
  EXPECT_TRUE(absl::StartsWith(
      Judge(nullptr, with_unknown(SignZone(plain, signing), true)),
      "dnssec: example. NS: no signature is by a key of the zone's DNSKEY RRset, still valid and "
      "of a supported algorithm"));
  signing.published = {key};  // The only algorithm of the zone.
  EXPECT_EQ(Judge(nullptr, with_unknown(SignZone(plain, signing), true)), kWarning);
}

TEST(DnssecGate, KeysStayButTheZoneIsNoLongerSigned) {
  const FlatZone before = Signed(DenialKind::kNsec);
  FlatZone after = FlatZoneFromText("example.", kZone);
  after.records.push_back({after.apex, RrType::kDnskey, 3600, Key().dnskey});
  EXPECT_TRUE(absl::StartsWith(Judge(&before, after),
                               "dnssec: example. SOA: the zone has keys, but its SOA is no "
                               "longer signed"));
}

}  // namespace
}  // namespace hither
