// Any octets as the note of an image: none, or one whose files are looked for below a folder. What
// it names may be anything that has a path; nothing is waited for and nothing is read for ever.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "zones/load/image_note.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto note = hither::ImageNote::Read(text);
  if (!note.has_value()) return 0;
  const auto files = note->UnchangedFiles("/nonexistent/zone");
  for (const hither::FileStamp& file : files) HITHER_CHECK(!file.path.empty());
  return 0;
}
