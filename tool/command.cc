#include "tool/command.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/nearest.h"

namespace hither {
namespace {

constexpr absl::string_view kHelp =
    R"(hither - control Hither's servers and check zone files

USAGE
  hither COMMAND [arguments]

COMMANDS
  check FILE    Read a zone file as a server would and report every error.
  compile FILE  Compile a zone file to an image that a server loads at once.
  status        Show hitherd's zones and counters, and what the sidecar announces.
  reload        Make hitherd (or the sidecar) load changes, and report the result.
  explain       Show why the sidecar announces or withdraws each service.
  drain         Move traffic away from this node, then withdraw; `undrain` ends it.
  freeze        Keep the current announcement for a time despite failing signals.
  simulate FILE Replay a sidecar's journal through the anycast policy.
  sites ADDRESS Show which site of an anycast address answers here.
  console       Show a fleet as a web page, live.
  help COMMAND  Explain a command, as `hither COMMAND --help` does.

FLAGS
  --help        Print this.
  --version     Print the version.

EXIT CODES
  0  fine
  1  no server answers, the reload failed, the zone has errors, the image cannot be written, the
     replay differs from the journal, a site does not answer, a file named on the command line is
     wrong, or the output cannot be written
  2  the command line is wrong
)";

struct Command {
  absl::string_view name;
  ToolResult (*run)(Arguments arguments);
  absl::string_view (*help)();
};

constexpr Command kCommands[] = {
    {"check", RunCheck, CheckHelp},          {"compile", RunCompile, CompileHelp},
    {"status", RunStatus, StatusHelp},       {"reload", RunReload, ReloadHelp},
    {"explain", RunExplain, ExplainHelp},    {"drain", RunDrain, DrainHelp},
    {"undrain", RunUndrain, UndrainHelp},    {"freeze", RunFreeze, FreezeHelp},
    {"simulate", RunSimulate, SimulateHelp}, {"sites", RunSites, SitesHelp},
    {"console", RunConsole, ConsoleHelp},
};
constexpr absl::string_view kCommandNames[] = {
    "check",   "compile", "status",   "reload", "explain", "drain",
    "undrain", "freeze",  "simulate", "sites",  "console", "help",
};

const Command* FindCommand(absl::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

ToolResult UnknownCommand(absl::string_view name) {
  return {
      kToolUsage, "",
      absl::StrCat("hither: unknown command '", name, "'", SuggestWord(name, kCommandNames), "\n")};
}

ToolResult RunHelp(Arguments arguments) {
  if (arguments.empty()) return {kToolFine, std::string(kHelp), ""};
  const Command* command = FindCommand(arguments[0]);
  if (command == nullptr) return UnknownCommand(arguments[0]);
  return {kToolFine, std::string(command->help()), ""};
}

bool Contains(std::span<const absl::string_view> words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string UnknownFlag(absl::string_view name, std::span<const absl::string_view> flags,
                        std::span<const absl::string_view> switches) {
  std::vector<absl::string_view> known(flags.begin(), flags.end());
  known.insert(known.end(), switches.begin(), switches.end());
  known.push_back("--help");
  return absl::StrCat("unknown flag ", name, SuggestWord(name, known));
}

}  // namespace

bool ParsedArguments::Has(absl::string_view name) const { return Contains(switches, name); }

absl::string_view ParsedArguments::Value(absl::string_view name,
                                         absl::string_view otherwise) const {
  absl::string_view found = otherwise;
  for (const auto& [given, value] : values) {
    if (given == name) found = value;
  }
  return found;
}

bool ParsedArguments::IsGiven(absl::string_view name) const {
  return std::any_of(values.begin(), values.end(),
                     [name](const auto& one) { return one.first == name; });
}

ParsedArguments ParseArguments(Arguments arguments, std::span<const absl::string_view> flags,
                               std::span<const absl::string_view> switches) {
  ParsedArguments parsed;
  bool only_words = false;
  for (size_t i = 0; i < arguments.size() && parsed.error.empty(); ++i) {
    const absl::string_view argument = arguments[i];
    const size_t equals = argument.find('=');
    const absl::string_view name = argument.substr(0, equals);
    if (only_words || !absl::StartsWith(argument, "-") || argument == "-") {
      parsed.words.push_back(argument);
    } else if (argument == "--") {
      only_words = true;  // The rest may begin with a dash.
    } else if (argument == "--help" || argument == "-h" || Contains(switches, argument)) {
      parsed.switches.push_back(argument == "-h" ? "--help" : argument);
    } else if (Contains(switches, name)) {
      parsed.error = absl::StrCat(name, " takes no value; write ", name, " alone");
    } else if (!Contains(flags, name)) {
      parsed.error = UnknownFlag(name, flags, switches);
    } else {
      absl::string_view value;  // Empty, as of a variable that is not set: none was meant.
      if (equals != absl::string_view::npos) {
        value = argument.substr(equals + 1);
      } else if (i + 1 < arguments.size()) {
        value = arguments[++i];
      }
      parsed.values.emplace_back(name, value);
      if (value.empty()) {
        parsed.error = absl::StrCat(name, " has no value; give one, as in ", name, " value");
      }
    }
  }
  return parsed;
}

ToolResult UsageError(absl::string_view command, absl::string_view what) {
  return {kToolUsage, "", absl::StrCat("hither ", command, ": ", what, "\n")};
}

std::string WriteOutput(absl::string_view text, std::FILE* out) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fflush(out) == 0) {
    return "";
  }
  return absl::StrCat("the output could not be written: ", std::strerror(errno));
}

int PrintResult(const ToolResult& result, std::FILE* out, std::FILE* err) {
  std::fwrite(result.err.data(), 1, result.err.size(), err);
  const std::string why = WriteOutput(result.out, out);
  if (why.empty()) return result.code;
  const std::string line = absl::StrCat("hither: ", why, "\n");
  std::fwrite(line.data(), 1, line.size(), err);
  return kToolFailed;
}

ToolResult RunTool(Arguments arguments) {
  if (arguments.empty()) return {kToolUsage, "", std::string(kHelp)};
  const absl::string_view name = arguments[0];
  const Arguments rest = arguments.subspan(1);
  if (name == "--help" || name == "-h" || name == "help") return RunHelp(rest);
  if (name == "--version" || name == "-V") {
    return {kToolFine, absl::StrCat("hither ", HITHER_VERSION, "\n"), ""};
  }
  const Command* command = FindCommand(name);
  return command == nullptr ? UnknownCommand(name) : command->run(rest);
}

}  // namespace hither
