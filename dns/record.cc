#include "dns/record.h"

#include "absl/strings/str_cat.h"

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

std::string ToText(const Finding& finding) {
  const absl::string_view severity = SeverityText(finding.severity);
  if (finding.line == 0) return absl::StrCat(finding.file, ": ", severity, ": ", finding.text);
  return absl::StrCat(finding.file, ":", finding.line, ": ", severity, ": ", finding.text);
}

}  // namespace hither
