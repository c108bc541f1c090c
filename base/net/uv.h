#ifndef HITHER_BASE_NET_UV_H_
#define HITHER_BASE_NET_UV_H_

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/check.h"

namespace hither {

// Owners of libuv's handles. A handle without a loop is empty; one on a loop calls a function.
//
// Ownership: the memory of a handle is libuv's until its close callback, so it lies on the heap.
// Destroying the owner, or Close(), begins to close the handle: from then on its function is never
// called, and the loop frees the memory when it turns once more. So run the loop once after the
// last owner is gone, before uv_loop_close(). A function may destroy its own handle: what it has
// captured lives until the loop frees it.
//
// Threads: the loop's, except for UvAsync::Send().
template <typename Handle, typename... Args>
class UvHandle {
 public:
  using Function = std::function<void(Args...)>;

  explicit operator bool() const { return state_ != nullptr; }
  bool IsActive() const { return state_ != nullptr && uv_is_active(AsHandle(*state_)) != 0; }
  void Close() { state_.reset(); }

 protected:
  UvHandle() = default;

  // `init` makes a handle on the loop. 0, or libuv's error: then this is empty.
  template <typename Init>
  int Make(Function function, Init init) {
    auto state = std::make_unique<State>();
    state->function = std::move(function);
    const int error = init(&state->handle);
    if (error != 0) return error;
    state->handle.data = state.get();
    state_.reset(state.release());
    return 0;
  }
  static void Call(Handle* handle, Args... args) {
    static_cast<State*>(handle->data)->function(args...);
  }
  Handle* get() const { return &state_->handle; }

 private:
  struct State {
    Handle handle = {};
    Function function;
  };
  static uv_handle_t* AsHandle(State& state) {
    return reinterpret_cast<uv_handle_t*>(&state.handle);
  }
  struct Closer {
    void operator()(State* state) const {
      uv_close(AsHandle(*state), [](uv_handle_t* handle) {
        const std::unique_ptr<State> freed(static_cast<State*>(handle->data));
      });
    }
  };
  std::unique_ptr<State, Closer> state_;
};

class UvTimer : public UvHandle<uv_timer_t> {
 public:
  UvTimer() = default;
  UvTimer(uv_loop_t& loop, Function function) {
    const auto init = [&loop](uv_timer_t* timer) { return uv_timer_init(&loop, timer); };
    HITHER_CHECK(Make(std::move(function), init) == 0);  // It cannot fail.
  }
  // Once after `delay`, counted from uv_now(); then, with a period, again and again.
  void Start(absl::Duration delay, absl::Duration period = absl::ZeroDuration()) {
    uv_timer_start(get(), Call, Milliseconds(delay), Milliseconds(period));
  }
  void StartEvery(absl::Duration period) { Start(period, period); }
  void Stop() { uv_timer_stop(get()); }

 private:
  static uint64_t Milliseconds(absl::Duration duration) {
    return static_cast<uint64_t>(absl::ToInt64Milliseconds(duration));
  }
};

// Watches a descriptor, which stays its owner's and outlives this. The function gets libuv's status
// and events; libuv stops watching after a negative status.
class UvPoll : public UvHandle<uv_poll_t, int, int> {
 public:
  // 0, or libuv's error.
  int Open(uv_loop_t& loop, int fd, Function function) {
    return Make(std::move(function),
                [&loop, fd](uv_poll_t* poll) { return uv_poll_init(&loop, poll, fd); });
  }
  int Start(int events) { return uv_poll_start(get(), events, Call); }
  void Stop() { uv_poll_stop(get()); }
};

// The function gets the signal's number.
class UvSignal : public UvHandle<uv_signal_t, int> {
 public:
  UvSignal() = default;
  UvSignal(uv_loop_t& loop, Function function) {
    const auto init = [&loop](uv_signal_t* signal) { return uv_signal_init(&loop, signal); };
    HITHER_CHECK(Make(std::move(function), init) == 0);
  }
  void Start(int number) { uv_signal_start(get(), Call, number); }
};

// Watches a folder for changes of its entries. The function gets the entry's name (null: unknown),
// libuv's events and its status.
class UvFsEvent : public UvHandle<uv_fs_event_t, const char*, int, int> {
 public:
  // 0, or libuv's error.
  int Open(uv_loop_t& loop, Function function) {
    return Make(std::move(function),
                [&loop](uv_fs_event_t* event) { return uv_fs_event_init(&loop, event); });
  }
  int Start(const std::string& folder) {
    return uv_fs_event_start(get(), Call, folder.c_str(), /*flags=*/0);
  }
};

// Wakes the loop from another thread; several Send() may be one call of the function.
class UvAsync : public UvHandle<uv_async_t> {
 public:
  // 0, or libuv's error: no descriptors are left.
  int Open(uv_loop_t& loop, Function function) {
    return Make(std::move(function),
                [&loop](uv_async_t* async) { return uv_async_init(&loop, async, Call); });
  }
  // Any thread's, but not during or after Close().
  void Send() const { uv_async_send(get()); }
};

}  // namespace hither

#endif  // HITHER_BASE_NET_UV_H_
