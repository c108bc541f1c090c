#include "dns/record.h"

#include "absl/strings/str_cat.h"
#include "base/printable.h"

namespace hither {

absl::string_view SeverityText(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "";
}

std::string PlaceText(const Finding& finding) {
  const std::string file = Printable(finding.file);
  return finding.line == 0 ? file : absl::StrCat(file, ":", finding.line);
}

std::string ToText(const Finding& finding) {
  return absl::StrCat(PlaceText(finding), ": ", SeverityText(finding.severity), ": ",
                      Printable(finding.text));
}

}  // namespace hither
