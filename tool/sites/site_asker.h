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
  std::string name;  // What is asked first. Empty: who the server is, and no more.
  std::string type = "SOA";
  absl::Duration timeout = absl::Seconds(2);  // For each question.
  bool over_tcp = true;                       // As well as over UDP.
};

// What one address said over one transport.
struct SiteAnswer {
  SocketAddress address;
  bool is_tcp = false;
  std::string nsid;  // Or id.server's, or hostname.bind's text. Empty: it does not say.
  std::optional<SiteName> name;
  std::optional<uint32_t> serial;
  std::optional<absl::Duration> rtt;  // Of the first answer; over TCP with the handshake.
  std::string failure;                // Empty: it answered as it should.
};

// Asks every address over UDP and (if wanted) TCP, all side by side, each question from a new port.
//
// Threads: one at a time. It keeps its loop from one round to the next: libuv closes a loop's
// descriptor behind TSan's back, which then takes the next owner of the number for a race.
class SiteAsker {
 public:
  SiteAsker();  // See status().
  ~SiteAsker();
  SiteAsker(const SiteAsker&) = delete;
  SiteAsker& operator=(const SiteAsker&) = delete;

  // Not OK: there is no descriptor or memory to ask by, and each answer will say so.
  const absl::Status& status() const { return status_; }

  // In the order of the addresses, UDP first; when all have answered or had their time.
  std::vector<SiteAnswer> Ask(const SiteOrder& order);

 private:
  std::vector<SiteAnswer> NoAnswers(const SiteOrder& order) const;

  uv_loop_t loop_;  // Only if status_ is OK.
  absl::Status status_;
};

}  // namespace hither

#endif  // HITHER_TOOL_SITES_SITE_ASKER_H_
