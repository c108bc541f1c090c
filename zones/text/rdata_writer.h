#ifndef HITHER_ZONES_TEXT_RDATA_WRITER_H_
#define HITHER_ZONES_TEXT_RDATA_WRITER_H_

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "dns/name.h"
#include "dns/rr_type.h"

namespace hither {

// The text of RDATA, which RdataFromText() reads back as the same octets: the type's own
// presentation form with absolute names, or RFC 3597's "\# length hex" for types that have none
// here (unknown types, WKS, NSAP, LOC, ATMA, APL, HIP). `rdata` is valid (ValidateRdata).
void AppendRdataText(RrType type, ByteView rdata, std::string& out);

// A record as one line of a zone file, without the line feed: "www.example. 3600 IN A 192.0.2.1".
void AppendRecordText(NameView owner, RrType type, uint32_t ttl_seconds, ByteView rdata,
                      std::string& out);

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_RDATA_WRITER_H_
