#ifndef HITHER_ZONES_TEXT_RDATA_SVCB_H_
#define HITHER_ZONES_TEXT_RDATA_SVCB_H_

#include <span>
#include <string>

#include "zones/text/rdata_fields.h"
#include "zones/text/zone_scanner.h"

namespace hither {

// SvcParams of SVCB and HTTPS records (RFC 9460 §2.1, §7): key=value tokens in any order, written
// by ascending key. False with `error` set, to be read after the first of the tokens.
bool ReadSvcParams(std::span<const Token> tokens, RdataBuffer& out, std::string& error);

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_RDATA_SVCB_H_
