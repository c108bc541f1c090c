#ifndef HITHER_BASE_NET_CHILD_PROCESS_H_
#define HITHER_BASE_NET_CHILD_PROCESS_H_

#include <uv.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/net/uv.h"
#include "base/net/uv_pipe.h"
#include "base/net/uv_process.h"

namespace hither {

// One run of a command without a shell, in its own process group, with no standard input.
//
// Threads: the loop's. The object may be destroyed at any time, even by `done`: its group is then
// killed, and `done` is not called. The loop keeps the process's handle until it has exited (see
// UvProcess), so run the loop at the end.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;            // Looked for in PATH.
    std::vector<std::string> environment;        // "NAME=value", added to this process's.
    absl::Duration timeout = absl::Seconds(10);  // Then the group gets SIGKILL.
    size_t output_bytes_max = 4096;              // More kills it, too.
    bool with_errors = false;                    // Is standard error part of the output?
  };
  struct Result {
    absl::Status status;  // Not OK: not started, timed out, too much output, exit code not 0.
    std::string output;
  };
  using Done = std::function<void(const Result& result)>;

  // Calls `done` once, never before it returns.
  static std::unique_ptr<ChildProcess> Start(uv_loop_t* loop, Options options, Done done);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

 private:
  ChildProcess(Options options, Done done) : options_(std::move(options)), done_(std::move(done)) {}
  void Begin(uv_loop_t& loop);
  int Spawn(uv_loop_t& loop);
  void OnExit(int64_t code, int signal);
  void OnRead(std::span<const char> octets, int error);
  void EndIfComplete();
  void Fail(absl::Status status);
  void Tell();

  const Options options_;
  Done done_;  // Null once it was called.
  Result result_;
  UvProcess process_;
  UvPipe output_;
  UvTimer timer_;
  bool has_exited_ = false;
  bool has_output_ended_ = false;
};

}  // namespace hither

#endif  // HITHER_BASE_NET_CHILD_PROCESS_H_
