#include "zones/set/name_table.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "dns/name_hash.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

uint64_t HashOf(uint32_t number) {
  const Name name = *Name::FromText(absl::StrCat("n", number, "."));
  return HashName(name);
}

TEST(NameTable, AnEmptyOneHasNothing) {
  NameTable table;
  EXPECT_EQ(table.Find(1, [](uint32_t) { return true; }), NameTable::kNone);
  table.Prefetch(1);
  table.Reserve(0);
  EXPECT_EQ(table.Find(1, [](uint32_t) { return true; }), NameTable::kNone);
}

TEST(NameTable, FindsWhatWasPutInAndNothingElse) {
  for (const uint32_t count : {1u, 5u, 6u, 1'000u, 40'000u}) {
    NameTable table;
    table.Reserve(count);
    for (uint32_t i = 0; i < count; ++i) table.Insert(HashOf(i), i);
    EXPECT_EQ(table.size(), count);
    for (uint32_t i = 0; i < count; ++i) {
      ASSERT_EQ(table.Find(HashOf(i), [i](uint32_t at) { return at == i; }), i);
    }
    for (uint32_t i = count; i < 2 * count; ++i) {
      ASSERT_EQ(table.Find(HashOf(i), [](uint32_t) { return false; }), NameTable::kNone);
    }
  }
}

TEST(NameTable, GrowsByItself) {
  NameTable table;
  for (uint32_t i = 0; i < 10'000; ++i) table.Append(HashOf(i), i, HashOf);
  for (uint32_t i = 0; i < 10'000; ++i) {
    ASSERT_EQ(table.Find(HashOf(i), [i](uint32_t at) { return at == i; }), i);
  }
}

// One bucket takes 8, the next ones the rest; a search ends even so.
TEST(NameTable, ManyOfOneHashGoOnInTheNextBuckets) {
  constexpr uint32_t kSame = 20;
  for (const uint64_t hash : {uint64_t{0}, UINT64_MAX}) {  // The first and the last bucket.
    NameTable table;
    table.Reserve(kSame);
    for (uint32_t i = 0; i < kSame; ++i) table.Insert(hash, i);
    for (uint32_t i = 0; i < kSame; ++i) {
      EXPECT_EQ(table.Find(hash, [i](uint32_t at) { return at == i; }), i);
    }
    EXPECT_EQ(table.Find(hash, [](uint32_t) { return false; }), NameTable::kNone);
    EXPECT_EQ(table.Find(hash ^ 1, [](uint32_t) { return true; }), NameTable::kNone);
  }
}

TEST(NameTable, TakesThirteenOctetsAName) {
  NameTable table;
  table.Reserve(1'000'000);
  EXPECT_LE(table.MemoryBytes(), 13'000'000u);
}

}  // namespace
}  // namespace hither
