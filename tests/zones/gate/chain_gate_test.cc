// The gate for DNSSEC: the chain of NSEC or NSEC3 records. A wrong record is signed well, so that
// only the chain is at fault.

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/zones/gate/dnssec_judge.h"

namespace hither {
namespace {

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

TEST(NsecGate, ANameHasTwo) {
  const FlatZone before = Signed(DenialKind::kNsec);
  FlatZone after = before;
  FlatRecord second = Find(after, "a.example.", RrType::kNsec);
  second.rdata = Find(after, "b.example.", RrType::kNsec).rdata;
  after.records.push_back(second);
  SignAgain(after, *Name::FromText("a.example."), RrType::kNsec, Key(), With(DenialKind::kNsec));
  ExpectChainFault(before, after, "dnssec: a.example. NSEC: the name has several");
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
  ExpectChainFault(before, after, "dnssec: b.example. has no NSEC3 record");
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

constexpr size_t kNextHashAt = 6;  // RFC 5155 §3.2, without a salt.
constexpr size_t kBitsAt = 28;

// What is signed again wrongly is the record, not the name.
TEST(Nsec3Gate, TheTypesOfAnUnchangedName) {
  const FlatZone before = Signed(DenialKind::kNsec3);
  const std::string owner = OwnerOfNsec3("b.example.");
  FlatZone after = before;
  Find(after, owner, RrType::kNsec3).rdata[kBitsAt] ^= 0x40;  // A.
  SignAgain(after, *Name::FromText(owner), RrType::kNsec3, Key(), With(DenialKind::kNsec3));
  ExpectChainFault(before, after,
                   absl::StrCat("dnssec: ", owner,
                                " NSEC3: the types that it lists are not those of b.example."));
}

// Removes a name's NSEC3 record, and lets the one before it point to the one after it.
void TakeOutOfRing(FlatZone& zone, absl::string_view name, const Signing& signing) {
  const std::string owner = OwnerOfNsec3(name);
  const std::string hash = HashOf(*Name::FromText(name), {});
  const FlatRecord gone = Find(zone, owner, RrType::kNsec3);
  RemoveWithSignature(zone, owner, RrType::kNsec3);
  for (FlatRecord& record : zone.records) {
    if (record.type != RrType::kNsec3) continue;
    const auto next = record.rdata.begin() + kNextHashAt;
    const bool is_before = std::equal(hash.begin(), hash.end(), next, [](char a, uint8_t b) {
      return static_cast<uint8_t>(a) == b;
    });
    if (!is_before) continue;
    std::copy_n(gone.rdata.begin() + kNextHashAt, hash.size(), next);
    const Name before = record.owner;
    return SignAgain(zone, before, RrType::kNsec3, Key(), signing);
  }
  ADD_FAILURE() << name;
}

// With opt-out, too, only delegations without DS may lack a record.
TEST(Nsec3Gate, ARemovedRecordWhoseGapIsClosed) {
  Signing signing = With(DenialKind::kNsec3);
  for (const bool opt_out : {false, true}) {
    signing.chain.opt_out = opt_out;
    const FlatZone before = SignZone(FlatZoneFromText("example.", kZone), signing);
    for (const char* name : {"b.example.", "secure.example."}) {
      FlatZone after = before;
      TakeOutOfRing(after, name, signing);
      ExpectChainFault(before, after, absl::StrCat("dnssec: ", name, " has no NSEC3 record"));
    }
  }
}

TEST(Nsec3Gate, ANameHasTwo) {
  const FlatZone before = Signed(DenialKind::kNsec3);
  const std::string owner = OwnerOfNsec3("b.example.");
  FlatZone after = before;
  FlatRecord second = Find(after, owner, RrType::kNsec3);
  second.rdata[kBitsAt] ^= 0x20;  // After the first one in canonical order: NS.
  after.records.push_back(second);
  SignAgain(after, *Name::FromText(owner), RrType::kNsec3, Key(), With(DenialKind::kNsec3));
  ExpectChainFault(before, after, absl::StrCat("dnssec: ", owner, " NSEC3: the name has several"));
}

TEST(Nsec3Gate, UnknownFlags) {
  const FlatZone before = Signed(DenialKind::kNsec3);
  const std::string owner = OwnerOfNsec3("b.example.");
  FlatZone after = before;
  Find(after, owner, RrType::kNsec3).rdata[1] = 2;
  SignAgain(after, *Name::FromText(owner), RrType::kNsec3, Key(), With(DenialKind::kNsec3));
  ExpectChainFault(before, after,
                   absl::StrCat("dnssec: ", owner, " NSEC3: it has flags that make validators"));
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
  ExpectChainFault(with_flags, zone, "dnssec: sub.example. has no NSEC3 record");
}

}  // namespace
}  // namespace hither
