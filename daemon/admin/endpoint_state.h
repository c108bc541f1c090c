#ifndef HITHER_DAEMON_ADMIN_ENDPOINT_STATE_H_
#define HITHER_DAEMON_ADMIN_ENDPOINT_STATE_H_

#include <string>

namespace hither {

// Whether a page of ours can be read: an AdminEndpoint's report on itself. A value.
struct EndpointState {
  std::string key;      // The operator's name for its address: "metrics.listen".
  std::string address;  // "10.0.0.2:8053"
  std::string error;    // Why it does not listen yet; empty: it listens.
};

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_ENDPOINT_STATE_H_
