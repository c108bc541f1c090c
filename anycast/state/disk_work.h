#ifndef HITHER_ANYCAST_STATE_DISK_WORK_H_
#define HITHER_ANYCAST_STATE_DISK_WORK_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace hither {

// Writes to disks, on its own thread: a slow or stalled disk must not stall the loop, whose lease
// would expire. Tasks run one at a time, in order.
//
// Threads: Start() once, before the others; Post() and WaitIdle() from any.
class DiskWork {
 public:
  static constexpr size_t kWaitingMax = 256;

  DiskWork();
  // Waits for queued tasks for at most kEndMax; a thread blocked on a disk is left until the
  // process exits.
  ~DiskWork();
  DiskWork(const DiskWork&) = delete;
  DiskWork& operator=(const DiskWork&) = delete;
  static constexpr absl::Duration kEndMax = absl::Seconds(2);

  absl::Status Start();
  bool Post(std::function<void()> task);  // False: too many are queued, and it is dropped.
  bool WaitIdle(absl::Duration timeout);  // Are all posted tasks done?

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // The thread's, too.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_STATE_DISK_WORK_H_
