#ifndef HITHER_ANYCAST_RELOAD_THREAD_H_
#define HITHER_ANYCAST_RELOAD_THREAD_H_

#include <atomic>
#include <functional>
#include <thread>

#include "absl/status/status.h"

namespace hither {

// Runs a reload on a thread of its own, one at a time, for a caller that must not wait.
//
// Threads: one's. Destroying it waits for the reload.
class ReloadThread {
 public:
  ReloadThread() = default;
  ~ReloadThread() { Join(); }
  ReloadThread(const ReloadThread&) = delete;
  ReloadThread& operator=(const ReloadThread&) = delete;

  // Errors: one runs already (FailedPrecondition), or the system gives no thread.
  absl::Status Start(std::function<void()> reload);
  void Join();

 private:
  std::thread thread_;
  std::atomic<bool> runs_ = false;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_RELOAD_THREAD_H_
