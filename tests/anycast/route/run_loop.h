#ifndef HITHER_TESTS_ANYCAST_ROUTE_RUN_LOOP_H_
#define HITHER_TESTS_ANYCAST_ROUTE_RUN_LOOP_H_

#include <uv.h>

#include <functional>

#include "absl/time/time.h"
#include "base/clock.h"

namespace hither {

// A loop of a test's own.
class TestLoop {
 public:
  TestLoop() { uv_loop_init(&loop_); }
  // Whatever is still open closes by itself, or the test hangs here and fails by its time limit.
  ~TestLoop() {
    while (uv_run(&loop_, UV_RUN_DEFAULT) != 0) {
    }
    uv_loop_close(&loop_);
  }

  // Turns until `is_done`, at most for `limit`; each turn, and each 10 ms, `step`.
  bool RunUntil(const std::function<bool()>& is_done, absl::Duration limit = absl::Seconds(10),
                const std::function<void()>& step = nullptr) {
    uv_timer_t timer;
    uv_timer_init(&loop_, &timer);
    uv_timer_start(
        &timer, [](uv_timer_t*) {}, 10, 10);
    const absl::Time end = MonotonicNow() + limit;
    while (!is_done() && MonotonicNow() < end) {
      if (step) step();
      uv_run(&loop_, UV_RUN_ONCE);
    }
    bool is_closed = false;
    timer.data = &is_closed;
    uv_close(reinterpret_cast<uv_handle_t*>(&timer),
             [](uv_handle_t* handle) { *static_cast<bool*>(handle->data) = true; });
    while (!is_closed) uv_run(&loop_, UV_RUN_NOWAIT);
    return is_done();
  }

  uv_loop_t* get() { return &loop_; }

 private:
  uv_loop_t loop_;
};

}  // namespace hither

#endif  // HITHER_TESTS_ANYCAST_ROUTE_RUN_LOOP_H_
