#ifndef HITHER_ZONES_TEXT_ZONE_FILE_HINTS_H_
#define HITHER_ZONES_TEXT_ZONE_FILE_HINTS_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "zones/text/zone_scanner.h"

namespace hither {

// What common mistakes in zone files get instead of a general message. Pure; off the fast path.

// "[AGE:3600123]", which exports of Microsoft's DNS server have in the records of its clients.
bool IsMicrosoftAge(absl::string_view field);

bool IsDirective(absl::string_view field);  // "$TTL" and the others, in any case.

// Why `tokens[at]`, where a class or type should be, is neither.
std::string WhyNoType(std::span<const Token> tokens, size_t at);

// The warning for an owner that has octets over 127, not written as \DDD.
std::string WhyNotAscii(const Token& owner);

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_ZONE_FILE_HINTS_H_
