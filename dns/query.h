#ifndef HITHER_DNS_QUERY_H_
#define HITHER_DNS_QUERY_H_

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "dns/edns.h"
#include "dns/name.h"
#include "dns/rr_type.h"
#include "dns/tsig.h"

namespace hither {

inline constexpr size_t kHeaderBytes = 12;

// RFC 1035 §4.1.1, RFC 6895 §2.3; above 15 only with EDNS (RFC 6891 §6.1.3).
enum class Rcode : uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kYxDomain = 6,
  kNotAuth = 9,
  kBadVers = 16,
};

enum class Opcode : uint8_t { kQuery = 0, kNotify = 4, kUpdate = 5 };

// A flag's place in the header's third and fourth octet, read as one number.
inline constexpr uint16_t kFlagQr = 0x8000;
inline constexpr uint16_t kFlagAa = 0x0400;
inline constexpr uint16_t kFlagTc = 0x0200;
inline constexpr uint16_t kFlagRd = 0x0100;
inline constexpr uint16_t kFlagCd = 0x0010;
inline constexpr uint16_t kOpcodeMask = 0x7800;

// The query in a message. Views into the message, which outlives it.
struct Query {
  uint16_t id = 0;
  uint16_t flags = 0;
  Opcode opcode = Opcode::kQuery;
  // The question, if there is a readable one (otherwise question_bytes is 0).
  NameView name;
  RrType type = RrType{0};
  RrClass klass = RrClass{0};
  size_t question_bytes = 0;  // Name, type and class; they start at octet 12.
  Edns edns;
  Tsig tsig;
};

enum class Parsed : uint8_t {
  kQuery,     // All of it was read.
  kFormErr,   // To be answered FORMERR; the fields read until then are set.
  kShort,     // No complete header: nothing to answer.
  kResponse,  // QR is set: never answered.
};

// Reads a message that should be a query: one question, no answers, at most one OPT (RFC 6891
// §6.1.1), nothing after the last record. Only QUERY's form is checked strictly; other opcodes use
// the sections differently (RFC 2136).
Parsed ParseQuery(ByteView message, Query& query);

}  // namespace hither

#endif  // HITHER_DNS_QUERY_H_
