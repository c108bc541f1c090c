#include "server/settings.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(WorkerOptionsOf, SharesTheLimitsOfTcpAndNamesTheWorker) {
  Config config;
  config.identity = {.site = "fra1", .node = "ns2", .nsid_template = "{worker}.{node}.{site}"};
  config.tcp.connections_max = 100;
  config.tcp.connections_per_prefix_max = 10;
  const WorkerOptions options = WorkerOptionsOf(config, 3, 2);
  EXPECT_EQ(options.tcp.connections_max, 34u);
  EXPECT_EQ(options.tcp.connections_per_prefix_max, 4u);
  EXPECT_EQ(options.responder.nsid, "2.ns2.fra1");
}

TEST(WorkerOptionsOf, PinsOnlyIfEachWorkerHasACore) {
  const size_t cores = UsableCpus().size();
  EXPECT_EQ(WorkerOptionsOf(Config(), cores, 0).cpu, UsableCpus()[0]);
  EXPECT_EQ(WorkerOptionsOf(Config(), cores + 1, 0).cpu, -1);
}

TEST(SettingsThatNeedRestart, AreAllButTheZones) {
  const Config running;
  Config read = running;
  read.zones.Add(*Name::FromText("a."), "a.zone");
  EXPECT_THAT(SettingsThatNeedRestart(running, read), IsEmpty());
  read.identity.site = "x";
  read.workers = 7;
  read.tcp.idle_timeout = absl::Seconds(1);
  read.udp.batch_size = 1;
  read.image_cache = "x";
  EXPECT_THAT(SettingsThatNeedRestart(running, read),
              ElementsAre("identity", "workers", "udp", "tcp", "image_cache"));
}

}  // namespace
}  // namespace hither
