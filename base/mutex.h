#ifndef HITHER_BASE_MUTEX_H_
#define HITHER_BASE_MUTEX_H_

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace hither {

// std::mutex with Abseil's annotations, checked by clang's -Wthread-safety.
// Why not absl::Mutex: Debian 12's build of it makes TSan report false races.
class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mu_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mu_.unlock(); }

 private:
  std::mutex mu_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu_.Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
};

}  // namespace hither

#endif  // HITHER_BASE_MUTEX_H_
