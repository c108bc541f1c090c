#ifndef HITHER_TESTS_SUPPORT_REPLY_PARSER_H_
#define HITHER_TESTS_SUPPORT_REPLY_PARSER_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace hither {

// A message read by code that shares nothing with the server's, and that is stricter than any
// resolver: whatever it does not like is in `error`.
struct ParsedRecord {
  std::string owner;  // Wire form, uncompressed, case as it came.
  uint16_t type;
  uint16_t klass;
  uint32_t ttl_seconds;
  std::string rdata;  // Names that may be compressed (RFC 3597 §4) are not any more.
  friend auto operator<=>(const ParsedRecord&, const ParsedRecord&) = default;
};

struct ParsedMessage {
  std::string error;  // Empty: the message is as it should be.
  uint16_t id = 0;
  uint16_t flags = 0;
  std::vector<std::string> questions;  // Name, type and class, in wire form.
  std::array<std::vector<ParsedRecord>, 3> sections;

  const std::vector<ParsedRecord>& answer() const { return sections[0]; }
  const std::vector<ParsedRecord>& authority() const { return sections[1]; }
  const std::vector<ParsedRecord>& additional() const { return sections[2]; }
};

// Errors: a field over the end, a pointer that does not go back to where a label of an earlier
// name starts, octets behind the last record, a name over 255 octets.
ParsedMessage ParseMessage(ByteView message);

}  // namespace hither

#endif  // HITHER_TESTS_SUPPORT_REPLY_PARSER_H_
