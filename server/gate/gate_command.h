#ifndef HITHER_SERVER_GATE_GATE_COMMAND_H_
#define HITHER_SERVER_GATE_GATE_COMMAND_H_

#include "zones/gate/gates.h"

namespace hither {

// Runs GateSettings::command for a version, without a shell, in a process group of its own. The
// command reads the difference from standard input (WriteDiffText()) and has in its environment
//
//   HITHER_ZONE         the zone, absolute: example.org.
//   HITHER_OLD_SERIAL   of the last good version; empty if this is the first one
//   HITHER_NEW_SERIAL
//
// Exit code 0 lets the version pass. Otherwise the first line of the command's output is the reason
// (standard output and error; later lines and more than 4 KiB are discarded). The command need not
// read its input. Its whole group gets SIGKILL when the command has exited or the watch is over.
//
// Threads: blocks the calling thread until then, so call it on a thread of the gates' own; the
// object has no state and may be shared. The process must ignore SIGPIPE, as hitherd does.
class GateCommand : public CommandRunner {
 public:
  CommandVerdict Run(const GateInput& input, const GateSettings& settings,
                     GateWatch& watch) override;
};

}  // namespace hither

#endif  // HITHER_SERVER_GATE_GATE_COMMAND_H_
