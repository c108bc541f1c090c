#include "server/transfer/refresh/notify_refusals.h"

#include "gtest/gtest.h"

namespace hither {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);
const Name kZone = *Name::FromText("a.example.");
const uint8_t kV4[] = {192, 0, 2, 1};
const uint8_t kV6[] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

TEST(NotifyRefusals, AreDescribedOnceAMinute) {
  NotifyRefusals refusals;
  refusals.Renew(kStart);
  EXPECT_TRUE(refusals.Note(kZone, {.address = kV4}));
  EXPECT_EQ(refusals.Take(kStart),
            "zone a.example.: refused a NOTIFY from 192.0.2.1 over UDP, unsigned");
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(refusals.Note(kZone, {.address = kV6}));
  refusals.Renew(kStart + absl::Seconds(59));
  EXPECT_FALSE(refusals.Note(kZone, {.address = kV6}));
  refusals.Renew(kStart + absl::Seconds(60));
  const Name key = *Name::FromText("k1.");
  EXPECT_TRUE(refusals.Note(
      kZone, {.address = kV6, .key = key.view(), .transport = AccessTransport::kTcp}));
  EXPECT_FALSE(refusals.Note(kZone, {.address = kV4})) << "one waits to be taken";
  EXPECT_EQ(refusals.Take(kStart + absl::Seconds(61)),
            "zone a.example.: refused a NOTIFY from 2001:db8::1 over TCP, signed with k1.; 9 "
            "others since the last");
  refusals.Renew(kStart + absl::Seconds(120));
  EXPECT_FALSE(refusals.Note(kZone, {.address = kV4})) << "a minute after the line, not before";
}

TEST(NotifyRefusals, OfAnUnknownAddressHaveAText) {
  NotifyRefusals refusals;
  EXPECT_TRUE(refusals.Note(kZone, {}));
  EXPECT_EQ(refusals.Take(kStart),
            "zone a.example.: refused a NOTIFY from 0.0.0.0 over UDP, unsigned");
}

}  // namespace
}  // namespace hither
