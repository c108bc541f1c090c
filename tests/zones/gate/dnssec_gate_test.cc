// The gate for DNSSEC: one fault at a time, made by hand in a zone that is signed well.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/support/flat_zone.h"
#include "tests/zones/gate/signed_versions.h"
#include "zones/gate/gates.h"

namespace hither {
namespace {

constexpr uint32_t kDay = 86'400;
constexpr uint32_t kNow = 1'780'000'000;

constexpr char kZone[] = R"(
@ 60 SOA ns1 host 1 2 3 4 300
@ 60 NS ns1
a 60 A 192.0.2.1
b 60 A 192.0.2.2
x.ent 60 TXT x
ns1 60 A 192.0.2.3
secure 60 NS ns.other.
secure 60 DS 1 15 2 0000000000000000000000000000000000000000000000000000000000000000
sub 60 NS ns.sub
ns.sub 60 A 192.0.2.4
)";

const KeyPair& Key() {
  static const auto& key = *new KeyPair(MakeKey(257));
  return key;
}
const KeyPair& OtherKey() {
  static const auto& key = *new KeyPair(MakeKey(256));
  return key;
}

Signing With(DenialKind denial) {
  return {.published = {Key()},
          .key_signers = {Key()},
          .zone_signers = {Key()},
          .denial = denial,
          .inception = kNow - kDay,
          .expiration = kNow + 14 * kDay};
}

GateSettings Dnssec() {
  GateSettings settings;
  settings.dnssec = DnssecGate::kVerify;
  return settings;
}

std::string Judge(const FlatZone* before, const FlatZone& after,
                  const GateSettings& settings = Dnssec()) {
  const auto old_zone = before == nullptr ? nullptr : BuildZone(*before);
  const auto new_zone = BuildZone(after);
  GateWatch watch;
  const GateResult result =
      RunGates({.old_zone = old_zone.get(), .new_zone = *new_zone, .now = kNow}, settings, watch);
  if (result.outcome == GateResult::Outcome::kPassed) {
    return absl::StrCat("passed", result.warnings.empty() ? "" : ": ",
                        absl::StrJoin(result.warnings, "|"));
  }
  return absl::StrCat(GateName(result.gate), ": ", result.text);
}

FlatZone Signed(DenialKind denial, absl::string_view add = "", uint32_t serial = 1) {
  FlatZone plain = FlatZoneFromText("example.", kZone);
  AddRecords(plain, add);
  SetSerial(plain, serial);
  return SignZone(plain, With(denial));
}

bool IsRrsigOf(const FlatRecord& record, absl::string_view owner, RrType type) {
  return record.type == RrType::kRrsig && record.owner == *Name::FromText(owner) &&
         LoadU16(record.rdata.data()) == static_cast<uint16_t>(type);
}

void RemoveRrsig(FlatZone& zone, absl::string_view owner, RrType type) {
  std::erase_if(zone.records,
                [&](const FlatRecord& record) { return IsRrsigOf(record, owner, type); });
}

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
    const FlatZone after = SignZone(plain, signing);
    EXPECT_TRUE(absl::StartsWith(
        Judge(&before, after),
        "dnssec: example. NS: no signature is by a key of the zone's DNSKEY RRset"))
        << Judge(&before, after);
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
  EXPECT_TRUE(absl::StartsWith(Judge(nullptr, SignZone(plain, signing)),
                               "passed: example. NS: the signature by key "));
  signing.expiration = kNow - 1;
  EXPECT_TRUE(absl::StartsWith(Judge(nullptr, SignZone(plain, signing)),
                               "dnssec: example. NS: the signature by key "));
}

TEST(DnssecGate, KeysStayButTheZoneIsNoLongerSigned) {
  const FlatZone before = Signed(DenialKind::kNsec);
  FlatZone after = FlatZoneFromText("example.", kZone);
  after.records.push_back({after.apex, RrType::kDnskey, 3600, Key().dnskey});
  EXPECT_TRUE(absl::StartsWith(Judge(&before, after),
                               "dnssec: example. SOA: the zone has keys, but its SOA is no "
                               "longer signed"));
}

// --- The chain. A wrong record is signed well, so that only the chain is at fault.

FlatRecord& Find(FlatZone& zone, absl::string_view owner, RrType type) {
  const Name name = *Name::FromText(owner);
  for (FlatRecord& record : zone.records) {
    if (record.type == type && record.owner == name) return record;
  }
  ADD_FAILURE() << owner;
  return zone.records[0];
}

void RemoveWithSignature(FlatZone& zone, absl::string_view owner, RrType type) {
  RemoveRRset(zone, owner, type);
  RemoveRrsig(zone, owner, type);
}

// Both ways to arrive at the version must show the fault.
void ExpectChainFault(const FlatZone& before, const FlatZone& after, absl::string_view want) {
  EXPECT_TRUE(absl::StartsWith(Judge(&before, after), want)) << Judge(&before, after);
  EXPECT_TRUE(absl::StartsWith(Judge(nullptr, after), want)) << Judge(nullptr, after);
}

TEST(NsecGate, ANameIsMissingInTheChain) {
  const FlatZone before = Signed(DenialKind::kNsec);
  FlatZone after = Signed(DenialKind::kNsec, "aa 60 A 192.0.2.9", 2);
  const FlatZone whole = after;
  EXPECT_EQ(Judge(&before, whole), "passed");
  FlatZone stale = before;
  Find(after, "a.example.", RrType::kNsec).rdata = Find(stale, "a.example.", RrType::kNsec).rdata;
  SignAgain(after, *Name::FromText("a.example."), RrType::kNsec, Key(), With(DenialKind::kNsec));
  ExpectChainFault(before, after,
                   "dnssec: a.example. NSEC: the chain is broken: the next name is aa.example., "
                   "not b.example.");
}

TEST(NsecGate, ANameHasNone) {
  const FlatZone before = Signed(DenialKind::kNsec);
  FlatZone after = Signed(DenialKind::kNsec, "aa 60 A 192.0.2.9", 2);
  RemoveWithSignature(after, "aa.example.", RrType::kNsec);
  ExpectChainFault(before, after, "dnssec: aa.example. NSEC: the name has none");
}

TEST(NsecGate, ARemovedNameStaysInTheChain) {
  const FlatZone before = Signed(DenialKind::kNsec);
  FlatZone after = before;
  RemoveName(after, "b.example.");
  ExpectChainFault(before, after,
                   "dnssec: a.example. NSEC: the chain is broken: the next name is "
                   "x.ent.example., not b.example.");
  after = before;
  RemoveName(after, "sub.example.");  // The last one.
  ExpectChainFault(before, after,
                   "dnssec: secure.example. NSEC: the chain is broken: the next name is "
                   "example., not sub.example.");
}

TEST(NsecGate, TypesAreMissing) {
  const FlatZone before = Signed(DenialKind::kNsec);
  FlatZone after = before;
  AddRecords(after, "b 60 TXT x");
  SignAgain(after, *Name::FromText("b.example."), RrType::kTxt, Key(), With(DenialKind::kNsec));
  ExpectChainFault(before, after,
                   "dnssec: b.example. NSEC: the types that it lists are not those of the name");
}

TEST(NsecGate, NoChainAtAll) {
  const FlatZone before = Signed(DenialKind::kNsec);
  FlatZone after = before;
  std::erase_if(after.records, [](const FlatRecord& record) {
    return record.type == RrType::kNsec || (record.type == RrType::kRrsig && record.rdata[1] == 47);
  });
  ExpectChainFault(before, after,
                   "dnssec: example. SOA: the zone has signatures, but no NSEC or NSEC3 chain");
}

std::string OwnerOfNsec3(absl::string_view name) {
  return absl::StrCat(Base32Hex(HashOf(*Name::FromText(name), {})), ".example.");
}

TEST(Nsec3Gate, ANameIsMissingInTheChain) {
  const FlatZone before = Signed(DenialKind::kNsec3);
  const FlatZone whole = Signed(DenialKind::kNsec3, "aa 60 A 192.0.2.9", 2);
  EXPECT_EQ(Judge(&before, whole), "passed");
  FlatZone after = whole;  // As the signer left it: the old chain, and the new name.
  std::erase_if(after.records, [](const FlatRecord& record) {
    return record.type == RrType::kNsec3 ||
           (record.type == RrType::kRrsig && record.rdata[1] == 50);
  });
  for (const FlatRecord& record : before.records) {
    if (record.type == RrType::kNsec3 || (record.type == RrType::kRrsig && record.rdata[1] == 50)) {
      after.records.push_back(record);
    }
  }
  ExpectChainFault(before, after, "dnssec: aa.example. has no NSEC3 record");
}

TEST(Nsec3Gate, ALinkIsBroken) {
  const FlatZone before = Signed(DenialKind::kNsec3);
  for (const char* name : {"a.example.", "b.example.", "ent.example.", "secure.example."}) {
    FlatZone after = before;
    const std::string owner = OwnerOfNsec3(name);
    Find(after, owner, RrType::kNsec3).rdata[10] ^= 1;  // In the next hash.
    SignAgain(after, *Name::FromText(owner), RrType::kNsec3, Key(), With(DenialKind::kNsec3));
    ExpectChainFault(before, after, absl::StrCat("dnssec: ", owner, " NSEC3: the chain is broken"));
  }
}

TEST(Nsec3Gate, TheLinkBeforeANewName) {
  const FlatZone before = Signed(DenialKind::kNsec3);
  for (int i = 0; i < 20; ++i) {  // Wherever in the ring the new hash is.
    FlatZone after = Signed(DenialKind::kNsec3, absl::StrCat("n", i, " 60 A 192.0.2.9"), 2);
    // The record that should point to the new one is left as it was.
    for (const FlatRecord& old : before.records) {
      if (old.type != RrType::kNsec3) continue;
      FlatRecord& record = Find(after, old.owner.ToText(), RrType::kNsec3);
      if (record.rdata == old.rdata) continue;
      record.rdata = old.rdata;
      SignAgain(after, old.owner, RrType::kNsec3, Key(), With(DenialKind::kNsec3));
    }
    EXPECT_TRUE(absl::StrContains(Judge(&before, after), "NSEC3: the chain is broken")) << i;
  }
}

TEST(Nsec3Gate, ARemovedNameStaysInTheChain) {
  const FlatZone before = Signed(DenialKind::kNsec3);
  FlatZone after = before;
  RemoveName(after, "b.example.");
  ExpectChainFault(before, after,
                   "dnssec: example. NSEC3PARAM: the NSEC3 chain has records that match no name");
}

TEST(Nsec3Gate, ARemovedRecordLeavesAGap) {
  const FlatZone before = Signed(DenialKind::kNsec3);
  FlatZone after = before;
  RemoveWithSignature(after, OwnerOfNsec3("b.example."), RrType::kNsec3);
  const std::string judged = Judge(&before, after);
  EXPECT_TRUE(absl::StrContains(judged, "NSEC3: the chain is broken")) << judged;
  EXPECT_TRUE(absl::StartsWith(Judge(nullptr, after), "dnssec: b.example. has no NSEC3 record"));
}

TEST(Nsec3Gate, TypesAreMissing) {
  const FlatZone before = Signed(DenialKind::kNsec3);
  FlatZone after = before;
  AddRecords(after, "b 60 TXT x");
  SignAgain(after, *Name::FromText("b.example."), RrType::kTxt, Key(), With(DenialKind::kNsec3));
  ExpectChainFault(before, after,
                   absl::StrCat("dnssec: ", OwnerOfNsec3("b.example."),
                                " NSEC3: the types that it lists are not those of b.example."));
}

// RFC 5155 §7.1: without the flag, a delegation may not be left out.
TEST(Nsec3Gate, OptOutNeedsItsFlag) {
  Signing signing = With(DenialKind::kNsec3);
  signing.chain.opt_out = true;
  FlatZone zone = SignZone(FlatZoneFromText("example.", kZone), signing);
  EXPECT_EQ(Judge(nullptr, zone), "passed");
  const FlatZone with_flags = zone;
  for (const FlatRecord& one : with_flags.records) {
    if (one.type != RrType::kNsec3) continue;
    Find(zone, one.owner.ToText(), RrType::kNsec3).rdata[1] = 0;
    SignAgain(zone, one.owner, RrType::kNsec3, Key(), signing);
  }
  EXPECT_TRUE(absl::StartsWith(Judge(nullptr, zone), "dnssec: sub.example. has no NSEC3 record"))
      << Judge(nullptr, zone);
}

}  // namespace
}  // namespace hither
