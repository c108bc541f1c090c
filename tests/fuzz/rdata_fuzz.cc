// RDATA of any type: two octets of type, then, by the third, text or wire form.
//
// What is read from text must be valid; what is valid on the wire must be readable by ldns, and,
// written as text by RFC 3597 or by our own writer, read back as it was. Of most types the text
// that ldns writes must be read back as well.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/fuzz/rdata_judge.h"
#include "zones/text/rdata_text.h"
#include "zones/text/rdata_writer.h"

namespace hither {
namespace {

// The writer's text must be read back as the same octets.
void CheckWritten(RrType type, ByteView rdata) {
  std::string text;
  AppendRdataText(type, rdata, text);
  const auto again = RdataFromText(type, text, NameView());
  HITHER_CHECK(again.ok() && *again == Bytes(rdata.begin(), rdata.end()));
}

bool IsData(RrType type) { return !IsMetaType(type) && type != RrType{0}; }

void CheckText(RrType type, absl::string_view text) {
  const auto rdata = RdataFromText(type, text, *Name::FromText("example.org."));
  if (!rdata.ok()) {
    HITHER_CHECK(!rdata.status().message().empty());
    return;
  }
  CheckRdata(type, *rdata);
  CheckWritten(type, *rdata);
}

void CheckWire(RrType type, ByteView wire) {
  if (!ValidateRdata(type, wire).ok()) return;
  CheckRdata(type, wire);
  CheckWritten(type, wire);
  const std::string hex = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(wire.data()), wire.size()));
  const auto again = RdataFromText(type, absl::StrCat("\\# ", wire.size(), " ", hex), NameView());
  HITHER_CHECK(again.ok() && *again == Bytes(wire.begin(), wire.end()));
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hither;  // NOLINT: this function cannot stand inside.
  if (size < 3) return 0;
  const auto type = static_cast<RrType>(LoadU16(data));
  const ByteView rest(data + 3, size - 3);
  if (!IsData(type) || rest.size() > 65'535) return 0;
  if (data[2] % 2 == 0) {
    CheckText(type, absl::string_view(reinterpret_cast<const char*>(rest.data()), rest.size()));
  } else {
    CheckWire(type, rest);
  }
  return 0;
}
