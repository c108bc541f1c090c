#include "tool/command.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/nearest.h"

namespace hither {
namespace {

constexpr absl::string_view kHelp =
    R"(hither - what an operator asks of Hither's servers and zone files

USAGE
  hither COMMAND [arguments]

COMMANDS
  check FILE    Read a zone file as a server would, and tell all that is wrong with it.
  compile FILE  Make an image of a zone file, which a server can serve at once.
  status        Ask hitherd for its zones and counters, and the sidecar for what is announced.
  reload        Have hitherd (or the sidecar) load what has changed, and tell how that went.
  explain       Ask the sidecar why it announces what it does.
  drain         Move traffic away from this node, then withdraw; `undrain` ends it.
  freeze        Hold what is announced for a time, whatever the signals say.
  simulate FILE Play a sidecar's journal to the anycast policy again.
  sites ADDRESS Ask an anycast address which of its sites answers here.
  console       Show a fleet as a web page, live.
  help COMMAND  Explain one of them; so does `hither COMMAND --help`.

FLAGS
  --help        Print this.
  --version     Print the version.

EXIT CODES
  0  fine
  1  no server answers, the reload failed, the zone has errors, the image cannot be written, or the
     journal was decided otherwise, or a site does not answer
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
      only_words = true;  // What follows may begin with a dash.
    } else if (argument == "--help" || argument == "-h" || Contains(switches, argument)) {
      parsed.switches.push_back(argument == "-h" ? "--help" : argument);
    } else if (Contains(switches, name)) {
      parsed.error = absl::StrCat(name, " takes no value; write ", name, " alone");
    } else if (!Contains(flags, name)) {
      parsed.error = UnknownFlag(name, flags, switches);
    } else if (equals != absl::string_view::npos) {
      parsed.values.emplace_back(name, argument.substr(equals + 1));
    } else if (i + 1 < arguments.size()) {
      parsed.values.emplace_back(name, arguments[++i]);
    } else {
      parsed.error = absl::StrCat(name, " has no value; give one, as in ", name, " value");
    }
  }
  return parsed;
}

ToolResult UsageError(absl::string_view command, absl::string_view what) {
  return {kToolUsage, "", absl::StrCat("hither ", command, ": ", what, "\n")};
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
