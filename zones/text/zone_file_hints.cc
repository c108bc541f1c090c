#include "zones/text/zone_file_hints.h"

#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/punycode.h"
#include "dns/rr_type.h"
#include "zones/text/rdata_fields.h"

namespace hither {
namespace {

constexpr absl::string_view kDirectives[] = {"$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE"};

bool IsOneOf(absl::string_view field, std::initializer_list<absl::string_view> words) {
  for (const absl::string_view word : words) {
    if (absl::EqualsIgnoreCase(field, word)) return true;
  }
  return false;
}

// The name with A-labels, or "" if it is not UTF-8.
std::string ToALabels(absl::string_view name) {
  std::vector<std::string> labels;
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    const std::optional<std::string> converted = ToALabel(label);
    if (!converted.has_value()) return "";
    labels.push_back(*converted);
  }
  return absl::StrJoin(labels, ".");
}

}  // namespace

bool IsMicrosoftAge(absl::string_view field) {
  return absl::StartsWithIgnoreCase(field, "[AGE:") && absl::EndsWith(field, "]");
}

bool IsDirective(absl::string_view field) {
  for (const absl::string_view directive : kDirectives) {
    if (absl::EqualsIgnoreCase(field, directive)) return true;
  }
  return false;
}

std::string WhyNoType(std::span<const Token> tokens, size_t at) {
  const absl::string_view field = tokens[at].text();
  const std::string shown = Shown(tokens[at]);
  if (IsMicrosoftAge(field)) {
    return absl::StrCat(
        shown,
        " is an age, as Microsoft's DNS server exports it, and no part of a record; "
        "remove it from this and all other records (RFC 1035 §5.1)");
  }
  if (IsOneOf(field, {"WINS", "WINS-R", "WINSR"})) {
    return absl::StrCat(shown,
                        " is a look-up that only Microsoft's DNS server makes, not a record type; "
                        "remove the record (RFC 1035 §5.1)");
  }
  if (IsOneOf(field, {"ANY", "NONE"})) {
    return absl::StrCat("class ", shown,
                        " exists in queries and updates only; write IN (RFC 1035 §3.2.5)");
  }
  return absl::StrCat(shown,
                      " is not a record type; write owner [TTL] [IN] type data, or TYPEnnn "
                      "(RFC 3597 §5)");
}

std::string WhyNotAscii(const Token& owner) {
  const std::string converted = ToALabels(owner.text());
  const std::string start = absl::StrCat("owner ", Shown(owner), " is not ASCII, ");
  if (converted.empty()) {
    return absl::StrCat(start,
                        "nor UTF-8; write its A-label (xn--...), or the octets as \\DDD "
                        "(RFC 5890 §2.3.2.1)");
  }
  return absl::StrCat(start, "and applications do not query it in this form; write its A-label, ",
                      converted, " (RFC 5890 §2.3.2.1)");
}

}  // namespace hither
