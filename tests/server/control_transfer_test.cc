// A server with zones from primaries, whose transfers are the test's.

#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/control.h"
#include "tests/server/loopback.h"

namespace hither {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kNoError = 0;
constexpr int kServFail = 2;
constexpr int kRefused = 5;
constexpr int kNotAuth = 9;

// What the service was told, for the test's thread once the call that caused it has returned.
struct CallLog {
  Mutex mu;
  std::vector<std::string> calls ABSL_GUARDED_BY(mu);
  void Add(std::string call) {
    MutexLock lock(mu);
    calls.push_back(std::move(call));
  }
  std::vector<std::string> Take() {
    MutexLock lock(mu);
    return std::exchange(calls, {});
  }
};

class FakeService : public TransferService {
 public:
  FakeService(TransferHost& host, CallLog& log, absl::Status start, bool gives_versions)
      : host_(host), log_(log), start_(std::move(start)), gives_versions_(gives_versions) {}

  absl::Status Start(TransferSetup setup, absl::Duration /*patience*/) override {
    log_.Add(absl::StrCat("start ", setup.zones.size(), " ", setup.keys->keys().size()));
    if (!start_.ok()) return start_;
    if (gives_versions_) Give(setup);
    return start_;
  }
  void Configure(TransferSetup setup) override {
    log_.Add(absl::StrCat("configure ", setup.zones.size()));
    Give(setup);
  }
  void Stop() override { log_.Add("stop"); }
  hither::Rcode OnNotify(NameView zone, std::optional<uint32_t> /*serial*/,
                         const hither::AccessClient& sender) override {
    log_.Add(absl::StrCat("notify ", zone.ToText(), " ", sender.address.size()));
    return hither::Rcode::kNoError;
  }
  absl::StatusOr<ZoneTransferStatus> StatusOf(NameView /*zone*/) override {
    return absl::NotFoundError("none");
  }
  std::vector<ZoneTransferStatus> Statuses(size_t /*first*/, size_t /*max*/) override { return {}; }
  void Refresh(NameView /*zone*/, Done /*done*/) override {}
  void Retransfer(NameView /*zone*/, Done /*done*/) override {}
  void Accept(NameView /*zone*/, std::optional<uint32_t> /*serial*/, Done /*done*/) override {}
  void RollBack(NameView /*zone*/, std::optional<uint32_t> /*serial*/, Done /*done*/) override {}
  Counts counts() override { return {}; }

 private:
  void Give(const TransferSetup& setup) {
    std::vector<TransferredVersion> versions;
    for (const ZoneSource zone : setup.zones) {
      TransferredVersion version;
      version.zone = Name(zone.name());
      version.version = TestZones()->zones()[0].zone;
      version.state = RefreshState::kFresh;
      if (version.version->apex().EqualsIgnoreCase(zone.name())) versions.push_back(version);
    }
    host_.OnVersions(std::move(versions));
  }

  TransferHost& host_;
  CallLog& log_;
  const absl::Status start_;
  const bool gives_versions_;
};

class ControlTransferTest : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    std::string pattern = (std::filesystem::temp_directory_path() / "hither.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream(folder_ + "/file.zone")
        << "@ 60 IN SOA ns1 host 1 2 3 4 5\n@ 60 IN NS ns1\nns1 60 IN A 192.0.2.1\n";
    options_.config_file = folder_ + "/hither.yaml";
  }
  void TearDown() override {
    End();
    std::filesystem::remove_all(folder_);
  }

  void WriteConfig(const std::vector<std::string>& from_primaries, bool has_file) {
    std::ofstream out(folder_ + "/hither.yaml");
    out << "admin: { listen: none }\nstate_dir: " << folder_
        << "\nprimaries: [{ name: h1, address: 192.0.2.1 }]\nzones:\n";
    for (const std::string& zone : from_primaries) {
      out << "  - { name: " << zone << ", primaries: [h1] }\n";
    }
    if (has_file) out << "  - { name: file, file: file.zone }\n";
  }
  absl::Status Begin() {
    const absl::StatusOr<Config> config = BuildConfig(options_);
    EXPECT_TRUE(config.ok()) << config.status();
    control_.emplace(options_, *config, nullptr, [this](TransferHost& host) {
      return std::make_unique<FakeService>(host, log_, start_, gives_versions_);
    });
    const absl::Status loaded = control_->LoadZones();
    if (!loaded.ok()) return loaded;
    auto sockets = OpenWorkerSockets(addresses_, 1, {});
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
  AdminAnswer Reload() {
    std::promise<AdminAnswer> promise;
    control_->Reload({}, [&promise](const AdminAnswer& answer) { promise.set_value(answer); });
    return promise.get_future().get();
  }
  int Rcode(const char* name, bool is_notify = false) {
    Client client(SocketKind::kUdp, addresses_[0]);
    Bytes query = MakeQuery(1, name, is_notify ? RrType::kSoa : RrType::kA);
    if (is_notify) query[2] = 4 << 3;
    client.Send(query);
    return RcodeOf(client.ReceiveDatagram());
  }

  std::string folder_;
  Options options_;
  CallLog log_;
  absl::Status start_;
  bool gives_versions_ = true;
  std::vector<SocketAddress> addresses_ = {*SocketAddress::FromText("127.0.0.1", 0)};
  std::optional<Control> control_;
  std::thread thread_;
};

TEST_F(ControlTransferTest, ServesFromDiskBeforeTheFirstQuery) {
  WriteConfig({"example.org", "empty.example"}, true);
  ASSERT_TRUE(Begin().ok());
  EXPECT_EQ(Rcode("www.example.org."), kNoError);
  EXPECT_EQ(Rcode("www.empty.example."), kServFail);
  EXPECT_EQ(Rcode("ns1.file."), kNoError);
  EXPECT_NE(control_->View().transfers, nullptr);
  End();
  EXPECT_THAT(log_.Take(), ElementsAre("start 2 0", "stop"));
}

TEST_F(ControlTransferTest, StartsWithoutAnyVersion) {
  gives_versions_ = false;
  WriteConfig({"example.org"}, false);
  ASSERT_TRUE(Begin().ok());
  EXPECT_EQ(Rcode("www.example.org."), kServFail);
  EXPECT_EQ(Reload().code, 200);  // Here the fake gives them.
  EXPECT_TRUE(Eventually([&] { return Rcode("www.example.org.") == kNoError; }));
}

TEST_F(ControlTransferTest, HandsNotifiesOn) {
  WriteConfig({"example.org"}, true);
  ASSERT_TRUE(Begin().ok());
  log_.Take();
  EXPECT_EQ(Rcode("example.org.", /*is_notify=*/true), kNoError);
  EXPECT_EQ(Rcode("file.", /*is_notify=*/true), kRefused);
  EXPECT_EQ(Rcode("example.net.", /*is_notify=*/true), kNotAuth);
  EXPECT_THAT(log_.Take(), ElementsAre("notify example.org. 4"));
}

TEST_F(ControlTransferTest, DoesNotStartWithoutItsStateDir) {
  start_ = absl::UnavailableError("state_dir: it is read-only");
  WriteConfig({"example.org"}, true);
  EXPECT_THAT(Begin().ToString(), HasSubstr("read-only"));
}

// Without such zones there is no state_dir and no thread; a reload may bring the first.
TEST_F(ControlTransferTest, BeginsWithTheFirstZoneFromPrimaries) {
  WriteConfig({}, true);
  ASSERT_TRUE(Begin().ok());
  EXPECT_EQ(control_->View().transfers, nullptr);
  EXPECT_EQ(Rcode("file.", /*is_notify=*/true), kRefused);
  EXPECT_TRUE(log_.Take().empty());
  WriteConfig({"example.org"}, true);
  EXPECT_EQ(Reload().code, 200);
  EXPECT_TRUE(Eventually([&] { return Rcode("www.example.org.") == kNoError; }));
  WriteConfig({}, true);
  EXPECT_EQ(Reload().code, 200);
  EXPECT_EQ(Rcode("www.example.org."), kRefused);
  EXPECT_THAT(log_.Take(), ElementsAre("start 1 0", "configure 0"));
}

TEST_F(ControlTransferTest, AReloadSaysIfTransfersCannotBegin) {
  start_ = absl::UnavailableError("state_dir: it is read-only");
  WriteConfig({}, true);
  ASSERT_TRUE(Begin().ok());
  WriteConfig({"example.org"}, true);
  const AdminAnswer answer = Reload();
  EXPECT_EQ(answer.code, 500);
  EXPECT_THAT(answer.text, HasSubstr("read-only"));
  EXPECT_EQ(Rcode("www.example.org."), kServFail);
  EXPECT_EQ(Rcode("ns1.file."), kNoError);
}

}  // namespace
}  // namespace hither
