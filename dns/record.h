#ifndef HITHER_DNS_RECORD_H_
#define HITHER_DNS_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "dns/name.h"
#include "dns/rr_type.h"

namespace hither {

// Where a record was read: an index into a list of file names, and a line counted from 1.
struct Location {
  uint32_t file = 0;
  uint32_t line = 0;
};

// One record as a zone file or a transfer gives it. Views, valid for the call that gets them.
struct RecordView {
  NameView owner;
  RrType type;
  uint32_t ttl_seconds;
  ByteView rdata;  // Wire form, names uncompressed, case as written.
  Location location;
};

// Takes the records of one zone in the order in which they come.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void Add(const RecordView& record) = 0;
};

// What somebody must be told of a zone. An error keeps it from being served; a warning does not.
enum class Severity : uint8_t { kError, kWarning };

struct Finding {
  Severity severity;
  std::string file;
  uint32_t line;     // 0 where no line is to blame (a zone without SOA).
  std::string text;  // "what; what to do (RFC and section)"
};

// "zones/a.zone:12: error: two SOA records; keep one (RFC 1035 §5.2)"
std::string ToText(const Finding& finding);

}  // namespace hither

#endif  // HITHER_DNS_RECORD_H_
