#ifndef HITHER_SERVER_TRANSFER_SOA_FIELDS_H_
#define HITHER_SERVER_TRANSFER_SOA_FIELDS_H_

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "dns/name.h"

namespace hither {

// The numbers of a SOA record (RFC 1035 §3.3.13). Times are in seconds, as the zone has them.
struct SoaFields {
  uint32_t serial = 0;
  uint32_t refresh_seconds = 0;
  uint32_t retry_seconds = 0;
  uint32_t expire_seconds = 0;
  uint32_t minimum_seconds = 0;
  friend bool operator==(const SoaFields&, const SoaFields&) = default;
};

// Nothing if the RDATA, its names uncompressed, is not exactly that of a SOA.
inline std::optional<SoaFields> ReadSoa(ByteView rdata) {
  for (int i = 0; i < 2; ++i) {  // MNAME, RNAME.
    const size_t bytes = NameBytesAtStart(rdata);
    if (bytes == 0) return std::nullopt;
    rdata = rdata.subspan(bytes);
  }
  ByteReader reader(rdata);
  SoaFields soa;
  soa.serial = reader.U32();
  soa.refresh_seconds = reader.U32();
  soa.retry_seconds = reader.U32();
  soa.expire_seconds = reader.U32();
  soa.minimum_seconds = reader.U32();
  if (!reader.ok() || !reader.AtEnd()) return std::nullopt;
  return soa;
}

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_SOA_FIELDS_H_
