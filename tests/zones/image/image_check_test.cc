#include "zones/image/image_check.h"

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_signer.h"
#include "tests/support/flat_zone.h"
#include "zones/image/zone.h"

namespace hither {
namespace {

// Something of each kind that a lookup takes on trust. Its nodes, in canonical order: the apex, a,
// d, x.d, e (empty), b.e, ns, p, q, s, ns.s, ns.ns.s, t, v. The texts of p and q are made like
// names, but with a label of 64 octets and with 257 octets in all.
constexpr char kText[] = R"(
@ 60 SOA ns host 7 2 3 4 5
@ 60 NS ns
@ 60 MX 1 ns
a 60 CNAME ns
d 60 DNAME x.other.
x.d 60 A 192.0.2.5
b.e 60 A 192.0.2.2
ns 60 A 192.0.2.1
p 60 TXT "1234567890123456789012345678901234567890123456789012345678901234" ""
q 60 TXT ( "123456789012345678901234567890123456789012345678901234567890123"
           "123456789012345678901234567890123456789012345678901234567890123"
           "123456789012345678901234567890123456789012345678901234567890123"
           "123456789012345678901234567890123456789012345678901234567890123" "" )
s 60 NS ns.s
ns.s 60 A 192.0.2.3
ns.ns.s 60 A 192.0.2.3
t 60 A 192.0.2.4
t 60 TXT "three" "strings" "here"
v 60 SVCB 1 .
)";

enum Signing { kPlain, kNsec, kNsec3 };

std::shared_ptr<const Zone> ZoneSigned(Signing signing) {
  FlatZone flat = FlatZoneFromText("example.", kText);
  if (signing == kNsec) SignWithNsec(flat);
  if (signing == kNsec3) SignWithNsec3(flat, {1, {0xab, 0xcd, 0xef}, false});
  return BuildZone(flat);
}

// Where the fields of an image's header are, for they are private: the end of class Zone.
enum HeaderField : size_t {
  kImageBytes = 16,   // uint64_t
  kRecordCount = 32,  // uint64_t
  kNamesEnd = 40,     // From here on uint32_t each.
  kNodesEnd = 44,
  kNameCount = 48,
  kSerial = 52,
  kNegativeTtl = 56,
  kIndexAt = 60,
  kIndexLines = 64,
  kNsecAt = 68,
  kNsecCount = 72,
  kNsec3At = 76,
  kNsec3Count = 80,
  kSaltAt = 84,
  kIterations = 88,  // uint16_t
  kSaltBytes = 90,   // uint8_t
};

// The octets of an image, to be spoilt. There are no more of them than it says, so that a sanitizer
// sees whether CheckImage() looks beyond. Places are those of the zone as it was built.
class Image {
 public:
  explicit Image(Signing signing)
      : built_(ZoneSigned(signing)),
        units_(built_->image_bytes() / kImageUnitBytes),
        bytes_(built_->image_bytes()) {
    std::memcpy(units_.data(), built_->image().data(), bytes_);
  }

  const Zone& built() const { return *built_; }
  ByteView octets() const { return {reinterpret_cast<const uint8_t*>(units_.data()), bytes_}; }
  void Resize(size_t bytes) {
    units_ = std::vector<uint64_t>(units_.begin(), units_.end());
    units_.resize((bytes + kImageUnitBytes - 1) / kImageUnitBytes);
    units_.shrink_to_fit();
    bytes_ = bytes;
  }

  template <typename T>
  T& At(size_t offset) {
    return *reinterpret_cast<T*>(reinterpret_cast<uint8_t*>(units_.data()) + offset);
  }
  uint32_t& Head(HeaderField field) { return At<uint32_t>(field); }
  template <typename T>
  T* Table(HeaderField at) {
    return &At<T>(size_t{Head(at)} * kImageUnitBytes);
  }
  IndexLine* lines() { return Table<IndexLine>(kIndexAt); }
  NodeId* nsec_nodes() {
    return reinterpret_cast<NodeId*>(Table<uint64_t>(kNsecAt) + Head(kNsecCount));
  }
  Nsec3Entry* nsec3_entries() { return Table<Nsec3Entry>(kNsec3At); }

  NodeId Id(const char* owner) const {  // "": the apex.
    const Name apex(built_->apex());
    return *owner == 0 ? kApex : built_->FindNode(*Name::FromText(owner, apex));
  }
  NodeId FirstNsec3() const { return built_->names_end(); }
  Node& NodeAt(NodeId id) { return At<Node>(size_t{id} * kImageUnitBytes); }
  Node& NodeOf(const char* owner) { return NodeAt(Id(owner)); }
  NodeDenial& DenialOf(const char* owner) {
    return *reinterpret_cast<NodeDenial*>(&NodeOf(owner) + 1);
  }
  uint8_t* NameAt(NodeId id) { return Same(built_->NameOf(id).data()); }
  RRset& RRsetAt(NodeId id, RrType type) { return *Same(built_->FindRRset(id, type)); }
  RRset& RRsetOf(const char* owner, RrType type) { return RRsetAt(Id(owner), type); }
  RRset& SignaturesFor(const char* owner, RrType type) {
    return *Same(built_->FindRRset(Id(owner), type)->Signatures());
  }
  // The first record: its length, then its RDATA.
  static uint8_t* RecordOf(RRset& rrset) { return const_cast<uint8_t*>(rrset.rdata()); }
  static void SetLength(RRset& rrset, uint16_t bytes) { StoreU16(RecordOf(rrset), bytes); }
  static void MakeRoot(RRset& rrset) { RecordOf(rrset)[2] = 0; }  // Of RDATA that begins otherwise.
  // All RRsets of the node have all its octets for records, as many as fit, each empty.
  void ShareEmptyRecords(const char* owner) {
    Node& node = NodeOf(owner);
    uint8_t* const records = NameAt(Id(owner)) + node.name_bytes;
    uint8_t* const end = reinterpret_cast<uint8_t*>(&node) + size_t{node.units} * kImageUnitBytes;
    std::memset(records, 0, static_cast<size_t>(end - records));
    for (size_t i = 0; i < node.rrset_count; ++i) {
      RRset& rrset = const_cast<RRset&>(node.rrsets()[i]);
      rrset.count = static_cast<uint16_t>((end - records) / 2);
      rrset.rdata_offset =
          static_cast<uint32_t>(records - reinterpret_cast<uint8_t*>(&rrset)) & 0x7fffffff;
    }
  }
  NodeId& FirstTarget(const char* owner, RrType type) {
    return *const_cast<NodeId*>(RRsetOf(owner, type).Targets().data());
  }

 private:
  template <typename T>
  T* Same(const T* in_built) {
    const auto* at = reinterpret_cast<const uint8_t*>(in_built);
    return &At<T>(static_cast<size_t>(at - built_->image().data()));
  }

  std::shared_ptr<const Zone> built_;
  std::vector<uint64_t> units_;
  size_t bytes_;
};

TEST(ImageCheck, ThisTestKnowsTheHeader) {
  Image image(kNsec3);
  const Zone& built = image.built();
  EXPECT_EQ(image.At<uint64_t>(kImageBytes), built.image_bytes());
  EXPECT_EQ(image.At<uint64_t>(kRecordCount), built.record_count());
  EXPECT_EQ(image.Head(kNamesEnd), built.names_end());
  EXPECT_EQ(image.Head(kNodesEnd), built.nodes_end());
  EXPECT_EQ(image.Head(kNameCount), built.name_count());
  EXPECT_EQ(image.Head(kSerial), built.serial());
  EXPECT_EQ(image.Head(kNegativeTtl), built.negative_ttl_seconds());
  EXPECT_EQ(image.lines()[0].count + image.lines()[1].count, 14);
  EXPECT_EQ(image.nsec3_entries()[0].node, image.FirstNsec3());
  EXPECT_EQ(image.At<uint16_t>(kIterations), built.nsec3_params().iterations);
  EXPECT_EQ(image.At<uint8_t>(kSaltBytes), 3);
  EXPECT_EQ(image.Table<uint8_t>(kSaltAt)[2], 0xef);
  EXPECT_EQ(Image(kNsec).nsec_nodes()[0], kApex);
}

TEST(ImageCheck, WhatIsBuiltIsGood) {
  for (const Signing signing : {kPlain, kNsec, kNsec3}) {
    EXPECT_TRUE(CheckImage(Image(signing).octets()).empty()) << signing;
  }
}

struct Case {
  const char* name;
  Signing signing;
  void (*spoil)(Image& image);
};
void PrintTo(const Case& tested, std::ostream* os) { *os << tested.name; }
std::string NameOfCase(const testing::TestParamInfo<Case>& tested) { return tested.param.name; }

// What is to be said of each image of a table.
void Expect(const Case& tested, const char* wrong) {
  Image image(tested.signing);
  tested.spoil(image);
  EXPECT_EQ(std::string(CheckImage(image.octets())), wrong);
}

class Good : public testing::TestWithParam<Case> {};
TEST_P(Good, IsLetThrough) { Expect(GetParam(), ""); }
class Short : public testing::TestWithParam<Case> {};
TEST_P(Short, IsSeen) { Expect(GetParam(), "it is too short"); }
class Header : public testing::TestWithParam<Case> {};
TEST_P(Header, IsSeen) { Expect(GetParam(), "its header points outside of it"); }
class BrokenNode : public testing::TestWithParam<Case> {};
TEST_P(BrokenNode, IsSeen) { Expect(GetParam(), "a name or its records are broken"); }
class ApexSoa : public testing::TestWithParam<Case> {};
TEST_P(ApexSoa, IsMissed) { Expect(GetParam(), "its apex has no SOA"); }
class OtherNames : public testing::TestWithParam<Case> {};
TEST_P(OtherNames, AreSeen) { Expect(GetParam(), "its count of names is wrong"); }
class NsecTable : public testing::TestWithParam<Case> {};
TEST_P(NsecTable, IsSeen) { Expect(GetParam(), "its NSEC table is broken"); }
class Nsec3Table : public testing::TestWithParam<Case> {};
TEST_P(Nsec3Table, IsSeen) { Expect(GetParam(), "its NSEC3 table is broken"); }
class Reference : public testing::TestWithParam<Case> {};
TEST_P(Reference, IsSeen) { Expect(GetParam(), "a name points to something that is not a name"); }
class Index : public testing::TestWithParam<Case> {};
TEST_P(Index, IsSeen) { Expect(GetParam(), "its index is broken"); }

// clang-format off
// With these an answer may be wrong, but no lookup leaves the image.
constexpr Case kGood[] = {
    {"OtherSerial",           kPlain, [](Image& i) { ++i.Head(kSerial); }},
    {"OtherTtl",              kPlain, [](Image& i) { i.RRsetOf("ns", RrType::kA).ttl_seconds = 0xffffffff; }},
    {"OtherFingerprint",      kPlain, [](Image& i) { ++i.lines()[0].fingerprints[0]; }},
    {"FullLine",              kPlain, [](Image& i) { i.lines()[0].overflowed = i.lines()[1].overflowed = 1; }},
    {"WildcardThatIsNone",    kPlain, [](Image& i) { i.NodeOf("").has_wildcard = 1; }},
    {"TargetElsewhere",       kPlain, [](Image& i) { i.FirstTarget("", RrType::kNs) = kNoNode; }},
    {"KeyOutOfOrder",         kNsec,  [](Image& i) { i.Table<uint64_t>(kNsecAt)[0] = UINT64_MAX; }},
    {"HashOutOfOrder",        kNsec3, [](Image& i) { i.nsec3_entries()[0].hash.octets[0] = 0xff; }},
    {"NothingToDenyBy",       kNsec3, [](Image& i) { i.DenialOf("ns") = {kNoNode, kNoNode}; }},
    {"IterationsAtTheLimit",  kNsec3, [](Image& i) { i.At<uint16_t>(kIterations) = kNsec3IterationsMax; }},
};
INSTANTIATE_TEST_SUITE_P(All, Good, testing::ValuesIn(kGood), NameOfCase);

constexpr Case kShort[] = {
    {"OneUnit",    kPlain, [](Image& i) { i.Resize(8); }},
    {"HeaderOnly", kPlain, [](Image& i) { i.Resize(sizeof(Zone)); }},
    {"HalfANode",  kPlain, [](Image& i) { i.Resize(sizeof(Zone) + 8); }},
};
INSTANTIATE_TEST_SUITE_P(All, Short, testing::ValuesIn(kShort), NameOfCase);

constexpr Case kHeader[] = {
    {"LongerThanItIs",       kPlain, [](Image& i) { i.At<uint64_t>(kImageBytes) += 8; }},
    {"ShorterThanItIs",      kPlain, [](Image& i) { i.At<uint64_t>(kImageBytes) -= 8; }},
    {"HalfAUnitLonger",      kPlain, [](Image& i) { i.Resize(i.octets().size() + 4); i.At<uint64_t>(kImageBytes) += 4; }},
    {"NoNames",              kPlain, [](Image& i) { i.Head(kNamesEnd) = kApex; }},
    {"NamesBehindTheNodes",  kPlain, [](Image& i) { ++i.Head(kNamesEnd); }},
    {"NodesBehindTheEnd",    kPlain, [](Image& i) { i.Head(kNodesEnd) = UINT32_MAX; }},
    {"IndexAmongTheNodes",   kPlain, [](Image& i) { --i.Head(kIndexAt); }},
    {"IndexBehindTheEnd",    kPlain, [](Image& i) { ++i.Head(kIndexAt); }},
    {"IndexWithoutLines",    kPlain, [](Image& i) { i.Head(kIndexLines) = 0; }},
    {"IndexTooLong",         kPlain, [](Image& i) { ++i.Head(kIndexLines); }},
    {"IndexMuchTooLong",     kPlain, [](Image& i) { i.Head(kIndexLines) = UINT32_MAX; }},
    {"NsecAmongTheNodes",    kNsec,  [](Image& i) { i.Head(kNsecAt) = kApex; }},
    {"NsecBehindTheEnd",     kNsec,  [](Image& i) { i.Head(kNsecAt) = UINT32_MAX; }},
    {"NsecTooLong",          kNsec,  [](Image& i) { i.Head(kNsecCount) += 2; }},
    {"Nsec3AmongTheNodes",   kNsec3, [](Image& i) { i.Head(kNsec3At) = kApex; }},
    {"Nsec3BehindTheEnd",    kNsec3, [](Image& i) { i.Head(kNsec3At) = UINT32_MAX; }},
    {"Nsec3TooLong",         kNsec3, [](Image& i) { i.Head(kNsec3Count) += 2; }},
    {"SaltAmongTheNodes",    kNsec3, [](Image& i) { i.Head(kSaltAt) = 0; }},
    {"SaltBehindTheEnd",     kNsec3, [](Image& i) { ++i.Head(kSaltAt); }},
    {"SaltTooLong",          kNsec3, [](Image& i) { i.At<uint8_t>(kSaltBytes) = 9; }},
    {"IterationsTooMany",    kNsec3, [](Image& i) { i.At<uint16_t>(kIterations) = kNsec3IterationsMax + 1; }},
    {"NsecBesideNsec3",      kNsec3, [](Image& i) { i.Head(kNsecAt) = i.Head(kIndexAt); i.Head(kNsecCount) = 1; }},
};
INSTANTIATE_TEST_SUITE_P(All, Header, testing::ValuesIn(kHeader), NameOfCase);

constexpr Case kNodes[] = {
    // Sizes.
    {"NoUnits",                 kPlain, [](Image& i) { i.NodeOf("ns").units = 0; }},
    {"UnitsOfNoHead",           kPlain, [](Image& i) { i.NodeOf("e").units = 2; }},
    {"UnitsBehindTheNames",     kNsec3, [](Image& i) { ++i.NodeOf("v").units; }},
    {"UnitsBehindTheNodes",     kPlain, [](Image& i) { i.NodeOf("v").units = UINT32_MAX; }},
    {"NamesEndWithinANode",     kPlain, [](Image& i) { --i.Head(kNamesEnd); --i.Head(kNodesEnd); }},
    {"NoRoomForANode",          kNsec3, [](Image& i) { i.Head(kNamesEnd) += 2; }},
    {"RRsetsBehindTheNode",     kPlain, [](Image& i) { i.NodeOf("ns").rrset_count = 0xffff; }},
    {"SignaturesBehindTheNode", kPlain, [](Image& i) { i.NodeOf("ns").signature_count = 0xffff; }},
    {"NameBehindTheNode",       kPlain, [](Image& i) { i.NodeOf("e").name_bytes = 255; }},
    // Names.
    {"NameLonger",              kPlain, [](Image& i) { ++i.NodeOf("e").name_bytes; }},
    {"NameShorter",             kPlain, [](Image& i) { --i.NodeOf("ns").name_bytes; }},
    {"Nsec3NameShorter",        kNsec3, [](Image& i) { --i.NodeAt(i.FirstNsec3()).name_bytes; }},
    {"LabelMore",               kPlain, [](Image& i) { ++i.NodeOf("ns").label_count; }},
    {"LabelFewer",              kPlain, [](Image& i) { --i.NodeOf("").label_count; }},
    {"LabelOf64Octets",         kPlain, [](Image& i) { i.NameAt(i.Id("t"))[0] = 64; }},
    {"NameWithoutEnd",          kPlain, [](Image& i) { i.NameAt(i.Id("v"))[10] = 63; }},
    {"Nsec3OutsideOfTheZone",   kNsec3, [](Image& i) { i.NameAt(i.FirstNsec3())[0] = 40; i.NodeAt(i.FirstNsec3()).label_count = 1; }},
    // Parents: all that an ancestor has was seen before.
    {"ParentItself",            kPlain, [](Image& i) { i.NodeOf("ns").parent = i.Id("ns"); }},
    {"ParentBehind",            kPlain, [](Image& i) { i.NodeOf("b.e").parent = i.Id("v"); }},
    {"ParentNone",              kPlain, [](Image& i) { i.NodeOf("ns").parent = kNoNode; }},
    {"ParentNoNode",            kPlain, [](Image& i) { i.NodeOf("ns").parent = kApex + 1; }},
    {"ParentAnother",           kPlain, [](Image& i) { i.NodeOf("b.e").parent = i.Id("a"); }},
    {"ParentOfTheApex",         kPlain, [](Image& i) { i.NodeOf("").parent = kApex; }},
    {"ParentOfNsec3",           kNsec3, [](Image& i) { i.NodeAt(i.FirstNsec3()).parent = kApex; }},
    // Records.
    {"NoRecord",                kPlain, [](Image& i) { i.RRsetOf("ns", RrType::kA).count = 0; }},
    {"RecordsBehindTheNode",    kPlain, [](Image& i) { i.RRsetOf("ns", RrType::kA).count = 60'000; }},
    {"RecordsWithinTheName",    kPlain, [](Image& i) { --i.RRsetOf("t", RrType::kA).rdata_offset; }},
    {"RecordsInAnotherNode",    kPlain, [](Image& i) { i.RRsetOf("a", RrType::kCname).rdata_offset += i.NodeOf("a").units * 8; }},
    {"RecordsFarOutside",       kPlain, [](Image& i) { i.RRsetOf("v", RrType::kSvcb).rdata_offset = 0x3fffffff; }},
    {"LengthBehindTheNode",     kPlain, [](Image& i) { i.SetLength(i.RRsetOf("t", RrType::kTxt), 0xffff); }},
    {"LengthCutOff",            kPlain, [](Image& i) { i.RRsetOf("t", RrType::kTxt).rdata_offset = i.NodeOf("t").units * 8 - 16 - 16 - 1; }},
    {"RecordsShared",           kPlain, [](Image& i) { i.ShareEmptyRecords("t"); }},
    // Names in RDATA.
    {"NsWithoutName",           kPlain, [](Image& i) { i.SetLength(i.RRsetOf("", RrType::kNs), 0); }},
    {"NsCutOff",                kPlain, [](Image& i) { i.SetLength(i.RRsetOf("s", RrType::kNs), 13); }},
    {"MxWithoutName",           kPlain, [](Image& i) { i.SetLength(i.RRsetOf("", RrType::kMx), 2); }},
    {"MxOfOneOctet",            kPlain, [](Image& i) { i.SetLength(i.RRsetOf("", RrType::kMx), 1); }},
    {"SoaWithOneName",          kPlain, [](Image& i) { i.SetLength(i.RRsetOf("", RrType::kSoa), 12); }},
    {"CnameWithAPointer",       kPlain, [](Image& i) { i.RecordOf(i.RRsetOf("a", RrType::kCname))[2] = 0xc0; }},
    {"DnameCutOff",             kPlain, [](Image& i) { i.SetLength(i.RRsetOf("d", RrType::kDname), 8); }},
    {"SvcbCutOff",              kPlain, [](Image& i) { i.SetLength(i.RRsetOf("v", RrType::kSvcb), 2); }},
    {"SignerCutOff",            kNsec,  [](Image& i) { i.SetLength(i.SignaturesFor("ns", RrType::kA), 20); }},
    {"LabelOf64OctetsInRdata",  kPlain, [](Image& i) { i.RRsetOf("p", RrType::kTxt).type = RrType::kPtr; }},
    {"NameOf257OctetsInRdata",  kPlain, [](Image& i) { i.RRsetOf("q", RrType::kTxt).type = RrType::kPtr; }},
    {"TxtTakenForMinfo",        kPlain, [](Image& i) { i.RRsetOf("t", RrType::kTxt).type = RrType::kMinfo; }},
    // Signatures.
    {"SignaturesOfTheNextNode", kNsec,  [](Image& i) { i.RRsetOf("ns", RrType::kA).signatures = 9; }},
    {"SignaturesThatAreNone",   kNsec,  [](Image& i) { i.RRsetOf("", RrType::kNs).signatures = 1; }},
    {"SignaturesOfSignatures",  kNsec,  [](Image& i) { i.SignaturesFor("", RrType::kNs).signatures = 1; }},
    {"SignatureAmongRecords",   kNsec,  [](Image& i) { ++i.NodeOf("ns").rrset_count; --i.NodeOf("ns").signature_count; }},
    {"RecordAmongSignatures",   kPlain, [](Image& i) { --i.NodeOf("ns").rrset_count; ++i.NodeOf("ns").signature_count; }},
    // Targets. Where a question is for RRSIG, its RRset is the answer, and would have its targets followed.
    {"TargetsWithinTheName",    kPlain, [](Image& i) { i.RRsetOf("ns", RrType::kA).has_targets = 1; }},
    {"TargetsNotAligned",       kPlain, [](Image& i) { i.RRsetOf("t", RrType::kTxt).has_targets = 1; }},
    {"TargetsOfSignatures",     kNsec,  [](Image& i) { i.SignaturesFor("a", RrType::kNsec).has_targets = 1; }},
    // What is said of a node.
    {"CutWithoutNs",            kPlain, [](Image& i) { i.NodeOf("b.e").is_cut = 1; }},
    {"CutAtTheApex",            kPlain, [](Image& i) { i.NodeOf("").is_cut = 1; }},
    {"CutBelowACut",            kPlain, [](Image& i) { i.MakeRoot(i.RRsetOf("ns.s", RrType::kA)); i.RRsetOf("ns.s", RrType::kA).type = RrType::kNs; i.NodeOf("ns.s").is_cut = 1; }},
    {"CnameThatIsNone",         kPlain, [](Image& i) { i.NodeOf("t").has_cname = 1; }},
    {"DnameThatIsNone",         kPlain, [](Image& i) { i.NodeOf("t").has_dname = 1; }},
    {"GlueThatAnswers",         kPlain, [](Image& i) { i.NodeOf("ns.s").occluded = 0; }},
    {"AnswerThatIsGlue",        kPlain, [](Image& i) { i.NodeOf("ns").occluded = 1; }},
    {"ApexThatIsGlue",          kPlain, [](Image& i) { i.NodeOf("").occluded = 1; }},
    {"Nsec3ThatIsGlue",         kNsec3, [](Image& i) { i.NodeAt(i.FirstNsec3()).occluded = 1; }},
    {"CutForgotten",            kPlain, [](Image& i) { i.NodeOf("s").is_cut = 0; }},
};
INSTANTIATE_TEST_SUITE_P(All, BrokenNode, testing::ValuesIn(kNodes), NameOfCase);

constexpr Case kApexes[] = {
    {"SoaIsMinfo", kPlain, [](Image& i) { i.RRsetOf("", RrType::kSoa).type = RrType::kMinfo; }},
};
INSTANTIATE_TEST_SUITE_P(All, ApexSoa, testing::ValuesIn(kApexes), NameOfCase);

constexpr Case kNames[] = {
    {"OneMoreCounted", kPlain, [](Image& i) { ++i.Head(kNameCount); }},
    {"OneSwallowed",   kPlain, [](Image& i) { i.NodeOf("t").units += i.NodeOf("v").units; }},
    {"OneLeftOut",     kPlain, [](Image& i) { i.Head(kNamesEnd) = i.Head(kNodesEnd) = i.Id("v"); }},
    {"OneIsNsec3",     kNsec3, [](Image& i) { i.Head(kNamesEnd) = i.Id("v"); i.NodeOf("v").parent = kNoNode; }},
};
INSTANTIATE_TEST_SUITE_P(All, OtherNames, testing::ValuesIn(kNames), NameOfCase);

constexpr Case kNsecs[] = {
    {"OutOfOrder",      kNsec, [](Image& i) { std::swap(i.nsec_nodes()[1], i.nsec_nodes()[2]); }},
    {"OneTwice",        kNsec, [](Image& i) { i.nsec_nodes()[1] = i.nsec_nodes()[2]; }},
    {"NoNode",          kNsec, [](Image& i) { ++i.nsec_nodes()[1]; }},
    {"NodeWithoutNsec", kNsec, [](Image& i) { i.RRsetOf("ns", RrType::kNsec).type = RrType::kNxt; }},
    {"EmptyNode",       kNsec, [](Image& i) { i.nsec_nodes()[3] = i.Id("e"); }},
    {"NodeBelowACut",   kNsec, [](Image& i) { i.MakeRoot(i.RRsetOf("ns.s", RrType::kA)); i.RRsetOf("ns.s", RrType::kA).type = RrType::kNsec; i.nsec_nodes()[8] = i.Id("ns.s"); }},
    {"TooMany",         kPlain, [](Image& i) { i.Head(kNsecAt) = i.Head(kIndexAt); i.Head(kNsecCount) = 1; }},
};
INSTANTIATE_TEST_SUITE_P(All, NsecTable, testing::ValuesIn(kNsecs), NameOfCase);

constexpr Case kNsec3s[] = {
    {"OutOfOrder",       kNsec3, [](Image& i) { std::swap(i.nsec3_entries()[1], i.nsec3_entries()[2]); }},
    {"OneTwice",         kNsec3, [](Image& i) { i.nsec3_entries()[1] = i.nsec3_entries()[2]; }},
    {"NoNode",           kNsec3, [](Image& i) { ++i.nsec3_entries()[1].node; }},
    {"AnotherName",      kNsec3, [](Image& i) { i.nsec3_entries()[0].node = i.Id("ns"); }},
    {"NodeWithoutNsec3", kNsec3, [](Image& i) { i.RRsetAt(i.FirstNsec3(), RrType::kNsec3).type = RrType::kNull; }},
};
INSTANTIATE_TEST_SUITE_P(All, Nsec3Table, testing::ValuesIn(kNsec3s), NameOfCase);

constexpr Case kReferences[] = {
    {"TargetNoNode",         kPlain, [](Image& i) { ++i.FirstTarget("", RrType::kNs); }},
    {"TargetFarOutside",     kPlain, [](Image& i) { i.FirstTarget("s", RrType::kNs) = UINT32_MAX; }},
    {"TargetBehindTheNames", kNsec3, [](Image& i) { i.FirstTarget("v", RrType::kSvcb) = i.FirstNsec3(); }},
    {"MatchAnotherName",     kNsec3, [](Image& i) { i.DenialOf("ns").match = i.Id("ns"); }},
    {"MatchNoNode",          kNsec3, [](Image& i) { ++i.DenialOf("ns").match; }},
    {"MatchFarOutside",      kNsec3, [](Image& i) { i.DenialOf("e").match = UINT32_MAX; }},
    {"WildcardAnotherName",  kNsec3, [](Image& i) { i.DenialOf("ns").wildcard = kApex; }},
    {"WildcardNoNode",       kNsec3, [](Image& i) { ++i.DenialOf("").wildcard; }},
};
INSTANTIATE_TEST_SUITE_P(All, Reference, testing::ValuesIn(kReferences), NameOfCase);

// A lookup of the apex finds the apex: what is asked below it is longer by a label at least.
constexpr Case kIndexes[] = {
    {"LineTooLong",     kPlain, [](Image& i) { i.lines()[0].count = IndexLine::kSlots + 1; }},
    {"NoNode",          kPlain, [](Image& i) { ++i.lines()[0].nodes[0]; }},
    {"NodeFarOutside",  kPlain, [](Image& i) { i.lines()[0].nodes[0] = UINT32_MAX; }},
    {"NoNodeAtAll",     kPlain, [](Image& i) { i.lines()[0].nodes[0] = kNoNode; }},
    {"OwnerOfNsec3",    kNsec3, [](Image& i) { i.lines()[0].nodes[0] = i.FirstNsec3(); }},
    {"NameMissing",     kPlain, [](Image& i) { --i.lines()[0].count; }},
    {"NameTwice",       kPlain, [](Image& i) { IndexLine& l = i.lines()[0]; l.nodes[l.count++] = i.Id("ns"); }},
    {"ApexMissing",     kPlain, [](Image& i) {
       for (IndexLine* line : {i.lines(), i.lines() + 1}) {
         for (NodeId& id : line->nodes) if (id == kApex) id = i.Id("ns");
       }
     }},
};
INSTANTIATE_TEST_SUITE_P(All, Index, testing::ValuesIn(kIndexes), NameOfCase);
// clang-format on

}  // namespace
}  // namespace hither
