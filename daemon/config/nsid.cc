#include "daemon/config/nsid.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/nearest.h"

namespace hither {
namespace {

constexpr absl::string_view kPlaceholders[] = {"site", "node", "worker"};

}  // namespace

std::string ExpandNsid(absl::string_view nsid_template, absl::string_view site,
                       absl::string_view node, int worker) {
  return absl::StrReplaceAll(
      nsid_template, {{"{site}", site}, {"{node}", node}, {"{worker}", absl::StrCat(worker)}});
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
