#ifndef HITHER_ZONES_RDATA_LDNS_H_
#define HITHER_ZONES_RDATA_LDNS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "zones/name.h"
#include "zones/rdata_fields.h"
#include "zones/rr_type.h"

namespace hither {

// The text form of a rare type, read by ldns: slow, and an allocation for each field. Appends to
// `out`; false with `why` set.
bool ReadRdataWithLdns(RrType type, absl::string_view fields, NameView origin, RdataBuffer& out,
                       std::string& why);

}  // namespace hither

#endif  // HITHER_ZONES_RDATA_LDNS_H_
