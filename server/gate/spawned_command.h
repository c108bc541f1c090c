#ifndef HITHER_SERVER_GATE_SPAWNED_COMMAND_H_
#define HITHER_SERVER_GATE_SPAWNED_COMMAND_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/file_descriptor.h"

namespace hither {

// A child process with pipes to its standard input and from its output, for a thread that may wait.
// (base/net/child_process.h is for a loop, and its children have no input.)
//
// One thread's. The destructor kills the process group and waits for the child for a second at
// most: a process that hangs in the kernel survives even SIGKILL, and must not hold up a shutdown.
class SpawnedCommand {
 public:
  static constexpr size_t kOutputBytesMax = 4'096;

  SpawnedCommand() = default;
  ~SpawnedCommand();
  SpawnedCommand(const SpawnedCommand&) = delete;
  SpawnedCommand& operator=(const SpawnedCommand&) = delete;

  // Once. `environment` has "NAME=value", which replace or join those of this process.
  absl::Status Start(const std::vector<std::string>& command,
                     const std::vector<std::string>& environment);

  // Writes what fits of `input`, which it shortens, and reads what the command has written. Waits
  // for at most 20 ms if neither is possible. False: the command reads no more.
  bool Exchange(absl::string_view& input);
  void CloseInput() { input_.Reset(); }
  // The same without input; then: has the command exited? Its wait status.
  std::optional<int> Poll();

  const std::string& output() const { return output_; }

 private:
  void WaitForPipes();
  void ReadOutput();
  bool Reap();
  void KillGroup();

  pid_t pid_ = -1;  // And of the group. -1: not started, or reaped.
  int status_ = 0;
  FileDescriptor input_;
  FileDescriptor from_command_;
  std::string output_;
};

}  // namespace hither

#endif  // HITHER_SERVER_GATE_SPAWNED_COMMAND_H_
