#ifndef HITHER_SERVER_PRIVILEGES_H_
#define HITHER_SERVER_PRIVILEGES_H_

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "base/file_place.h"
#include "daemon/config/config.h"

namespace hither {

// If the process runs as root, becomes `config.user` permanently: user, groups and every
// capability, and no program executed later regains any. Call it after binding and before there are
// other threads. If it fails, the process must not continue.
//
// A user named in the configuration must be able to read all that a reload reads: the configuration
// and its lists, zone files and images. If none is named, it is "hither" or else "nobody". If that
// user cannot read one of these, CAP_DAC_READ_SEARCH alone is kept, so that neither a start as root
// nor a later reload fails. The user gets the admin endpoint's UNIX socket. `user: root` stays
// root, as requested.
absl::Status DropPrivileges(const Config& config);

// DropPrivileges() for a check, which has bound no socket: it reads the zones as the server will.
absl::Status BecomeUser(const Config& config);

// The owner of what a start as root creates: the account that DropPrivileges() will become. None
// without root, if that account is root, or if there is none, which DropPrivileges() reports.
std::optional<FileOwner> ServiceOwner(const Config& config);

// Is there an account for DropPrivileges()? A named user must exist; a check often runs without the
// start's privileges.
absl::Status CheckUser(const Config& config);

// The result of `check` for the user that a start as root would become: in a child process, since
// there is no way back. Without root, for us. Before there are other threads.
absl::Status AsUser(const Config& config, const std::function<absl::Status()>& check);

// Can we, as the current user, read what DropPrivileges() requires?
absl::Status CheckReadable(const Config& config);

// Drops what DropPrivileges() may have kept, for the calling thread and those that it starts later:
// only threads that load need it.
void DropThreadCapabilities();

}  // namespace hither

#endif  // HITHER_SERVER_PRIVILEGES_H_
