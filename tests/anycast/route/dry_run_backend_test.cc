#include "anycast/route/dry_run_backend.h"

#include <gtest/gtest.h>

#include "tests/anycast/route/kernel_lab.h"

namespace hither {
namespace {

TEST(DryRunBackendTest, SaysWhatItWouldDo) {
  Route route = R("192.0.2.0/24", State::kDrain);
  route.attributes = {200, 3, {kGracefulShutdown}, {{64512, 1, 2}}};
  EXPECT_EQ(DryRunText(route),
            "would announce 192.0.2.0/24 DRAIN (med 200, prepend 3, community 65535:0, "
            "large community 64512:1:2)");
  EXPECT_EQ(DryRunText(R("192.0.2.0/24", State::kUp)), "would announce 192.0.2.0/24 UP");
  EXPECT_EQ(DryRunText(R("192.0.2.0/24", State::kDown)), "would withdraw 192.0.2.0/24");
}

TEST(DryRunBackendTest, LogsOnceForEachChange) {
  DryRunBackend backend;
  const absl::Time now = absl::UnixEpoch();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) backend.Announce({R("192.0.2.0/24", State::kUp)}, now, now);
  backend.Announce({R("192.0.2.0/24", State::kDown)}, now, now);
  EXPECT_TRUE(backend.Observe().seen.empty());
  EXPECT_FALSE(backend.IsIdle());
  backend.Close("bye");
  EXPECT_TRUE(backend.IsIdle());
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
}

}  // namespace
}  // namespace hither
