#ifndef HITHER_BASE_NET_CHILD_PROCESS_H_
#define HITHER_BASE_NET_CHILD_PROCESS_H_

#include <uv.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace hither {

// One run of a command without a shell, in its own process group, with no standard input.
//
// Threads: the loop's. The object may be destroyed at any time: its group is then killed, and
// `done` is not called. Its handles close once the process is reaped; so run the loop at the end.
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
  struct Run;
  explicit ChildProcess(Run* run) : run_(run) {}
  Run* run_;  // Deletes itself once its handles are closed; nullptr once `done` was called.
};

}  // namespace hither

#endif  // HITHER_BASE_NET_CHILD_PROCESS_H_
