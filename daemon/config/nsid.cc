#include "daemon/config/nsid.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/nearest.h"

namespace hither {
namespace {

constexpr absl::string_view kPlaceholders[] = {"site", "node", "worker"};

// As identity: allows them.
bool IsNameInNsid(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

std::string ExpandNsid(absl::string_view nsid_template, absl::string_view site,
                       absl::string_view node, int worker) {
  return absl::StrReplaceAll(
      nsid_template, {{"{site}", site}, {"{node}", node}, {"{worker}", absl::StrCat(worker)}});
}

std::optional<NsidNames> MatchNsid(absl::string_view nsid, absl::string_view nsid_template) {
  NsidNames names;
  while (!nsid_template.empty()) {
    const size_t open = nsid_template.find('{');
    const absl::string_view literal = nsid_template.substr(0, open);
    if (!absl::ConsumePrefix(&nsid, literal)) return std::nullopt;
    if (open == absl::string_view::npos) break;
    const size_t close = nsid_template.find('}', open);
    if (close == absl::string_view::npos) return std::nullopt;
    const absl::string_view word = nsid_template.substr(open + 1, close - open - 1);
    nsid_template.remove_prefix(close + 1);
    const absl::string_view next = nsid_template.substr(0, nsid_template.find('{'));
    const bool is_last = next.size() == nsid_template.size();
    if (is_last && !absl::EndsWith(nsid, next)) return std::nullopt;
    const size_t end = is_last ? nsid.size() - next.size() : nsid.find(next);
    if (end == absl::string_view::npos) return std::nullopt;
    const absl::string_view value = nsid.substr(0, end);
    nsid.remove_prefix(end);
    if (word == "worker") {
      uint32_t number = 0;
      if (!absl::SimpleAtoi(value, &number)) return std::nullopt;
      continue;
    }
    std::string& name = word == "site" ? names.site : names.node;
    if (!IsNameInNsid(value) || (!name.empty() && name != value)) return std::nullopt;
    name = std::string(value);
  }
  if (!nsid.empty() || names.site.empty() || names.node.empty()) return std::nullopt;
  return names;
}

absl::Status CheckNsidTemplate(absl::string_view nsid_template) {
  if (!std::all_of(nsid_template.begin(), nsid_template.end(),
                   [](unsigned char c) { return absl::ascii_isprint(c); })) {
    return absl::InvalidArgumentError(
        "the NSID template has an octet that is not printable ASCII; use letters, digits and "
        "punctuation");
  }
  for (size_t at = nsid_template.find_first_of("{}"); at != absl::string_view::npos;
       at = nsid_template.find_first_of("{}", at)) {
    const size_t close = nsid_template.find_first_of("{}", at + 1);
    if (nsid_template[at] == '}' || close == absl::string_view::npos ||
        nsid_template[close] == '{') {
      return absl::InvalidArgumentError(absl::StrCat("the NSID template '", nsid_template,
                                                     "' has an unmatched brace; write "
                                                     "{site}, {node} or {worker}"));
    }
    const absl::string_view word = nsid_template.substr(at + 1, close - at - 1);
    if (std::find(std::begin(kPlaceholders), std::end(kPlaceholders), word) ==
        std::end(kPlaceholders)) {
      return absl::InvalidArgumentError(absl::StrCat("unknown placeholder {", word,
                                                     "} in the NSID template",
                                                     SuggestWord(word, kPlaceholders)));
    }
    at = close + 1;
  }
  return absl::OkStatus();
}

}  // namespace hither
