#ifndef HITHER_TESTS_SERVER_TRANSFER_REFRESH_REFRESH_BENCH_H_
#define HITHER_TESTS_SERVER_TRANSFER_REFRESH_REFRESH_BENCH_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/transfer/refresh/refresher.h"

namespace hither {

// The same image for each call and whatever the zone's name, which the refresher does not look at.
std::shared_ptr<const Zone> ZoneOfSerial(uint32_t serial);
SoaFields SoaOf(uint32_t serial);  // Refresh 3600 s, retry 600 s, expire 86,400 s.

// A primary that notes its orders; the test, or `answer`, gives the results.
struct FakePrimary {
  struct Asked {
    uint64_t turn = 0;
    TurnOrder order = {};
    PrimaryClient::Done done = nullptr;
  };
  std::deque<Asked> asked = {};
  std::vector<std::string> zones = {};  // All zones that asked, in order: "a.example."
  // If set, results are given by the next Bench::Run().
  std::function<TurnResult(const TurnOrder&)> answer = nullptr;
  int clients = 0;  // Made so far.
  int cancelled = 0;
};

struct FakeKeeper : VersionKeeper {
  struct Ordered {
    VersionOrder order = {};
    std::function<void(VersionOutcome)> done = nullptr;
  };
  void Make(VersionOrder order, std::function<void(VersionOutcome)> done) override;
  void Load(const Name& zone, std::shared_ptr<const TransferPolicy> policy,
            std::function<void(HeldVersion)> done) override;
  void RollBack(const Name& zone, std::optional<uint32_t> serial,
                std::function<void(VersionOutcome)> done) override;
  void SaveTimers(const Name& zone, const ZoneTimers& timers) override;
  void Retire(const Name& zone, absl::Time) override { removed.push_back(zone.ToText()); }
  void KeepOnly(const std::function<bool(NameView zone)>& is_configured, absl::Time) override;
  std::optional<std::vector<uint32_t>> Versions(const Name& zone) override;
  VersionKeeper::Counts counts() override { return {}; }
  void Stop() override {}

  std::map<std::string, HeldVersion> disk = {};
  std::map<std::string, ZoneTimers> timers = {};
  std::vector<std::string> removed = {};
  std::vector<std::string> unconfigured = {};  // Of `disk`, at the last change.
  std::deque<Ordered> making = {};
  // If set, what Make() gives at once; otherwise the test calls `making`.
  std::function<VersionOutcome(const VersionOrder&)> outcome = nullptr;
  bool loads_wait = false;
  std::deque<std::function<void()>> loads = {};
  std::deque<std::pair<std::optional<uint32_t>, std::function<void(VersionOutcome)>>> rolls = {};
  int saves = 0;
};

struct FakeHost : TransferHost {
  void OnVersions(std::vector<TransferredVersion> versions) override;
  std::map<std::string, TransferredVersion> zones = {};
  int calls = 0;
  int versions_given = 0;
};

// All of it. Serials of results: `soa`; content is not looked at.
class RefreshBench {
 public:
  RefreshBench();

  // With zones "a.example." or what `names` says, each of these primaries.
  static TransferSetup Setup(const std::vector<std::string>& names,
                             const std::vector<std::string>& primaries);
  void Configure(TransferSetup setup);

  // Work() and posted tasks until nothing happens any more.
  void Run();
  // Moves both clocks, step by step as next_wake() asks, and runs.
  void Advance(absl::Duration time);
  void JumpWall(absl::Duration by) { now_.wall += by; }

  FakePrimary& primary(const std::string& name) { return primaries_[name]; }
  // Gives the result to the oldest turn of the primary, and runs.
  void Give(const std::string& name, TurnResult result);

  Refresher& refresher() { return refresher_; }
  FakeKeeper& keeper() { return keeper_; }
  FakeHost& host() { return host_; }
  ZoneTransferStatus Status(const std::string& zone);
  TransferNow now() const { return now_; }
  // "serial 7 fresh", "none expired", with " refused" if a version is held back: what is published.
  std::string Published(const std::string& zone);

  void Notify(const std::string& zone, std::optional<uint32_t> hint = std::nullopt,
              const std::string& by = "");
  // What an order says, or its error.
  std::string Refresh(const std::string& zone);
  std::string Retransfer(const std::string& zone);
  std::string Accept(const std::string& zone, std::optional<uint32_t> serial = std::nullopt);

 private:
  class Client;
  bool AnswerAll();

  TransferNow now_ = {};
  std::deque<std::function<void()>> posted_;
  std::map<std::string, FakePrimary> primaries_;
  FakeKeeper keeper_;
  FakeHost host_;
  Refresher refresher_;
};

// Results of primaries.
TurnResult Current(uint32_t serial, std::optional<uint32_t> expire = std::nullopt);
TurnResult Behind(uint32_t serial);
TurnResult Whole(uint32_t serial, std::optional<uint32_t> expire = std::nullopt);
TurnResult Diffs(uint32_t from, uint32_t to);
TurnResult Trouble(TurnResult::Kind kind, const std::string& reason = "connection refused");
// As an honest primary of this serial answers.
TurnResult Honest(const TurnOrder& order, uint32_t serial);

// Outcomes of the keeper.
VersionOutcome Committed(uint32_t serial);
VersionOutcome Refused(const std::string& text);

}  // namespace hither

#endif  // HITHER_TESTS_SERVER_TRANSFER_REFRESH_REFRESH_BENCH_H_
