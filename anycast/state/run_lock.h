#ifndef HITHER_ANYCAST_STATE_RUN_LOCK_H_
#define HITHER_ANYCAST_STATE_RUN_LOCK_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/file_descriptor.h"

namespace hither {

// Two sidecars with one configuration would fight over sessions and addresses. The second one finds
// the lock of the first, which the kernel releases when the first exits, for any reason.
class RunLock {
 public:
  // Beside `state_file`; empty, or a folder that cannot be written: no lock. An error if another
  // process has it.
  static absl::StatusOr<RunLock> Take(const std::string& state_file);

 private:
  explicit RunLock(FileDescriptor fd) : fd_(std::move(fd)) {}

  FileDescriptor fd_;  // None: there is no lock.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_STATE_RUN_LOCK_H_
