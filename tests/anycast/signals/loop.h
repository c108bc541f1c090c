#ifndef HITHER_TESTS_ANYCAST_SIGNALS_LOOP_H_
#define HITHER_TESTS_ANYCAST_SIGNALS_LOOP_H_

#include <gtest/gtest.h>
#include <uv.h>

#include <functional>

#include "absl/time/time.h"
#include "base/clock.h"

namespace hither {

// A libuv loop for a test. Whatever uses it is destroyed before it.
class Loop {
 public:
  Loop() {
    EXPECT_EQ(uv_loop_init(&loop_), 0);
    EXPECT_EQ(uv_timer_init(&loop_, &tick_), 0);
  }
  ~Loop() {
    uv_close(reinterpret_cast<uv_handle_t*>(&tick_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);  // No handle was left behind.
  }
  uv_loop_t& get() { return loop_; }

  // Turns until `done`, calling `step` every 10 ms. False after `most`.
  bool Until(const std::function<bool()>& done, absl::Duration most = absl::Seconds(5),
             const std::function<void()>& step = nullptr) {
    const absl::Time end = MonotonicNow() + most;
    uv_timer_start(
        &tick_, [](uv_timer_t*) {}, 10, 10);
    bool is_done = false;
    while (!(is_done = done()) && MonotonicNow() < end) {
      if (step) step();
      uv_run(&loop_, UV_RUN_ONCE);
    }
    uv_timer_stop(&tick_);
    return is_done;
  }

 private:
  uv_loop_t loop_;
  uv_timer_t tick_;
};

}  // namespace hither

#endif  // HITHER_TESTS_ANYCAST_SIGNALS_LOOP_H_
