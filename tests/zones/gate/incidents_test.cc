// What has gone wrong with zones of this world, and what is right and looks similar. With the
// recommended gates none of the first is published, and all of the second is.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/support/flat_zone.h"
#include "tests/zones/gate/signed_versions.h"
#include "zones/check/signature_key.h"
#include "zones/gate/gates.h"

namespace hither {
namespace {

constexpr uint32_t kDay = 86'400;
constexpr uint32_t kNow = 1'780'000'000;  // 2026.
constexpr int kDelegations = 120;

// A registry's zone: delegations, every fifth of them signed, some with glue.
FlatZone Registry(uint32_t serial, int delegations = kDelegations) {
  std::string text =
      "@ 3600 SOA ns1 host 1 7200 900 1209600 300\n"
      "@ 3600 NS ns1\n@ 3600 NS ns2\n@ 3600 TXT \"registry\"\n@ 3600 MX 10 mail\n"
      "ns1 3600 A 192.0.2.1\nns2 3600 A 192.0.2.2\nmail 3600 A 192.0.2.3\n"
      "www 3600 A 192.0.2.4\n*.wild 3600 TXT x\n_tcp.deep 3600 TXT x\n";
  for (int i = 0; i < delegations; ++i) {
    absl::StrAppend(&text, "d", i, " 3600 NS ns.d", i, "\nns.d", i, " 3600 A 192.0.2.9\n");
    if (i % 5 == 0) absl::StrAppend(&text, "d", i, " 3600 DS ", i, " 15 2 ", std::string(64, '0'));
    absl::StrAppend(&text, "\n");
  }
  FlatZone zone = FlatZoneFromText("example.", text);
  SetSerial(zone, serial);
  return zone;
}

// Keys are made once: they cost more than the rest of a test.
struct Keys {
  KeyPair ksk = MakeKey(257);
  KeyPair zsk = MakeKey(256);
  KeyPair next_ksk = MakeKey(257);
  KeyPair next_zsk = MakeKey(256);
};
const Keys& AllKeys() {
  static const auto& keys = *new Keys;
  return keys;
}

Signing Usual(DenialKind denial = DenialKind::kNsec) {
  const Keys& keys = AllKeys();
  return {.published = {keys.ksk, keys.zsk},
          .key_signers = {keys.ksk},
          .zone_signers = {keys.zsk},
          .denial = denial,
          .inception = kNow - kDay,
          .expiration = kNow + 14 * kDay};
}

GateResult Judge(const FlatZone* before, const FlatZone& after,
                 const GateSettings& settings = RecommendedGates()) {
  const auto old_zone = before == nullptr ? nullptr : BuildZone(*before);
  const auto new_zone = BuildZone(after);
  GateWatch watch;
  return RunGates({.old_zone = old_zone.get(), .new_zone = *new_zone, .now = kNow}, settings,
                  watch);
}

std::string Outcome(const GateResult& result) {
  if (result.outcome == GateResult::Outcome::kPassed) return "passed";
  return absl::StrCat(GateName(result.gate), ": ", result.text, " [",
                      absl::StrJoin(result.records, " | "), "]");
}

// Each way to deny must catch the same incidents.
class IncidentTest : public testing::TestWithParam<DenialKind> {
 protected:
  Signing Usual() const { return hither::Usual(GetParam()); }
  FlatZone Good(uint32_t serial) const { return SignZone(Registry(serial), Usual()); }

  // A good first version, then this one.
  void ExpectRefused(const FlatZone& after, const std::string& gate_and_text) {
    ExpectRefused(Good(1), after, gate_and_text);
  }
  void ExpectRefused(const FlatZone& before, const FlatZone& after,
                     const std::string& gate_and_text) {
    ASSERT_EQ(Outcome(Judge(nullptr, before)), "passed");
    const GateResult result = Judge(&before, after);
    EXPECT_TRUE(absl::StartsWith(Outcome(result), gate_and_text)) << Outcome(result);
    EXPECT_FALSE(MayPublish(result, RecommendedGates()));
  }
  void ExpectPassed(const FlatZone& before, const FlatZone& after) {
    EXPECT_EQ(Outcome(Judge(nullptr, before)), "passed");
    EXPECT_EQ(Outcome(Judge(&before, after)), "passed");
  }
};
INSTANTIATE_TEST_SUITE_P(Denial, IncidentTest,
                         testing::Values(DenialKind::kNsec, DenialKind::kNsec3),
                         [](const auto& tested) {
                           return tested.param == DenialKind::kNsec ? "Nsec" : "Nsec3";
                         });

// .de in May 2010: most of the zone was missing, and what was left was signed well.
TEST_P(IncidentTest, ZoneCutToAThird) {
  ExpectRefused(SignZone(Registry(2, kDelegations / 3), Usual()),
                "size: d100.example. is the first name removed: the zone shrinks from");
}

// .de in 2026: two keys had one tag, and a signer used the wrong one for a third of the signatures.
TEST_P(IncidentTest, AThirdOfTheNewSignaturesByTheOtherKeyOfOneTag) {
  const auto [zsk, other] = MakeKeysWithOneTag(256);
  Signing signing = Usual();
  signing.published = {AllKeys().ksk, zsk};
  signing.zone_signers = {zsk};
  const FlatZone before = SignZone(Registry(1), signing);
  FlatZone after = SignZone(Registry(2), signing);
  for (int i = 0; i < kDelegations; i += 15) {  // A third of the DS RRsets.
    SignAgain(after, *Name::FromText(absl::StrCat("d", i, ".example.")), RrType::kDs, other,
              signing);
  }
  ExpectRefused(
      before, after,
      absl::StrCat("dnssec: d0.example. DS: the signature by key ", zsk.tag, " does not verify"));
  // Before that, the second key was published: a warning, for nothing is wrong yet.
  Signing both = signing;
  both.published.push_back(other);
  const GateResult warned = Judge(&before, SignZone(Registry(2), both));
  EXPECT_EQ(Outcome(warned), "passed");
  EXPECT_EQ(absl::StrJoin(warned.warnings, "|"),
            absl::StrCat("example. DNSKEY: two keys have the tag ", zsk.tag,
                         "; a signer can mistake one for the other: replace one (RFC 4034 §8)"));
}

// .se in February 2022: signatures that did not verify.
TEST_P(IncidentTest, BadSignatures) {
  FlatZone after = Good(2);
  for (FlatRecord& record : after.records) {
    const bool is_ds_rrsig = record.type == RrType::kRrsig && record.rdata[1] == 43;
    if (is_ds_rrsig && record.owner.ToText() > "d2") record.rdata.back() ^= 1;
  }
  // The others did not change at all, so changing them is what the gate sees.
  ExpectRefused(after, absl::StrCat("dnssec: d20.example. DS: the signature by key ",
                                    AllKeys().zsk.tag, " does not verify"));
}

// us-east-1 in October 2025: all addresses of a service's name were removed.
TEST_P(IncidentTest, RRsetOfABusyNameEmptied) {
  FlatZone plain = Registry(2);
  RemoveRRset(plain, "mail.example.", RrType::kA);
  ExpectRefused(SignZone(plain, Usual()),
                "empty_rrset: mail.example. A has been removed, but example. MX still points");
  plain = Registry(2);
  RemoveRRset(plain, "ns.d7.example.", RrType::kA);
  ExpectRefused(SignZone(plain, Usual()), "empty_rrset: ns.d7.example. A has been removed");
  plain = Registry(2);
  RemoveRRset(plain, "www.example.", RrType::kA);
  GateSettings settings = RecommendedGates();
  settings.busy_names = {*Name::FromText("www.example.")};
  const FlatZone before = Good(1);
  EXPECT_TRUE(absl::StartsWith(Outcome(Judge(&before, SignZone(plain, Usual()), settings)),
                               "empty_rrset: www.example. A has been removed"));
}

TEST_P(IncidentTest, SerialBackward) {
  ExpectRefused(Good(5), Good(4),
                "serial: example. SOA: the serial goes backward, from 5 to 4; raise it at the "
                "primary (RFC 1982) [example. 3600 IN SOA ns1.example. host.example. 4 ");
}

TEST_P(IncidentTest, DnskeySwapped) {
  Signing signing = Usual();
  const Keys& keys = AllKeys();
  signing.published = {keys.next_ksk, keys.next_zsk};
  signing.key_signers = {keys.next_ksk};
  signing.zone_signers = {keys.next_zsk};
  ExpectRefused(SignZone(Registry(2), signing),
                "dnskey: example. DNSKEY: no key is one of the last good version; accept the "
                "version if all keys were replaced on purpose");
  // The zone's key stays, but the one to which the parent points is another.
  signing.published = {keys.next_ksk, keys.zsk};
  signing.zone_signers = {keys.zsk};
  ExpectRefused(SignZone(Registry(2), signing),
                "dnskey: example. DNSKEY: no signature is by a key that the last good version "
                "trusted");
  // A signature by the zone's key does not help: no DS record points to it.
  signing.key_signers = {keys.next_ksk, keys.zsk};
  ExpectRefused(SignZone(Registry(2), signing),
                "dnskey: example. DNSKEY: no signature is by a key that the last good version "
                "trusted");
}

TEST_P(IncidentTest, SignaturesNearExpiry) {
  Signing signing = Usual();
  signing.expiration = kNow + 2 * kDay;
  ExpectRefused(SignZone(Registry(2), signing),
                absl::StrCat("dnssec: example. NS: the signature by key ", AllKeys().zsk.tag,
                             " expires at 20260530202640, in less than 72h"));
  signing.expiration = kNow - 1;
  ExpectRefused(SignZone(Registry(2), signing),
                absl::StrCat("dnssec: example. NS: the signature by key ", AllKeys().zsk.tag,
                             " expired at 20260528202639"));
  signing = Usual();
  signing.inception = kNow + 1;
  ExpectRefused(SignZone(Registry(2), signing),
                absl::StrCat("dnssec: example. NS: the signature by key ", AllKeys().zsk.tag,
                             " is not valid before 20260528202641"));
}

TEST_P(IncidentTest, ZonemdWrong) {
  const Signing signing = Usual();
  const FlatZone before = WithZonemd(Registry(1), &signing);
  FlatZone plain = Registry(2);
  AddRecords(plain, "other 3600 TXT \"not in the digest\"");
  FlatZone after = WithZonemd(plain, &signing);
  ExpectPassed(before, after);
  // A record without a signature, so that only the digest shows it: glue.
  AddRecords(after, "ns.d3 3600 A 192.0.2.66");
  ExpectRefused(before, after, "zonemd: example. ZONEMD: the digest is not that of the zone");
}

// --- What must pass.

TEST_P(IncidentTest, OrdinaryUpdates) {
  FlatZone plain = Registry(1);
  FlatZone before = SignZone(plain, Usual());
  EXPECT_EQ(Outcome(Judge(nullptr, before)), "passed");
  const auto step = [&](uint32_t serial, const std::string& what) {
    SetSerial(plain, serial);
    const FlatZone after = SignZone(plain, Usual());
    EXPECT_EQ(Outcome(Judge(&before, after)), "passed") << what;
    before = after;
  };
  AddRecords(plain, "new 3600 A 192.0.2.7\na.b.c 3600 TXT x\nd900 3600 NS ns.other.\n");
  step(2, "names, empty non-terminals and a delegation added");
  RemoveName(plain, "a.b.c.example.");
  RemoveName(plain, "d900.example.");
  step(3, "and removed");
  RemoveRRset(plain, "new.example.", RrType::kA);
  AddRecords(plain, "new 3600 AAAA 2001:db8::7\nnew 60 TXT y\n");
  step(4, "another type");
  AddRecords(plain, "d0 3600 NS ns.other.\nd1 3600 DS 1 15 2 " + std::string(64, '1') + "\n");
  step(5, "a delegation's NS and DS");
  RemoveRRset(plain, "d5.example.", RrType::kDs);
  step(6, "a delegation without DS");
  RemoveName(plain, "d7.example.");
  AddRecords(plain, "d7 3600 TXT x\nbelow.d7 3600 TXT x\n");
  step(7, "names in the place of a delegation");
  RemoveName(plain, "d7.example.");
  AddRecords(plain, "d7 3600 NS ns.d7\nns.d7 3600 A 192.0.2.9\n");
  step(8, "a delegation in the place of names");
  AddRecords(plain, "x.tree 3600 TXT x\ny.tree 3600 TXT x\n");
  step(9, "a tree");
  RemoveName(plain, "tree.example.");
  AddRecords(plain, "tree 3600 DNAME other.\n");
  step(10, "a DNAME in its place");
  RemoveName(plain, "_tcp.deep.example.");
  RemoveName(plain, "wild.example.");
  step(11, "the last names of the zone");
  step(11, "nothing");
}

TEST_P(IncidentTest, EverythingSignedAgain) {
  Signing later = Usual();
  later.inception = kNow;
  later.expiration = kNow + 20 * kDay;
  ExpectPassed(Good(1), SignZone(Registry(2), later));
}

// RFC 6781 §4.1.1.1.
TEST_P(IncidentTest, ZskRolloverByPrePublication) {
  const Keys& keys = AllKeys();
  Signing signing = Usual();
  FlatZone before = SignZone(Registry(1), signing);
  const auto step = [&](uint32_t serial) {
    const FlatZone after = SignZone(Registry(serial), signing);
    EXPECT_EQ(Outcome(Judge(&before, after)), "passed") << serial;
    before = after;
  };
  signing.published = {keys.ksk, keys.zsk, keys.next_zsk};
  step(2);
  signing.zone_signers = {keys.next_zsk};
  step(3);
  signing.published = {keys.ksk, keys.next_zsk};
  step(4);
}

// RFC 6781 §4.1.1.2 and §4.1.2.
TEST_P(IncidentTest, RolloverByDoubleSignature) {
  const Keys& keys = AllKeys();
  Signing signing = Usual();
  FlatZone before = SignZone(Registry(1), signing);
  const auto step = [&](uint32_t serial) {
    const FlatZone after = SignZone(Registry(serial), signing);
    EXPECT_EQ(Outcome(Judge(&before, after)), "passed") << serial;
    before = after;
  };
  signing.published = {keys.ksk, keys.zsk, keys.next_zsk};
  signing.zone_signers = {keys.zsk, keys.next_zsk};
  step(2);
  signing.published = {keys.ksk, keys.next_zsk};
  signing.zone_signers = {keys.next_zsk};
  step(3);
  signing.published = {keys.ksk, keys.next_ksk, keys.next_zsk};
  signing.key_signers = {keys.ksk, keys.next_ksk};
  step(4);
  signing.published = {keys.next_ksk, keys.next_zsk};
  signing.key_signers = {keys.next_ksk};
  step(5);
}

// RFC 6781 §4.1.4: the new key's signatures come before the key, and go after it.
TEST_P(IncidentTest, SignaturesBeforeTheirKey) {
  const Keys& keys = AllKeys();
  Signing signing = Usual();
  signing.zone_signers = {keys.zsk, keys.next_zsk};
  ExpectPassed(Good(1), SignZone(Registry(2), signing));
  ExpectPassed(SignZone(Registry(1), signing), Good(2));
}

// RFC 5011 §2.1: the flag changes, the key does not.
TEST_P(IncidentTest, KeyRevoked) {
  const Keys& keys = AllKeys();
  Signing both = Usual();
  both.published = {keys.ksk, keys.next_ksk, keys.zsk};
  both.key_signers = {keys.ksk, keys.next_ksk};
  KeyPair revoked = keys.ksk;
  revoked.dnskey[1] |= 0x80;
  revoked.tag = KeyTagOf(revoked.dnskey);
  Signing after = both;
  after.published = {revoked, keys.next_ksk, keys.zsk};
  after.key_signers = {revoked, keys.next_ksk};
  ExpectPassed(SignZone(Registry(1), both), SignZone(Registry(2), after));
}

TEST(RightChanges, ReSalt) {
  Signing salted = Usual(DenialKind::kNsec3);
  salted.chain.salt = {0xab, 0xcd};
  const FlatZone before = SignZone(Registry(1), Usual(DenialKind::kNsec3));
  EXPECT_EQ(Outcome(Judge(&before, SignZone(Registry(2), salted))), "passed");
}

TEST(RightChanges, NsecToNsec3AndBack) {
  const FlatZone nsec = SignZone(Registry(1), Usual(DenialKind::kNsec));
  const FlatZone nsec3 = SignZone(Registry(2), Usual(DenialKind::kNsec3));
  const FlatZone again = SignZone(Registry(3), Usual(DenialKind::kNsec));
  EXPECT_EQ(Outcome(Judge(&nsec, nsec3)), "passed");
  EXPECT_EQ(Outcome(Judge(&nsec3, again)), "passed");
}

TEST(RightChanges, OptOut) {
  Signing opt_out = Usual(DenialKind::kNsec3);
  opt_out.chain.opt_out = true;
  const FlatZone before = SignZone(Registry(1), Usual(DenialKind::kNsec3));
  const FlatZone after = SignZone(Registry(2), opt_out);
  EXPECT_EQ(Outcome(Judge(nullptr, after)), "passed");
  EXPECT_EQ(Outcome(Judge(&before, after)), "passed");
  FlatZone plain = Registry(3);
  AddRecords(plain, "d900 3600 NS ns.other.\nx.ent9 3600 NS ns.other.\n");
  RemoveRRset(plain, "d5.example.", RrType::kDs);
  const FlatZone next = SignZone(plain, opt_out);
  EXPECT_EQ(Outcome(Judge(&after, next)), "passed");
  SetSerial(plain, 4);
  EXPECT_EQ(Outcome(Judge(&next, SignZone(plain, Usual(DenialKind::kNsec3)))), "passed");
}

TEST(RightChanges, UnsignedToSignedAndBack) {
  const FlatZone plain = Registry(1);
  for (const DenialKind denial : {DenialKind::kNsec, DenialKind::kNsec3}) {
    const FlatZone with_keys = SignZone(Registry(2), Usual(denial));
    EXPECT_EQ(Outcome(Judge(&plain, with_keys)), "passed");
    const FlatZone back = Registry(3);
    EXPECT_TRUE(absl::StartsWith(Outcome(Judge(&with_keys, back)),
                                 "dnskey: example. DNSKEY: all keys have been removed"));
    GateSettings settings = RecommendedGates();
    settings.dnskey = ChangeGate::kPass;
    EXPECT_EQ(Outcome(Judge(&with_keys, back, settings)), "passed");
  }
}

TEST(RightChanges, KeysBeforeTheZoneIsSigned) {
  FlatZone after = Registry(2);
  after.records.push_back({after.apex, RrType::kDnskey, 3600, AllKeys().ksk.dnskey});
  const FlatZone before = Registry(1);
  EXPECT_EQ(Outcome(Judge(&before, after)), "passed");
}

}  // namespace
}  // namespace hither
