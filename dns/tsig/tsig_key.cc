#include "dns/tsig/tsig_key.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "base/check.h"

namespace hither {
namespace {

struct AlgorithmText {
  absl::string_view text;
  absl::string_view wire;
};

// In the order of HmacAlgorithm. RFC 8945 §6; HMAC-MD5's name is from RFC 2845.
constexpr AlgorithmText kAlgorithmTexts[] = {
    {"hmac-md5", absl::string_view("\x08hmac-md5\x07sig-alg\x03reg\x03int\0", 26)},
    {"hmac-sha1", absl::string_view("\x09hmac-sha1\0", 11)},
    {"hmac-sha224", absl::string_view("\x0bhmac-sha224\0", 13)},
    {"hmac-sha256", absl::string_view("\x0bhmac-sha256\0", 13)},
    {"hmac-sha384", absl::string_view("\x0bhmac-sha384\0", 13)},
    {"hmac-sha512", absl::string_view("\x0bhmac-sha512\0", 13)},
};
constexpr absl::string_view kMd5InFull = "hmac-md5.sig-alg.reg.int";

}  // namespace

std::optional<HmacAlgorithm> TsigAlgorithmFromText(absl::string_view text) {
  if (absl::EndsWith(text, ".")) text.remove_suffix(1);
  if (absl::EqualsIgnoreCase(text, kMd5InFull)) return HmacAlgorithm::kMd5;
  for (size_t i = 0; i < std::size(kAlgorithmTexts); ++i) {
    if (absl::EqualsIgnoreCase(text, kAlgorithmTexts[i].text)) return static_cast<HmacAlgorithm>(i);
  }
  return std::nullopt;
}

absl::string_view TsigAlgorithmText(HmacAlgorithm algorithm) {
  return kAlgorithmTexts[static_cast<size_t>(algorithm)].text;
}

ByteView TsigAlgorithmName(HmacAlgorithm algorithm) {
  return AsBytes(kAlgorithmTexts[static_cast<size_t>(algorithm)].wire);
}

bool IsWeakTsigAlgorithm(HmacAlgorithm algorithm) {
  return algorithm == HmacAlgorithm::kMd5 || algorithm == HmacAlgorithm::kSha1;
}

size_t MacBytesLeast(HmacAlgorithm algorithm) {
  return std::max<size_t>(10, HmacBytes(algorithm) / 2);
}

bool IsMacLongEnough(const TsigKey& key, size_t bytes) {
  const size_t whole = HmacBytes(key.algorithm);
  return bytes >= (key.mac_bytes_min == 0 ? whole : std::min(key.mac_bytes_min, whole));
}

TsigKeyRing::TsigKeyRing(std::vector<TsigKey> keys) : keys_(std::move(keys)) {
  for (const TsigKey& key : keys_) {
    HITHER_CHECK(key.name.view().size() <= kTsigKeyNameBytesMax && IsHmacAvailable(key.algorithm));
  }
  std::stable_sort(keys_.begin(), keys_.end(), [](const TsigKey& a, const TsigKey& b) {
    return CompareCanonical(a.name, b.name) < 0;
  });
}

const TsigKey* TsigKeyRing::Find(NameView name) const {
  const auto found = std::lower_bound(
      keys_.begin(), keys_.end(), name,
      [](const TsigKey& key, NameView wanted) { return CompareCanonical(key.name, wanted) < 0; });
  return found != keys_.end() && found->name.view().EqualsIgnoreCase(name) ? &*found : nullptr;
}

const TsigKey* TsigKeyRing::Find(NameView name, ByteView algorithm) const {
  const TsigKey* key = Find(name);
  const TsigKey* const end = keys_.data() + keys_.size();
  // A name has at most as many keys as there are algorithms.
  for (; key != nullptr && key != end && key->name.view().EqualsIgnoreCase(name); ++key) {
    const NameView known(TsigAlgorithmName(key->algorithm));
    if (known.EqualsIgnoreCase(NameView(algorithm))) return key;
  }
  return nullptr;
}

}  // namespace hither
