#ifndef HITHER_SERVER_LOAD_LOAD_THREAD_H_
#define HITHER_SERVER_LOAD_LOAD_THREAD_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace hither {

// The thread that reloads, so that the control thread continues with signals and timers.
//
// It starts before the first query: later the system may refuse a thread. libuv's pool
// (uv_queue_work) starts only on first use, and aborts the process if it cannot.
//
// Threads: all methods are the control thread's.
class LoadThread {
 public:
  LoadThread() = default;
  ~LoadThread();  // Waits for running work.
  LoadThread(const LoadThread&) = delete;
  LoadThread& operator=(const LoadThread&) = delete;

  absl::Status Start();
  // Returns immediately. Not while other work runs; `work` itself reports its end. It throws
  // nothing.
  void Run(std::function<void()> work);
  // Has the running work ended by then?
  bool WaitUntil(absl::Time deadline);

 private:
  void Loop();

  // Not base/mutex.h: a condition variable needs std::mutex.
  std::mutex mu_;  // Guards the next three.
  std::function<void()> work_;
  bool busy_ = false;
  bool ended_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_LOAD_THREAD_H_
