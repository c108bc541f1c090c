#include "daemon/admin/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/printable.h"

namespace hither {
namespace {

absl::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? absl::string_view() : absl::string_view(value);
}

std::optional<absl::Duration> WatchdogOf(absl::string_view pid, absl::string_view microseconds) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(microseconds, &number) || number <= 0) return std::nullopt;
  if (!pid.empty() && pid != absl::StrCat(getpid())) return std::nullopt;  // For another process.
  return absl::Microseconds(number);
}

}  // namespace

ServiceManager::ServiceManager()
    : path_(Environment("NOTIFY_SOCKET")),
      watchdog_(WatchdogOf(Environment("WATCHDOG_PID"), Environment("WATCHDOG_USEC"))) {
  if (path_.size() < 2 || path_.size() >= sizeof(sockaddr_un::sun_path)) return;
  socket_.Reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

void ServiceManager::Ready(absl::string_view status) {
  Send(absl::StrCat("READY=1\nSTATUS=", Printable(std::string(status))));
}
void ServiceManager::Status(absl::string_view status) {
  Send(absl::StrCat("STATUS=", Printable(std::string(status))));
}
void ServiceManager::Reloading() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  Send(absl::StrCat("RELOADING=1\nMONOTONIC_USEC=",
                    absl::ToUnixMicros(absl::TimeFromTimespec(now))));
}
void ServiceManager::Stopping() { Send("STOPPING=1"); }
void ServiceManager::StillAlive() { Send("WATCHDOG=1"); }
void ServiceManager::StillAliveAt(absl::Time now) {
  if (!watchdog_.has_value() || now - last_alive_ < *watchdog_ / 3) return;
  last_alive_ = now;
  StillAlive();
}
void ServiceManager::ExtendTimeout(absl::Duration by) {
  Send(absl::StrCat("EXTEND_TIMEOUT_USEC=", absl::ToInt64Microseconds(by)));
}

void ServiceManager::Send(absl::string_view text) const {
  if (!socket_) return;
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path_.data(), path_.size());
  if (name.sun_path[0] == '@') name.sun_path[0] = '\0';  // The abstract name space, unix(7).
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  (void)!sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL,
                reinterpret_cast<const sockaddr*>(&name), size);
}

}  // namespace hither
