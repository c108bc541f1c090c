#ifndef HITHER_SERVER_BASE_ADMIN_CLIENT_H_
#define HITHER_SERVER_BASE_ADMIN_CLIENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/config.h"

namespace hither {

struct AdminReply {
  int code = 0;  // HTTP's.
  std::string body;
};

// Asks a server's admin endpoint; `method` is "GET" or "POST". An error only where no answer came.
// Waits up to `timeout` for it: a reload answers when it has loaded. Threads: any.
absl::StatusOr<AdminReply> AskAdmin(const AdminAddress& address, absl::string_view method,
                                    const std::string& path,
                                    absl::Duration timeout = absl::Minutes(10));

}  // namespace hither

#endif  // HITHER_SERVER_BASE_ADMIN_CLIENT_H_
