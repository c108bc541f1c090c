#ifndef HITHER_DNS_RECORD_H_
#define HITHER_DNS_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
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

// Takes the records of one zone in order of arrival.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void Add(const RecordView& record) = 0;
};

// A fault in a zone to be reported. An error keeps the zone from being served; a warning does not.
// A note is no fault: it says what could not be checked.
enum class Severity : uint8_t { kError, kWarning, kNote };

struct Finding {
  Severity severity;
  std::string file;
  uint32_t line;     // 0 if no single line is at fault (a zone without SOA).
  std::string text;  // "what; what to do (RFC and section)"
  // The name of the check that found it, if that is one of the zone as a whole (zone_check.h).
  absl::string_view check = {};
};

absl::string_view SeverityText(Severity severity);  // "error"

// "zones/a.zone:12": the line only if there is one. On one line, whatever the file is called.
std::string PlaceText(const Finding& finding);

// One line, too: "zones/a.zone:12: error: two SOA records; keep one (RFC 1035 §5.2)"
std::string ToText(const Finding& finding);

}  // namespace hither

#endif  // HITHER_DNS_RECORD_H_
