#ifndef HITHER_SERVER_LOAD_LOAD_TICKER_H_
#define HITHER_SERVER_LOAD_LOAD_TICKER_H_

#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/time/time.h"
#include "zones/text/load_progress.h"

namespace hither {

// While it exists, logs a load's progress once per `every`.
//
// Threads: created and destroyed by the one that waits for the load; has its own, because the load
// may be one huge zone that takes a while.
class LoadTicker {
 public:
  LoadTicker(const LoadProgress& progress, absl::Duration every);
  ~LoadTicker();
  LoadTicker(const LoadTicker&) = delete;
  LoadTicker& operator=(const LoadTicker&) = delete;

 private:
  void Run(absl::Duration every);

  const LoadProgress& progress_;
  const absl::Time began_;
  std::mutex mu_;  // Not a Mutex: a condition variable waits on it.
  std::condition_variable ended_changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_LOAD_TICKER_H_
