#include "dns/record.h"

#include "absl/strings/str_cat.h"

namespace hither {

std::string ToText(const Finding& finding) {
  const char* severity = finding.severity == Severity::kError ? "error" : "warning";
  if (finding.line == 0) return absl::StrCat(finding.file, ": ", severity, ": ", finding.text);
  return absl::StrCat(finding.file, ":", finding.line, ": ", severity, ": ", finding.text);
}

}  // namespace hither
