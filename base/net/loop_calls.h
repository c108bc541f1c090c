#ifndef HITHER_BASE_NET_LOOP_CALLS_H_
#define HITHER_BASE_NET_LOOP_CALLS_H_

#include <uv.h>

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/net/uv.h"

namespace hither {

// Lets other threads run work on the loop and wait for the result.
//
// Threads: made, opened and closed by the loop's; Call() is for all others.
class LoopCalls {
 public:
  static constexpr size_t kWaitingMax = 64;

  void Open(uv_loop_t& loop);
  void Close();  // Waiting callers get no answer.

  // Runs `work` on the loop. No value: the loop has ended, hangs for over `timeout`, or too many
  // calls wait. Abandoned work may still run later.
  template <typename T>
  std::optional<T> Call(std::function<T()> work, absl::Duration timeout) {
    auto promise = std::make_shared<std::promise<std::optional<T>>>();
    std::future<std::optional<T>> answer = promise->get_future();
    // A dropped task breaks its promise, which ends the wait immediately.
    if (!Add([promise, work = std::move(work)] { promise->set_value(work()); })) return {};
    promise.reset();
    if (answer.wait_for(absl::ToChronoMilliseconds(timeout)) != std::future_status::ready) {
      return {};
    }
    try {
      return answer.get();
    } catch (const std::future_error&) {
      return {};
    }
  }

 private:
  bool Add(std::function<void()> task);
  void RunAll();

  UvAsync wake_;
  Mutex mu_;
  bool is_open_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hither

#endif  // HITHER_BASE_NET_LOOP_CALLS_H_
