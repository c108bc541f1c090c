#ifndef HITHER_TOOL_SITES_SITE_REPLY_H_
#define HITHER_TOOL_SITES_SITE_REPLY_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hither {

// A query that makes a server identify itself: each is sent with NSID (RFC 5001), and those of
// class CH ask for a name of RFC 4892.
struct SiteQuestion {
  std::string name;
  std::string type = "SOA";
  bool is_chaos = false;
  uint16_t id = 0;
};

absl::StatusOr<std::vector<uint8_t>> WriteSiteQuery(const SiteQuestion& question);

struct SiteReply {
  std::string problem;              // "SERVFAIL", "truncated"; empty: it is an answer.
  std::optional<std::string> nsid;  // As sent: any octets.
  std::optional<std::string> text;  // The first string of the first TXT record.
  std::optional<uint32_t> serial;   // Of the first SOA in the answer section.
};

// No value: the octets are not a response to this query. Pure. Source: any process at the address.
std::optional<SiteReply> ReadSiteReply(std::span<const uint8_t> octets,
                                       const SiteQuestion& question);

// "ns1.fra1" by hitherd's default template, {node}.{site}. No value: the text does not have that
// form.
struct SiteName {
  std::string site;
  std::string node;
};
std::optional<SiteName> ParseSiteName(absl::string_view nsid);

}  // namespace hither

#endif  // HITHER_TOOL_SITES_SITE_REPLY_H_
