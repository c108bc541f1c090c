#ifndef HITHER_SERVER_LOAD_LOAD_THREAD_H_
#define HITHER_SERVER_LOAD_LOAD_THREAD_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace hither {

// The thread that reloads, so that the control thread goes on with signals and timers.
//
// It is there before the first query: a thread that is asked for when it is needed may not be had
// any more. libuv's pool (uv_queue_work) is made that late, and ends the process if it cannot be.
//
// Threads: all of its methods are the control thread's.
class LoadThread {
 public:
  LoadThread() = default;
  ~LoadThread();  // Waits for the work that runs.
  LoadThread(const LoadThread&) = delete;
  LoadThread& operator=(const LoadThread&) = delete;

  absl::Status Start();
  // Returns at once. Not while other work runs, which is for the work to tell. It throws nothing.
  void Run(std::function<void()> work);
  // Has what runs ended by then?
  bool WaitUntil(absl::Time deadline);

 private:
  void Loop();

  // Not base/mutex.h: a condition variable wants std::mutex.
  std::mutex mu_;  // Guards the next three.
  std::function<void()> work_;
  bool busy_ = false;
  bool ended_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_LOAD_THREAD_H_
