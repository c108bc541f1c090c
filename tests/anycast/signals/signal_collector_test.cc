#include "anycast/signals/signal_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daemon/heartbeat/heartbeat_page.h"
#include "tests/anycast/signals/fake_pages.h"
#include "tests/anycast/signals/fake_responder.h"
#include "tests/anycast/signals/loop.h"

namespace hither {
namespace {

using testing::HasSubstr;

// One service, on a fake responder with a heartbeat page of its own.
class SignalCollectorTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/dev/shm/hither.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    config_.identity = {"fra1", "ns2", "{node}.{site}"};
    config_.heartbeat = folder_ + "/heartbeat";
    AnycastConfig::Service service;
    service.name = "dns";
    service.addresses = {responder_.address()};
    service.probes = {{.name = "example.org"}};
    anycast_.services = {service};
  }
  void TearDown() override {
    collector_.reset();
    page_.reset();
    std::filesystem::remove_all(folder_);
  }

  void MakePage(size_t workers = 1) {
    auto made =
        HeartbeatPage::Create(*config_.heartbeat, {"fra1", page_node_, page_nsid_}, workers);
    ASSERT_TRUE(made.ok()) << made.status();
    page_ = *std::move(made);
    page_->TellPhase(HeartbeatPhase::kServing);
    TellZone(7, kHeartbeatLoaded);
  }
  void TellZone(uint32_t serial, uint32_t flags) {
    const Name name = *Name::FromText("example.org");
    const std::vector<HeartbeatZone> zones = {{.name = name, .serial = serial, .flags = flags}};
    page_->TellZones({.total = 1}, zones);
  }
  void Turn() {
    if (page_ == nullptr) return;
    page_->TellControlTurn();
    page_->worker(0).last_turn_ns = absl::ToUnixNanos(MonotonicNow());
  }
  void Tick() {
    collector_->LookAtHeartbeat(MonotonicNow());
    collector_->AskWhatIsDue();
  }
  // Ticks as the main loop would until the signal is of that level.
  bool Becomes(const std::string& name, Level level, absl::Duration most = absl::Seconds(3)) {
    if (!collector_) collector_.emplace(loop_.get(), config_, anycast_);
    absl::Time due = MonotonicNow();
    const auto step = [&] {
      if (turns_) Turn();
      if (MonotonicNow() < due) return;
      due = MonotonicNow() + anycast_.policy.tick;
      Tick();
    };
    return loop_.Until([&] { return Get(name).level == level; }, most, step);
  }
  Signal Get(const std::string& name) {
    for (const Signal& signal : collector_->Signals("dns")) {
      if (absl::StartsWith(signal.name, name)) return signal;
    }
    return {.name = "absent", .detail = ""};
  }

  std::string folder_;
  FakeResponder responder_;
  Config config_;
  AnycastConfig anycast_;
  bool turns_ = true;
  std::string page_nsid_;  // The template that the responder was started with.
  std::string page_node_ = "ns2";
  Loop loop_;
  std::unique_ptr<HeartbeatPage> page_;
  std::optional<SignalCollector> collector_;
};

TEST_F(SignalCollectorTest, AllIsWell) {
  MakePage();
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  ASSERT_TRUE(Becomes("probe tcp", Level::kOk));
  std::vector<std::string> names;
  for (const Signal& signal : collector_->Signals("dns")) {
    names.push_back(signal.name);
    EXPECT_EQ(signal.level, Level::kOk) << signal.name << ": " << signal.detail;
  }
  const std::string at = responder_.address().ToText();
  EXPECT_THAT(names,
              testing::ElementsAre("responder", "servfail share", "drop share", "zone example.org.",
                                   absl::StrCat("probe udp ", at, " example.org SOA"),
                                   absl::StrCat("probe tcp ", at, " example.org SOA")));
  EXPECT_TRUE(collector_->Signals("other").empty());
  EXPECT_EQ(Get("probe udp").families, Families::kIpv4);
}

TEST_F(SignalCollectorTest, WithoutAPageProbesStillJudge) {
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  EXPECT_EQ(Get("responder").level, Level::kUnknown);
  EXPECT_EQ(Get("zone").level, Level::kUnknown);
  EXPECT_FALSE(collector_->queries_per_second().has_value());
}

TEST_F(SignalCollectorTest, DeadResponderIsCertain) {
  MakePage();
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  page_.reset();  // Its lock goes.
  responder_.Stop();
  const absl::Time died = MonotonicNow();
  ASSERT_TRUE(Becomes("responder", Level::kHard));
  EXPECT_TRUE(Get("responder").is_certain);
  EXPECT_LT(MonotonicNow() - died, absl::Milliseconds(300));  // A tick.
  ASSERT_TRUE(Becomes("probe udp", Level::kHard));
  EXPECT_EQ(Get("probe tcp").level, Level::kSoft);
}

// Peers say that nobody listens. That hitherd has exited is the reason, and no address is wrong.
TEST_F(SignalCollectorTest, OnlyALivingHithersAddressIsToBeCorrected) {
  constexpr char kAddIt[] = "; add that address to listen: of this node";
  PeerPage seen;
  seen.name = "ns1.ams1";
  seen.sees = {
      {"ns2.fra1", false, "refused; add this address to listen: there, or correct dns: in peers:"}};
  const FakePages pages(Http(EncodePeerPage(seen)));
  AnycastConfig::Peer& peer = anycast_.peers.nodes.emplace_back();
  peer.name = "ns1.ams1";
  peer.address = pages.address();
  MakePage();
  ASSERT_TRUE(Becomes("outside", Level::kSoft));
  EXPECT_THAT(Get("outside").detail, HasSubstr(kAddIt));
  page_.reset();
  ASSERT_TRUE(Becomes("responder", Level::kHard));
  EXPECT_THAT(Get("outside").detail, HasSubstr("(refused)"));
  EXPECT_THAT(Get("outside").detail, testing::Not(HasSubstr(kAddIt)));
}

TEST_F(SignalCollectorTest, HungResponderIsCertainOnceProbesAreSilent) {
  MakePage();
  ASSERT_TRUE(Becomes("probe tcp", Level::kOk));
  turns_ = false;
  responder_.Behave({.silent = true});
  ASSERT_TRUE(Becomes("responder", Level::kHard));
  ASSERT_TRUE(Becomes("probe tcp", Level::kSoft));
  EXPECT_EQ(Get("probe udp").level, Level::kHard);
  EXPECT_TRUE(Get("responder").is_certain);
}

TEST_F(SignalCollectorTest, TcpDeadWhileUdpLivesIsSoft) {
  ASSERT_TRUE(Becomes("probe tcp", Level::kOk));
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  responder_.StopTcp();
  ASSERT_TRUE(Becomes("probe tcp", Level::kSoft));
  EXPECT_THAT(Get("probe tcp").detail, HasSubstr("nothing listens there"));
  EXPECT_EQ(Get("probe udp").level, Level::kOk);
}

TEST_F(SignalCollectorTest, SomebodyElseIsHardOverTcpToo) {
  ASSERT_TRUE(Becomes("probe tcp", Level::kOk));
  responder_.Behave({.nsid = "ns2.fra1"}, {.nsid = "ns1.ams1"});
  ASSERT_TRUE(Becomes("probe tcp", Level::kHard));
  EXPECT_EQ(Get("probe udp").level, Level::kOk);
}

// nsid: was changed, and only one of the two daemons has read that.
TEST_F(SignalCollectorTest, AnNsidThatOnlyHitherdHasReadIsNamed) {
  page_nsid_ = "{node}.new";
  MakePage();
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  responder_.Behave({.nsid = "ns2.new"});
  ASSERT_TRUE(Becomes("probe udp", Level::kHard));
  EXPECT_THAT(Get("probe udp").detail,
              HasSubstr("NSID ns2.new, expected ns2.fra1; the hitherd of this host was started "
                        "with the NSID ns2.new, and this sidecar with ns2.fra1. If hitherd's is "
                        "right, reload the sidecar (hither reload --anycast default)"));
}

// A running sidecar cannot take another name, so a reload would not help.
TEST_F(SignalCollectorTest, ANodesNameThatOnlyHitherdHasReadNeedsARestart) {
  page_nsid_ = "{node}.{site}";
  page_node_ = "ns3";
  MakePage();
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  responder_.Behave({.nsid = "ns3.fra1"});
  ASSERT_TRUE(Becomes("probe udp", Level::kHard));
  EXPECT_THAT(Get("probe udp").detail,
              HasSubstr("If hitherd's is right, restart the sidecar (systemctl restart "
                        "hither-anycast); if the sidecar's is right, restart hitherd"));
}

// Last, it read as a part of the command: "... dev lo, 16 times".
TEST_F(SignalCollectorTest, TheNumberOfFailuresIsBeforeTheDetail) {
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  responder_.Behave({.rcode = 2});
  const auto has_count = [&] { return absl::StartsWith(Get("probe udp").detail, "2 times: "); };
  absl::Time due = MonotonicNow();
  EXPECT_TRUE(loop_.Until(has_count, absl::Seconds(3), [&] {
    if (MonotonicNow() < due) return;
    due = MonotonicNow() + anycast_.policy.tick;
    Tick();
  })) << Get("probe udp").detail;
  EXPECT_FALSE(absl::EndsWith(Get("probe udp").detail, "times"));
}

TEST_F(SignalCollectorTest, AnyWorkersNsidIsOurs) {
  config_.identity.nsid_template = "{node}.{worker}";
  responder_.Behave({.nsid = "ns2.255"});
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  responder_.Behave({.nsid = "ns2.256"});
  ASSERT_TRUE(Becomes("probe udp", Level::kHard));
}

TEST_F(SignalCollectorTest, SerialBehindTheHeartbeatIsSoft) {
  MakePage();
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  TellZone(8, kHeartbeatLoaded);
  ASSERT_TRUE(Becomes("probe udp", Level::kSoft));
  EXPECT_THAT(Get("probe udp").detail, HasSubstr("answers serial 7, but its heartbeat says 8"));
}

TEST_F(SignalCollectorTest, StaleZoneIsSoftAndShared) {
  MakePage();
  TellZone(7, kHeartbeatLoaded | kHeartbeatStale);
  ASSERT_TRUE(Becomes("zone example.org.", Level::kSoft));
  EXPECT_EQ(Get("zone").scope, Scope::kShared);
}

// Overload is no failure: to withdraw would send the flood to the next site.
TEST_F(SignalCollectorTest, SilenceInAFloodIsSoft) {
  MakePage();
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  responder_.Behave({.silent = true});
  ASSERT_TRUE(Becomes("probe udp", Level::kHard));
  page_->worker(0).queries += 1'000;
  page_->worker(0).dropped += 200;
  ASSERT_TRUE(Becomes("probe udp", Level::kSoft));
  EXPECT_THAT(Get("probe udp").detail, HasSubstr("overload is not a failure"));
  EXPECT_EQ(Get("drop share").level, Level::kSoft);
}

// No answer gets out, so that nobody is served, however many queries come.
TEST_F(SignalCollectorTest, SilenceWhileAnswersCannotBeSentIsHard) {
  MakePage();
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  responder_.Behave({.silent = true});
  page_->worker(0).queries += 1'000;
  page_->worker(0).unsent += 1'000;
  ASSERT_TRUE(Becomes("drop share", Level::kSoft));
  ASSERT_TRUE(Becomes("probe udp", Level::kHard));
  page_->worker(0).dropped += 200;  // Drops make it overload again.
  ASSERT_TRUE(Becomes("probe udp", Level::kSoft));
}

// One of several workers that answers wrongly, or not: no three probes in a row see it.
TEST_F(SignalCollectorTest, WhatFailsNowAndThenIsSoft) {
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  for (int i = 0; i < 4; ++i) {
    responder_.Behave({.rcode = 2});
    ASSERT_TRUE(Becomes("probe udp", Level::kHard));
    responder_.Behave({});
    ASSERT_TRUE(Becomes("probe udp", i < 3 ? Level::kOk : Level::kSoft));
  }
  EXPECT_THAT(Get("probe udp").detail, HasSubstr(" of the last 20 failed"));
}

// A sidecar that did not tick for a while knows nothing of the server, until it has asked again.
TEST_F(SignalCollectorTest, OldVerdictsAreUnknown) {
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  uv_sleep(1'400);
  collector_->LookAtHeartbeat(MonotonicNow());
  EXPECT_EQ(Get("probe udp").level, Level::kUnknown);
}

// The same sidecar, beside a responder that has died meanwhile: it must not announce by what it saw
// before, not even for the tick that it takes to ask again.
TEST_F(SignalCollectorTest, ALookIsEnoughToSeeADeadResponder) {
  MakePage();
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  ASSERT_EQ(Get("responder").level, Level::kOk);
  page_.reset();  // Its lock goes.
  collector_->LookAtHeartbeat(MonotonicNow());
  EXPECT_TRUE(Get("responder").is_certain);
}

// Drained means that others ask no more; we ourselves go on.
TEST_F(SignalCollectorTest, OurOwnProbesAreNoTraffic) {
  MakePage();
  uint64_t asked = 0;
  if (!collector_) collector_.emplace(loop_.get(), config_, anycast_);
  const auto step = [&] {
    Turn();
    Tick();
    uint64_t sum = 0;
    for (const auto& probe : collector_->services()[0].probes) sum += probe->asked();
    page_->worker(0).queries = asked = sum;
  };
  loop_.Until([] { return false; }, absl::Seconds(1), step);
  ASSERT_GT(asked, 20u);
  EXPECT_LT(*collector_->queries_per_second(), 0.1 * static_cast<double>(asked));
}

TEST_F(SignalCollectorTest, Ipv6AddressIsOfItsFamily) {
  FakeResponder responder("::1");
  anycast_.services[0].addresses.push_back(responder.address());
  ASSERT_TRUE(Becomes("probe udp [::1]", Level::kOk));
  EXPECT_EQ(Get("probe udp [::1]").families, Families::kIpv6);
}

TEST_F(SignalCollectorTest, ChecksAndPeersAreSignalsToo) {
  AnycastConfig::ExecCheck check;
  check.name = "disk";
  check.command = {"/bin/false"};
  check.is_hard = true;
  anycast_.services[0].checks = {check};
  AnycastConfig::Peer peer;
  peer.name = "ns1.ams1";
  peer.address = peer.dns.emplace(responder_.address());
  anycast_.peers.nodes = {peer};
  ASSERT_TRUE(Becomes("check disk", Level::kHard));
  ASSERT_TRUE(loop_.Until([&] { return !collector_->Sees().empty(); }));
  EXPECT_TRUE(collector_->Sees()[0].ok);
  EXPECT_EQ(collector_->our_name(), "ns2.fra1");
}

// A reload brings a probe of a name that no zone has: that is no reason to withdraw.
TEST_F(SignalCollectorTest, AProbeThatWasNeverGoodIsUnknown) {
  responder_.Behave({.rcode = 5});
  ASSERT_TRUE(Becomes("probe tcp", Level::kSoft));
  ASSERT_TRUE(loop_.Until([&] { return Get("probe udp").detail != "not answered yet"; }));
  const Signal udp = Get("probe udp");
  EXPECT_EQ(udp.level, Level::kUnknown);
  EXPECT_THAT(udp.detail, HasSubstr("this probe has never succeeded since it was configured at 2"));
  responder_.Behave({});
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  responder_.Behave({.rcode = 5});
  ASSERT_TRUE(Becomes("probe udp", Level::kHard));
}

TEST_F(SignalCollectorTest, AReloadKeepsWhichProbesWereGood) {
  ASSERT_TRUE(Becomes("probe udp", Level::kOk));
  const SignalCollector former(loop_.get(), config_, anycast_);
  collector_->TakeOver(former);  // What is known here is not forgotten.
  responder_.Behave({.rcode = 5});
  ASSERT_TRUE(Becomes("probe udp", Level::kHard));
  anycast_.services[0].probes.push_back({.name = "examlpe.org"});
  auto next = std::make_unique<SignalCollector>(loop_.get(), config_, anycast_);
  next->TakeOver(*collector_);
  EXPECT_TRUE(next->services()[0].probes[0]->was_good());
  EXPECT_FALSE(next->services()[0].probes.back()->was_good());
}

}  // namespace
}  // namespace hither
