#include "daemon/config/router_id.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

// Written down: a router that sees another identifier takes the node for another one.
TEST(RouterId, IsTheSameForEver) {
  EXPECT_EQ(RouterIdOf("ns1.fra1"), 0x357ea198u);
  EXPECT_EQ(RouterIdOf("ns2.fra1"), 0x5d78acb8u);
}

TEST(RouterId, IsUnicastAndUnique) {
  std::set<uint32_t> seen;
  std::set<uint32_t> first_octets;
  for (int site = 0; site < 200; ++site) {
    for (int node = 0; node < 50; ++node) {
      const uint32_t id = RouterIdOf(absl::StrCat("ns", node, ".site", site));
      first_octets.insert(id >> 24);
      seen.insert(id);
    }
  }
  EXPECT_GE(seen.size(), 9'998u) << "Ten thousand of 4 billion: a collision or none.";
  EXPECT_EQ(first_octets.size(), 222u);
  for (const uint32_t none : {0u, 127u, 224u, 255u}) EXPECT_FALSE(first_octets.contains(none));
}

}  // namespace
}  // namespace hither
