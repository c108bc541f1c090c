#ifndef HITHER_ANYCAST_BACKEND_KINDS_H_
#define HITHER_ANYCAST_BACKEND_KINDS_H_

#include <uv.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anycast/route/route_backend.h"
#include "daemon/config/anycast_config.h"

namespace hither {

// All that Announcer knows of one kind of backend: a new kind is a new row of the table. `from` is
// the configuration that the backend runs by, `to` the next one.
struct BackendKind {
  absl::string_view name;
  bool announces = true;  // A dry run does not: nothing ends with it.
  bool (*is_wanted)(const AnycastConfig& config) = nullptr;
  // Must a backend be replaced by a new one?
  bool (*differs)(const AnycastConfig& from, const AnycastConfig& to) = nullptr;
  absl::StatusOr<std::unique_ptr<RouteBackend>> (*make)(uv_loop_t& loop,
                                                        const AnycastConfig& config) = nullptr;
  // Can one be made? Asked before anything is taken down. Null: always.
  absl::Status (*try_out)(const AnycastConfig& config) = nullptr;
  // What ends although the backend is not replaced, a line each. Null: nothing.
  std::vector<std::string> (*ended_by)(const AnycastConfig& from,
                                       const AnycastConfig& to) = nullptr;
  // Is that all that it announces now? Null: no.
  bool (*ends_all_of)(const Observation& observed, const AnycastConfig& from,
                      const AnycastConfig& to) = nullptr;
  // The same of one family. Null: no.
  bool (*ends_family)(IpFamily family, const Observation& observed, const AnycastConfig& from,
                      const AnycastConfig& to) = nullptr;
};

// In the order in which they are made.
std::span<const BackendKind> BackendKinds();

}  // namespace hither

#endif  // HITHER_ANYCAST_BACKEND_KINDS_H_
