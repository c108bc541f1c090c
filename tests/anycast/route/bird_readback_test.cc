#include "anycast/route/bird_readback.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "tests/anycast/route/kernel_lab.h"
#include "tests/anycast/route/run_loop.h"

namespace hither {
namespace {

// Something that listens where BIRD would; tests/system/routing asks BIRD itself.
class BirdReadbackTest : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/hither_bird_XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    config_.bird_socket = folder_ + "/bird.ctl";
  }
  void TearDown() override {
    if (listener_ >= 0) shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) close(listener_);
    std::filesystem::remove_all(folder_);
  }

  // Accepts once, and says line after line of `replies`, the next one for each line it reads.
  void Listen(std::vector<std::string> replies) {
    listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, config_.bird_socket.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(listener_, 1), 0);
    thread_ = std::thread([this, replies = std::move(replies)] { Serve(replies); });
  }

  void Serve(const std::vector<std::string>& replies) {
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    for (const std::string& reply : replies) {
      if (send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) break;
      char line[8192];
      const ssize_t size = recv(fd, line, sizeof line, 0);
      if (size <= 0) break;
      asked_.append(line, static_cast<size_t>(size));
    }
    char rest[64];
    while (recv(fd, rest, sizeof rest, 0) > 0) {
    }
    close(fd);
  }

  ReadbackView Ask(absl::Duration limit = absl::Seconds(5)) {
    BirdReadback readback(loop_.get(), config_, OneService({P("192.0.2.0/24")}),
                          {65001, 64501});  // Our node's AS and our router's.
    loop_.RunUntil([&] { return readback.Seen().status.message() != "not asked yet"; }, limit,
                   [&] { readback.Ask(MonotonicNow()); });
    return readback.Seen();
  }

  std::string folder_;
  AnycastConfig::Readback config_;
  int listener_ = -1;
  std::string asked_;
  std::thread thread_;
  TestLoop loop_;
};

constexpr char kGreeting[] = "0001 BIRD 2.0.12 ready.\n";
constexpr char kRestricted[] = "0016 Access restricted\n";
constexpr char kTwoUp[] =
    "2002-Name Proto Table State Since Info\n"
    "1002-hither BGP --- up 14:46:33.046 Established\n"
    " transit BGP --- up 14:46:33.046 Established\n"
    "0000 \n";
constexpr char kExported[] =
    "1007-Table master4:\n 192.0.2.0/24 unicast [hither 14:46:32.098] * (100)\n0000 \n";

std::string Texts(const ReadbackView& view) {
  std::vector<std::string> texts;
  for (const auto& seen : view.observation.seen) {
    texts.push_back(seen.where + (seen.kind == Observation::Kind::kAnnounced ? " yes" : " no") +
                    (seen.detail.empty() ? "" : ": " + seen.detail));
  }
  return absl::StrJoin(texts, ", ");
}

// The session that the prefix comes from exports it to nobody, rightly so.
TEST_F(BirdReadbackTest, WhereItComesFromDoesNotCount) {
  Listen({kGreeting, kRestricted, kTwoUp, "0000 \n", kExported});
  const ReadbackView view = Ask();
  EXPECT_TRUE(view.status.ok()) << view.status;
  EXPECT_EQ(Texts(view), "bird transit yes");
}

constexpr char kThreeUp[] =
    "2002-Name Proto Table State Since Info\n"
    "1002-hither BGP --- up 14:46:33.046 Established\n"
    " transit BGP --- up 14:46:33.046 Established\n"
    " exchange BGP --- up 14:46:33.046 Established\n"
    "0000 \n";

// As the router of a site exports them: "65001" from its node, prepended once.
constexpr char kOurs[] =
    "1007-Table master4:\n 192.0.2.0/24 unicast [hither 14:46:32.098] * (100)\n"
    "1012-\tBGP.as_path: 64501 65001\n0000 \n";
constexpr char kOfAnotherSite[] =
    "1007-Table master4:\n 192.0.2.0/24 unicast [transit 14:46:32.098] * (100)\n"
    "1012-\tBGP.as_path: 64497 64502 64502 65001\n0000 \n";
constexpr char kBoth[] =
    "1007-Table master4:\n 192.0.2.0/24 unicast [hither 14:46:32.098] * (100)\n"
    "1012-\tBGP.as_path: 65001\n"
    "1007-             unicast [transit 14:46:32.098] (100)\n"
    "1012-\tBGP.as_path: 64497 64502 64502 65001\n0000 \n";

// The node's announcement is refused. What the transit tells of another site goes to somebody else;
// that does not make the transit a source, which would excuse that ours is absent there.
TEST_F(BirdReadbackTest, TransitOfAnotherSiteIsNoSource) {
  Listen({kGreeting, kRestricted, kThreeUp, "0000 \n", "0000 \n", kOfAnotherSite});
  EXPECT_EQ(Texts(Ask()),
            "bird hither no, bird transit no, bird exchange no: exports another site's route");
}

TEST_F(BirdReadbackTest, AnotherSitesRouteIsNotOursAnnounced) {
  Listen({kGreeting, kRestricted, kThreeUp, "0000 \n", kOurs, kOfAnotherSite});
  EXPECT_EQ(Texts(Ask()), "bird transit yes, bird exchange no: exports another site's route");
}

// RFC 7911: whichever comes first.
TEST_F(BirdReadbackTest, OursBesideAnotherSitesIsAnnounced) {
  Listen({kGreeting, kRestricted, kTwoUp, "0000 \n", kBoth});
  EXPECT_EQ(Texts(Ask()), "bird transit yes");
}

TEST_F(BirdReadbackTest, IsRestrictedFirst) {
  Listen({kGreeting, kRestricted, kTwoUp, "0000 \n", "0000 \n"});
  const ReadbackView view = Ask();
  EXPECT_EQ(Texts(view), "bird hither no, bird transit no");
  TearDown();
  EXPECT_TRUE(absl::StartsWith(asked_, "restrict\nshow protocols\n")) << asked_;
}

TEST_F(BirdReadbackTest, OneProtocolThatIsNamed) {
  config_.bird_protocol = "transit";
  Listen({kGreeting, kRestricted, kTwoUp, "0000 \n"});
  EXPECT_EQ(Texts(Ask()), "bird transit no");
}

TEST_F(BirdReadbackTest, AProtocolThatIsNotThere) {
  config_.bird_protocol = "trnsit";
  Listen({kGreeting, kRestricted, kTwoUp});
  EXPECT_TRUE(absl::StrContains(Ask().status.message(), "no BGP protocol trnsit"));
}

TEST_F(BirdReadbackTest, NobodyThere) {
  const ReadbackView view = Ask();
  EXPECT_TRUE(absl::StrContains(view.status.message(), "check that BIRD runs")) << view.status;
  EXPECT_FALSE(view.IsFresh(MonotonicNow()));
}

TEST_F(BirdReadbackTest, SomebodyElse) {
  Listen({"220 mail.example ESMTP\r\n"});
  EXPECT_TRUE(absl::StrContains(Ask().status.message(), "speak")) << Ask().status;
}

TEST_F(BirdReadbackTest, SaysNothing) {
  Listen({});
  const ReadbackView view = Ask(absl::Seconds(8));
  EXPECT_TRUE(absl::StrContains(view.status.message(), "does not answer")) << view.status;
}

TEST_F(BirdReadbackTest, SaysMoreThanItWasAsked) {
  Listen({std::string(kGreeting) + kRestricted + kTwoUp + "0000 \n0000 \n0000 \n0000 \n"});
  EXPECT_FALSE(Ask().status.ok());
}

}  // namespace
}  // namespace hither
