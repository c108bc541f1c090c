#ifndef HITHER_SERVER_TRANSFER_KEEP_JOB_THREADS_H_
#define HITHER_SERVER_TRANSFER_KEEP_JOB_THREADS_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hither {

// Runs jobs in order on a few threads, which are made when there is work for them.
//
// Threads: any may Post(); the owner's calls Stop(). Memory: callers bound what they post. A job
// must not throw.
class JobThreads {
 public:
  explicit JobThreads(size_t threads_max) : threads_max_(threads_max) {}
  ~JobThreads() { Stop(); }
  JobThreads(const JobThreads&) = delete;
  JobThreads& operator=(const JobThreads&) = delete;

  // False: after Stop(), or the system gives no thread at all. Throws std::bad_alloc.
  bool Post(std::function<void()> job);
  // Runs the jobs that wait, and returns when all threads have ended. Jobs have to see themselves
  // that they are to end.
  void Stop();

 private:
  void Run();

  const size_t threads_max_;
  std::mutex mu_;
  std::condition_variable work_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool is_stopped_ = false;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_KEEP_JOB_THREADS_H_
