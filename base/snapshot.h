#ifndef HITHER_BASE_SNAPSHOT_H_
#define HITHER_BASE_SNAPSHOT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace hither {

// Hands one immutable value from one writer to many readers.
//
// Threads: Publish() and Reap() are the control thread's. A Reader belongs to one worker; between
// two Refresh() calls it sees one value, whatever the writer does.
//
// Why not std::atomic<std::shared_ptr>: libstdc++ 12 guards it with a spin bit inside which TSan
// reports a race (google/sanitizers#1558). This costs a reader one load per batch.
template <typename T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> first) : current_(std::move(first)) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  void Publish(std::shared_ptr<const T> next) {
    MutexLock lock(mu_);
    retired_.push_back(std::exchange(current_, std::move(next)));
    generation_.fetch_add(1, std::memory_order_release);
  }

  std::shared_ptr<const T> current() const {
    MutexLock lock(mu_);
    return current_;
  }

  // Frees the values that no reader holds any longer, here rather than on a worker: a large zone
  // takes longer to free than a packet may wait. Returns how many are still held.
  size_t Reap() {
    std::vector<std::shared_ptr<const T>> dead;  // Outlives the lock.
    MutexLock lock(mu_);
    for (auto& old : retired_) {
      // Nobody can take a new reference to a retired value, so 1 cannot grow again.
      if (old.use_count() == 1) dead.push_back(std::move(old));
    }
    std::erase(retired_, nullptr);
    return retired_.size();
  }

  class Reader {
   public:
    explicit Reader(const Snapshot& source) : source_(source) { Refresh(); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    const T& Refresh() {
      if (source_.generation_.load(std::memory_order_acquire) != seen_) {
        MutexLock lock(source_.mu_);  // Value and generation together, or we could go stale.
        held_ = source_.current_;
        seen_ = source_.generation_.load(std::memory_order_relaxed);
      }
      return *held_;
    }

   private:
    const Snapshot& source_;
    std::shared_ptr<const T> held_;
    uint64_t seen_ = 0;
  };

 private:
  mutable Mutex mu_;
  std::shared_ptr<const T> current_ ABSL_GUARDED_BY(mu_);
  std::vector<std::shared_ptr<const T>> retired_ ABSL_GUARDED_BY(mu_);
  std::atomic<uint64_t> generation_{1};
};

}  // namespace hither

#endif  // HITHER_BASE_SNAPSHOT_H_
