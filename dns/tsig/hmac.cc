#include "dns/tsig/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"

namespace hither {
namespace {

constexpr uint8_t kInnerPad = 0x36;  // RFC 2104 §2
constexpr uint8_t kOuterPad = 0x5c;

constexpr const char* kHashNames[] = {"MD5",      "SHA1",     "SHA2-224",
                                      "SHA2-256", "SHA2-384", "SHA2-512"};
constexpr size_t kHashBytes[] = {16, 20, 28, 32, 48, 64};
constexpr size_t kAlgorithms = std::size(kHashBytes);
static_assert(std::size(kHashNames) == kAlgorithms);

// Fetched once, because each EVP_sha256() makes OpenSSL 3 search for the implementation. Null where
// there is none. Never freed: other threads may use them until the process ends.
struct Hashes {
  Hashes() {
    for (size_t i = 0; i < kAlgorithms; ++i)
      each[i] = EVP_MD_fetch(nullptr, kHashNames[i], nullptr);
  }
  std::array<EVP_MD*, kAlgorithms> each;
};

const EVP_MD* HashOf(HmacAlgorithm algorithm) {
  static const Hashes hashes;
  return hashes.each[static_cast<size_t>(algorithm)];
}

}  // namespace

size_t HmacBytes(HmacAlgorithm algorithm) { return kHashBytes[static_cast<size_t>(algorithm)]; }

bool IsHmacAvailable(HmacAlgorithm algorithm) { return HashOf(algorithm) != nullptr; }

bool IsSameMac(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void Hmac::Freer::operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }

Hmac::Hmac() : context_(EVP_MD_CTX_new()) {}

Hmac::~Hmac() { OPENSSL_cleanse(key_.data(), key_.size()); }

void Hmac::StartHash(uint8_t pad) {
  std::array<uint8_t, kBlockBytesMax> block;
  for (size_t i = 0; i < block_bytes_; ++i) block[i] = key_[i] ^ pad;
  ok_ = ok_ && EVP_DigestInit_ex2(context_.get(), hash_, nullptr) == 1;
  Add({block.data(), block_bytes_});
  OPENSSL_cleanse(block.data(), block.size());
}

size_t Hmac::FinishHash(uint8_t* out) {
  unsigned bytes = 0;
  ok_ = ok_ && EVP_DigestFinal_ex(context_.get(), out, &bytes) == 1;
  return bytes;
}

void Hmac::Start(HmacAlgorithm algorithm, ByteView secret) {
  hash_ = HashOf(algorithm);
  HITHER_CHECK(hash_ != nullptr);
  ok_ = context_ != nullptr;
  block_bytes_ = static_cast<size_t>(EVP_MD_get_block_size(hash_));
  key_.fill(0);
  if (secret.size() <= block_bytes_) {
    std::copy(secret.begin(), secret.end(), key_.begin());
  } else {  // RFC 2104 §2: a longer key is hashed first.
    ok_ = ok_ && EVP_DigestInit_ex2(context_.get(), hash_, nullptr) == 1;
    Add(secret);
    FinishHash(key_.data());
  }
  StartHash(kInnerPad);
}

void Hmac::Add(ByteView octets) {
  ok_ = ok_ && EVP_DigestUpdate(context_.get(), octets.data(), octets.size()) == 1;
}

Mac Hmac::Finish() {
  Mac mac;
  const size_t inner_bytes = FinishHash(mac.octets.data());
  StartHash(kOuterPad);
  Add({mac.octets.data(), inner_bytes});
  mac.size = FinishHash(mac.octets.data());
  if (!ok_) mac.size = 0;
  return mac;
}

}  // namespace hither
