#ifndef HITHER_TESTS_FUZZ_RDATA_JUDGE_H_
#define HITHER_TESTS_FUZZ_RDATA_JUDGE_H_

#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "base/ldns_wrapper.h"
#include "dns/rdata.h"
#include "dns/rdata_shape.h"

namespace hither {

// Can ldns read the RDATA as one record of a message?
inline bool LdnsReads(RrType type, ByteView rdata) {
  Bytes wire = {0};  // The root as owner.
  ByteWriter out(wire);
  out.U16(static_cast<uint16_t>(type));
  out.U16(static_cast<uint16_t>(RrClass::kIn));
  out.U32(0);
  out.U16(static_cast<uint16_t>(rdata.size()));
  out.Append(rdata);
  size_t at = 0;
  ldns_rr* record = nullptr;
  const ldns_status status =
      ldns_wire2rr(&record, wire.data(), wire.size(), &at, LDNS_SECTION_ANSWER);
  ldns_rr_free(record);
  return status == LDNS_STATUS_OK && at == wire.size();
}

// What ldns 1.8.3 reads otherwise than we do.
inline bool LdnsDiffers(RrType type, ByteView rdata) {
  // HIP: ldns takes at most 256 fields; a rendezvous server's name has 2 octets at least.
  if (type == static_cast<RrType>(55) && rdata.size() > 512) return true;
  if (type == static_cast<RrType>(23)) return true;  // NSAP-PTR: a name (RFC 1348), not a string.
  if (type == static_cast<RrType>(40)) return true;  // SINK: octets after the three are no field.
  // NULL, and obsolete types such as A6 and NXT: to us any octets, to ldns fields.
  const RdataShape* const shape = ShapeOf(type);
  return shape != nullptr && shape->text == RdataText::kNone;
}

// Aborts unless `rdata`, which our own parser gave or judged valid, is what it should be.
inline void CheckRdata(RrType type, ByteView rdata) {
  HITHER_CHECK(ValidateRdata(type, rdata).ok());
  for (size_t i = 0; i < NamesOf(type).names; ++i) {
    const NameView name = NameInRdata(type, rdata, i);
    const auto copy = Name::FromWire(name.wire());
    HITHER_CHECK(copy.ok() && copy->view().size() == name.size());
    HITHER_CHECK(name.data() + name.size() <= rdata.data() + rdata.size());
  }
  Bytes canonical;
  AppendCanonicalRdata(type, rdata, canonical);
  HITHER_CHECK(canonical.size() == rdata.size());
  HITHER_CHECK(LdnsDiffers(type, rdata) || LdnsReads(type, rdata));
}

}  // namespace hither

#endif  // HITHER_TESTS_FUZZ_RDATA_JUDGE_H_
