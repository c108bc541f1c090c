#ifndef HITHER_BASE_NET_UV_PROCESS_H_
#define HITHER_BASE_NET_UV_PROCESS_H_

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hither {

// Owner of a child process, in a process group (and session) of its own.
//
// Ownership: destroying it, or Close(), kills the group of a process that still runs. From then on
// its function is never called; the loop keeps the handle until the process has ended, so that no
// zombie stays. So run the loop at the end.
//
// Threads: the loop's.
class UvProcess {
 public:
  struct Command {
    std::vector<std::string> words = {};  // The program, looked for in PATH, and its arguments.
    // All of it, "NAME=value". Empty: what this process has.
    std::vector<std::string> environment = {};
    int output = -1;           // A descriptor for its standard output. -1: none.
    bool with_errors = false;  // Standard error goes there, too; otherwise nowhere.
  };
  // Gets the exit code, and the signal that has ended it or 0.
  using Function = std::function<void(int64_t, int)>;

  // 0, or libuv's error: then this is empty.
  int Spawn(uv_loop_t& loop, const Command& command, Function on_exit);
  explicit operator bool() const { return state_ != nullptr; }
  // With everything that the process has started and left behind in its group.
  void KillGroup();
  void Close() { state_.reset(); }

 private:
  struct State;
  struct Closer {
    void operator()(State* state) const;
  };
  std::unique_ptr<State, Closer> state_;
};

}  // namespace hither

#endif  // HITHER_BASE_NET_UV_PROCESS_H_
