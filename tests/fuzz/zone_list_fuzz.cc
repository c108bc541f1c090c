// Any octets as a list of zones: each line is a zone with a good name and a path, or an error, and
// what comes of it does not depend on how the octets are cut into pieces.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "daemon/config/zone_list.h"

namespace {

class Found : public hither::ZoneListSink {
 public:
  bool OnZone(uint32_t line, hither::NameView name, absl::string_view file) override {
    HITHER_CHECK(hither::Name::FromText(name.ToText())->view().EqualsExactly(name));
    HITHER_CHECK(!file.empty() && file.find('\0') == absl::string_view::npos);
    Note(line, absl::StrCat(name.ToText(), " ", file));
    return true;
  }
  void OnError(uint32_t line, absl::string_view what) override {
    HITHER_CHECK(!what.empty());
    Note(line, what);
  }

  std::vector<std::string> lines;

 private:
  void Note(uint32_t line, absl::string_view text) {
    HITHER_CHECK(line > last_);  // One finding a line, in their order.
    last_ = line;
    lines.push_back(absl::StrCat(line, " ", text));
  }

  uint32_t last_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  Found whole;
  const uint32_t end = hither::ReadZoneListLines(text, 1, whole);
  const size_t cut = text.find('\n', size / 2);
  if (cut == absl::string_view::npos) return 0;
  Found pieces;
  const uint32_t middle = hither::ReadZoneListLines(text.substr(0, cut + 1), 1, pieces);
  HITHER_CHECK(hither::ReadZoneListLines(text.substr(cut + 1), middle, pieces) == end);
  HITHER_CHECK(pieces.lines == whole.lines);
  return 0;
}
