#include "anycast/signals/outside_beacon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace hither {
namespace {

OutsideToken Token() {
  OutsideToken token;
  for (size_t i = 0; i < token.size(); ++i) token[i] = static_cast<uint8_t>(0xa0 + i);
  return token;
}

TEST(OutsideBeacon, IsTheseOctets) {
  const std::vector<uint8_t> octets = EncodeBeacon({"ns1", Token()});
  const std::vector<uint8_t> expected = {'H',  'T',  'H',  'B',  1,  // Magic, version.
                                         3,                          // Length of the name.
                                         0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,  // Token.
                                         0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
                                         'n',  's',  '1'};
  EXPECT_EQ(octets, expected);
}

TEST(OutsideBeacon, GoesThereAndBack) {
  for (const size_t length : {1u, 7u, 255u}) {
    const std::string name(length, 'a');
    const std::vector<uint8_t> octets = EncodeBeacon({name, Token()});
    EXPECT_LE(octets.size(), kBeaconBytesMax);
    const auto read = DecodeBeacon(octets);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->name, name);
    EXPECT_EQ(read->token, Token());
  }
}

TEST(OutsideBeacon, WhatIsCutLongOrForeignIsNone) {
  const std::vector<uint8_t> whole = EncodeBeacon({"ns1.fra1", Token()});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(DecodeBeacon(std::span(whole).first(size)).has_value()) << size;
  }
  std::vector<uint8_t> octets = whole;
  octets.push_back(0);
  EXPECT_FALSE(DecodeBeacon(octets).has_value());
  for (size_t place = 0; place <= 5; ++place) {  // Magic, version, length.
    octets = whole;
    ++octets[place];
    EXPECT_FALSE(DecodeBeacon(octets).has_value()) << place;
  }
  octets = EncodeBeacon({"", Token()});
  EXPECT_FALSE(DecodeBeacon(octets).has_value()) << "a name is needed";
}

}  // namespace
}  // namespace hither
