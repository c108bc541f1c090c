#include "server/transfer/keep/job_threads.h"

#include <system_error>
#include <utility>

namespace hither {

bool JobThreads::Post(std::function<void()> job) {
  const std::lock_guard lock(mu_);
  if (is_stopped_) return false;
  jobs_.push_back(std::move(job));
  if (jobs_.size() > idle_ && threads_.size() < threads_max_) {
    threads_.reserve(threads_max_);
    try {
      threads_.emplace_back([this] { Run(); });
    } catch (const std::system_error&) {  // The threads that exist do the work later.
      if (threads_.empty()) {
        jobs_.pop_back();
        return false;
      }
    }
  }
  work_.notify_one();
  return true;
}

void JobThreads::Run() {
  std::unique_lock lock(mu_);
  while (true) {
    ++idle_;
    work_.wait(lock, [this] { return is_stopped_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // What it holds may be large.
    lock.lock();
  }
}

void JobThreads::Stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mu_);
    is_stopped_ = true;
    threads.swap(threads_);
  }
  work_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace hither
