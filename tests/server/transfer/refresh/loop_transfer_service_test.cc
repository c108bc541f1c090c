// The threads and the loop; what is decided is refresher_test's.

#include "server/transfer/refresh/loop_transfer_service.h"

#include <atomic>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/transfer/refresh/refresh_bench.h"

namespace hither {
namespace {

// Answers on the loop, honestly.
class QuickClient : public PrimaryClient {
 public:
  QuickClient(uv_loop_t& loop, std::atomic<uint32_t>& serial)
      : serial_(serial), timer_(loop, [this] { AnswerAll(); }) {}
  uint64_t Begin(TurnOrder order, Done done) override {
    asked_.emplace_back(std::move(order), std::move(done));
    timer_.Start(absl::ZeroDuration());
    return 1;
  }
  void Cancel(uint64_t) override {}

 private:
  void AnswerAll() {
    auto asked = std::exchange(asked_, {});
    for (auto& [order, done] : asked) done(Honest(order, serial_));
  }

  std::atomic<uint32_t>& serial_;
  std::vector<std::pair<TurnOrder, Done>> asked_;
  UvTimer timer_;
};

struct LockedHost : TransferHost {
  void OnVersions(std::vector<TransferredVersion> versions) override {
    MutexLock lock(mu);
    host.OnVersions(std::move(versions));
  }
  std::optional<uint32_t> Serial(const std::string& zone) {
    MutexLock lock(mu);
    const auto at = host.zones.find(zone);
    if (at == host.zones.end() || at->second.version == nullptr) return std::nullopt;
    return at->second.version->serial();
  }
  Mutex mu;
  FakeHost host ABSL_GUARDED_BY(mu);
};

struct Running {
  Running()
      : service(
            host,
            [this](const TransferSetup&) -> absl::StatusOr<std::unique_ptr<VersionKeeper>> {
              if (!open_error.ok()) return open_error;
              auto keeper = std::make_unique<FakeKeeper>();
              HeldVersion held;
              held.zone = ZoneOfSerial(6);
              held.soa = SoaOf(6);
              held.may_be_old = true;
              keeper->disk["a.example."] = held;
              keeper->outcome = [](const VersionOrder& order) {
                return Committed(order.is_whole ? ByteReader(order.whole.octets).U32()
                                                : order.diffs.back().serial_to);
              };
              return keeper;
            },
            [this](uv_loop_t& loop,
                   const PrimarySpec&) -> absl::StatusOr<std::unique_ptr<PrimaryClient>> {
              return std::make_unique<QuickClient>(loop, serial);
            }) {}

  bool Reaches(const std::string& zone, uint32_t wanted) {
    for (int i = 0; i < 2'000; ++i) {
      if (host.Serial(zone) == wanted) return true;
      absl::SleepFor(absl::Milliseconds(5));
    }
    return false;
  }

  std::atomic<uint32_t> serial = 7;
  absl::Status open_error;
  LockedHost host;
  LoopTransferService service;
};

const uint8_t kClient[] = {192, 0, 2, 1};
const Name kZone = *Name::FromText("a.example.");

TEST(LoopTransferService, ReadsTransfersAndFollowsNotifies) {
  Running running;
  ASSERT_TRUE(
      running.service.Start(RefreshBench::Setup({"a.example."}, {"p1"}), absl::Seconds(10)).ok());
  EXPECT_TRUE(running.host.Serial("a.example.").has_value()) << "once Start() has returned";
  EXPECT_TRUE(running.Reaches("a.example.", 7));
  absl::SleepFor(absl::Milliseconds(1'100));  // notify_gap
  running.serial = 8;
  EXPECT_EQ(running.service.OnNotify(kZone, 8, {.address = kClient}), Rcode::kNoError);
  EXPECT_TRUE(running.Reaches("a.example.", 8));
  EXPECT_EQ(running.service.StatusOf(kZone)->serial, 8u);
  EXPECT_EQ(running.service.Statuses(0, 10).size(), 1u);
  EXPECT_EQ(running.service.counts().zones, 1u);
  EXPECT_EQ(running.service.counts().notifies_taken, 1u);
  running.serial = 9;
  std::promise<std::string> said;
  running.service.Refresh(kZone, [&said](absl::StatusOr<std::string> what) {
    said.set_value(what.value_or("failed"));
  });
  EXPECT_EQ(said.get_future().get(), "zone a.example.: asking p1; held: serial 8");
  EXPECT_TRUE(running.Reaches("a.example.", 9));
  EXPECT_EQ(running.service.StatusOf(*Name::FromText("b.example.")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(LoopTransferService, IsConfiguredWhileItRuns) {
  Running running;
  ASSERT_TRUE(running.service.Start(RefreshBench::Setup({}, {"p1"}), absl::Seconds(10)).ok());
  EXPECT_EQ(running.service.OnNotify(kZone, 8, {.address = kClient}), Rcode::kNotAuth);
  running.service.Configure(RefreshBench::Setup({"a.example."}, {"p1"}));
  EXPECT_TRUE(running.Reaches("a.example.", 7));
  running.service.Configure(RefreshBench::Setup({}, {"p1"}));
  EXPECT_FALSE(running.service.StatusOf(kZone).ok());
}

TEST(LoopTransferService, AnswersEvenWhenItHasEnded) {
  Running running;
  ASSERT_TRUE(
      running.service.Start(RefreshBench::Setup({"a.example."}, {"p1"}), absl::Seconds(10)).ok());
  running.service.Stop();
  running.service.Stop();
  EXPECT_EQ(running.service.OnNotify(kZone, 8, {.address = kClient}), Rcode::kNoError);
  EXPECT_FALSE(running.service.StatusOf(kZone).ok());
  EXPECT_TRUE(running.service.Statuses(0, 10).empty());
  absl::Status said;
  running.service.RollBack(kZone, std::nullopt,
                           [&said](absl::StatusOr<std::string> what) { said = what.status(); });
  EXPECT_EQ(said.code(), absl::StatusCode::kUnavailable);
}

TEST(LoopTransferService, FailsIfTheFolderCannotBeUsed) {
  Running running;
  running.open_error = absl::FailedPreconditionError("state_dir: no");
  EXPECT_EQ(running.service.Start(RefreshBench::Setup({}, {}), absl::Seconds(1)).message(),
            "state_dir: no");
}

}  // namespace
}  // namespace hither
