#include "tests/server/transfer/refresh/refresh_bench.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "dns/serial.h"
#include "tests/support/flat_zone.h"

namespace hither {

SoaFields SoaOf(uint32_t serial) {
  return {.serial = serial,
          .refresh_seconds = 3600,
          .retry_seconds = 600,
          .expire_seconds = 86'400,
          .minimum_seconds = 300};
}

TurnResult Current(uint32_t serial, std::optional<uint32_t> expire) {
  TurnResult result;
  result.kind = TurnResult::Kind::kCurrent;
  result.soa = SoaOf(serial);
  result.expire_seconds = expire;
  return result;
}

TurnResult Behind(uint32_t serial) {
  TurnResult result = Current(serial);
  result.kind = TurnResult::Kind::kBehind;
  return result;
}

TurnResult Whole(uint32_t serial, std::optional<uint32_t> expire) {
  TurnResult result = Current(serial, expire);
  result.kind = TurnResult::Kind::kWhole;
  result.whole.count = 3;
  ByteWriter(result.whole.octets).U32(serial);
  result.octets = 1'234;
  result.took = absl::Milliseconds(100);
  return result;
}

TurnResult Diffs(uint32_t from, uint32_t to) {
  TurnResult result = Current(to);
  result.kind = TurnResult::Kind::kDiffs;
  result.diffs.push_back({.serial_from = from, .serial_to = to});
  return result;
}

TurnResult Trouble(TurnResult::Kind kind, const std::string& reason) {
  TurnResult result;
  result.kind = kind;
  result.reason = reason;
  return result;
}

TurnResult Honest(const TurnOrder& order, uint32_t serial) {
  const bool is_newer = !order.held_serial || SerialIsAfter(serial, *order.held_serial);
  if (order.is_order) return Whole(serial);
  if (order.hint && SerialIsAfter(*order.hint, serial)) return Behind(serial);
  if (!is_newer) return serial == *order.held_serial ? Current(serial) : Behind(serial);
  if (order.may_transfer && !order.may_transfer(serial)) {
    TurnResult held = Current(serial);
    held.kind = TurnResult::Kind::kHeld;
    return held;
  }
  if (order.is_check) {
    TurnResult newer = Current(serial);
    newer.kind = TurnResult::Kind::kNewer;
    return newer;
  }
  const bool is_whole = order.axfr_only || !order.held_serial;
  return is_whole ? Whole(serial) : Diffs(*order.held_serial, serial);
}

VersionOutcome Committed(uint32_t serial) {
  VersionOutcome outcome;
  outcome.kind = VersionOutcome::Kind::kCommitted;
  outcome.zone = ZoneOfSerial(serial);
  outcome.soa = SoaOf(serial);
  return outcome;
}

VersionOutcome Refused(const std::string& text) {
  VersionOutcome outcome;
  outcome.kind = VersionOutcome::Kind::kRefused;
  outcome.gates.outcome = GateResult::Outcome::kRefused;
  outcome.gates.gate = GateId::kSize;
  outcome.gates.text = text;
  outcome.diff_text = "-www A 192.0.2.1";
  return outcome;
}

void FakeKeeper::Make(VersionOrder order, std::function<void(VersionOutcome)> done) {
  if (outcome) return done(outcome(order));
  making.push_back({std::move(order), std::move(done)});
}

void FakeKeeper::Load(const Name& zone, std::shared_ptr<const TransferPolicy>,
                      std::function<void(HeldVersion)> done) {
  auto load = [this, name = zone.ToText(), done = std::move(done)] { done(disk[name]); };
  if (!loads_wait) return load();
  loads.push_back(std::move(load));
}

void FakeKeeper::RollBack(const Name&, std::optional<uint32_t> serial,
                          std::function<void(VersionOutcome)> done) {
  rolls.emplace_back(serial, std::move(done));
}

void FakeKeeper::SaveTimers(const Name& zone, const ZoneTimers& saved) {
  timers[zone.ToText()] = saved;
  ++saves;
}

void FakeKeeper::KeepOnly(const std::function<bool(NameView zone)>& is_configured, absl::Time) {
  unconfigured.clear();
  for (const auto& [name, version] : disk) {
    if (!is_configured(*Name::FromText(name))) unconfigured.push_back(name);
  }
}

std::optional<std::vector<uint32_t>> FakeKeeper::Versions(const Name& zone) {
  return disk[zone.ToText()].versions;
}

void FakeHost::OnVersions(std::vector<TransferredVersion> versions) {
  ++calls;
  versions_given += static_cast<int>(versions.size());
  for (TransferredVersion& version : versions) {
    const std::string name = version.zone.ToText();
    zones[name] = std::move(version);
  }
}

class RefreshBench::Client : public PrimaryClient {
 public:
  explicit Client(FakePrimary& primary) : primary_(primary) { ++primary.clients; }
  ~Client() override { primary_.asked.clear(); }
  uint64_t Begin(TurnOrder order, Done done) override {
    primary_.zones.push_back(order.zone.ToText());
    primary_.asked.push_back({++next_, std::move(order), std::move(done)});
    return next_;
  }
  void Cancel(uint64_t turn) override {
    primary_.cancelled += static_cast<int>(
        std::erase_if(primary_.asked, [&](const auto& asked) { return asked.turn == turn; }));
  }

 private:
  FakePrimary& primary_;
  uint64_t next_ = 0;
};

RefreshBench::RefreshBench()
    : now_{absl::UnixEpoch() + absl::Hours(1), absl::FromUnixSeconds(1'800'000'000)},
      refresher_(
          {.keeper = keeper_,
           .host = host_,
           .make_client =
               [this](const PrimarySpec& spec) {
                 return std::make_unique<Client>(primaries_[spec.config.name]);
               },
           .now = [this] { return now_; },
           .random = [] { return 0u; },
           .post = [this](std::function<void()> task) { posted_.push_back(std::move(task)); }}) {
  keeper_.outcome = [](const VersionOrder& order) {
    // Whole() writes only the serial.
    return Committed(order.is_whole ? ByteReader(order.whole.octets).U32()
                                    : order.diffs.back().serial_to);
  };
}

TransferSetup RefreshBench::Setup(const std::vector<std::string>& names,
                                  const std::vector<std::string>& primaries) {
  TransferSetup setup;
  for (const std::string& name : names) {
    setup.zones.AddTransferred(Name::FromText(name)->view(), 0);
  }
  uint16_t port = 5300;
  for (const std::string& name : primaries) {
    PrimaryConfig config;
    config.name = name;
    config.address = *SocketAddress::FromText("192.0.2.1", port++);
    config.transfers_max = 8;
    setup.primaries.push_back(config);
  }
  TransferPolicy policy;
  policy.primaries = primaries;
  setup.policies.push_back(policy);
  return setup;
}

void RefreshBench::Configure(TransferSetup setup) {
  refresher_.Configure(std::move(setup));
  Run();
}

bool RefreshBench::AnswerAll() {
  bool has_answered = false;
  for (auto& [name, primary] : primaries_) {
    while (primary.answer && !primary.asked.empty()) {
      FakePrimary::Asked asked = std::move(primary.asked.front());
      primary.asked.pop_front();
      asked.done(primary.answer(asked.order));
      has_answered = true;
    }
  }
  return has_answered;
}

void RefreshBench::Run() {
  for (bool is_busy = true; is_busy;) {
    refresher_.Work();
    is_busy = AnswerAll() || !posted_.empty() || refresher_.next_wake() <= now_.steady;
    while (!posted_.empty()) {
      const std::function<void()> task = std::move(posted_.front());
      posted_.pop_front();
      task();
    }
  }
}

void RefreshBench::Advance(absl::Duration time) {
  const absl::Time end = now_.steady + time;
  while (now_.steady < end) {
    const absl::Time next = std::clamp(refresher_.next_wake(), now_.steady, end);
    now_.wall += next - now_.steady;
    now_.steady = next;
    Run();
  }
}

void RefreshBench::Give(const std::string& name, TurnResult result) {
  FakePrimary& given = primaries_[name];
  HITHER_CHECK(!given.asked.empty());
  FakePrimary::Asked asked = std::move(given.asked.front());
  given.asked.pop_front();
  asked.done(std::move(result));
  Run();
}

ZoneTransferStatus RefreshBench::Status(const std::string& zone) {
  return refresher_.Status(Name::FromText(zone)->view()).value();
}

std::string RefreshBench::Published(const std::string& zone) {
  constexpr const char* kStates[] = {"empty", "fresh", "stale", "expired"};
  if (!host_.zones.contains(zone)) return "unknown";
  const TransferredVersion& version = host_.zones.at(zone);
  return absl::StrCat(
      version.version == nullptr ? "none" : absl::StrCat("serial ", version.version->serial()), " ",
      kStates[static_cast<size_t>(version.state)], version.has_refused ? " refused" : "");
}

void RefreshBench::Notify(const std::string& zone, std::optional<uint32_t> hint,
                          const std::string& by) {
  refresher_.OnNotify(Name::FromText(zone)->view(), hint, by);
  Run();
}

namespace {

TransferService::Done Into(std::string& text) {
  return [&text](absl::StatusOr<std::string> what) {
    text = what.ok() ? *what : std::string(what.status().message());
  };
}

}  // namespace

std::string RefreshBench::Refresh(const std::string& zone) {
  std::string text;
  refresher_.orders().Refresh(Name::FromText(zone)->view(), Into(text));
  Run();
  return text;
}

std::string RefreshBench::Retransfer(const std::string& zone) {
  std::string text;
  refresher_.orders().Retransfer(Name::FromText(zone)->view(), Into(text));
  Run();
  return text;
}

std::string RefreshBench::Accept(const std::string& zone, std::optional<uint32_t> serial) {
  std::string text;
  refresher_.orders().Accept(Name::FromText(zone)->view(), serial, Into(text));
  Run();
  return text;
}

std::shared_ptr<const Zone> ZoneOfSerial(uint32_t serial) {
  static std::map<uint32_t, std::shared_ptr<const Zone>> zones;
  std::shared_ptr<const Zone>& zone = zones[serial];
  if (zone == nullptr) {
    zone = BuildZone(
        FlatZoneFromText("example.", absl::StrCat("@ 60 SOA ns.test. host.test. ", serial,
                                                  " 3600 600 86400 300\n@ 60 NS ns.test.\n")));
  }
  return zone;
}

}  // namespace hither
