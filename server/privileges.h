#ifndef HITHER_SERVER_PRIVILEGES_H_
#define HITHER_SERVER_PRIVILEGES_H_

#include "absl/status/status.h"
#include "server/base/config.h"

namespace hither {

// If the process runs as root, becomes `config.user` for good: user, groups and every capability,
// and no program that is executed later gets any back. Call it after binding and before there are
// other threads. If it fails the process must not go on.
//
// A user named in the configuration must be able to read the zone files. If none is named it is
// "hither" or else "nobody", and where that one cannot read a zone file CAP_DAC_READ_SEARCH, alone,
// is kept, so that a start as root does not fail for it. A UNIX socket of the admin endpoint is
// handed to the user. `user: root` stays root, as is asked for.
absl::Status DropPrivileges(const Config& config);

// Is there an account for DropPrivileges()? A user that is named must exist, whoever asks: a check
// often runs without the rights that the start will have.
absl::Status CheckUser(const Config& config);

// Gives up what DropPrivileges() may have kept, for the calling thread: workers read no files.
void DropThreadCapabilities();

}  // namespace hither

#endif  // HITHER_SERVER_PRIVILEGES_H_
