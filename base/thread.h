#ifndef HITHER_BASE_THREAD_H_
#define HITHER_BASE_THREAD_H_

#include <functional>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hither {

// Starts a thread that blocks signals: the control thread handles them. If the system refuses a
// thread (RLIMIT_NPROC, a cgroup's pids.max, memory), that is an error for operators: "cannot start
// a thread to `purpose`".
absl::StatusOr<std::thread> StartThread(absl::string_view purpose, std::function<void()> run);

}  // namespace hither

#endif  // HITHER_BASE_THREAD_H_
