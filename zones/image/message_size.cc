#include "zones/image/message_size.h"

#include <cstdint>
#include <unordered_set>

#include "dns/name_hash.h"
#include "dns/rdata.h"

namespace hither {
namespace {

constexpr uint64_t kMessageBytesMax = 65'535;
constexpr uint64_t kHeadBytesMin = 12 + 4;           // Header, and the question without its name.
constexpr uint64_t kFixedBytes = 2 + 2 + 2 + 4 + 2;  // Owner's pointer, type, class, TTL, length.
// A record takes 2 octets besides its RDATA in an image and kFixedBytes in a message, so the
// contents of a node up to this size certainly fit.
constexpr uint64_t kNodeBytesThatFit = (kMessageBytesMax - 2 * kNameBytesMax) / (kFixedBytes / 2);

// The octets of the labels of all names that were added, each suffix counted once: their minimum
// size when compressed (RFC 1035 §4.1.4). Stops counting once that is too much for a message.
class SharedNames {
 public:
  void Add(NameView name) {
    const HashedName hashed(name);
    for (size_t labels = hashed.label_count(); labels > 0 && bytes_ <= kMessageBytesMax; --labels) {
      if (!seen_.insert(hashed.SuffixHash(labels)).second) return;  // Nor are its suffixes new.
      bytes_ += 1u + hashed.Suffix(labels).first_label().size();
    }
  }
  uint64_t bytes() const { return bytes_; }

 private:
  std::unordered_set<uint64_t> seen_;
  uint64_t bytes_ = 0;
};

uint64_t PlainBytes(const RRset& rrset) {
  uint64_t bytes = 0;
  for (const ByteView rdata : RecordRange(rrset)) bytes += kFixedBytes + rdata.size();
  return bytes;
}

// The owner does not count: under a wildcard it is another name.
uint64_t BytesMin(const RRset& rrset) {
  const RdataNames& names = NamesOf(rrset.type);
  if (!names.compressible) return PlainBytes(rrset);
  SharedNames shared;
  for (const ByteView rdata : RecordRange(rrset)) {
    for (uint8_t i = 0; i < names.names; ++i) shared.Add(NameInRdata(rrset.type, rdata, i));
  }
  // Each name has at least the root's octet. The root as owner is not a pointer.
  const uint64_t record_bytes = kFixedBytes - 1 + names.fixed_before + names.names;
  return shared.bytes() + rrset.count * record_bytes;
}

}  // namespace

void MarkWhatFitsNoMessage(Node& node) {
  if (uint64_t{node.units} * kImageUnitBytes <= kNodeBytesThatFit) return;
  auto* const rrsets = const_cast<RRset*>(node.rrsets());
  const uint64_t head_bytes = kHeadBytesMin + (node.name().IsWildcard() ? 1 : node.name_bytes);
  for (size_t i = 0; i < node.rrset_count; ++i) {
    RRset& rrset = rrsets[i];
    const uint64_t bytes = head_bytes + BytesMin(rrset);
    rrset.fits_no_message = bytes > kMessageBytesMax;
    if (rrset.signatures == 0) continue;
    RRset& signatures = rrsets[i + rrset.signatures];
    signatures.fits_no_message = bytes + PlainBytes(signatures) > kMessageBytesMax;
  }
}

}  // namespace hither
