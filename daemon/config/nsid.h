#ifndef HITHER_DAEMON_CONFIG_NSID_H_
#define HITHER_DAEMON_CONFIG_NSID_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace hither {

// The same text goes into NSID (RFC 5001) and, as one character-string, into id.server
// (RFC 4892): RFC 1035 §3.3 allows 255 octets there.
inline constexpr size_t kNsidBytesMax = 255;
inline constexpr int kWorkersMax = 256;

// Fills {site}, {node} and {worker} in `nsid_template`, which CheckNsidTemplate has accepted.
std::string ExpandNsid(absl::string_view nsid_template, absl::string_view site,
                       absl::string_view node, int worker);

// The reverse: the site and the node that `nsid` names by this template. No value: it is not of
// this template, which must have both {site} and {node}. A name ends where the text that follows
// it in the template begins first, so write a separator that no name has.
struct NsidNames {
  std::string site;
  std::string node;
};
std::optional<NsidNames> MatchNsid(absl::string_view nsid, absl::string_view nsid_template);

// Refuses non-printable or non-ASCII octets, other placeholders, and unmatched braces.
absl::Status CheckNsidTemplate(absl::string_view nsid_template);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_NSID_H_
