#ifndef HITHER_TOOL_COMMAND_H_
#define HITHER_TOOL_COMMAND_H_

#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daemon/admin/admin_client.h"
#include "daemon/config/config.h"

namespace hither {

// The exit codes of `hither`, as listed in its help.
inline constexpr int kToolFine = 0;
inline constexpr int kToolFailed = 1;  // No server answers, a reload failed, a zone has errors.
inline constexpr int kToolUsage = 2;   // The command line is wrong; not a file that it names.

// A command's result. Commands print nothing themselves, so that tests can read their output,
// except those that run until stopped (`console`, `sites --watch`).
struct ToolResult {
  int code = kToolFine;
  std::string out;  // For standard output.
  std::string err;  // For standard error.
};

using Arguments = std::span<const char* const>;

// The arguments after the command's name, sorted: `flags` that have a value (never an empty one),
// `switches` that have none (a name each, with its dashes) and the rest.
struct ParsedArguments {
  std::vector<std::pair<absl::string_view, absl::string_view>> values;
  std::vector<absl::string_view> switches;
  std::vector<absl::string_view> words;
  std::string error;  // Not empty: what is wrong with the arguments.

  bool Has(absl::string_view name) const;      // A switch.
  bool IsGiven(absl::string_view name) const;  // A flag, with whatever value.
  // The last one given, or `otherwise`.
  absl::string_view Value(absl::string_view name, absl::string_view otherwise) const;
};

ParsedArguments ParseArguments(Arguments arguments, std::span<const absl::string_view> flags,
                               std::span<const absl::string_view> switches);

// The whole of `hither`: `arguments` is without the program's name.
ToolResult RunTool(Arguments arguments);

// Prints it and returns the exit code: a failure if the output cannot be written, as on a full
// disk.
int PrintResult(const ToolResult& result, std::FILE* out, std::FILE* err);
// Empty, or why not.
std::string WriteOutput(absl::string_view text, std::FILE* out);

// The commands, each with the arguments after its name.
ToolResult RunCheck(Arguments arguments);
ToolResult RunCompile(Arguments arguments);
ToolResult RunStatus(Arguments arguments);
ToolResult RunReload(Arguments arguments);
ToolResult RunExplain(Arguments arguments);
ToolResult RunDrain(Arguments arguments);
ToolResult RunUndrain(Arguments arguments);
ToolResult RunFreeze(Arguments arguments);
ToolResult RunSimulate(Arguments arguments);
ToolResult RunSites(Arguments arguments);
ToolResult RunConsole(Arguments arguments);

absl::string_view CheckHelp();
absl::string_view CompileHelp();
absl::string_view StatusHelp();
absl::string_view ReloadHelp();
absl::string_view ExplainHelp();
absl::string_view DrainHelp();
absl::string_view UndrainHelp();
absl::string_view FreezeHelp();
absl::string_view SimulateHelp();
absl::string_view SitesHelp();
absl::string_view ConsoleHelp();

// Environment variables with an admin address, for hosts where the daemons do not have the default.
inline constexpr char kServerAdminVariable[] = "HITHER_ADMIN";
inline constexpr char kSidecarAdminVariable[] = "HITHER_ANYCAST_ADMIN";

// `help` with the endpoints for $server, $server_of_unit, $sidecar and $sidecar_of_unit, and the
// variables for $SERVER and $SIDECAR.
std::string WithAdminDefaults(absl::string_view help);

// The addresses to query: that of --admin or --anycast; else (also for "default") what the file of
// --config says; else that of the environment variable; else the socket of the units in packaging/
// and then the port of a server started by hand. kInvalidArgument: the command line is wrong.
absl::StatusOr<std::vector<AdminAddress>> AdminOf(const ParsedArguments& parsed);
absl::StatusOr<std::vector<AdminAddress>> AnycastOf(const ParsedArguments& parsed);
ToolResult AddressError(absl::string_view command, const absl::Status& status);
// Does the operator say where the sidecar is?
bool NamesSidecar(const ParsedArguments& parsed);

// The sidecar's part of `status` and `reload`. Not fine also if the sidecar answers but is not
// well.
ToolResult AskSidecarStatus(const ParsedArguments& parsed, absl::Duration timeout);
ToolResult AskSidecarJson(absl::string_view command, const ParsedArguments& parsed,
                          absl::Duration timeout);
ToolResult ReloadSidecar(const ParsedArguments& parsed, absl::Duration timeout);
// Has `program` reload, at the first of `addresses` that listens, by "/reload" and `query`.
ToolResult Reload(std::span<const AdminAddress> addresses, const std::string& query,
                  absl::Duration timeout, const AdminProgram& program);

// "hither check: what; what to do", with code 2.
ToolResult UsageError(absl::string_view command, absl::string_view what);

}  // namespace hither

#endif  // HITHER_TOOL_COMMAND_H_
