#include "anycast/signals/peer_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "anycast/signals/page_seal.h"
#include "tests/anycast/signals/fake_pages.h"
#include "tests/anycast/signals/fake_responder.h"
#include "tests/anycast/signals/loop.h"

namespace hither {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

AnycastConfig::Peer Peer(const SocketAddress& address) {
  AnycastConfig::Peer peer;
  peer.name = "ns1.ams1";
  peer.address = address;
  return peer;
}

const AnycastConfig::Probe kProbe = {"example.org", "SOA"};

std::string PageThatSees(const std::string& name, bool ok, const char* fault = "SERVFAIL") {
  PeerPage page;
  page.name = "ns1.ams1";
  page.sees = {{name, ok, ok ? "" : fault}};
  return EncodePeerPage(page);
}

// What the client says of such an answer; empty: it has the page.
std::string ErrorOf(const std::string& answer) {
  FakePages pages(answer);
  Loop loop;
  PeerClient client(loop.get(), Peer(pages.address()), kProbe);
  const std::string before = client.error();
  client.Tick(MonotonicNow());
  EXPECT_TRUE(loop.Until([&] { return client.error() != before; }));
  EXPECT_EQ(client.error().empty(), client.page() != nullptr);
  return client.error();
}

TEST(PeerClient, FetchesThePage) {
  FakePages pages(Http(PageThatSees("ns2.fra1", true)));
  Loop loop;
  PeerClient client(loop.get(), Peer(pages.address()), kProbe);
  const absl::Time now = MonotonicNow();
  EXPECT_FALSE(client.IsReachable(now));
  client.Tick(now);
  ASSERT_TRUE(loop.Until([&] { return client.page() != nullptr; }));
  EXPECT_EQ(client.page()->sees[0].name, "ns2.fra1");
  EXPECT_EQ(client.asked_at(), now);
  EXPECT_TRUE(client.IsReachable(now + absl::Seconds(3)));
  EXPECT_FALSE(client.IsReachable(now + absl::Seconds(4)));
  EXPECT_EQ(pages.request(),
            absl::StrCat("GET /peer HTTP/1.1\r\nHost: ", pages.address().ToText(),
                         "\r\nAccept: application/json\r\nConnection: close\r\n\r\n"));
}

TEST(PeerClient, TakesAPageWithoutALength) {
  EXPECT_THAT(ErrorOf("HTTP/1.1 200 OK\r\n\r\n" + PageThatSees("a", true)), IsEmpty());
}

TEST(PeerClient, TellsWhatIsWrong) {
  EXPECT_THAT(ErrorOf(Http("", "503 Busy")), HasSubstr("HTTP status 503"));
  EXPECT_THAT(ErrorOf("SSH-2.0\r\n\r\n"), HasSubstr("not an HTTP response"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("not an HTTP response"));
  EXPECT_THAT(ErrorOf("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), HasSubstr("cut"));
  EXPECT_THAT(ErrorOf(Http("{}")), HasSubstr("not version"));
  EXPECT_THAT(ErrorOf(Http(R"({"version":1,"name":"other"})")), HasSubstr("is other, not ns1"));
  EXPECT_THAT(ErrorOf(Http(std::string(100'000, ' '))), HasSubstr("more than 73728 octets"));
}

// As ErrorOf(), of a node that knows itself as so.
std::string ErrorFor(const PeerSelf& self, const std::string& page, bool* is_clone = nullptr,
                     uint64_t* unsealed = nullptr) {
  FakePages pages(Http(page));
  Loop loop;
  PeerClient client(loop.get(), Peer(pages.address()), kProbe, self);
  const std::string before = client.error();
  client.Tick(MonotonicNow());
  EXPECT_TRUE(loop.Until([&] { return client.error() != before; }));
  if (is_clone != nullptr) *is_clone = client.IsClone();
  if (unsealed != nullptr) *unsealed = client.unsealed();
  return client.error();
}

PeerFault FaultOf(const PeerSelf& self, const std::string& answer) {
  FakePages pages(answer);
  Loop loop;
  PeerClient client(loop.get(), Peer(pages.address()), kProbe, self);
  EXPECT_EQ(client.fault(), PeerFault::kNotAsked);
  client.Tick(MonotonicNow());
  EXPECT_TRUE(loop.Until([&] { return client.fault() != PeerFault::kNotAsked; }));
  return client.fault();
}

std::string PageOfNs9() {
  PeerPage page;
  page.name = "ns9.fra1";
  page.run = "aa";
  return EncodePeerPage(page);
}

TEST(PeerClient, KnowsItselfAndItsClone) {
  bool is_clone = false;
  EXPECT_THAT(ErrorFor({"ns9.fra1", "aa", {}}, PageOfNs9(), &is_clone),
              HasSubstr("this node's own page"));
  EXPECT_FALSE(is_clone);
  EXPECT_THAT(ErrorFor({"ns9.fra1", "bb", {}}, PageOfNs9(), &is_clone),
              HasSubstr("another node with this node's name"));
  EXPECT_TRUE(is_clone);
}

// `hither status` and the metrics show the word.
TEST(PeerClient, SaysWhatKindOfFaultItIs) {
  const PeerSelf self{"ns9.fra1", "aa", {}};
  EXPECT_EQ(FaultOf(self, Http(PageThatSees("a", true))), PeerFault::kNone);
  EXPECT_EQ(FaultOf(self, Http("", "503 Busy")), PeerFault::kWrongPage);
  EXPECT_EQ(FaultOf(self, Http(PageOfNs9())), PeerFault::kSelf);
  EXPECT_EQ(FaultOf({"ns9.fra1", "bb", {}}, Http(PageOfNs9())), PeerFault::kDuplicate);
  EXPECT_EQ(FaultOf({"ns8.fra1", "bb", {}}, Http(PageOfNs9())), PeerFault::kMisnamed);
  EXPECT_EQ(FaultOf({"a", "bb", {"0123456789abcdef"}}, Http(PageOfNs9())), PeerFault::kUnsealed);
  EXPECT_EQ(ToText(PeerFault::kWrongPage), "PAGE REJECTED");
  EXPECT_EQ(WordOf(PeerFault::kWrongPage), "wrong_page");
}

TEST(PeerClient, ACloneIsOneForAsLongAsItSaysSo) {
  FakePages pages(Http(PageOfNs9()));
  Loop loop;
  PeerClient client(loop.get(), Peer(pages.address()), kProbe, {"ns9.fra1", "bb", {}});
  const absl::Time now = MonotonicNow();
  client.Tick(now);
  ASSERT_TRUE(loop.Until([&] { return client.IsClone(); }));
  pages.Answer(Http("", "503 Busy"));
  client.Tick(now + PeerClient::kPageEvery);
  ASSERT_TRUE(loop.Until([&] { return client.error().ends_with("503"); }));
  EXPECT_FALSE(client.IsClone());
}

// A process at a peer's address can ask us, and hand our page on; the peer must not leave the
// fleet by that.
TEST(PeerClient, OurOwnPageAtAPeersAddressLeavesThePeerInTheFleet) {
  FakePages pages(Http(PageOfNs9()));
  Loop loop;
  std::vector<std::unique_ptr<PeerClient>> peers;
  peers.push_back(std::make_unique<PeerClient>(loop.get(), Peer(pages.address()), kProbe,
                                               PeerSelf{"ns9.fra1", "aa", {}}));
  const absl::Time now = MonotonicNow();
  peers[0]->Tick(now);
  ASSERT_TRUE(loop.Until([&] { return peers[0]->error() != "not asked yet"; }));
  const std::vector<PeerReport> reports = ReportsOf(peers, "dns", IpFamily::kV4, now);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].name, "ns1.ams1");
  EXPECT_EQ(reports[0].asked_at, absl::InfinitePast()) << "as one that never told";
  EXPECT_FALSE(reports[0].is_absent);
  FleetWish wish;
  const FleetView fleet = ViewFleet({}, "ns9.fra1", reports, now, wish);
  EXPECT_TRUE(fleet.is_asked);
  EXPECT_FALSE(fleet.is_known);
  EXPECT_EQ(fleet.nodes, 2);
  pages.Answer(Http(PageThatSees("ns9.fra1", true)));
  peers[0]->Tick(now + PeerClient::kPageEvery);
  ASSERT_TRUE(loop.Until([&] { return peers[0]->page() != nullptr; }));
  EXPECT_EQ(ReportsOf(peers, "dns", IpFamily::kV4, now)[0].asked_at, now + PeerClient::kPageEvery);
}

TEST(PeerClient, WithAKeyItBelievesNoPageWithoutARightSeal) {
  const PeerSelf self{"ns9.fra1", "aa", {"0123456789abcdef"}};
  const std::string page = PageThatSees("a", true);
  uint64_t unsealed = 0;
  EXPECT_THAT(ErrorFor(self, page, nullptr, &unsealed), HasSubstr("has no seal"));
  EXPECT_EQ(unsealed, 1u);
  // Sealed, but for another question: a page of before.
  EXPECT_THAT(ErrorFor(self, SealPage(page, "00", "0123456789abcdef"), nullptr, &unsealed),
              HasSubstr("not made with our key"));
  EXPECT_EQ(unsealed, 1u);
  PeerSelf lenient = self;
  lenient.accept_unsealed = true;
  EXPECT_THAT(ErrorFor(lenient, page), IsEmpty());
  EXPECT_THAT(ErrorFor(lenient, SealPage(page, "00", "0123456789abcdef")), HasSubstr("our key"));
}

TEST(PeerClient, ASealThatIsRightIsBelieved) {
  const PeerSelf self{"ns9.fra1", "aa", {"another key of 16", "0123456789abcdef"}};
  const std::string page = SealPage(PageThatSees("a", true), "0a", "0123456789abcdef");
  EXPECT_TRUE(ReadPageAnswer(Http(page), self, "0a").ok());
  EXPECT_EQ(ReadPageAnswer(Http(page), self, "0b").status().code(),
            absl::StatusCode::kUnauthenticated);
}

TEST(PeerClient, AsksWithANonceIfItHasAKey) {
  FakePages pages(Http(""));
  Loop loop;
  PeerClient client(loop.get(), Peer(pages.address()), kProbe,
                    {"ns9.fra1", "aa", {"0123456789abcdef"}});
  client.Tick(MonotonicNow());
  ASSERT_TRUE(loop.Until([&] { return client.error() != "not asked yet"; }));
  EXPECT_THAT(pages.request(), testing::StartsWith("GET /peer?nonce="));
}

TEST(PeerClient, NobodyListens) {
  SocketAddress address;
  {
    FakePages pages("");
    address = pages.address();
  }
  Loop loop;
  PeerClient client(loop.get(), Peer(address), kProbe);
  client.Tick(MonotonicNow());
  ASSERT_TRUE(loop.Until([&] { return client.error() != "not asked yet"; }));
  EXPECT_THAT(client.error(), HasSubstr("nothing listens there"));
  EXPECT_EQ(client.fault(), PeerFault::kRefuses);
}

TEST(PeerClient, SeesAPeerFailAfterThreeTimes) {
  FakeResponder responder;
  responder.Behave({.rcode = 2, .with_answer = false});
  AnycastConfig::Peer peer = Peer(responder.address());
  peer.dns = responder.address();
  Loop loop;
  PeerClient client(loop.get(), peer, kProbe);
  EXPECT_FALSE(client.Sees().has_value());
  absl::Time now = MonotonicNow();
  for (int failures = 1; failures <= 3; ++failures) {
    client.Tick(now);
    client.Tick(now + absl::Milliseconds(999));  // Not yet.
    ASSERT_TRUE(loop.Until([&] { return client.dns()->failures() == failures; }));
    EXPECT_EQ(client.Sees()->ok, failures < 3);
    now += absl::Seconds(1);
  }
  EXPECT_EQ(client.Sees()->detail, absl::StrCat("at ", peer.dns->ToText(), ": SERVFAIL"));
  responder.Behave(Manners{.nsid = "whatever"});
  client.Tick(now);
  ASSERT_TRUE(loop.Until([&] { return client.dns()->failures() == 0; }));
  EXPECT_TRUE(client.Sees()->ok);
}

// Peers are asked at a unicast address, which the service's listen: often lacks.
TEST(PeerClient, AnAddressWithoutAServerIsNamedWithTheRemedy) {
  AnycastConfig::Peer peer;
  {
    FakeResponder gone;
    peer = Peer(gone.address());
    peer.dns = gone.address();
  }
  Loop loop;
  PeerClient client(loop.get(), peer, kProbe);
  client.Tick(MonotonicNow());
  ASSERT_TRUE(loop.Until([&] { return client.dns()->failures() == 1; }));
  EXPECT_EQ(client.Sees()->detail,
            absl::StrCat("at ", peer.dns->ToText(), ": ", client.dns()->last().detail,
                         "; add this address to listen: there, or correct dns: in peers:"));
}

class OutsideInTest : public testing::Test {
 protected:
  // Peers whose pages say so of us.
  std::optional<Signal> WithPeers(const std::vector<bool>& say, const char* fault = "SERVFAIL",
                                  bool has_exited = false) {
    std::vector<std::unique_ptr<FakePages>> pages;
    std::vector<std::unique_ptr<PeerClient>> peers;
    const absl::Time now = MonotonicNow();
    for (const bool ok : say) {
      pages.push_back(std::make_unique<FakePages>(Http(PageThatSees("ns2.fra1", ok, fault))));
      const AnycastConfig::Peer peer = Peer(pages.back()->address());
      peers.push_back(std::make_unique<PeerClient>(loop_.get(), peer, kProbe));
      peers.back()->Tick(now);
      EXPECT_TRUE(loop_.Until([&] { return peers.back()->page() != nullptr; }));
    }
    EXPECT_EQ(OutsideIn(peers, "ns9.fra1", now), std::nullopt);  // Nobody tells of that one.
    EXPECT_EQ(OutsideIn(peers, "ns2.fra1", now + absl::Minutes(1)), std::nullopt);  // Too old.
    return OutsideIn(peers, "ns2.fra1", now, has_exited);
  }
  Loop loop_;
};

// Each peer gives the remedy; hitherd that has exited needs another one.
TEST_F(OutsideInTest, ARemedyIsGivenOnceAndNotForADeadHitherd) {
  const char* const fault =
      "at 10.0.0.2:53: refused; add this address to listen: there, or correct dns: in peers:";
  const std::string both =
      "no correct answer to 2 of 2 peers: ns1.ams1 (at 10.0.0.2:53: refused), ns1.ams1 (at "
      "10.0.0.2:53: refused)";
  EXPECT_EQ(WithPeers({false, false}, fault)->detail,
            both + "; add that address to listen: of this node, or correct dns: in their peers:");
  EXPECT_EQ(WithPeers({false, false}, fault, true)->detail, both);
}

TEST_F(OutsideInTest, MostOfThoseThatTellDecide) {
  EXPECT_EQ(WithPeers({}), std::nullopt);
  EXPECT_EQ(WithPeers({true, true})->level, Level::kOk);
  EXPECT_EQ(WithPeers({true, false})->level, Level::kOk);
  const auto most = WithPeers({true, false, false});
  EXPECT_EQ(most->level, Level::kSoft);
  EXPECT_EQ(most->scope, Scope::kPath);
  EXPECT_EQ(most->detail,
            "no correct answer to 2 of 3 peers: ns1.ams1 (SERVFAIL), ns1.ams1 (SERVFAIL)");
  EXPECT_EQ(WithPeers({false})->level, Level::kSoft);  // Never hard.
}

}  // namespace
}  // namespace hither
