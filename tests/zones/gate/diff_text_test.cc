#include "zones/gate/diff_text.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/flat_zone.h"
#include "zones/gate/zone_changes.h"

namespace hither {
namespace {

std::shared_ptr<const Zone> ZoneOf(absl::string_view text) {
  return BuildZone(FlatZoneFromText("example.", text));
}

std::string DiffOf(const Zone* before, const Zone& after) {
  std::string text;
  GateWatch watch;
  EXPECT_TRUE(WriteDiffText(before, after, watch, [&](absl::string_view piece) {
    absl::StrAppend(&text, piece);
    return true;
  }));
  return text;
}

constexpr char kOld[] =
    "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.\n"
    "b 60 A 192.0.2.1\nb 60 A 192.0.2.2\nb 60 MX 1 c\nc 60 TXT x\nsame 60 TXT y\n"
    "n 60 RRSIG A 13 2 60 20300101000000 20200101000000 1 @ AAAA\nn 60 A 192.0.2.3\n";
constexpr char kNew[] =
    "@ 60 SOA a b 2 2 3 4 5\n@ 60 NS ns.other.\n"
    "b 60 A 192.0.2.3\nb 60 A 192.0.2.2\nc 61 TXT x\nd.e 60 TXT z\nsame 60 TXT y\n"
    "n 60 RRSIG A 13 2 60 20300101000000 20200101000000 1 @ AAAB\nn 60 A 192.0.2.3\n";

TEST(DiffText, RemovedAndAddedRecords) {
  EXPECT_EQ(DiffOf(ZoneOf(kOld).get(), *ZoneOf(kNew)),
            "-example. 60 IN SOA a.example. b.example. 1 2 3 4 5\n"
            "+example. 60 IN SOA a.example. b.example. 2 2 3 4 5\n"
            "-b.example. 60 IN A 192.0.2.1\n"
            "+b.example. 60 IN A 192.0.2.3\n"
            "-b.example. 60 IN MX 1 c.example.\n"
            "-c.example. 60 IN TXT \"x\"\n"
            "+c.example. 61 IN TXT \"x\"\n"
            "+d.e.example. 60 IN TXT \"z\"\n"
            "-n.example. 60 IN RRSIG A 13 2 60 20300101000000 20200101000000 1 example. AAAA\n"
            "+n.example. 60 IN RRSIG A 13 2 60 20300101000000 20200101000000 1 example. AAAB\n");
}

TEST(DiffText, OfEqualVersionsIsEmpty) { EXPECT_EQ(DiffOf(ZoneOf(kOld).get(), *ZoneOf(kOld)), ""); }

TEST(DiffText, OfTheFirstVersionIsTheZone) {
  EXPECT_EQ(DiffOf(nullptr, *ZoneOf("@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.\n")),
            "+example. 60 IN NS ns.other.\n"
            "+example. 60 IN SOA a.example. b.example. 1 2 3 4 5\n");
}

TEST(DiffText, EndsWhenTheWriterOrTheWatchSaysSo) {
  std::string text = kOld;
  for (int i = 0; i < 2'000; ++i) absl::StrAppend(&text, "n", i, " 60 TXT x\n");
  const auto before = ZoneOf(kOld);
  const auto after = ZoneOf(text);
  int pieces = 0;
  GateWatch watch;
  EXPECT_FALSE(
      WriteDiffText(before.get(), *after, watch, [&](absl::string_view) { return ++pieces < 2; }));
  EXPECT_EQ(pieces, 2);
  GateWatch late(nullptr, [] { return true; });
  EXPECT_FALSE(WriteDiffText(before.get(), *after, late, [](absl::string_view) { return true; }));
}

// What was glue has the same records, but is another kind of node.
TEST(NodesDiffer, WhenAuthorityChanges) {
  const char kBase[] = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.\nns.sub 60 A 192.0.2.1\n";
  const auto plain = ZoneOf(kBase);
  const auto cut = ZoneOf(absl::StrCat(kBase, "sub 60 NS ns.sub\n"));
  GateWatch watch;
  ChangedNodes changes(cut.get(), *plain, watch);
  NodePair pair;
  std::string names;
  while (changes.Next(pair)) absl::StrAppend(&names, cut->NameOf(pair.before).ToText(), " ");
  EXPECT_EQ(names, "sub.example. ns.sub.example. ");
}

}  // namespace
}  // namespace hither
