#ifndef HITHER_TESTS_ZONES_TEXT_RDATA_CASE_H_
#define HITHER_TESTS_ZONES_TEXT_RDATA_CASE_H_

#include <ostream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dns/rdata.h"
#include "gtest/gtest.h"
#include "zones/text/rdata_text.h"

namespace hither {

struct RdataCase {
  const char* name;
  std::string text;  // Type and fields, relative names below example.org.
  std::string want;  // RDATA in hexadecimal, or "! " and the error.
};
inline void PrintTo(const RdataCase& tested, std::ostream* out) { *out << tested.name; }

inline std::string Hex(ByteView bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

// What `text` of a case becomes, as `want` has it. What was read must also be valid as octets.
inline std::string ReadRdataText(const std::string& text) {
  const size_t space = text.find(' ');
  const auto type = TypeFromText(text.substr(0, space));
  if (!type.has_value()) return "no type";
  const std::string fields = space == std::string::npos ? "" : text.substr(space + 1);
  const auto rdata = RdataFromText(*type, fields, *Name::FromText("example.org."));
  if (!rdata.ok()) return absl::StrCat("! ", rdata.status().message());
  EXPECT_EQ(ValidateRdata(*type, *rdata).message(), "");
  return Hex(*rdata);
}

}  // namespace hither

#endif  // HITHER_TESTS_ZONES_TEXT_RDATA_CASE_H_
