#ifndef HITHER_DNS_RDATA_H_
#define HITHER_DNS_RDATA_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "base/bytes.h"
#include "dns/name.h"
#include "dns/rr_type.h"

namespace hither {

// Where names are in the RDATA of a type: `fixed_before` octets, then `names` names, then the rest.
// All types whose names matter here have this shape (SOA: 0, 2; MX: 2, 1; SRV: 6, 1).
struct RdataNames {
  uint8_t fixed_before = 0;
  uint8_t names = 0;
  // RFC 3597 §4: only the types of RFC 1035 may be compressed when sent.
  bool compressible = false;
  // RFC 4034 §6.2 (as amended by RFC 6840 §5.1): lower-cased in the canonical form.
  bool lowercase_in_canonical_form = false;
  // A name whose addresses go to the additional section: NS, MX, SRV, KX, AFSDB, RT, SVCB, HTTPS,
  // and those of obsolete types (MB, MD, MF). Always the first name.
  bool has_additional_target = false;
};

// For NAPTR (four fields, then a name after three strings) and other irregular types `names` is 0:
// their names are neither compressed nor followed. Canonicalize() handles them.
const RdataNames& NamesOf(RrType type);

// The i-th name in valid RDATA of `type`; i < NamesOf(type).names.
NameView NameInRdata(RrType type, ByteView rdata, size_t i);

// May the record's target (RdataNames::has_additional_target) be a name of the zone `apex`?
bool MayHaveTarget(RrType type, ByteView rdata, NameView apex);

// Appends the canonical form (RFC 4034 §6.2) of valid RDATA to `out`.
void AppendCanonicalRdata(RrType type, ByteView rdata, Bytes& out);

// Is `rdata` well-formed for `type`? Checks lengths, names, text strings, bitmaps of every known
// type; unknown types are always well-formed. For RFC 3597 text and for foreign wire data.
absl::Status ValidateRdata(RrType type, ByteView rdata);

}  // namespace hither

#endif  // HITHER_DNS_RDATA_H_
