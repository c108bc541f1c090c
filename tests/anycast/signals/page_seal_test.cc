#include "anycast/signals/page_seal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "anycast/signals/peer_page.h"

namespace hither {
namespace {

const std::string kPage = R"({"name":"a","version":1})";
const std::string kKey = "0123456789abcdef";

Seal Check(const std::string& page, absl::string_view nonce = "00ff",
           const std::vector<std::string>& keys = {kKey}) {
  return CheckSeal(page, nonce, keys);
}

TEST(PageSeal, IsOfThePageTheNonceAndTheKey) {
  const std::string sealed = SealPage(kPage, "00ff", kKey);
  EXPECT_EQ(Check(sealed), Seal::kRight);
  EXPECT_EQ(Check(sealed, "00fe"), Seal::kWrong) << "an answer to another question";
  EXPECT_EQ(Check(sealed, "00ff", {"another key of 16"}), Seal::kWrong);
  EXPECT_EQ(Check(sealed, "00ff", {"another key of 16", kKey}), Seal::kRight);
  EXPECT_EQ(Check(kPage), Seal::kNone);
}

TEST(PageSeal, NoOctetCanBeChanged) {
  const std::string sealed = SealPage(kPage, "00ff", kKey);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_NE(Check(changed), Seal::kRight) << i;
    EXPECT_NE(Check(sealed.substr(0, i)), Seal::kRight) << i;
  }
  EXPECT_NE(Check(sealed + " "), Seal::kRight);
}

// HMAC-SHA-256 by another implementation:
// printf 'hither peer page 1\n00ff\n{"name":"a","version":1}' | openssl sha256 -hmac
// 0123456789abcdef
TEST(PageSeal, IsHmacSha256) {
  EXPECT_EQ(SealPage(kPage, "00ff", kKey),
            R"({"name":"a","version":1,"seal":")"
            "b6f86873d18090b0f5d3517584a41b6fa07aef9316108b2e4b9e5fddafeb9e86"
            R"("})");
}

TEST(PageSeal, ANodeWithoutAKeyReadsThePage) {
  PeerPage page;
  page.name = "a";
  const auto read = DecodePeerPage(SealPage(EncodePeerPage(page), NewNonce(), kKey));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, page);
}

TEST(PageSeal, NoncesAreNew) {
  EXPECT_NE(NewNonce(), NewNonce());
  EXPECT_TRUE(IsNonce(NewNonce()));
  EXPECT_FALSE(IsNonce(""));
  EXPECT_FALSE(IsNonce("00\n"));
  EXPECT_FALSE(IsNonce(std::string(kNonceCharactersMax + 1, '0')));
}

}  // namespace
}  // namespace hither
