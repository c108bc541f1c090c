#ifndef HITHER_ZONES_TEXT_RDATA_FORMS_H_
#define HITHER_ZONES_TEXT_RDATA_FORMS_H_

#include <span>

#include "absl/strings/string_view.h"
#include "dns/name.h"
#include "zones/text/rdata_fields.h"
#include "zones/text/zone_scanner.h"

namespace hither {

// The text of types that are more than a sequence of fields. Each reader takes all its tokens, or
// complains; `blamed` is then the token that the complaint is about.
Complaint ReadLoc(std::span<const Token> tokens, RdataBuffer& out, const Token*& blamed);
Complaint ReadApl(std::span<const Token> tokens, RdataBuffer& out, const Token*& blamed);
Complaint ReadHip(std::span<const Token> tokens, NameView origin, RdataBuffer& out,
                  const Token*& blamed);

// One token each.
Complaint ReadNsap(absl::string_view text, RdataBuffer& out);
Complaint ReadAtma(absl::string_view text, RdataBuffer& out);

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_RDATA_FORMS_H_
