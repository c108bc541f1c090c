#include "anycast/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <ostream>

namespace hither {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr absl::Duration kTick = absl::Milliseconds(250);

AnycastConfig::Service ServiceOf(const char* name, const char* prefix) {
  AnycastConfig::Service service;
  service.name = name;
  service.prefixes = {*Prefix::FromText(prefix)};
  return service;
}

// A sidecar without a loop: its services live under a clock that the test moves.
class FakeSidecar : public CommandTarget {
 public:
  explicit FakeSidecar(std::vector<AnycastConfig::Service> services) {
    config_.anycast.services = std::move(services);
    for (const auto& one : config_.anycast.services) live.emplace_back(one, Policy());
  }

  bool IsEnding() const override { return is_ending; }
  const Config& config() const override { return config_; }
  std::span<Service> services() override { return live; }
  std::vector<std::string> EndedBy(const AnycastConfig&) const override { return ended; }
  bool EndsAll(const AnycastConfig&) const override { return ends_all; }
  bool EndsAllOf(IpFamily family, const AnycastConfig&) const override {
    return ends_family == family;
  }
  void KeepState(absl::Time) override { ++states_kept; }
  absl::Status Apply(const Config& next, absl::Time) override {
    if (apply_error.ok()) config_ = next;
    return apply_error;
  }

  const AnycastConfig::Policy& Policy() const { return config_.anycast.policy; }
  // A peer; each of its pages is asked for at the moment of the tick, unless it is silent.
  void AddPeer(std::optional<bool> announces) {
    config_.anycast.peers.nodes.emplace_back().name = "ns1.fra1";
    report_ = {.name = "ns1.fra1", .announced = announces};
    if (announces == true) report_->state = State::kUp;
  }
  // So many seconds of good signals and much traffic.
  void Run(double seconds) {
    const absl::Time end = now + absl::Seconds(seconds);
    for (; now < end; now += kTick) {
      ServiceFacts facts;
      facts.signals = {{.name = "probe", .level = Level::kOk, .detail = ""}};
      facts.queries_per_second = 1'000;
      if (report_.has_value()) {
        if (report_->announced.has_value()) report_->asked_at = now;
        facts.peers_ipv4 = {*report_};
      }
      std::vector<Transition> transitions;
      for (Service& service : live) {
        service.Tick(config_.anycast.peers, "ns1.ams1", facts, now, transitions);
      }
    }
  }
  AdminAnswer Do(absl::string_view name, const AdminParameters& parameters = {}) {
    return Commands(*this).Run(name, parameters, now);
  }
  State StateOf(size_t service) const { return live[service].verdict(IpFamily::kV4).state; }

  absl::Time now = absl::FromUnixSeconds(1'000);
  std::vector<Service> live;
  bool is_ending = false;
  std::vector<std::string> ended;
  bool ends_all = false;
  std::optional<IpFamily> ends_family;
  int states_kept = 0;
  absl::Status apply_error;

 private:
  Config config_;
  std::optional<PeerReport> report_;
};

class CommandsTest : public testing::Test {
 protected:
  FakeSidecar sidecar_{{ServiceOf("dns", "192.0.2.0/24"), ServiceOf("ns", "198.51.100.0/24")}};
};

TEST_F(CommandsTest, UnknownServiceIsRefusedWithTheKnownOnes) {
  const AdminAnswer answer = sidecar_.Do("drain", {{"service", "dsn"}});
  EXPECT_EQ(answer.code, 400);
  EXPECT_EQ(answer.text, "there is no service 'dsn'; there are: dns, ns\n");
  EXPECT_EQ(sidecar_.states_kept, 0);
}

TEST_F(CommandsTest, UnknownCommandIsRefused) {
  const AdminAnswer answer = sidecar_.Do("drian");
  EXPECT_EQ(answer.code, 400);
  EXPECT_EQ(answer.text, "unknown command 'drian'; known: drain, undrain, freeze\n");
  EXPECT_EQ(sidecar_.states_kept, 0);
}

TEST_F(CommandsTest, NothingIsObeyedAtTheEnd) {
  sidecar_.is_ending = true;
  EXPECT_EQ(sidecar_.Do("drain").code, 409);
  EXPECT_EQ(sidecar_.Do("undrain").code, 409);
  EXPECT_EQ(Commands(sidecar_).Reload({}, {}, sidecar_.now).code, 409);
  EXPECT_FALSE(sidecar_.live[0].IsDrainWanted());
}

TEST_F(CommandsTest, DrainOfOneServiceLeavesTheOther) {
  sidecar_.Run(20);
  EXPECT_EQ(sidecar_.Do("drain", {{"service", "ns"}}).code, 200);
  EXPECT_EQ(sidecar_.states_kept, 1);
  sidecar_.Run(1);
  EXPECT_EQ(sidecar_.StateOf(0), State::kUp);
  EXPECT_EQ(sidecar_.StateOf(1), State::kDrain);
}

TEST_F(CommandsTest, DrainWithoutAServiceIsForAll) {
  sidecar_.Run(20);
  EXPECT_EQ(sidecar_.Do("drain").code, 200);
  sidecar_.Run(1);
  EXPECT_EQ(sidecar_.StateOf(0), State::kDrain);
  EXPECT_EQ(sidecar_.StateOf(1), State::kDrain);
}

TEST_F(CommandsTest, DrainEndsAtItsDeadlineHoweverMuchTrafficThereIs) {
  sidecar_.Run(20);
  sidecar_.Do("drain");
  sidecar_.Run(absl::ToDoubleSeconds(sidecar_.Policy().drain_max) - 1);
  EXPECT_EQ(sidecar_.StateOf(0), State::kDrain);
  sidecar_.Run(2);
  EXPECT_EQ(sidecar_.StateOf(0), State::kDown);
  EXPECT_TRUE(sidecar_.live[0].IsDrained());
}

// It does not put the deadline off.
TEST_F(CommandsTest, RepeatedDrainChangesNothing) {
  sidecar_.Run(20);
  sidecar_.Do("drain");
  sidecar_.Run(absl::ToDoubleSeconds(sidecar_.Policy().drain_max) - 1);
  EXPECT_EQ(sidecar_.Do("drain").code, 200);
  sidecar_.Run(2);
  EXPECT_EQ(sidecar_.StateOf(0), State::kDown);
  EXPECT_EQ(sidecar_.Do("drain").code, 200);
  sidecar_.Run(1);
  EXPECT_EQ(sidecar_.StateOf(0), State::kDown);
}

TEST_F(CommandsTest, UndrainAnnouncesAgain) {
  sidecar_.Run(20);
  sidecar_.Do("drain");
  sidecar_.Run(70);
  ASSERT_EQ(sidecar_.StateOf(0), State::kDown);
  EXPECT_EQ(sidecar_.Do("undrain", {{"service", "dns"}}).code, 200);
  EXPECT_EQ(sidecar_.states_kept, 2);
  sidecar_.Run(60);
  EXPECT_EQ(sidecar_.StateOf(0), State::kUp);
  EXPECT_EQ(sidecar_.StateOf(1), State::kDown);
}

struct FreezeCase {
  const char* name;
  const char* seconds;
  int code;
  const char* text;
};
void PrintTo(const FreezeCase& tested, std::ostream* out) { *out << tested.name; }

class FreezeTest : public testing::TestWithParam<FreezeCase> {};

TEST_P(FreezeTest, TakesSecondsOfADay) {
  FakeSidecar sidecar({ServiceOf("dns", "192.0.2.0/24")});
  const AdminAnswer answer = sidecar.Do("freeze", {{"seconds", GetParam().seconds}});
  EXPECT_EQ(answer.code, GetParam().code);
  EXPECT_EQ(answer.text, GetParam().text);
  EXPECT_EQ(sidecar.states_kept, GetParam().code == 200 ? 1 : 0);
}

// clang-format off
constexpr FreezeCase kFreezeCases[] = {
    {"AMinute",  "60",    200, "frozen for 60s\n"},
    {"ADay",     "86400", 200, "frozen for 86400s\n"},
    {"Over",     "0",     200, "no longer frozen\n"},
    {"TooLong",  "86401", 400, "seconds= is missing or not from 0 to 86400\n"},
    {"Negative", "-1",    400, "seconds= is missing or not from 0 to 86400\n"},
    {"Missing",  "",      400, "seconds= is missing or not from 0 to 86400\n"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(All, FreezeTest, testing::ValuesIn(kFreezeCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

struct PeerCase {
  const char* name;
  std::optional<bool> announces;  // No value: the peer has never answered.
  const char* refusal;            // Without a confirmation; empty: none.
};
void PrintTo(const PeerCase& tested, std::ostream* out) { *out << tested.name; }

class DrainBesidePeerTest : public testing::TestWithParam<PeerCase> {};

TEST_P(DrainBesidePeerTest, NeedsAConfirmationUnlessThePeerAnnounces) {
  FakeSidecar sidecar({ServiceOf("dns", "192.0.2.0/24")});
  sidecar.AddPeer(GetParam().announces);
  EXPECT_EQ(sidecar.Do("drain").code, 200) << "Not announced yet: nothing is withdrawn by it.";
  sidecar.Do("undrain");
  sidecar.Run(20);
  ASSERT_TRUE(sidecar.live[0].IsAnnounced());
  sidecar.states_kept = 0;
  const AdminAnswer answer = sidecar.Do("drain");
  const bool is_refused = *GetParam().refusal != '\0';
  EXPECT_EQ(answer.code, is_refused ? 409 : 200);
  EXPECT_THAT(answer.text, StartsWith(is_refused ? GetParam().refusal : "draining"));
  EXPECT_EQ(sidecar.live[0].IsDrainWanted(), !is_refused);
  EXPECT_EQ(sidecar.states_kept, is_refused ? 0 : 1);
  EXPECT_EQ(sidecar.Do("drain", {{"confirm", "1"}}).code, 200);
  EXPECT_TRUE(sidecar.live[0].IsDrainWanted());
}

// clang-format off
constexpr PeerCase kPeerCases[] = {
    {"Announces",     true,         ""},
    {"DoesNot",       false,        "no other node announces service dns: its queries might go nowhere; --confirm"},
    {"IsSilent",      std::nullopt, "no peer is known to announce service dns, and too few answer: its queries"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(All, DrainBesidePeerTest, testing::ValuesIn(kPeerCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(CommandsTest, ReloadThatTakesNothingAwayIsApplied) {
  sidecar_.Run(20);
  Config next = sidecar_.config();
  next.anycast.policy.fall = 7;
  EXPECT_EQ(Commands(sidecar_).Reload(next, {.dry_run = true}, sidecar_.now).text,
            "nothing would be withdrawn\n");
  EXPECT_NE(sidecar_.Policy().fall, 7);
  const AdminAnswer answer = Commands(sidecar_).Reload(next, {}, sidecar_.now);
  EXPECT_EQ(answer.text, "reloaded\n");
  EXPECT_EQ(sidecar_.Policy().fall, 7);
}

TEST_F(CommandsTest, ReloadPreviewsWhatItTakesAway) {
  sidecar_.Run(20);
  sidecar_.ended = {"restarts the kernel backend"};
  Config next = sidecar_.config();
  next.anycast.services.pop_back();
  next.anycast.admin_text = "none";
  const char* const kLines =
      "unchanged until a restart: anycast.admin\n"
      "withdraws 198.51.100.0/24 (service ns, UP)\n"
      "restarts the kernel backend\n";
  const AdminAnswer preview = Commands(sidecar_).Reload(next, {.dry_run = true}, sidecar_.now);
  EXPECT_EQ(preview.code, 200);
  EXPECT_EQ(preview.text, kLines);
  EXPECT_EQ(sidecar_.config().anycast.services.size(), 2u);
  EXPECT_EQ(Commands(sidecar_).Reload(next, {}, sidecar_.now).text,
            absl::StrCat(kLines, "reloaded\n"));
  EXPECT_EQ(sidecar_.config().anycast.services.size(), 1u);
  EXPECT_EQ(sidecar_.config().anycast.admin_text, "");
}

TEST_F(CommandsTest, ReloadThatWithdrawsTheLastPrefixNeedsAConfirmation) {
  sidecar_.Run(20);
  Config next = sidecar_.config();
  next.anycast.services = {ServiceOf("web", "203.0.113.0/24")};
  const AdminAnswer refused = Commands(sidecar_).Reload(next, {}, sidecar_.now);
  EXPECT_EQ(refused.code, 409);
  EXPECT_THAT(refused.text, HasSubstr("leaves nothing announced, if only for a moment\nrefused; "));
  EXPECT_EQ(sidecar_.config().anycast.services.size(), 2u);
  EXPECT_EQ(Commands(sidecar_).Reload(next, {.confirm = true}, sidecar_.now).code, 200);
  EXPECT_EQ(sidecar_.config().anycast.services.size(), 1u);
}

TEST_F(CommandsTest, ReloadThatEndsEverySessionNeedsAConfirmation) {
  sidecar_.ends_all = true;
  const Config same = sidecar_.config();
  EXPECT_EQ(Commands(sidecar_).Reload(same, {}, sidecar_.now).code, 200) << "None is announced.";
  sidecar_.Run(20);
  EXPECT_EQ(Commands(sidecar_).Reload(same, {}, sidecar_.now).code, 409);
}

// A reset of the only neighbor that receives the family.
TEST_F(CommandsTest, ReloadThatEndsAFamilyNeedsAConfirmation) {
  FakeSidecar sidecar({ServiceOf("dns", "192.0.2.0/24"), ServiceOf("dns6", "2001:db8::/48")});
  sidecar.ends_family = IpFamily::kV6;
  const Config same = sidecar.config();
  EXPECT_EQ(Commands(sidecar).Reload(same, {}, sidecar.now).code, 200) << "None is announced.";
  sidecar.Run(20);
  const AdminAnswer refused = Commands(sidecar).Reload(same, {}, sidecar.now);
  EXPECT_EQ(refused.code, 409);
  EXPECT_THAT(refused.text,
              StartsWith("leaves nothing announced over IPv6, if only for a moment\nrefused; "));
  EXPECT_EQ(Commands(sidecar).Reload(same, {.confirm = true}, sidecar.now).code, 200);
}

TEST_F(CommandsTest, ReloadThatForgetsADrainNeedsAConfirmation) {
  sidecar_.Do("drain", {{"service", "ns"}});
  Config next = sidecar_.config();
  next.anycast.services.pop_back();
  EXPECT_EQ(Commands(sidecar_).Reload(next, {}, sidecar_.now).code, 409);
  EXPECT_EQ(Commands(sidecar_).Reload(next, {.confirm = true}, sidecar_.now).code, 200);
}

TEST_F(CommandsTest, ReloadThatCannotBeAppliedSaysWhy) {
  sidecar_.apply_error = absl::UnavailableError("no interface wp-up");
  const Config same = sidecar_.config();
  const AdminAnswer answer = Commands(sidecar_).Reload(same, {}, sidecar_.now);
  EXPECT_EQ(answer.code, 500);
  EXPECT_EQ(answer.text, "no interface wp-up\n");
}

}  // namespace
}  // namespace hither
