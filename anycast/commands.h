#ifndef HITHER_ANYCAST_COMMANDS_H_
#define HITHER_ANYCAST_COMMANDS_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "anycast/service.h"
#include "daemon/admin/admin_handlers.h"
#include "daemon/config/config.h"

namespace hither {

struct ReloadWish {
  bool confirm = false;
  bool dry_run = false;
};

// What commands ask of the sidecar around them.
//
// Threads: the loop's.
class CommandTarget {
 public:
  virtual ~CommandTarget() = default;
  virtual bool IsEnding() const = 0;
  virtual const Config& config() const = 0;
  virtual std::span<Service> services() = 0;
  // What of the announcements would end by that configuration; see Announcer.
  virtual std::vector<std::string> EndedBy(const AnycastConfig& next) const = 0;
  virtual bool EndsAll(const AnycastConfig& next) const = 0;
  virtual bool EndsAllOf(IpFamily family, const AnycastConfig& next) const = 0;
  virtual void KeepState(absl::Time now) = 0;
  virtual absl::Status Apply(const Config& next, absl::Time now) = 0;
};

// Obeys the commands of operators, or refuses them and says why. No sockets, no clock.
//
// Threads: the loop's. The target outlives it.
class Commands {
 public:
  static constexpr absl::string_view kNames[] = {"drain", "undrain", "freeze"};

  explicit Commands(CommandTarget& target) : target_(target) {}

  // `service` names one of the services; without it the command is for all.
  AdminAnswer Run(absl::string_view name, const AdminParameters& parameters, absl::Time now);
  // A reload that would leave nothing announced over a family, or forget a drain, needs a
  // confirmation.
  AdminAnswer Reload(const Config& asked, ReloadWish wish, absl::Time now);

 private:
  using Services = std::vector<Service*>;

  AdminAnswer Obey(absl::string_view name, const Services& services,
                   const AdminParameters& parameters, absl::Time now);
  AdminAnswer Drain(const Services& services, bool is_confirmed, absl::Time now);
  AdminAnswer Undrain(const Services& services, absl::Time now);
  AdminAnswer Freeze(const Services& services, absl::string_view seconds, absl::Time now);
  std::vector<std::string> LostBy(const Config& next, bool& needs_confirm) const;

  CommandTarget& target_;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_COMMANDS_H_
