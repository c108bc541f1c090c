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

struct SettingCase {
  const char* name;
  const char* key;
  void (*change)(Config& config);
};
void PrintTo(const SettingCase& tested, std::ostream* out) { *out << tested.name; }

class SettingThatNeedsRestart : public testing::TestWithParam<SettingCase> {};

TEST_P(SettingThatNeedsRestart, IsTold) {
  const Config running;
  Config read = running;
  GetParam().change(read);
  EXPECT_THAT(SettingsThatNeedRestart(running, read), ElementsAre(GetParam().key));
  EXPECT_THAT(SettingsThatNeedRestart(read, running), ElementsAre(GetParam().key));
}

// clang-format off
constexpr SettingCase kSettings[] = {
    {"Site",              "identity",    [](Config& c) { c.identity.site = "x"; }},
    {"Node",              "identity",    [](Config& c) { c.identity.node = "x"; }},
    {"Nsid",              "identity",    [](Config& c) { c.identity.nsid_template = "x"; }},
    {"Listen",            "listen",      [](Config& c) { c.listen.emplace_back(); }},
    {"Workers",           "workers",     [](Config& c) { ++c.workers; }},
    {"User",              "user",        [](Config& c) { c.user = "x"; }},
    {"Version",           "version",     [](Config& c) { c.version = "x"; }},
    {"UdpPayload",        "udp",         [](Config& c) { ++c.udp.payload_bytes_max; }},
    {"UdpBuffer",         "udp",         [](Config& c) { ++c.udp.receive_buffer_bytes; }},
    {"UdpBatch",          "udp",         [](Config& c) { ++c.udp.batch_size; }},
    {"TcpConnections",    "tcp",         [](Config& c) { ++c.tcp.connections_max; }},
    {"TcpPrefix",         "tcp",         [](Config& c) { ++c.tcp.connections_per_prefix_max; }},
    {"TcpIdle",           "tcp",         [](Config& c) { c.tcp.idle_timeout *= 2; }},
    {"TcpLifetime",       "tcp",         [](Config& c) { c.tcp.lifetime_max *= 2; }},
    {"TcpUnsent",         "tcp",         [](Config& c) { ++c.tcp.unsent_bytes_max; }},
    {"ImageCache",        "image_cache", [](Config& c) { c.image_cache = "x"; }},
    {"Heartbeat",         "heartbeat",   [](Config& c) { c.heartbeat = "x"; }},
    {"AdminUnix",         "admin",       [](Config& c) { c.admin = *ParseAdmin("unix:/x"); }},
    {"Metrics",           "metrics",     [](Config& c) { c.metrics.emplace(); }},
    {"MetricsHosts",      "metrics",     [](Config& c) { c.metrics_hosts = {"x"}; }},
    {"LogLevel",          "log",         [](Config& c) { c.log.level = LogLevel::kDebug; }},
    {"LogFile",           "log",         [](Config& c) { c.log.file = "x"; }},
    {"RecordsPerRrset",   "limits",      [](Config& c) { ++c.limits.records_per_rrset_max; }},
    {"TypesPerName",      "limits",      [](Config& c) { ++c.limits.types_per_name_max; }},
    {"Nsec3Iterations",   "limits",      [](Config& c) { ++c.limits.nsec3_iterations_max; }},
    {"IncludeDepth",      "limits",      [](Config& c) { ++c.limits.include_depth_max; }},
    {"GenerateRecords",   "limits",      [](Config& c) { ++c.limits.generate_records_max; }},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, SettingThatNeedsRestart, testing::ValuesIn(kSettings),
                         [](const auto& tested) { return tested.param.name; });

// A default address that is written down is the same address.
TEST(SettingsThatNeedRestart, AreNotTheWordingOfAdmin) {
  const Config running;
  Config read = running;
  read.admin.is_default = !running.admin.is_default;
  EXPECT_THAT(SettingsThatNeedRestart(running, read), IsEmpty());
}

TEST(WorkerOptionsOf, DefaultsAreTheConfigurations) {
  const WorkerOptions options = WorkerOptionsOf(Config(), 1, 0);
  const WorkerOptions defaults;
  EXPECT_EQ(options.udp_batch, defaults.udp_batch);
  EXPECT_EQ(options.responder.udp_payload_bytes_max, defaults.responder.udp_payload_bytes_max);
  EXPECT_EQ(options.tcp.connections_max, defaults.tcp.connections_max);
  EXPECT_EQ(options.tcp.unsent_bytes_max, defaults.tcp.unsent_bytes_max);
}

}  // namespace
}  // namespace hither
