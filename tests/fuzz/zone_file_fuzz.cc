// Any text as a zone file. Whatever the reader takes for a record must be one: valid to our own
// judge, and readable by ldns where ldns knows the type. Whatever it says must fit in a log line.

#include <cstdint>

#include "absl/strings/string_view.h"
#include "base/check.h"
#include "dns/rdata.h"
#include "tests/fuzz/rdata_judge.h"
#include "zones/text/zone_file.h"
#include "zones/text/zone_scanner.h"

namespace hither {
namespace {

class Judge : public RecordSink {
 public:
  void Add(const RecordView& record) override {
    const auto owner = Name::FromWire(record.owner.wire());
    HITHER_CHECK(owner.ok() && owner->view().size() == record.owner.size());
    HITHER_CHECK(!IsMetaType(record.type) && record.type != RrType{0});
    HITHER_CHECK(record.ttl_seconds <= 0x7fffffff);  // RFC 2181 §8
    HITHER_CHECK(record.location.line > 0);
    CheckRdata(record.type, record.rdata);
    ++records;
  }
  uint64_t records = 0;
};

// The text's entries must not hang on the pieces in which it is read, nor on whether plain lines
// have a way of their own.
void CheckPieces(absl::string_view text) {
  MemorySource whole_source(text);
  MemorySource pieces_source(text);
  ZoneScanner whole(whole_source, text.size() + 1);
  ZoneScanner pieces(pieces_source, 3);
  pieces.LeavePlainLinesToScan();
  ZoneEntry a;
  ZoneEntry b;
  while (whole.Next(a)) {
    HITHER_CHECK(pieces.Next(b));
    HITHER_CHECK(a.starts_in_column_1 == b.starts_in_column_1 || !a.error.empty());
    HITHER_CHECK(a.line == b.line && a.error == b.error && a.tokens.size() == b.tokens.size());
    for (size_t i = 0; i < a.tokens.size(); ++i) {
      HITHER_CHECK(a.tokens[i].text() == b.tokens[i].text());
      HITHER_CHECK(a.tokens[i].line == b.tokens[i].line);
      HITHER_CHECK(a.tokens[i].glued == b.tokens[i].glued);
      HITHER_CHECK(a.tokens[i].quoted == b.tokens[i].quoted);
      HITHER_CHECK(a.tokens[i].escaped == b.tokens[i].escaped);
    }
  }
  HITHER_CHECK(!pieces.Next(b));
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hither;  // NOLINT: this function cannot stand inside.
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  CheckPieces(text);
  Judge judge;
  const ZoneFileResult result = ReadZoneText(text, "fuzz", *Name::FromText("example."), judge,
                                             {.generate_records_max = 50, .errors_max = 20});
  HITHER_CHECK(result.records == judge.records);
  bool ok = true;
  for (const Finding& finding : result.findings) {
    ok = ok && finding.severity != Severity::kError;
    HITHER_CHECK(!finding.text.empty());
    for (const char c : finding.text) HITHER_CHECK(static_cast<uint8_t>(c) >= 0x20 && c != 0x7f);
  }
  HITHER_CHECK(result.ok == ok);
  return 0;
}
