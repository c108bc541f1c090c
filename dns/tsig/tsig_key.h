#ifndef HITHER_DNS_TSIG_TSIG_KEY_H_
#define HITHER_DNS_TSIG_TSIG_KEY_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "dns/name.h"
#include "dns/tsig/hmac.h"

namespace hither {

// Even in an answer of 512 octets to the longest question, an OPT and the longest TSIG of a key
// with such a name fit: 12 + 259 + 11 + (100 + 10 + 13 + 16 + 64 + 6) = 491.
inline constexpr size_t kTsigKeyNameBytesMax = 100;

// A secret that this server shares with others: a value. Its algorithm belongs to it (RFC 8945
// §4.2).
struct TsigKey {
  Name name = {};
  HmacAlgorithm algorithm = HmacAlgorithm::kSha256;
  Bytes secret = {};
  // The shortest MAC to accept from others (RFC 8945 §5.2.4); 0: only whole ones. Less than
  // MacBytesLeast() is never accepted.
  size_t mac_bytes_min = 0;

  friend bool operator==(const TsigKey&, const TsigKey&) = default;
};

// "hmac-sha256", and HMAC-MD5 as "hmac-md5" or "hmac-md5.sig-alg.reg.int", in any case; nothing if
// it is unknown.
std::optional<HmacAlgorithm> TsigAlgorithmFromText(absl::string_view text);
absl::string_view TsigAlgorithmText(HmacAlgorithm algorithm);
ByteView TsigAlgorithmName(HmacAlgorithm algorithm);  // In wire form; always valid.

// HMAC-MD5 and HMAC-SHA-1: RFC 8945 §6 does not recommend them for new keys.
bool IsWeakTsigAlgorithm(HmacAlgorithm algorithm);

// The least octets of a truncated MAC: the larger of 10 and half of the whole (RFC 8945 §5.2.2.1).
size_t MacBytesLeast(HmacAlgorithm algorithm);

// Is a MAC of `bytes` octets long enough for the key's owner? (RFC 8945 §5.2.4)
bool IsMacLongEnough(const TsigKey& key, size_t bytes);

// All keys of a server.
//
// Threads: immutable, so any. Pointers that Find() returns are valid as long as the ring.
class TsigKeyRing {
 public:
  TsigKeyRing() = default;
  // Names of at most kTsigKeyNameBytesMax octets, available algorithms, and no two keys with the
  // same name and algorithm.
  explicit TsigKeyRing(std::vector<TsigKey> keys);

  // The key with this name and algorithm (both without regard to case), or null. `algorithm` is a
  // valid name in wire form.
  const TsigKey* Find(NameView name, ByteView algorithm) const;
  const TsigKey* Find(NameView name) const;  // The first key with this name, or null.

  bool empty() const { return keys_.empty(); }
  const std::vector<TsigKey>& keys() const { return keys_; }  // By name, in canonical order.

 private:
  std::vector<TsigKey> keys_;
};

}  // namespace hither

#endif  // HITHER_DNS_TSIG_TSIG_KEY_H_
