#include "anycast/signals/page_seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace hither {
namespace {

constexpr absl::string_view kPurpose =
    "hither peer page 1";  // Keeps other uses of the key from being accepted.
constexpr absl::string_view kBegin = ",\"seal\":\"";
constexpr absl::string_view kEnd = "\"}";
constexpr size_t kDigits = 64;  // Of SHA-256.
constexpr size_t kSealBytes = kBegin.size() + kDigits + kEnd.size();

std::string MacOf(absl::string_view page, absl::string_view nonce, absl::string_view key) {
  const std::string text = absl::StrCat(kPurpose, "\n", nonce, "\n", page);
  unsigned char octets[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HITHER_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(text.data()), text.size(), octets,
                    &size) != nullptr);
  return absl::BytesToHexString({reinterpret_cast<const char*>(octets), size});
}

}  // namespace

std::string NewNonce() {
  unsigned char octets[16];
  HITHER_CHECK(RAND_bytes(octets, sizeof octets) == 1);
  return absl::BytesToHexString({reinterpret_cast<const char*>(octets), sizeof octets});
}

bool IsNonce(absl::string_view text) {
  return !text.empty() && text.size() <= kNonceCharactersMax &&
         std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
}

std::string SealPage(absl::string_view page, absl::string_view nonce, absl::string_view key) {
  HITHER_CHECK(page.size() > 2 && page.back() == '}');
  return absl::StrCat(page.substr(0, page.size() - 1), kBegin, MacOf(page, nonce, key), kEnd);
}

Seal CheckSeal(absl::string_view page, absl::string_view nonce, std::span<const std::string> keys) {
  if (page.size() < kSealBytes) return Seal::kNone;
  const absl::string_view seal = page.substr(page.size() - kSealBytes);
  const bool is_sealed =
      seal.substr(0, kBegin.size()) == kBegin && seal.substr(seal.size() - kEnd.size()) == kEnd;
  if (!is_sealed) return Seal::kNone;
  const absl::string_view mac = seal.substr(kBegin.size(), kDigits);
  const std::string unsealed = absl::StrCat(page.substr(0, page.size() - kSealBytes), "}");
  bool is_right = false;
  for (const std::string& key : keys) {
    const std::string expected = MacOf(unsealed, nonce, key);
    is_right |= CRYPTO_memcmp(expected.data(), mac.data(), kDigits) == 0;
  }
  return is_right ? Seal::kRight : Seal::kWrong;
}

}  // namespace hither
