#ifndef HITHER_DAEMON_ADMIN_ADMIN_CLIENT_H_
#define HITHER_DAEMON_ADMIN_ADMIN_CLIENT_H_

#include <cstddef>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daemon/config/config.h"

namespace hither {

// Another program may have the port. 10,000 zones make 3 MB.
inline constexpr size_t kAdminReplyBytesMax = 64u << 20;

struct AdminReply {
  int code = 0;  // The HTTP status.
  std::string body;
  AdminAddress from;
};

// Advice if no server answers.
inline constexpr char kAskHitherd[] =
    "check that hitherd runs, and give its admin address with --admin";
inline constexpr char kAskSidecar[] =
    "check that hither-anycast runs, and give its admin address with --anycast";

// Queries a server's admin endpoint at the first of `addresses` that listens; `method` is "GET" or
// "POST". An error only if no answer came. Waits up to `timeout` for the whole answer: a reload
// answers when it has loaded. Threads: any.
absl::StatusOr<AdminReply> AskAdmin(std::span<const AdminAddress> addresses,
                                    absl::string_view method, const std::string& path,
                                    absl::Duration timeout = absl::Minutes(10),
                                    absl::string_view advice = kAskHitherd);
inline absl::StatusOr<AdminReply> AskAdmin(const AdminAddress& address, absl::string_view method,
                                           const std::string& path,
                                           absl::Duration timeout = absl::Minutes(10)) {
  return AskAdmin(std::span(&address, 1), method, path, timeout);
}

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_ADMIN_CLIENT_H_
