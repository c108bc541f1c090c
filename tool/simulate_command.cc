// `hither simulate`: replays a sidecar's journal through the policy.

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "anycast/journal/journal.h"
#include "anycast/journal/journal_changes.h"
#include "anycast/journal/replay.h"
#include "anycast/policy/policy_fields.h"
#include "base/printable.h"
#include "tool/command.h"

namespace hither {

absl::string_view SimulateHelp() {
  return R"(hither simulate - replay a sidecar's journal through the policy

USAGE
  hither simulate JOURNAL [--set NAME=VALUE]...

Reads the file that hither-anycast wrote as `anycast: journal`, passes the same signals to this
version's policy, and prints each change of a service's state with the rule that caused it. Without
--set it also reports each decision that differs from the recorded one.

FLAGS
  --set NAME=VALUE  Override a setting of `anycast: policy:`, for example fall=5 or rise=30s.
                    Repeatable. Differences are then expected and not a failure.

EXIT CODES
  0  replayed; without --set: every decision is the recorded one
  1  the journal cannot be read, or a decision differs from the recorded one
  2  the command line is wrong

EXAMPLES
  hither simulate /var/lib/hither-anycast/journal
  hither simulate /var/lib/hither-anycast/journal --set fall=8 --set hold_down=30s
)";
}

namespace {

constexpr int kReasonColumnMax = 80;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

// getline() would read a line of any length before it could be refused.
bool ReadLine(std::istream& in, std::string& line) {
  line.clear();
  for (int c = in.get(); c != std::char_traits<char>::eof(); c = in.get()) {
    if (c == '\n') return true;
    line.push_back(static_cast<char>(c));
    if (line.size() > kJournalLineMax) return true;
  }
  return !line.empty();
}

absl::Status AddLine(const std::string& line, JournalReader& reader, Replay& replay) {
  absl::StatusOr<std::optional<JournalEntry>> entry = reader.Read(line);
  if (!entry.ok()) return entry.status();
  if (!entry->has_value()) return absl::OkStatus();  // The reader counts it.
  return replay.Add(**std::move(entry));
}

// A killed sidecar may have left a partial line at the end: that one is ignored.
absl::Status ReadJournal(const std::string& path, JournalReader& reader, Replay& replay,
                         std::string& warnings) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(absl::StrCat(path,
                                            ": cannot be opened; is it a file that you may "
                                            "read?"));
  }
  std::string line;
  for (int64_t number = 1; ReadLine(file, line); ++number) {
    const absl::Status added = AddLine(line, reader, replay);
    if (added.ok()) continue;
    const std::string what = absl::StrCat(path, ":", number, ": ", added.message());
    if (!file.eof()) return absl::InvalidArgumentError(what);
    absl::StrAppend(&warnings, what, "; the last line is incomplete and was ignored\n");
  }
  if (!file.bad()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(path, ": cannot be read to its end"));
}

std::string TransitionTable(const Replay& replay) {
  std::string out = absl::StrFormat("%-24s  %-12s %-4s  %-14s %-14s %s\n", "TIME", "SERVICE", "",
                                    "STATE", "RULE", "REASON");
  for (const Replay::Transition& t : replay.transitions()) {
    absl::StrAppendFormat(&out, "%-24s  %-12s %-4s  %-14s %-14s %.*s\n", TimeText(t.wall),
                          Printable(t.service), WordOf(t.family),
                          absl::StrCat(ToText(t.before), " -> ", ToText(t.verdict.state)),
                          t.verdict.rule, kReasonColumnMax, Printable(t.verdict.reason));
  }
  return out;
}

std::string DifferenceTable(const Replay& replay) {
  std::string out;
  for (const Replay::Difference& d : replay.differences()) {
    absl::StrAppendFormat(&out, "%s: %s %s was %s %s and would be %s %s\n", TimeText(d.wall),
                          Printable(d.service), WordOf(d.family), ToText(d.recorded.state),
                          Printable(d.recorded.rule), ToText(d.now.state), d.now.rule);
  }
  return out;
}

std::string Summary(const Replay& replay, int64_t skipped) {
  std::string out = absl::StrCat(replay.ticks(), " ticks, ", replay.transitions().size(),
                                 " changes of state, ", replay.differences().size(),
                                 " entries whose decision differs from the recorded one\n");
  if (skipped > 0) {
    absl::StrAppend(&out, skipped, " entries were skipped: they say what changed since an entry ",
                    "that this file does not have, because the journal was rotated or a line ",
                    "could not be written. A whole entry follows within an hour.\n");
  }
  if (replay.is_cut()) {
    absl::StrAppend(&out, "only the first ", Replay::kKeptMax, " of each are shown\n");
  }
  return out;
}

std::vector<std::string> Settings(const ParsedArguments& parsed) {
  std::vector<std::string> settings;
  for (const auto& [name, value] : parsed.values) settings.emplace_back(value);
  return settings;
}

absl::Status CheckSettings(const std::vector<std::string>& settings) {
  AnycastConfig::Policy policy;
  for (const std::string& setting : settings) {
    const absl::Status set = SetPolicyField(setting, policy);
    if (!set.ok()) return set;
  }
  return absl::OkStatus();
}

}  // namespace

ToolResult RunSimulate(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--set"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, {});
  if (!parsed.error.empty()) return UsageError("simulate", parsed.error);
  if (parsed.Has("--help")) return {kToolFine, std::string(SimulateHelp()), ""};
  if (parsed.words.size() != 1) {
    return UsageError("simulate", "give one journal, as in hither simulate anycast.journal");
  }
  const std::vector<std::string> settings = Settings(parsed);
  const absl::Status usable = CheckSettings(settings);
  if (!usable.ok()) return UsageError("simulate", absl::StrCat("--set: ", usable.message()));
  Replay replay(settings);
  JournalReader reader;
  ToolResult result;
  const absl::Status read = ReadJournal(std::string(parsed.words[0]), reader, replay, result.err);
  if (!read.ok()) {
    return {kToolFailed, "", absl::StrCat("hither simulate: ", read.message(), "\n")};
  }
  const bool differs = !replay.differences().empty();
  result.out = TransitionTable(replay);
  if (settings.empty()) result.out += DifferenceTable(replay);
  result.out += Summary(replay, reader.skipped() + replay.skipped());
  result.code = differs && settings.empty() ? kToolFailed : kToolFine;
  return result;
}

}  // namespace hither
