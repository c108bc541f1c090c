#include "anycast/published.h"

#include <gtest/gtest.h>

#include "anycast/signals/page_seal.h"

namespace hither {
namespace {

constexpr const char* kPage = R"({"name":"ns1.ams1"})";
const absl::Time kNow = absl::FromUnixSeconds(1'000);

std::shared_ptr<SidecarView> Fresh() {
  auto view = std::make_shared<SidecarView>();
  view->now = kNow;
  view->tick = absl::Milliseconds(250);
  view->lease = absl::Seconds(2);
  view->ticks = 1;
  return view;
}

TEST(Published, PeerPageIsSealedForAPeerWithANonce) {
  Published published;
  const std::string nonce = NewNonce();
  published.Set(Fresh(), kPage, "");
  EXPECT_EQ(published.PeerPage({{"nonce", nonce}}, kNow).text, kPage) << "There is no key.";
  published.Set(Fresh(), kPage, "a key that the nodes share");
  EXPECT_EQ(published.PeerPage({}, kNow).text, kPage);
  EXPECT_EQ(published.PeerPage({{"nonce", "x"}}, kNow).text, kPage) << "That is no nonce.";
  const AdminAnswer sealed = published.PeerPage({{"nonce", nonce}}, kNow);
  EXPECT_EQ(sealed.text, SealPage(kPage, nonce, "a key that the nodes share"));
  EXPECT_TRUE(sealed.is_json);
}

// Peers would believe what it wrote last.
TEST(Published, PageOfALoopThatHangsIsRefused) {
  Published published;
  published.Set(Fresh(), "page", "");
  EXPECT_EQ(published.PeerPage({}, kNow + absl::Seconds(1)).code, 200);
  EXPECT_EQ(published.PeerPage({}, kNow + absl::Minutes(1)).code, 503);
}

TEST(Published, AViewThatIsReadOutlivesTheNextOne) {
  Published published;
  published.Set(Fresh(), "", "");
  const Published::View first = published.view();
  published.Set(Fresh(), "", "");
  EXPECT_EQ(first->ticks, 1u);
  EXPECT_NE(first, published.view());
}

}  // namespace
}  // namespace hither
