#include "zones/image/zone_indexer.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/flat_zone.h"
#include "zones/image/zone_view.h"

namespace hither {
namespace {

constexpr char kApexText[] = "@ 60 SOA a b 7 2 3 4 5\n@ 60 NS ns.example.net.\n";

std::shared_ptr<const Zone> Build(absl::string_view text) {
  return BuildZone(FlatZoneFromText("example.", absl::StrCat(kApexText, text)));
}

NodeId Id(const Zone& zone, absl::string_view name) {
  return zone.FindNode(*Name::FromText(name, *Name::FromText("example.")));
}

TEST(Parents, AndWildcards) {
  const auto zone = Build("b.a 60 TXT x\n*.a 60 TXT x\nx.*.a 60 TXT x\nc 60 TXT x\n");
  const NodeId a = Id(*zone, "a");
  const NodeId star = Id(*zone, "*.a");
  EXPECT_EQ(zone->node(kApex).parent, kNoNode);
  EXPECT_EQ(zone->node(a).parent, kApex);
  EXPECT_EQ(zone->node(star).parent, a);
  EXPECT_EQ(zone->WildcardOf(a, HashName(zone->NameOf(a))), star);
  EXPECT_EQ(zone->WildcardOf(star, HashName(zone->NameOf(star))), kNoNode);
}

struct BreakCase {
  const char* name;
  const char* break_node;  // "-" while authoritative.
  bool is_cut;
  bool occluded;
};
void PrintTo(const BreakCase& c, std::ostream* os) { *os << c.name; }

class Breaks : public testing::TestWithParam<BreakCase> {};

TEST_P(Breaks, AreWhereAuthorityEnds) {
  const auto zone = Build(
      "a 60 A 192.0.2.1\ns 60 NS x.s\nx.s 60 A 192.0.2.1\ny.x.s 60 NS x.s\nz.x.s 60 DNAME a\n"
      "d 60 DNAME a\nn.d 60 NS x.s\nm.n.d 60 A 192.0.2.1\nb 60 NS x.s\nb 60 DNAME a\n"
      "c.b 60 A 192.0.2.1\n");
  const Node& node = zone->node(Id(*zone, GetParam().name));
  const NodeId at = ZoneView(*zone).AuthorityEndOf(Id(*zone, GetParam().name));
  EXPECT_EQ(at == kNoNode ? "-" : zone->NameOf(at).ToText(), GetParam().break_node);
  EXPECT_EQ(node.is_cut, GetParam().is_cut);
  EXPECT_EQ(node.occluded, GetParam().occluded);
}

constexpr BreakCase kBreaks[] = {
    {"example.", "-", false, false},  // NS at the apex is no cut.
    {"a", "-", false, false},
    {"s", "s.example.", true, false},
    {"x.s", "s.example.", false, true},    // Glue.
    {"y.x.s", "s.example.", false, true},  // The topmost cut counts.
    {"z.x.s", "s.example.", false, true},
    {"d", "-", false, false},  // Names below it are hidden, not the DNAME's own.
    {"n.d", "d.example.", false, true},
    {"m.n.d", "d.example.", false, true},
    {"b", "b.example.", true, false},  // NS and DNAME: the cut comes first.
    {"c.b", "b.example.", false, true},
};
INSTANTIATE_TEST_SUITE_P(Names, Breaks, testing::ValuesIn(kBreaks));

TEST(Signatures, StandBesideWhatTheySign) {
  const auto zone = Build(
      "a 60 A 192.0.2.1\na 60 TXT x\n"
      "a 60 RRSIG A 8 2 60 20300101000000 20200101000000 1 @ AA==\n"
      "a 60 RRSIG MX 8 2 60 20300101000000 20200101000000 1 @ AA==\n");
  const NodeId a = Id(*zone, "a");
  EXPECT_EQ(zone->node(a).rrset_count, 2);
  EXPECT_EQ(zone->node(a).signature_count, 2);
  EXPECT_EQ(zone->FindRRset(a, RrType::kA)->Signatures()->covered, RrType::kA);
  EXPECT_EQ(zone->FindRRset(a, RrType::kTxt)->Signatures(), nullptr);
  EXPECT_EQ(zone->SignaturesOf(a).size(), 2u);
}

TEST(Targets, AreNodesInTheRecordsOrder) {
  const auto zone = Build(
      "a 60 MX 1 h\na 60 MX 2 h.example.net.\na 60 MX 3 H\nh 60 A 192.0.2.1\n"
      "v 60 SVCB 1 .\nw 60 SVCB 0 .\nx 60 HTTPS 0 h\nt 60 TXT h\n");
  const auto targets = [&](absl::string_view name) {
    const std::span<const NodeId> ids = zone->RRsetsOf(Id(*zone, name))[0].Targets();
    return std::vector<NodeId>(ids.begin(), ids.end());
  };
  const NodeId h = Id(*zone, "h");
  EXPECT_EQ(targets("a"), (std::vector<NodeId>{h, kNoNode, h}));
  EXPECT_EQ(targets("v"), std::vector<NodeId>{Id(*zone, "v")});  // RFC 9460 §2.5.2: its owner.
  EXPECT_EQ(targets("w"), std::vector<NodeId>{kNoNode});         // §2.5.1: no such service.
  EXPECT_EQ(targets("x"), std::vector<NodeId>{h});
  EXPECT_TRUE(targets("t").empty());
}

struct ChainCase {
  const char* name;
  const char* records;
  const char* want;
};
void PrintTo(const ChainCase& c, std::ostream* os) { *os << c.name; }

class Chain : public testing::TestWithParam<ChainCase> {};

TEST_P(Chain, IsChosen) {
  const auto zone = Build(GetParam().records);
  std::string got = zone->uses_nsec() ? "nsec" : zone->uses_nsec3() ? "nsec3" : "none";
  if (zone->uses_nsec3()) absl::StrAppend(&got, " ", zone->nsec3_params().iterations);
  EXPECT_EQ(got, GetParam().want);
  EXPECT_EQ(zone->is_signed(), got != "none");
}

// clang-format off
constexpr ChainCase kChains[] = {
    {"None",            "", "none"},
    {"Nsec",            "@ 5 NSEC @ NS SOA\n", "nsec"},
    {"NsecNotAtApex",   "a 5 NSEC @ NS SOA\n", "none"},
    {"Nsec3",           "@ 0 NSEC3PARAM 1 0 3 ab\n00000000000000000000000000000000 5 NSEC3 1 0 3 ab 00000000000000000000000000000000\n", "nsec3 3"},
    {"ParamsOnly",      "@ 0 NSEC3PARAM 1 0 3 ab\n", "none"},
    {"Nsec3Only",       "00000000000000000000000000000000 5 NSEC3 1 0 3 ab 00000000000000000000000000000000\n", "none"},
    {"OtherSalt",       "@ 0 NSEC3PARAM 1 0 3 ab\n00000000000000000000000000000000 5 NSEC3 1 0 3 ac 00000000000000000000000000000000\n", "none"},
    {"OtherSaltLength", "@ 0 NSEC3PARAM 1 0 3 ab\n00000000000000000000000000000000 5 NSEC3 1 0 3 abab 00000000000000000000000000000000\n", "none"},
    {"OtherIterations", "@ 0 NSEC3PARAM 1 0 3 ab\n00000000000000000000000000000000 5 NSEC3 1 0 4 ab 00000000000000000000000000000000\n", "none"},
    {"OtherAlgorithm",  "@ 0 NSEC3PARAM 1 0 3 ab\n00000000000000000000000000000000 5 NSEC3 2 0 3 ab 00000000000000000000000000000000\n", "none"},
    {"UnknownAlgorithm","@ 0 NSEC3PARAM 2 0 3 ab\n00000000000000000000000000000000 5 NSEC3 2 0 3 ab 00000000000000000000000000000000\n", "none"},
    {"FlagsSet",        "@ 0 NSEC3PARAM 1 1 3 ab\n00000000000000000000000000000000 5 NSEC3 1 0 3 ab 00000000000000000000000000000000\n", "none"},
    {"SecondParams",    "@ 0 NSEC3PARAM 1 0 9 ab\n@ 0 NSEC3PARAM 1 0 3 ab\n00000000000000000000000000000000 5 NSEC3 1 0 3 ab 00000000000000000000000000000000\n", "nsec3 3"},
    {"OwnerIsNoHash",   "@ 0 NSEC3PARAM 1 0 3 ab\nxyz 5 NSEC3 1 0 3 ab 00000000000000000000000000000000\n", "none"},
    {"Nsec3BeforeNsec", "@ 5 NSEC @ NS SOA\n@ 0 NSEC3PARAM 1 0 3 ab\n00000000000000000000000000000000 5 NSEC3 1 0 3 ab 00000000000000000000000000000000\n", "nsec3 3"},
    {"NsecIfNsec3Fails","@ 5 NSEC @ NS SOA\n@ 0 NSEC3PARAM 1 0 3 ab\n", "nsec"},
    // kNsec3IterationsDefault: 100.
    {"IterationsMost",  "@ 0 NSEC3PARAM 1 0 100 ab\n00000000000000000000000000000000 5 NSEC3 1 0 100 ab 00000000000000000000000000000000\n", "nsec3 100"},
    {"IterationsOver",  "@ 0 NSEC3PARAM 1 0 101 ab\n00000000000000000000000000000000 5 NSEC3 1 0 101 ab 00000000000000000000000000000000\n", "none"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Zones, Chain, testing::ValuesIn(kChains),
                         [](const auto& tested) { return std::string(tested.param.name); });

// A zone of some hundred octets, whose $GENERATE makes as many names as it may, loads; one that
// would hash for a quarter of an hour does not. 20 octets and 35 of salt are one block.
TEST(Nsec3LoadBlocks, BoundWhatALoadHashes) {
  const Bytes salt(36, 0xab);
  EXPECT_EQ(Nsec3LoadBlocks(1, {0, {}}), 2u);
  EXPECT_EQ(Nsec3LoadBlocks(3, {100, ByteView(salt).first(35)}), 606u);
  EXPECT_EQ(Nsec3LoadBlocks(3, {100, salt}), 2 * 606u);
  EXPECT_LE(Nsec3LoadBlocks(1'048'576, {100, {}}), kNsec3LoadBlocksMax);
  EXPECT_LE(Nsec3LoadBlocks(200'000'000, {0, {}}), kNsec3LoadBlocksMax);
  EXPECT_GT(Nsec3LoadBlocks(50'000'000, {100, {}}), kNsec3LoadBlocksMax);
}

// Enough names for collisions; all are found, in any case, and no others.
TEST(Index, FindsEachOfManyNames) {
  std::string text;
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&text, "n", i, " 60 A 192.0.2.1\n");
  const auto zone = Build(text);
  for (int i = 0; i < 3000; ++i) {
    const NodeId id = Id(*zone, absl::StrCat("N", i));
    ASSERT_NE(id, kNoNode);
    EXPECT_EQ(zone->NameOf(id).ToText(), absl::StrCat("n", i, ".example."));
    EXPECT_EQ(Id(*zone, absl::StrCat("m", i)), kNoNode);
  }
}

}  // namespace
}  // namespace hither
