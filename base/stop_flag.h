#ifndef HITHER_BASE_STOP_FLAG_H_
#define HITHER_BASE_STOP_FLAG_H_

#include <atomic>

namespace hither {

// Tells loads to stop: their result is no longer needed. They check it between zones and at each
// piece of a file, and then fail with an error.
//
// Threads: any may raise and read it.
class StopFlag {
 public:
  void Raise() { raised_.store(true, std::memory_order_relaxed); }
  bool IsRaised() const { return raised_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> raised_{false};
};

inline constexpr char kStoppedText[] = "loading was stopped";  // The error.

// Null: nobody stops it.
inline bool IsRaised(const StopFlag* flag) { return flag != nullptr && flag->IsRaised(); }

}  // namespace hither

#endif  // HITHER_BASE_STOP_FLAG_H_
