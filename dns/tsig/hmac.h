#ifndef HITHER_DNS_TSIG_HMAC_H_
#define HITHER_DNS_TSIG_HMAC_H_

#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace hither {

// The hash functions of TSIG (RFC 8945 §6).
enum class HmacAlgorithm : uint8_t { kMd5, kSha1, kSha224, kSha256, kSha384, kSha512 };

inline constexpr size_t kHmacBytesMax = 64;

size_t HmacBytes(HmacAlgorithm algorithm);      // Of a whole MAC: 16 to 64.
bool IsHmacAvailable(HmacAlgorithm algorithm);  // MD5 is not if OpenSSL is in FIPS mode.

// A MAC, possibly truncated: a value.
struct Mac {
  std::array<uint8_t, kHmacBytesMax> octets = {};
  size_t size = 0;

  ByteView view() const { return {octets.data(), size}; }
};

// Do two MACs have the same octets? The time depends on their sizes only.
bool IsSameMac(ByteView a, ByteView b);

// HMAC (RFC 2104). Start(), any number of Add(), Finish(); then Start() again.
//
// Not OpenSSL's HMAC(), which looks up the algorithm and allocates at each call: an object that is
// used again does neither. Every MAC costs two more blocks of the hash function.
//
// Threads: belongs to one.
class Hmac {
 public:
  Hmac();
  ~Hmac();
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  // The algorithm must be available.
  void Start(HmacAlgorithm algorithm, ByteView secret);
  void Add(ByteView octets);
  // If OpenSSL failed, for lack of memory, the MAC is empty. No MAC that is compared is.
  Mac Finish();

 private:
  static constexpr size_t kBlockBytesMax = 128;  // SHA-384's and SHA-512's.

  void StartHash(uint8_t pad);
  size_t FinishHash(uint8_t* out);

  struct Freer {
    void operator()(EVP_MD_CTX* context) const;
  };
  std::unique_ptr<EVP_MD_CTX, Freer> context_;
  const EVP_MD* hash_ = nullptr;
  std::array<uint8_t, kBlockBytesMax> key_ = {};  // Padded to a block.
  size_t block_bytes_ = 0;
  bool ok_ = false;
};

}  // namespace hither

#endif  // HITHER_DNS_TSIG_HMAC_H_
