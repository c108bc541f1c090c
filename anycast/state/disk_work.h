#ifndef HITHER_ANYCAST_STATE_DISK_WORK_H_
#define HITHER_ANYCAST_STATE_DISK_WORK_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace hither {

// Writes to disks, on a thread of its own: a slow or stalled disk must not stall the loop, whose
// lease would end. Tasks run one after the other, in order.
//
// Threads: Start() once, before the others; Post() and WaitIdle() from any.
class DiskWork {
 public:
  static constexpr size_t kWaitingMax = 256;

  DiskWork();
  // Waits for what is queued, for kEndMax at most; a thread that a disk holds is left to the end of
  // the process.
  ~DiskWork();
  DiskWork(const DiskWork&) = delete;
  DiskWork& operator=(const DiskWork&) = delete;
  static constexpr absl::Duration kEndMax = absl::Seconds(2);

  absl::Status Start();
  bool Post(std::function<void()> task);  // False: too many wait, and it is dropped.
  bool WaitIdle(absl::Duration timeout);  // Has all that was posted been done?

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // The thread's, too.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_STATE_DISK_WORK_H_
