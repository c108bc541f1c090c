// Nodes on loopback addresses, each with its own; a "network" hands their pages around.

#include "anycast/signals/outside_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using testing::HasSubstr;

struct Node {
  std::string name;
  std::string site;
  SocketAddress outside;
  AnycastConfig config;
  std::unique_ptr<OutsideWatch> watch;
  OutsidePage told;  // What the others have read.
};

SocketAddress Address(const std::string& text) { return *SocketAddress::FromText(text, 0); }

class OutsideWatchTest : public testing::Test {
 protected:
  // Node i sends from 127.53.0.i, which stands in for the service address. A node that is cut off
  // sends from an address that no page has.
  void Make(const std::vector<std::string>& sites) {
    for (const std::string& site : sites) {
      Node& node = nodes_.emplace_back();
      node.name = absl::StrCat("ns", nodes_.size(), ".", site);
      node.site = site;
      node.outside = Address(absl::StrCat("127.54.0.", nodes_.size(), ":", port_));
      node.watch = std::make_unique<OutsideWatch>(node.name, node.site);
    }
    for (size_t i = 0; i < nodes_.size(); ++i) {
      AnycastConfig& config = nodes_[i].config;
      config.peers.outside = {nodes_[i].outside};
      AnycastConfig::Service& service = config.services.emplace_back();
      service.name = "dns";
      service.addresses = {Address(absl::StrCat("127.53.0.", i + 1, ":53"))};
      for (const Node& other : nodes_) {
        if (other.name == nodes_[i].name) continue;
        AnycastConfig::Peer& peer = config.peers.nodes.emplace_back();
        peer.name = other.name;
        peer.outside = {other.outside};
      }
      nodes_[i].watch->Configure(config);
    }
  }
  // Each node ticks for so long; pages are read at each tick.
  void Pass(absl::Duration time) {
    for (const absl::Time end = now_ + time; now_ < end; now_ += absl::Milliseconds(250)) {
      for (Node& node : nodes_) node.watch->Tick(now_, PeersOf(node));
      for (Node& node : nodes_) node.told = node.watch->page();
    }
  }
  std::vector<OutsidePeer> PeersOf(const Node& of) {
    std::vector<OutsidePeer> peers;
    for (const Node& node : nodes_) {
      if (node.name == of.name) continue;
      peers.push_back({node.name, node.site, &node.told, now_, are_fresh_});
    }
    return peers;
  }
  Signal SignalOf(size_t number) const {
    std::vector<Signal> signals;
    nodes_.at(number).watch->AddSignals("dns", signals);
    return signals.size() == 1 ? signals[0] : Signal{};
  }
  std::string LevelOf(size_t number) const {
    const Signal signal = SignalOf(number);
    return absl::StrCat(ToText(signal.scope), " ", ToText(signal.level));
  }
  // Its beacons go where nobody listens, until Mend().
  void Cut(size_t number) {
    AnycastConfig cut = nodes_[number].config;
    for (AnycastConfig::Peer& peer : cut.peers.nodes) peer.outside = {Address("127.54.1.1:9")};
    nodes_[number].watch->Configure(cut);
  }
  void Mend(size_t number) { nodes_[number].watch->Configure(nodes_[number].config); }
  void Restart(size_t number) {
    Node& node = nodes_[number];
    node.watch = std::make_unique<OutsideWatch>(node.name, node.site);
    node.watch->Configure(node.config);
  }

  // The liar tells that it sends from as many addresses as a page may name, and does.
  void Lie(size_t liar, size_t victim, int round) {
    Node& node = nodes_[liar];
    node.watch->Tick(now_, {});
    node.told = node.watch->page();
    node.told.from.clear();
    const std::vector<uint8_t> beacon = EncodeBeacon({node.name, node.told.tokens.front()});
    for (size_t i = 1; i <= kOutsideSourcesMax; ++i) {
      node.told.from.push_back(absl::StrCat("127.", 60 + liar, ".", round, ".", i));
      const auto from = OutsideSocket::From(Address(node.told.from.back() + ":0"));
      ASSERT_TRUE(from.ok()) << from.status();
      ASSERT_EQ(from->Send(nodes_[victim].outside, beacon), 0);
    }
    nodes_[victim].watch->Tick(now_, PeersOf(nodes_[victim]));
  }

  static constexpr int port_ = 18'055;
  std::vector<Node> nodes_;
  absl::Time now_ = absl::FromUnixSeconds(1'000'000);
  bool are_fresh_ = true;
};

TEST_F(OutsideWatchTest, HeardByAllIsOk) {
  Make({"fra1", "ams1", "nyc1"});
  Pass(absl::Milliseconds(250));
  EXPECT_EQ(LevelOf(0), "shared unknown") << "nobody has heard it yet";
  Pass(absl::Seconds(3));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(LevelOf(i), "path ok") << SignalOf(i).detail;
  EXPECT_EQ(SignalOf(0).name, "outside 127.53.0.1");
  EXPECT_EQ(SignalOf(0).detail, "answers leave: heard by 2 of 2 peers");
  ASSERT_EQ(nodes_[0].watch->view().rows.size(), 2u);
  EXPECT_LE(nodes_[0].watch->view().rows[0].age, absl::Milliseconds(1'500));
}

TEST_F(OutsideWatchTest, TokensChangeAndNoBeaconIsLostByThat) {
  Make({"fra1", "ams1", "nyc1"});
  Pass(absl::Seconds(2));
  const auto before = nodes_[0].told.tokens;
  const uint64_t early = nodes_[1].watch->view().received[1] + nodes_[1].watch->view().received[2] +
                         nodes_[1].watch->view().received[3];
  for (int i = 0; i < 30; ++i) {
    Pass(absl::Seconds(1));
    EXPECT_EQ(LevelOf(0), "path ok");
  }
  const auto& received = nodes_[1].watch->view().received;
  EXPECT_EQ(received[1] + received[2] + received[3], early);
  EXPECT_EQ(received[4], 0u);
  for (const OutsideToken& token : nodes_[0].told.tokens) {
    EXPECT_THAT(before, testing::Not(testing::Contains(token)));
  }
}

TEST_F(OutsideWatchTest, WayOutIsCutForOneNode) {
  Make({"fra1", "ams1", "nyc1"});
  Pass(absl::Seconds(10));
  Cut(0);
  Pass(absl::Seconds(4));
  EXPECT_EQ(LevelOf(0), "path ok") << "a few lost datagrams are no fault";
  Pass(absl::Seconds(3));
  EXPECT_EQ(LevelOf(0), "path hard");
  EXPECT_THAT(SignalOf(0).detail, HasSubstr("no answer leaves this node: not heard by ns2.ams1"));
  EXPECT_EQ(LevelOf(1), "path ok");
  EXPECT_EQ(LevelOf(2), "path ok");
  Mend(0);
  Pass(absl::Seconds(2));
  EXPECT_EQ(LevelOf(0), "path ok");
}

TEST_F(OutsideWatchTest, FaultOutlivesARestartOfEitherSide) {
  Make({"fra1", "ams1", "nyc1"});
  Pass(absl::Seconds(10));
  Cut(0);
  Pass(absl::Seconds(10));
  ASSERT_EQ(LevelOf(0), "path hard");
  Restart(1);  // It has never heard us; we know better.
  Pass(absl::Seconds(12));
  EXPECT_EQ(LevelOf(0), "path hard") << SignalOf(0).detail;
  Restart(0);  // We know nothing; ns3 does.
  Cut(0);
  Pass(absl::Seconds(1));
  EXPECT_EQ(LevelOf(0), "path unknown") << "not to be announced before it is known";
  Pass(absl::Seconds(10));
  EXPECT_EQ(LevelOf(0), "path soft") << "by the word of ns3";
  Mend(0);
  Pass(absl::Seconds(3));
  EXPECT_EQ(LevelOf(0), "path ok");
}

TEST_F(OutsideWatchTest, CutForAllIsNoFaultOfOne) {
  Make({"fra1", "ams1", "nyc1"});
  Pass(absl::Seconds(10));
  for (size_t i = 0; i < 3; ++i) Cut(i);
  Pass(absl::Seconds(20));
  for (size_t i = 0; i < 3; ++i) EXPECT_NE(SignalOf(i).level, Level::kHard) << i;
}

TEST_F(OutsideWatchTest, NeighborsOfTheSameSiteAreNoWitnesses) {
  Make({"fra1", "fra1", "ams1", "nyc1"});
  Pass(absl::Seconds(10));
  EXPECT_EQ(SignalOf(0).detail, "answers leave: heard by 2 of 2 peers");
  // The site's way out is cut; over its own network the two hear each other.
  for (size_t i : {0, 1}) {
    AnycastConfig cut = nodes_[i].config;
    for (AnycastConfig::Peer& peer : cut.peers.nodes) {
      if (peer.name[3] == '.' && peer.name.ends_with("fra1")) continue;
      peer.outside = {Address("127.54.1.1:9")};
    }
    nodes_[i].watch->Configure(cut);
  }
  Pass(absl::Seconds(10));
  EXPECT_EQ(LevelOf(0), "path hard") << SignalOf(0).detail;
  EXPECT_EQ(LevelOf(1), "path hard") << SignalOf(1).detail;
  EXPECT_EQ(LevelOf(2), "path ok");
}

TEST_F(OutsideWatchTest, PagesThatAreOldSayNothing) {
  Make({"fra1", "ams1", "nyc1"});
  Pass(absl::Seconds(10));
  are_fresh_ = false;
  Cut(0);
  Pass(absl::Seconds(20));
  EXPECT_EQ(LevelOf(0), "shared unknown");
}

TEST_F(OutsideWatchTest, ASleepIsNoSilence) {
  Make({"fra1", "ams1", "nyc1"});
  Pass(absl::Seconds(10));
  now_ += absl::Seconds(30);  // Nobody sends meanwhile.
  for (int tick = 0; tick < 12; ++tick) {
    Pass(absl::Milliseconds(250));
    EXPECT_LE(SignalOf(0).level, Level::kUnknown) << SignalOf(0).detail;
  }
  EXPECT_EQ(LevelOf(0), "path ok");
}

TEST_F(OutsideWatchTest, ForgedBeaconsAreCountedAndChangeNothing) {
  Make({"fra1", "ams1", "nyc1"});
  Pass(absl::Seconds(10));
  Cut(0);
  Pass(absl::Seconds(1));
  const auto before = nodes_[1].watch->view().received;
  const auto thief = OutsideSocket::From(Address("127.53.0.1:0"));
  const auto elsewhere = OutsideSocket::From(Address("127.53.0.99:0"));
  ASSERT_TRUE(thief.ok() && elsewhere.ok());
  const OutsideToken now = nodes_[0].told.tokens.front();
  const SocketAddress to = nodes_[1].outside;
  EXPECT_EQ(thief->Send(to, EncodeBeacon({nodes_[0].name, OutsideToken{}})), 0);  // No token.
  EXPECT_EQ(thief->Send(to, EncodeBeacon({"ns7.lon1", now})), 0);                 // Nobody.
  EXPECT_EQ(thief->Send(to, std::vector<uint8_t>(2'000, 'x')), 0);                // No beacon.
  EXPECT_EQ(elsewhere->Send(to, EncodeBeacon({nodes_[0].name, now})), 0);  // Not its address.
  // Overheard before the way out was cut.
  const std::vector<uint8_t> overheard = EncodeBeacon({nodes_[0].name, now});
  Pass(absl::Seconds(11));
  EXPECT_EQ(thief->Send(to, overheard), 0);
  Pass(absl::Milliseconds(250));
  const auto& after = nodes_[1].watch->view().received;
  EXPECT_EQ(after[static_cast<size_t>(BeaconEnd::kMalformed)],
            before[static_cast<size_t>(BeaconEnd::kMalformed)] + 1);
  EXPECT_EQ(after[static_cast<size_t>(BeaconEnd::kUnknownNode)],
            before[static_cast<size_t>(BeaconEnd::kUnknownNode)] + 1);
  EXPECT_EQ(after[static_cast<size_t>(BeaconEnd::kWrongToken)],
            before[static_cast<size_t>(BeaconEnd::kWrongToken)] + 2);
  EXPECT_EQ(after[static_cast<size_t>(BeaconEnd::kWrongAddress)],
            before[static_cast<size_t>(BeaconEnd::kWrongAddress)] + 1);
  EXPECT_EQ(LevelOf(0), "path hard");
}

// Who floods the peers' ports must not make them swear that a node is silent.
TEST_F(OutsideWatchTest, AFloodedPeerIsNoWitness) {
  Make({"fra1", "ams1", "nyc1"});
  Pass(absl::Seconds(10));
  const auto flood = OutsideSocket::From(Address("127.53.0.99:0"));
  ASSERT_TRUE(flood.ok());
  const std::vector<uint8_t> junk(400, 'x');
  for (int tick = 0; tick < 28; ++tick) {
    for (size_t i = 0; i < OutsideWatch::kDatagramsPerTickMax + 1'000; ++i) {
      for (const size_t victim : {1, 2}) (void)flood->Send(nodes_[victim].outside, junk);
    }
    Pass(absl::Milliseconds(250));
    ASSERT_LT(SignalOf(0).level, Level::kSoft) << SignalOf(0).detail;
  }
  EXPECT_FALSE(nodes_[1].told.hears[0].is_able);
  EXPECT_TRUE(nodes_[1].watch->view().is_overrun);
  Pass(absl::Seconds(9));
  EXPECT_FALSE(nodes_[1].watch->view().is_overrun);
  EXPECT_TRUE(nodes_[1].told.hears[0].is_able);
  EXPECT_EQ(LevelOf(0), "path ok");
}

TEST_F(OutsideWatchTest, OneWithEverNewAddressesLeavesTheOthersTheirs) {
  Make({"fra1", "ams1", "nyc1"});
  nodes_[1].watch->Tick(now_, {});
  for (int round = 0; round < 9; ++round) Lie(0, 1, round);
  EXPECT_EQ(nodes_[1].watch->page().hears.at(0).ages.size(), kOutsideSourcesMax);
  Pass(absl::Seconds(3));
  EXPECT_THAT(nodes_[1].told.hears.at(0).ages, testing::Contains(testing::Key("127.53.0.1")));
  EXPECT_THAT(nodes_[1].told.hears.at(1).ages, testing::ElementsAre(testing::Key("127.53.0.3")));
}

TEST_F(OutsideWatchTest, OfWhomThereIsNoRoomToTellItIsNoWitness) {
  Make({"s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11"});
  nodes_[0].watch->Tick(now_, {});
  for (size_t liar = 1; liar <= 9; ++liar) Lie(liar, 0, 0);
  nodes_[10].watch->Tick(now_, {});
  nodes_[10].told = nodes_[10].watch->page();
  nodes_[0].watch->Tick(now_, PeersOf(nodes_[0]));
  now_ += absl::Seconds(1);
  nodes_[10].watch->Tick(now_, {});
  nodes_[0].watch->Tick(now_, PeersOf(nodes_[0]));
  const OutsidePage& page = nodes_[0].watch->page();
  ASSERT_EQ(page.hears.size(), 10u);
  EXPECT_TRUE(page.hears[9].is_able);
  EXPECT_EQ(page.hears[9].ages.size(), 1u) << "who has few addresses comes first";
  size_t ages = 0;
  for (const OutsidePage::Hears& one : page.hears) {
    ages += one.ages.size();
    EXPECT_EQ(one.is_able, !one.ages.empty()) << one.name;
  }
  EXPECT_EQ(ages, 7 * kOutsideSourcesMax + 1);
}

TEST_F(OutsideWatchTest, AddressThatIsNotOnTheHostIsNotJudged) {
  Make({"fra1", "ams1", "nyc1"});
  nodes_[0].config.services[0].addresses = {Address("203.0.113.53:53")};
  Mend(0);
  Pass(absl::Seconds(10));
  EXPECT_EQ(LevelOf(0), "shared unknown");
  EXPECT_THAT(SignalOf(0).detail, HasSubstr("Cannot assign requested address"));
}

TEST_F(OutsideWatchTest, NothingIsConfigured) {
  OutsideWatch watch("ns1.fra1", "fra1");
  AnycastConfig config;
  config.services.emplace_back().addresses = {Address("127.53.0.1:53")};
  config.peers.nodes.emplace_back().name = "ns1.ams1";
  watch.Configure(config);
  watch.Tick(now_, {});
  std::vector<Signal> signals;
  watch.AddSignals("", signals);
  EXPECT_TRUE(signals.empty());
  EXPECT_FALSE(watch.page().is_present);
}

TEST_F(OutsideWatchTest, PortThatIsTakenIsTriedAgain) {
  const auto taken = OutsideSocket::Listen(Address(absl::StrCat("127.54.0.1:", port_)));
  ASSERT_TRUE(taken.ok()) << taken.status();
  Make({"fra1", "ams1"});
  Pass(absl::Seconds(1));
  EXPECT_TRUE(nodes_[0].watch->ListenAddresses().empty());
  EXPECT_FALSE(nodes_[0].watch->view().listening.at(0).second);
  EXPECT_FALSE(nodes_[0].told.hears.at(0).is_able);
  { const OutsideSocket closed = std::move(const_cast<OutsideSocket&>(*taken)); }
  Pass(OutsideWatch::kListenEvery);
  EXPECT_EQ(nodes_[0].watch->ListenAddresses().size(), 1u);
  EXPECT_EQ(nodes_[0].watch->ListenAddresses().at(0), nodes_[0].outside);
}

}  // namespace
}  // namespace hither
