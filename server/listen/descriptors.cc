#include "server/listen/descriptors.h"

#include <errno.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "daemon/admin/admin_endpoint.h"

namespace hither {
namespace {

constexpr size_t kPerWorker = 8;  // epoll, eventfd, signal pipe, and air.
// Open, queued, answered; of the admin endpoint and of the metrics page.
constexpr size_t kForAdmin = 2 * (kAdminOpenMax + kAdminQueuedMax + kAdminThreads);
constexpr size_t kForOthers = kForAdmin + 64;  // Standard streams, log, included zone files.

}  // namespace

size_t FixedDescriptors(const Config& config, size_t workers) {
  return kForOthers + workers * (kPerWorker + 2 * config.listen.size());
}

absl::StatusOr<int> ReserveDescriptors(const Config& config, size_t workers) {
  const size_t fixed = FixedDescriptors(config, workers);
  const rlim_t wanted = fixed + static_cast<size_t>(config.tcp.connections_max);
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return absl::InternalError(absl::StrCat("getrlimit: ", std::strerror(errno)));
  }
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      return absl::InternalError(absl::StrCat("setrlimit: ", std::strerror(errno)));
    }
  }
  if (limit.rlim_cur >= wanted) return config.tcp.connections_max;
  if (limit.rlim_cur <= fixed) {
    return absl::ResourceExhaustedError(
        absl::StrCat("open files are limited to ", limit.rlim_cur, " and ", wanted,
                     " are needed; raise the limit (ulimit -n, LimitNOFILE= in systemd)"));
  }
  const auto room = static_cast<int>(limit.rlim_cur - fixed);
  Log(LogLevel::kWarning, "open files are limited to ", limit.rlim_cur, ": room for ", room,
      " TCP connections instead of tcp.connections_max ", config.tcp.connections_max,
      "; raise the limit (ulimit -n, LimitNOFILE= in systemd)");
  return room;
}

}  // namespace hither
