#ifndef HITHER_TOOL_SITES_SITE_ASKER_H_
#define HITHER_TOOL_SITES_SITE_ASKER_H_

#include <uv.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/socket_address.h"
#include "tool/sites/site_reply.h"

namespace hither {

struct SiteOrder {
  std::vector<SocketAddress> addresses;
  std::string name;  // The first query's name. Empty: only identify the server.
  std::string type = "SOA";
  absl::Duration timeout = absl::Seconds(2);  // For each query.
  bool over_tcp = true;                       // As well as over UDP.
};

// The answer of one address over one transport.
struct SiteAnswer {
  SocketAddress address;
  bool is_tcp = false;
  std::string nsid;  // Or id.server's, or hostname.bind's text. Empty: not given.
  std::optional<SiteName> name;
  std::optional<uint32_t> serial;
  std::optional<absl::Duration> rtt;  // Of the first answer; over TCP with the handshake.
  std::string failure;                // Empty: it answered correctly.
};

// Queries every address over UDP and (optionally) TCP, all in parallel, each query from a new port.
//
// Threads: one at a time. It keeps its loop between rounds: libuv closes a loop's descriptor
// without TSan's knowledge, which then reports a race with the number's next owner.
class SiteAsker {
 public:
  SiteAsker();  // See status().
  ~SiteAsker();
  SiteAsker(const SiteAsker&) = delete;
  SiteAsker& operator=(const SiteAsker&) = delete;

  // Not OK: no descriptors or memory for queries, which each answer will report.
  const absl::Status& status() const { return status_; }

  // In the order of the addresses, UDP first; once all have answered or timed out.
  std::vector<SiteAnswer> Ask(const SiteOrder& order);

 private:
  std::vector<SiteAnswer> NoAnswers(const SiteOrder& order) const;

  uv_loop_t loop_;  // Only if status_ is OK.
  absl::Status status_;
};

}  // namespace hither

#endif  // HITHER_TOOL_SITES_SITE_ASKER_H_
