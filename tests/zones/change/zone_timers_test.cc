#include "zones/change/zone_timers.h"

#include <string>

#include "gtest/gtest.h"

namespace hither {
namespace {

ZoneTimers Example() {
  return {absl::FromUnixSeconds(1'800'000'000),
          absl::FromUnixSeconds(1'800'003'600),
          3600,
          600,
          1'209'600,
          2,
          "hidden1",
          7,
          4294967295u};
}

TEST(ZoneTimers, SurviveTheirOctets) {
  for (const ZoneTimers& timers : {Example(), ZoneTimers()}) {
    const absl::StatusOr<ZoneTimers> parsed = ParseTimers(EncodeTimers(timers));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, timers);
  }
}

TEST(ZoneTimers, ASerialOfZeroIsNotNone) {
  ZoneTimers timers;
  timers.refused_serial = 0;
  EXPECT_EQ(ParseTimers(EncodeTimers(timers))->refused_serial, 0u);
}

TEST(ZoneTimers, TimesBefore1970AreNever) {
  ZoneTimers timers;
  timers.last_success = absl::FromUnixSeconds(-5);
  EXPECT_EQ(ParseTimers(EncodeTimers(timers))->last_success, absl::InfinitePast());
}

TEST(ZoneTimers, ALongNameIsCutOff) {
  ZoneTimers timers;
  timers.primary = std::string(300, 'x');
  EXPECT_EQ(ParseTimers(EncodeTimers(timers))->primary, std::string(255, 'x'));
}

TEST(ZoneTimers, CutOffOctetsAreAnError) {
  Bytes wire = EncodeTimers(Example());
  for (size_t bytes = 0; bytes < wire.size(); ++bytes) {
    EXPECT_FALSE(ParseTimers(ByteView(wire).first(bytes)).ok());
  }
  wire.push_back(0);
  EXPECT_FALSE(ParseTimers(wire).ok());
  wire.pop_back();
  wire[0] = 2;
  EXPECT_FALSE(ParseTimers(wire).ok());
}

}  // namespace
}  // namespace hither
