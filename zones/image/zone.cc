#include "zones/image/zone.h"

// SHA-1 one block at a time through the deprecated calls: EVP would cost an allocation and a lookup
// of the algorithm for each hash on the packet path.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstring>

#include "dns/sort_key.h"

namespace hither {
namespace {

// A bit for each slot of the line that has the fingerprint.
uint32_t SlotsWith(const IndexLine& line, uint8_t fingerprint) {
#ifdef __SSE2__
  // All in one step. The 16 octets end where the line ends.
  const __m128i have = _mm_loadu_si128(reinterpret_cast<const __m128i*>(line.fingerprints));
  const __m128i want = _mm_set1_epi8(static_cast<char>(fingerprint));
  const auto found = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(have, want)));
#else
  uint32_t found = 0;
  for (size_t i = 0; i < IndexLine::kSlots; ++i) {
    found |= uint32_t{line.fingerprints[i] == fingerprint} << i;
  }
#endif
  return found & ((1u << line.count) - 1);
}

uint64_t FirstOctets(const Nsec3Hash& hash) {
  uint64_t octets;
  std::memcpy(&octets, hash.octets, sizeof(octets));
  return std::endian::native == std::endian::little ? __builtin_bswap64(octets) : octets;
}

int Compare(const Nsec3Hash& a, const Nsec3Hash& b) {
  const uint64_t one = FirstOctets(a);
  const uint64_t other = FirstOctets(b);
  if (one != other) return one < other ? -1 : 1;  // Practically always for two hashes.
  return std::memcmp(a.octets, b.octets, sizeof(a.octets));
}

}  // namespace

template <typename Matches>
NodeId Zone::Probe(uint64_t hash, Matches matches) const {
  const IndexPlace place(hash, index_lines_);
  uint32_t at = place.line;
  for (uint32_t probes = 0; probes < kIndexProbesMax; ++probes) {
    const IndexLine& line = lines()[at];
    for (uint32_t slots = SlotsWith(line, place.fingerprint); slots != 0; slots &= slots - 1) {
      const NodeId id = line.nodes[__builtin_ctz(slots)];
      if (matches(node(id))) return id;
    }
    if (!line.overflowed) break;  // One line, most times.
    if (++at == index_lines_) at = 0;
  }
  return kNoNode;
}

NodeId Zone::FindByHash(uint64_t hash, NameView name) const {
  return Probe(hash, [name](const Node& at) { return at.name().EqualsIgnoreCase(name); });
}

NodeId Zone::WildcardOf(NodeId encloser, uint64_t hash) const {
  if (!node(encloser).has_wildcard) return kNoNode;
  return Probe(ExtendHash(hash, AsBytes("*")), [encloser](const Node& at) {
    return at.parent == encloser && at.name().IsWildcard();
  });
}

void Zone::PrefetchNode(uint64_t hash) const {
  constexpr size_t kCacheLineBytes = 64;
  const IndexPlace place(hash, index_lines_);
  const IndexLine& line = lines()[place.line];
  const uint32_t slots = SlotsWith(line, place.fingerprint);
  if (slots == 0) return;
  const uint8_t* const at = At(line.nodes[__builtin_ctz(slots)]);
  __builtin_prefetch(at);
  __builtin_prefetch(at + kCacheLineBytes);  // Most nodes end by there.
}

// Keys of eight octets distinguish most names without reading a node.
NodeId Zone::FindNsec(NameView name) const {
  if (!uses_nsec()) return kNoNode;
  const uint64_t key = SortKey(name, apex_labels());
  const uint64_t* const keys = nsec_keys();
  size_t low = static_cast<size_t>(std::lower_bound(keys, keys + nsec_count_, key) - keys);
  size_t high = static_cast<size_t>(std::upper_bound(keys + low, keys + nsec_count_, key) - keys);
  while (low < high) {  // The first of equal keys whose name is after `name`.
    const size_t middle = low + (high - low) / 2;
    if (CompareCanonical(NameOf(nsec_nodes()[middle]), name) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == 0 ? kNoNode : nsec_nodes()[low - 1];  // 0: never; the apex is at or before all.
}

Nsec3Hash Zone::HashForNsec3(NameView name) const {
  uint8_t lower[kNameBytesMax];
  for (size_t i = 0; i < name.size(); ++i) lower[i] = ToLowerOctet(name.data()[i]);
  const Nsec3Params params = nsec3_params();
  Nsec3Hash hash;
  const uint8_t* input = lower;
  size_t input_bytes = name.size();
  for (uint32_t round = 0; round <= params.iterations; ++round) {  // RFC 5155 §5
    SHA_CTX context;
    SHA1_Init(&context);
    SHA1_Update(&context, input, input_bytes);
    SHA1_Update(&context, params.salt.data(), params.salt.size());
    SHA1_Final(hash.octets, &context);
    input = hash.octets;
    input_bytes = sizeof(hash.octets);
  }
  return hash;
}

// Hashes are evenly distributed, so a hash's value gives its position within a few; each further
// guess starts from the last result.
size_t Zone::GuessNsec3(const Nsec3Hash& hash) const {
  constexpr int kGuesses = 3;  // Off by about n^1/2, n^1/4, n^1/8.
  const auto entries = nsec3_entries();
  const uint64_t want = FirstOctets(hash);
  const auto places = [&](uint64_t distance) {
    return static_cast<size_t>(static_cast<unsigned __int128>(distance) * entries.size() >> 64);
  };
  size_t at = std::min(places(want), entries.size() - 1);
  for (int i = 1; i < kGuesses; ++i) {
    const uint64_t have = FirstOctets(entries[at].hash);
    if (have <= want) {
      at = std::min(at + places(want - have), entries.size() - 1);
    } else {
      at -= std::min(at, places(have - want));
    }
  }
  return at;
}

NodeId Zone::FindNsec3(const Nsec3Hash& hash, bool& matches) const {
  const auto entries = nsec3_entries();
  const auto is_behind = [&](size_t at) { return Compare(entries[at].hash, hash) > 0; };
  // From the guess in doubling steps to a range that contains the border, then a binary search. For
  // any distribution, that takes at most twice the steps of a binary search over all.
  size_t low = 0;                // All before this are at or before `hash`.
  size_t high = entries.size();  // All from here on are after it.
  size_t at = GuessNsec3(hash);
  if (is_behind(at)) {
    high = at;
    for (size_t step = 1; high > 0; step *= 2) {
      const size_t next = high > step ? high - step : 0;
      if (!is_behind(next)) {
        low = next + 1;
        break;
      }
      high = next;
    }
  } else {
    low = at + 1;
    for (size_t step = 1; low < entries.size(); step *= 2) {
      const size_t next = std::min(low + step, entries.size()) - 1;
      if (is_behind(next)) {
        high = next;
        break;
      }
      low = next + 1;
    }
  }
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (is_behind(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  // Before the first hash the last one covers: the chain is a ring.
  const Nsec3Entry& found = entries[low == 0 ? entries.size() - 1 : low - 1];
  matches = Compare(found.hash, hash) == 0;
  return found.node;
}

}  // namespace hither
