#include "base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <exception>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace hither {

size_t LoadThreadsFor(size_t count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool known = sched_getaffinity(0, sizeof set, &set) == 0;
  const size_t cores = known ? static_cast<size_t>(CPU_COUNT(&set)) : 1;
  return std::max<size_t>(1, std::min({cores, count, kLoadThreadsMax}));
}

void RunInThreads(size_t threads, const std::function<void(size_t thread)>& work) {
  Mutex mu;
  std::exception_ptr first;  // Guarded by mu.
  const auto guarded = [&](size_t thread) {
    try {
      work(thread);
    } catch (...) {
      MutexLock lock(mu);
      if (first == nullptr) first = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  others.reserve(threads);
  for (size_t i = 0; i + 1 < threads; ++i) {
    try {
      others.emplace_back(guarded, i);
    } catch (const std::system_error&) {
      break;  // EAGAIN: a limit on threads, or on memory. The running ones do all the work.
    } catch (const std::bad_alloc&) {
      break;
    }
  }
  guarded(threads - 1);
  for (std::thread& other : others) other.join();
  if (first != nullptr) std::rethrow_exception(first);
}

}  // namespace hither
