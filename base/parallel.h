#ifndef HITHER_BASE_PARALLEL_H_
#define HITHER_BASE_PARALLEL_H_

#include <cstddef>
#include <functional>

namespace hither {

// Zones are loaded by one thread for each core that this thread may use, but by no more than this:
// each has a file buffer and a malloc arena, and all share the machine's memory and file system.
inline constexpr size_t kLoadThreadsMax = 8;

// For `count` pieces of work: at least 1.
size_t LoadThreadsFor(size_t count);

// Calls `work(thread)` for each 0 <= thread < threads, each in a thread of its own, the last one in
// the caller's; returns when all have returned. If the system gives fewer threads, fewer calls are
// made, but always the one in the caller's thread: so take the work from a common counter. An
// exception ends only its call; when all have ended, the first one is rethrown. The new threads
// inherit the caller's niceness and capabilities from Linux.
void RunInThreads(size_t threads, const std::function<void(size_t thread)>& work);

}  // namespace hither

#endif  // HITHER_BASE_PARALLEL_H_
