#ifndef HITHER_DAEMON_ADMIN_SERVICE_MANAGER_H_
#define HITHER_DAEMON_ADMIN_SERVICE_MANAGER_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/file_descriptor.h"

namespace hither {

// Reports state to the service manager (systemd's sd_notify(3): a datagram to $NOTIFY_SOCKET).
// Does nothing without a manager, and ignores a manager that does not listen.
//
// Why not libsystemd: the protocol is one sendto(), stable, and meant to be spoken without it.
//
// Threads: one; reads the environment.
class ServiceManager {
 public:
  ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  void Ready(absl::string_view status);
  void Status(absl::string_view status);
  void Reloading();  // Ready() ends it.
  void Stopping();
  void StillAlive();  // For the watchdog; call it more often than watchdog_period().
  // The same for loops that turn often: reports once in a third of the period, if there is one.
  void StillAliveAt(absl::Time now);
  void ExtendTimeout(absl::Duration by);  // While starting or stopping takes long.

  // WatchdogSec= of the unit, if it is meant for this process.
  std::optional<absl::Duration> watchdog_period() const { return watchdog_; }

 private:
  void Send(absl::string_view text) const;

  FileDescriptor socket_;
  std::string path_;
  std::optional<absl::Duration> watchdog_;
  absl::Time last_alive_ = absl::InfinitePast();
};

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_SERVICE_MANAGER_H_
