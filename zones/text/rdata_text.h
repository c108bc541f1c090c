#ifndef HITHER_ZONES_TEXT_RDATA_TEXT_H_
#define HITHER_ZONES_TEXT_RDATA_TEXT_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dns/rdata_shape.h"
#include "dns/rr_type.h"
#include "zones/text/rdata_fields.h"
#include "zones/text/zone_scanner.h"

namespace hither {

// Turns the tokens after a record's type into RDATA. One for each reader, reused.
class RdataParser {
 public:
  // False if they are wrong, with error() set: what, and what to write instead. The RDATA is
  // valid in the sense of ValidateRdata.
  bool Parse(RrType type, std::span<const Token> tokens, NameView origin);

  ByteView rdata() const { return out_.view(); }
  const std::string& error() const { return error_; }
  // The line of the wrong token; 0 if no single one is at fault.
  uint32_t error_line() const { return error_line_; }

 private:
  bool ParseFields(const RdataShape& shape);
  bool ParseUnknown(RrType type);
  Complaint ReadOne(RdataField field, const Token& token);
  Complaint ReadRest(RdataField field, std::span<const Token> rest);
  Complaint ReadGateway(uint8_t kind, const Token& token);
  Complaint ReadRelay(std::span<const Token> rest);
  bool FailAt(const Token& token, Complaint complaint, const RdataShape& shape);
  bool Fail(absl::string_view what, const Token* where, const RdataShape* shape);

  NameView origin_;
  std::span<const Token> tokens_;
  const Token* blamed_ = nullptr;  // What a Complaint is about.
  RdataBuffer out_;
  std::string error_;
  std::string complaint_;  // Holds a Complaint that is not a constant.
  uint32_t error_line_ = 0;
};

// Text of the type's own presentation form, or RFC 3597's "\# len hex". `fields` is the text after
// the type on the line, without parentheses and comments, fields separated by one space (quotes and
// escapes as written). `origin` completes relative names. Errors say what is wrong and what to do,
// without file and line.
absl::StatusOr<Bytes> RdataFromText(RrType type, absl::string_view fields, NameView origin);

}  // namespace hither

#endif  // HITHER_ZONES_TEXT_RDATA_TEXT_H_
