#include "server/gate/gate_command.h"

#include <sys/wait.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/printable.h"
#include "server/gate/spawned_command.h"
#include "zones/gate/diff_text.h"

namespace hither {
namespace {

std::vector<std::string> EnvironmentOf(const GateInput& input) {
  return {
      absl::StrCat("HITHER_ZONE=", input.new_zone.apex().ToText()),
      absl::StrCat("HITHER_OLD_SERIAL=",
                   input.old_zone == nullptr ? "" : absl::StrCat(input.old_zone->serial())),
      absl::StrCat("HITHER_NEW_SERIAL=", input.new_zone.serial()),
  };
}

void SendDiff(const GateInput& input, GateWatch& watch, SpawnedCommand& command) {
  WriteDiffText(input.old_zone, input.new_zone, watch, [&](absl::string_view piece) {
    while (!piece.empty()) {
      if (watch.IsOverNow() || !command.Exchange(piece)) return false;
    }
    return true;
  });
  command.CloseInput();
}

CommandVerdict VerdictOf(const std::string& name, int status, const std::string& output) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {.passed = true};
  const std::string line = PrintableStart(output.substr(0, output.find('\n')));
  const std::string end = WIFEXITED(status) ? absl::StrCat("exit code ", WEXITSTATUS(status))
                                            : absl::StrCat("killed by signal ", WTERMSIG(status));
  return {.passed = false, .text = absl::StrCat(name, ": ", line.empty() ? end : line)};
}

}  // namespace

CommandVerdict GateCommand::Run(const GateInput& input, const GateSettings& settings,
                                GateWatch& watch) {
  SpawnedCommand command;
  const absl::Status started = command.Start(settings.command, EnvironmentOf(input));
  if (!started.ok()) {
    return {.passed = false,
            .text = absl::StrCat(started.message(), "; correct the gate's command")};
  }
  SendDiff(input, watch, command);
  while (!watch.IsOverNow()) {
    const std::optional<int> status = command.Poll();
    if (status.has_value()) return VerdictOf(settings.command[0], *status, command.output());
  }
  return {.passed = false, .text = absl::StrCat(settings.command[0], ": did not end in time")};
}

}  // namespace hither
