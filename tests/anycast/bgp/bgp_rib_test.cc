#include "anycast/bgp/bgp_rib.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/anycast/bgp/bgp_bytes.h"

namespace hither {
namespace {

const BgpRib::Path kPath{{65001, false, true}, FromHex("0a000002")};
const BgpRib::Path kPathV6{{65001, false, true}, Bytes(16, 0x20)};

Route R(const char* prefix, State state, int prepend = 0) {
  Route route;
  route.prefix = *Prefix::FromText(prefix);
  route.state = state;
  route.attributes.prepend = prepend;
  return route;
}

// "-4" where four octets of IPv4 are withdrawn, "+8" where eight are announced, for each UPDATE.
std::string Told(const std::vector<Bytes>& updates) {
  std::string text;
  for (const Bytes& update : updates) {
    ByteReader in(ByteView(update).subspan(kBgpHeaderBytes));
    const size_t withdrawn = in.Take(in.U16()).size();
    in.Take(in.U16());
    if (withdrawn > 0) absl::StrAppend(&text, "-", withdrawn);
    if (!in.AtEnd()) absl::StrAppend(&text, "+", in.rest().size());
  }
  return text;
}

TEST(Rib, SaysEachThingOnce) {
  BgpRib rib;
  rib.Want({R("192.0.2.0/24", State::kUp), R("198.51.100.0/24", State::kUp)});
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "+8");
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "");
}

TEST(Rib, ReplacesWithoutWithdrawing) {
  BgpRib rib;
  rib.Want({R("192.0.2.0/24", State::kUp)});
  rib.Differences(IpFamily::kV4, kPath);
  rib.Want({R("192.0.2.0/24", State::kSoft, 2)});
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "+4");
  EXPECT_EQ(rib.Said(*Prefix::FromText("192.0.2.0/24")), State::kSoft);
}

TEST(Rib, SaysAgainWhatItIsAskedFor) {
  BgpRib rib;
  rib.Want({R("192.0.2.0/24", State::kUp), R("198.51.100.0/24", State::kUp)});
  rib.Differences(IpFamily::kV4, kPath);
  rib.SayAgain(IpFamily::kV4);
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "+8");
  rib.SayAgain(*Prefix::FromText("192.0.2.0/24"));
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "+4");
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "");
}

// A ROUTE-REFRESH that comes while a route goes: what was said must be taken back.
TEST(Rib, ARefreshDoesNotLoseAWithdrawal) {
  BgpRib rib;
  rib.Want({R("192.0.2.0/24", State::kUp)});
  rib.Differences(IpFamily::kV4, kPath);
  rib.Want({R("192.0.2.0/24", State::kDown)});
  rib.SayAgain(IpFamily::kV4);
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "-4");
  EXPECT_EQ(rib.Said(*Prefix::FromText("192.0.2.0/24")), std::nullopt);
}

TEST(Rib, AStateWithTheSamePathIsNoNews) {
  BgpRib rib;
  rib.Want({R("192.0.2.0/24", State::kUp)});
  rib.Differences(IpFamily::kV4, kPath);
  rib.Want({R("192.0.2.0/24", State::kDrain)});
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "");
  EXPECT_EQ(rib.Said(*Prefix::FromText("192.0.2.0/24")), State::kDrain);
}

TEST(Rib, WithdrawsWhatIsDownAndWhatIsNoLongerNamed) {
  BgpRib rib;
  rib.Want({R("192.0.2.0/24", State::kUp), R("198.51.100.0/24", State::kUp)});
  rib.Differences(IpFamily::kV4, kPath);
  rib.Want({R("192.0.2.0/24", State::kDown)});
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "-8");
  EXPECT_EQ(rib.Said(*Prefix::FromText("192.0.2.0/24")), std::nullopt);
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "");
}

TEST(Rib, WithdrawsNothingThatWasNeverSaid) {
  BgpRib rib;
  rib.Want({R("192.0.2.0/24", State::kDown)});
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "");
  EXPECT_TRUE(rib.WithdrawAll(IpFamily::kV4).empty());
}

TEST(Rib, HasAnUpdateForEachSetOfAttributes) {
  BgpRib rib;
  rib.Want({R("192.0.2.0/24", State::kUp), R("198.51.100.0/24", State::kSoft, 2),
            R("203.0.113.0/24", State::kUp)});
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "+8+4");
}

TEST(Rib, ForgetsByFamily) {
  BgpRib rib;
  rib.Want({R("192.0.2.0/24", State::kUp), R("2001:db8::/48", State::kUp)});
  EXPECT_EQ(rib.Differences(IpFamily::kV4, kPath).size(), 1u);
  EXPECT_EQ(rib.Differences(IpFamily::kV6, kPathV6).size(), 1u);
  rib.Forget(IpFamily::kV6);
  EXPECT_TRUE(rib.Differences(IpFamily::kV4, kPath).empty());
  EXPECT_EQ(rib.Differences(IpFamily::kV6, kPathV6).size(), 1u);
  EXPECT_EQ(Told(rib.WithdrawAll(IpFamily::kV4)), "-4");
}

TEST(Rib, WithdrawsWhatNoLongerFits) {
  BgpRib rib;
  rib.Want({R("192.0.2.0/24", State::kUp)});
  rib.Differences(IpFamily::kV4, kPath);
  Route large = R("192.0.2.0/24", State::kSoft);
  for (uint32_t i = 0; i < 1100; ++i) large.attributes.communities.push_back(i);
  rib.Want({large});
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "-4");
  EXPECT_EQ(rib.too_large().size(), 1u);
  rib.Want({R("192.0.2.0/24", State::kUp)});
  EXPECT_EQ(Told(rib.Differences(IpFamily::kV4, kPath)), "+4");
  EXPECT_TRUE(rib.too_large().empty());
}

}  // namespace
}  // namespace hither
