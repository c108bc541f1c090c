#ifndef HITHER_SERVER_PRIVILEGES_H_
#define HITHER_SERVER_PRIVILEGES_H_

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "base/file_place.h"
#include "daemon/config/config.h"

namespace hither {

// If the process runs as root, becomes `config.user` for good: user, groups and every capability,
// and no program that is executed later gets any back. Call it after binding and before there are
// other threads. If it fails the process must not go on.
//
// A user named in the configuration must be able to read all that a reload reads: the configuration
// and its lists, zone files and images. If none is named it is "hither" or else "nobody", and where
// that one cannot read one of these CAP_DAC_READ_SEARCH, alone, is kept, so that a start as root,
// or a reload after it, does not fail for it. A UNIX socket of the admin endpoint is handed to the
// user. `user: root` stays root, as is asked for.
absl::Status DropPrivileges(const Config& config);

// DropPrivileges() for a check, which has bound no socket: it reads the zones as the server will.
absl::Status BecomeUser(const Config& config);

// Whom a start as root hands to what it makes: the account that DropPrivileges() will become. None
// without root, if that account is root, or if there is none, which DropPrivileges() says.
std::optional<FileOwner> ServiceOwner(const Config& config);

// Is there an account for DropPrivileges()? A user that is named must exist; a check
// often runs without the rights that the start will have.
absl::Status CheckUser(const Config& config);

// What `check` says to the user that a start as root would become: in a child process, since there
// is no way back. Without root, to us. Before there are other threads.
absl::Status AsUser(const Config& config, const std::function<absl::Status()>& check);

// Can the user, as we are now, read what DropPrivileges() says it must?
absl::Status CheckReadable(const Config& config);

// Gives up what DropPrivileges() may have kept, for the calling thread and those that it makes from
// then on: only threads that load need it.
void DropThreadCapabilities();

}  // namespace hither

#endif  // HITHER_SERVER_PRIVILEGES_H_
