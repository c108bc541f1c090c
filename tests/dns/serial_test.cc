#include "dns/serial.h"

#include "gtest/gtest.h"

namespace hither {
namespace {

struct Case {
  uint32_t a;
  uint32_t b;
  bool after;
};

// RFC 1982 §3.2 with SERIAL_BITS = 32.
TEST(SerialIsAfter, ComparesModulo32Bits) {
  constexpr Case kCases[] = {
      {1, 0, true},           {0, 1, false},
      {7, 7, false},          {0, 0xffffffff, true},
      {0xffffffff, 0, false}, {100, 0xffffff00, true},
      {0x7fffffff, 0, true},  {0x80000001, 0, false},
      {0, 0x80000001, true},  {2026113001, 2026112901, true},
  };
  for (const Case& c : kCases) EXPECT_EQ(SerialIsAfter(c.a, c.b), c.after) << c.a << " " << c.b;
}

TEST(SerialIsAfter, NeitherIsAtADistanceOf2To31) {
  for (const uint32_t serial : {0u, 1u, 0x7fffffffu, 0xffffffffu}) {
    EXPECT_FALSE(SerialIsAfter(serial + 0x80000000u, serial));
    EXPECT_FALSE(SerialIsAfter(serial, serial + 0x80000000u));
  }
}

}  // namespace
}  // namespace hither
