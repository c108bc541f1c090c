#ifndef HITHER_DAEMON_ADMIN_ENDPOINT_STATE_H_
#define HITHER_DAEMON_ADMIN_ENDPOINT_STATE_H_

#include <string>

namespace hither {

// Whether a page of ours can be asked: what an AdminEndpoint says of itself. A value.
struct EndpointState {
  std::string key;      // The operator's name for its address: "metrics.listen".
  std::string address;  // "10.0.0.2:8053"
  std::string error;    // Why nobody can ask there yet; empty: it listens.
};

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_ENDPOINT_STATE_H_
