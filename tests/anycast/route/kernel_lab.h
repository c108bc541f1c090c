#ifndef HITHER_TESTS_ANYCAST_ROUTE_KERNEL_LAB_H_
#define HITHER_TESTS_ANYCAST_ROUTE_KERNEL_LAB_H_

#include <sched.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "anycast/route/route_backend.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// Moves this process into a network namespace of its own, which ends with it; false without the
// right to. From there on the real kernel is what the tests ask.
inline bool EnterOwnNetwork() {
  static const bool entered = unshare(CLONE_NEWNET) == 0;
  return entered;
}

inline Prefix P(absl::string_view text) { return Prefix::FromText(text).value(); }
inline SocketAddress A(absl::string_view text) { return SocketAddress::FromText(text, 53).value(); }

inline Route R(absl::string_view prefix, State state) {
  Route route;
  route.prefix = P(prefix);
  route.state = state;
  route.service = "dns";
  route.reason = "test";
  return route;
}

inline std::vector<AnycastConfig::Service> OneService(std::vector<Prefix> prefixes) {
  AnycastConfig::Service service;
  service.name = "dns";
  service.prefixes = std::move(prefixes);
  service.addresses = {A("192.0.2.53"), A("2001:db8::53")};
  return {service};
}

}  // namespace hither

#endif  // HITHER_TESTS_ANYCAST_ROUTE_KERNEL_LAB_H_
