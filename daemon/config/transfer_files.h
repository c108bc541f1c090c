#ifndef HITHER_DAEMON_CONFIG_TRANSFER_FILES_H_
#define HITHER_DAEMON_CONFIG_TRANSFER_FILES_H_

#include "absl/status/status.h"
#include "daemon/config/config.h"

namespace hither {

// Can the current user read the certificates and keys that `primaries:` name, and write in
// `state_dir` if zones need it? All errors in one status, a line each: "primary hidden1: path:
// what; what to do". A state_dir that does not exist is no error: the server creates it. Reads
// files; asks no primary.
absl::Status CheckTransferFiles(const Config& config);

// Notes in each primary which files of certificates and keys it has now, and adds them to
// config.files, so that they are watched, and changed ones read, like the rest of the
// configuration. Does not read them.
void StampTlsFiles(Config& config);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_TRANSFER_FILES_H_
