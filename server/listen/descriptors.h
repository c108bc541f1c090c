#ifndef HITHER_SERVER_LISTEN_DESCRIPTORS_H_
#define HITHER_SERVER_LISTEN_DESCRIPTORS_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "daemon/config/config.h"

namespace hither {

// File descriptors that are not TCP connections: a UDP and a TCP socket for each address and
// worker, a loop's own for each worker, the admin endpoint's, zone files, the log.
size_t FixedDescriptors(const Config& config, size_t workers);

// Raises this process's limit on open files, as far as it may, to what `config` needs. Returns how
// many TCP connections there is room for: config.tcp.connections_max, or less with a warning in
// the log. So that a crowd of clients can never take the descriptors that a reload or /healthz
// needs. An error if there is no room for one. Before any socket is opened.
absl::StatusOr<int> ReserveDescriptors(const Config& config, size_t workers);

}  // namespace hither

#endif  // HITHER_SERVER_LISTEN_DESCRIPTORS_H_
