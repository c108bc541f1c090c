#ifndef HITHER_ZONES_RDATA_FORMS_H_
#define HITHER_ZONES_RDATA_FORMS_H_

#include <span>

#include "absl/strings/string_view.h"
#include "zones/name.h"
#include "zones/rdata_fields.h"
#include "zones/zone_scanner.h"

namespace hither {

// The text of types that are more than a row of fields. Each reader takes all of its tokens, or
// complains; `blamed` is then the token that the complaint is about.
Complaint ReadLoc(std::span<const Token> tokens, RdataBuffer& out, const Token*& blamed);
Complaint ReadApl(std::span<const Token> tokens, RdataBuffer& out, const Token*& blamed);
Complaint ReadHip(std::span<const Token> tokens, NameView origin, RdataBuffer& out,
                  const Token*& blamed);

// One token each.
Complaint ReadNsap(absl::string_view text, RdataBuffer& out);
Complaint ReadAtma(absl::string_view text, RdataBuffer& out);

// ATMA's FORMAT octet (af-dans-0152 §5.2): the address is octets, or the digits of a telephone
// number.
inline constexpr uint8_t kAtmaAesa = 0;
inline constexpr uint8_t kAtmaE164 = 1;

}  // namespace hither

#endif  // HITHER_ZONES_RDATA_FORMS_H_
