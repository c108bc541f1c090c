#ifndef HITHER_BASE_PARALLEL_H_
#define HITHER_BASE_PARALLEL_H_

#include <cstddef>
#include <functional>

namespace hither {

// Zones are loaded by as many threads as there are cores that this thread may use, but by no more
// than this: each has a buffer for files and an arena of malloc's, and what they load goes through
// the one memory and the one file system of the machine.
inline constexpr size_t kLoadThreadsMax = 8;

// For `count` pieces of work: at least 1.
size_t LoadThreadsFor(size_t count);

// Calls `work(thread)` for each 0 <= thread < threads, each in a thread of its own, the last one in
// the caller's; returns when all have returned. Where the system gives fewer threads, fewer calls
// are made, but that in the caller's thread always is: so take the work from a common counter.
// What a call throws ends that call alone; when all have ended, the first of these is thrown on.
// The new threads have the caller's niceness and capabilities, as Linux hands them on.
void RunInThreads(size_t threads, const std::function<void(size_t thread)>& work);

}  // namespace hither

#endif  // HITHER_BASE_PARALLEL_H_
