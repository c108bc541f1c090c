#include "server/control.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <sstream>
#include <thread>

#include "gmock/gmock.h"
#include "server/load/check_zones.h"
#include "tests/server/loopback.h"

namespace hither {
namespace {

using testing::HasSubstr;

constexpr char kGood[] =
    " 7200 900 1209600 300\n@ 60 IN NS ns1\nns1 60 IN A 192.0.2.1\nwww 60 IN A 192.0.2.80\n";

// A whole server in this process, but for options, sockets' addresses and privileges.
class ControlTest : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    std::string pattern = (std::filesystem::temp_directory_path() / "hither.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    WriteZone("example.org.zone", 1);
    WriteConfig({"example.org"});
    options_.config_file = folder_ + "/hither.yaml";
  }
  void TearDown() override {
    End();
    std::filesystem::remove_all(folder_);
  }

  void WriteZone(const std::string& file, uint32_t serial, const std::string& more = "") {
    std::ofstream(folder_ + "/new") << "@ 60 IN SOA ns1 host " << serial << kGood << more;
    std::filesystem::rename(folder_ + "/new", folder_ + "/" + file);
  }
  void WriteConfig(const std::vector<std::string>& zones, const std::string& more = "") {
    std::ofstream out(folder_ + "/hither.yaml");
    out << "identity: { site: lab1, node: n1 }\nadmin: { listen: none }\n" << more << "zones:\n";
    for (const std::string& zone : zones) {
      out << "  - { name: " << zone << ", file: " << zone << ".zone }\n";
    }
  }

  // Loads, and runs if anything could be loaded.
  absl::Status Begin(size_t workers = 1, absl::Duration patience = absl::Seconds(3)) {
    const absl::StatusOr<Config> config = BuildConfig(options_);
    EXPECT_TRUE(config.ok()) << config.status();
    control_.emplace(options_, *config);
    const absl::Status loaded = control_->LoadZones(patience);
    if (!loaded.ok()) return loaded;
    auto sockets = OpenWorkerSockets(addresses_, workers, {});
    EXPECT_TRUE(sockets.ok()) << sockets.status();
    const absl::Status started = control_->StartWorkers(*std::move(sockets), addresses_);
    if (started.ok())
      thread_ = std::thread([this] { EXPECT_TRUE(control_->Run(nullptr, nullptr).ok()); });
    return started;
  }
  void End() {
    if (thread_.joinable()) {
      control_->RequestStop();
      thread_.join();
    }
    control_.reset();
  }
  // Waits for the answer: the text, or it as an error.
  absl::StatusOr<std::string> Reload() {
    std::promise<AdminAnswer> promise;
    control_->Reload({}, [&promise](const AdminAnswer& answer) { promise.set_value(answer); });
    const AdminAnswer answer = promise.get_future().get();
    if (answer.code == 200) return answer.text;
    return absl::UnknownError(answer.text);
  }
  int Rcode(const char* name) {
    Client client(SocketKind::kUdp, addresses_[0]);
    client.Send(MakeQuery(1, name, RrType::kA));
    return RcodeOf(client.ReceiveDatagram());
  }
  uint32_t Serial() {
    const auto zones = control_->View().zones;
    const ServedZone* served = zones->FindExact(*Name::FromText("example.org."));
    return served == nullptr || served->zone == nullptr ? 0 : served->zone->serial();
  }

  std::string folder_;
  Options options_;
  std::vector<SocketAddress> addresses_ = {*SocketAddress::FromText("127.0.0.1", 0)};
  std::optional<Control> control_;
  std::thread thread_;
};

constexpr int kNoError = 0;
constexpr int kServFail = 2;
constexpr int kRefused = 5;

TEST_F(ControlTest, ServesWhatIsConfigured) {
  ASSERT_TRUE(Begin(2).ok());
  EXPECT_EQ(Rcode("www.example.org."), kNoError);
  EXPECT_EQ(Rcode("www.example.net."), kRefused);
  EXPECT_EQ(control_->View().workers.size(), 2u);
}

// A zone that takes long does not keep the others from being served.
TEST_F(ControlTest, ServesWhatIsReadyWhileOthersLoad) {
  std::ofstream(folder_ + "/long.zone") << "@ 60 IN SOA a b 1 2 3 4 5\n@ 60 IN NS a.example.\n"
                                        << "$GENERATE 1-65536 www$ 60 A 192.0.2.1\n"
                                        << "$GENERATE 1-65536 a$ 60 A 192.0.2.1\n"
                                        << "$GENERATE 1-65536 b$ 60 A 192.0.2.1\n";
  WriteConfig({"example.org", "long"});
  ASSERT_TRUE(Begin(1, absl::ZeroDuration()).ok());
  EXPECT_EQ(Rcode("www.example.org."), kNoError);
  int rcode = kServFail;
  int turns = 0;
  EXPECT_TRUE(Eventually([&] {
    rcode = Rcode("www1.long.");
    return ++turns, rcode != kServFail;
  }));
  EXPECT_EQ(rcode, kNoError);
  EXPECT_GT(turns, 1) << "it was loaded before the first question";
  EXPECT_TRUE(Reload().ok());  // Waits for the load, then finds nothing changed.
  EXPECT_EQ(Rcode("www.example.org."), kNoError);
}

// None is loaded as long as none is: the start waits, and fails if all do.
TEST_F(ControlTest, DoesNotStartWithoutAZone) {
  std::ofstream(folder_ + "/example.org.zone") << "nothing good\n";
  EXPECT_FALSE(Begin(1, absl::ZeroDuration()).ok());
}

TEST_F(ControlTest, ReloadReadsAChangedZone) {
  ASSERT_TRUE(Begin().ok());
  WriteZone("example.org.zone", 2);
  const auto summary = Reload();
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_THAT(*summary, HasSubstr("1 zone read, 0 unchanged"));
  EXPECT_EQ(Serial(), 2u);
}

TEST_F(ControlTest, HangupReloads) {
  ASSERT_TRUE(Begin().ok());
  WriteZone("example.org.zone", 3);
  ::kill(::getpid(), SIGHUP);
  EXPECT_TRUE(Eventually([&] { return Serial() == 3; }));
}

TEST_F(ControlTest, ABrokenZoneIsToldAndTheOldOneAnswers) {
  ASSERT_TRUE(Begin().ok());
  WriteZone("example.org.zone", 2, "www 60 IN CNAME ns1\n");
  const auto summary = Reload();
  ASSERT_FALSE(summary.ok());
  EXPECT_THAT(summary.status().ToString(), HasSubstr("example.org.zone:5: error: CNAME"));
  EXPECT_EQ(Serial(), 1u);
  EXPECT_EQ(Rcode("www.example.org."), kNoError);
  EXPECT_EQ(control_->View().reloads_failed, 1u);
}

TEST_F(ControlTest, ABrokenConfigurationChangesNothing) {
  ASSERT_TRUE(Begin().ok());
  WriteZone("example.org.zone", 2);
  WriteConfig({"example.org"}, "lisen: [127.0.0.1:53]\n");
  const auto summary = Reload();
  ASSERT_FALSE(summary.ok());
  EXPECT_THAT(summary.status().ToString(), HasSubstr("listen"));
  EXPECT_EQ(Serial(), 1u);
}

TEST_F(ControlTest, ReloadAddsAndRemovesZones) {
  ASSERT_TRUE(Begin().ok());
  WriteZone("example.net.zone", 1);
  WriteConfig({"example.net"});
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(Rcode("www.example.net."), kNoError);
  EXPECT_EQ(Rcode("www.example.org."), kRefused);
}

TEST_F(ControlTest, AZoneThatNeverLoadedGetsServFail) {
  WriteConfig({"example.org", "broken.example"});
  ASSERT_TRUE(Begin().ok());
  EXPECT_EQ(Rcode("www.broken.example."), kServFail);
  EXPECT_EQ(Rcode("www.example.org."), kNoError);
}

TEST_F(ControlTest, WithoutAnyZoneItDoesNotStart) {
  WriteConfig({"broken.example"});
  EXPECT_THAT(Begin().ToString(), HasSubstr("not one zone"));
}

// Each is answered by a reload that began after it had asked, so none sees an older state.
TEST_F(ControlTest, ManyMayAskForAReloadAtOnce) {
  ASSERT_TRUE(Begin().ok());
  WriteZone("example.org.zone", 9);
  std::vector<std::thread> askers;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    askers.emplace_back([&] { good += Reload().ok() && Serial() == 9; });
  }
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(good, 8);
}

TEST_F(ControlTest, NobodyWaitsForAReloadOfAServerThatEnds) {
  ASSERT_TRUE(Begin().ok());
  std::thread asker([&] {
    while (Reload().ok()) {
    }
  });
  control_->RequestStop();
  asker.join();
}

// Each query during reloads is answered, and from one version or the other.
TEST_F(ControlTest, ReloadsLoseNoQuery) {
  ASSERT_TRUE(Begin(2).ok());
  std::atomic<bool> enough{false};
  std::thread asker([&] {
    while (!enough) ASSERT_EQ(Rcode("www.example.org."), kNoError);
  });
  for (uint32_t serial = 2; serial < 40; ++serial) {
    WriteZone("example.org.zone", serial);
    EXPECT_TRUE(Reload().ok());
    EXPECT_EQ(Serial(), serial);
  }
  enough = true;
  asker.join();
}

TEST_F(ControlTest, OldZonesAreFreed) {
  ASSERT_TRUE(Begin(2).ok());
  const std::weak_ptr<const ZoneSet> old = control_->View().zones;
  WriteZone("example.org.zone", 2);
  ASSERT_TRUE(Reload().ok());
  EXPECT_TRUE(Eventually([&] { return old.expired(); }));
}

// However fast reloads follow each other.
TEST_F(ControlTest, OldZonesDoNotPileUp) {
  ASSERT_TRUE(Begin(2).ok());
  std::vector<std::weak_ptr<const ZoneSet>> old;
  for (uint32_t serial = 2; serial < 60; ++serial) {
    old.push_back(control_->View().zones);
    WriteZone("example.org.zone", serial);
    ASSERT_TRUE(Reload().ok());
  }
  EXPECT_LT(std::erase_if(old, [](const auto& set) { return !set.expired(); }), 20u);
}

TEST_F(ControlTest, CheckTellsWhatAStartWouldFind) {
  std::ostringstream out;
  EXPECT_TRUE(CheckZones(*BuildConfig(options_), out));
  EXPECT_EQ(out.str(), "1 zone, 4 records, 0 zones with errors\n");
  WriteZone("example.org.zone", 2, "www 60 IN CNAME ns1\n");
  out.str("");
  EXPECT_FALSE(CheckZones(*BuildConfig(options_), out));
  EXPECT_THAT(out.str(), HasSubstr("example.org.zone:5: error: CNAME"));
}

TEST_F(ControlTest, CheckTellsOfLogAndUser) {
  Config config = *BuildConfig(options_);
  config.log.file = "/nonexist/x";
  config.user = "nonesuch";
  std::ostringstream out;
  EXPECT_FALSE(CheckStart(config, out));
  EXPECT_THAT(out.str(), HasSubstr("error: cannot open the log file /nonexist/x: its folder: No "
                                   "such file or directory; check log.target\n"));
  EXPECT_THAT(out.str(), HasSubstr("error: user: there is no user nonesuch here"));
}

// mkdtemp() makes folders for their owner alone.
TEST_F(ControlTest, CheckTellsWhatTheUserWouldNotBeAllowed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root becomes another user";
  Config config = *BuildConfig(options_);
  config.user = "nobody";
  config.image_cache = folder_;
  std::ostringstream out;
  EXPECT_FALSE(CheckStart(config, out));
  EXPECT_THAT(out.str(), HasSubstr("error: as user nobody: image_cache: cannot use " + folder_));
  EXPECT_THAT(out.str(),
              HasSubstr("error: as user nobody: " + options_.config_file + ": Permission denied"));
}

}  // namespace
}  // namespace hither
