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
#include "anycast/journal/play_journal.h"
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
--set it also reports each decision that differs from the recorded one. Damaged lines, as a power
loss leaves them, are named on standard error and skipped.

FLAGS
  --set NAME=VALUE  Override a setting of `anycast: policy:`, for example fall=5 or rise=30s, with a
                    value that the configuration allows. Repeatable. Differences are then expected
                    and not a failure.

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

// No decision reads it: the signal that it is for is in the journal as it was.
constexpr absl::string_view kOnlyForSignals = "signatures_margin";

// What --set asks for.
struct Overrides {
  std::vector<std::string> all = {};  // For SetPolicyField().
  bool has_no_effect = false;         // Some of it.
  absl::Status wrong = {};            // Makes no sense with the recorded settings.
};

absl::string_view NameOf(absl::string_view setting) { return setting.substr(0, setting.find('=')); }

// As the configuration file would: SetPolicyField() allows more.
absl::Status CheckOverride(absl::string_view setting) {
  AnycastConfig::Policy policy;
  const absl::string_view name = NameOf(setting);
  if (name != kOnlyForSignals || name.size() == setting.size()) {
    const absl::Status set = SetPolicyField(setting, policy);
    if (!set.ok()) return set;
  }
  return SetPolicyKey(name, setting.substr(name.size() + 1), policy);
}

absl::StatusOr<Overrides> ReadOverrides(const ParsedArguments& parsed) {
  Overrides overrides;
  for (const auto& [flag, setting] : parsed.values) {
    const absl::Status usable = CheckOverride(setting);
    if (!usable.ok()) return usable;
    const bool has_effect = NameOf(setting) != kOnlyForSignals;
    if (has_effect) overrides.all.emplace_back(setting);
    overrides.has_no_effect |= !has_effect;
  }
  return overrides;
}

// The settings together, over those of the entry.
absl::Status CheckOrder(const std::vector<std::string>& settings, AnycastConfig::Policy policy) {
  if (settings.empty()) return absl::OkStatus();
  for (const std::string& setting : settings) {
    const absl::Status set = SetPolicyField(setting, policy);
    if (!set.ok()) return set;
  }
  return CheckPolicyOrder(policy);
}

absl::Status ReadJournal(const std::string& path, JournalReader& reader, Replay& replay,
                         Overrides& overrides, std::string& warnings) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(absl::StrCat(Printable(path),
                                            ": cannot be opened; is it a file that you may "
                                            "read?"));
  }
  const auto check = [&overrides](const JournalEntry& entry) {
    overrides.wrong = CheckOrder(overrides.all, entry.policy);
    return overrides.wrong;
  };
  JournalDamage damage;
  const absl::Status played = PlayJournal(file, path, reader, replay, damage, check);
  absl::StrAppend(&warnings, damage.text);
  return played;
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
                    "that this file does not have, because the journal was rotated, or a line ",
                    "is damaged or could not be written. Each service is replayed from its next ",
                    "whole entry on.\n");
  }
  if (replay.is_cut()) {
    absl::StrAppend(&out, "only the first ", Replay::kKeptMax, " of each are shown\n");
  }
  return out;
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
  absl::StatusOr<Overrides> overrides = ReadOverrides(parsed);
  if (!overrides.ok()) {
    return UsageError("simulate", absl::StrCat("--set: ", overrides.status().message()));
  }
  Replay replay(overrides->all);
  JournalReader reader;
  ToolResult result;
  if (overrides->has_no_effect) {
    result.err = absl::StrCat("hither simulate: ", kOnlyForSignals,
                              " changes a signal, and the journal has the signals as they were: it "
                              "has no effect here\n");
  }
  const absl::Status read =
      ReadJournal(std::string(parsed.words[0]), reader, replay, *overrides, result.err);
  if (!overrides->wrong.ok()) {
    return UsageError("simulate", absl::StrCat("--set: ", overrides->wrong.message()));
  }
  if (!read.ok()) {
    return {kToolFailed, "", absl::StrCat("hither simulate: ", read.message(), "\n")};
  }
  const bool differs = !replay.differences().empty();
  result.out = TransitionTable(replay);
  const bool is_as_recorded = overrides->all.empty();
  if (is_as_recorded) result.out += DifferenceTable(replay);
  result.out += Summary(replay, reader.skipped() + replay.skipped());
  result.code = differs && is_as_recorded ? kToolFailed : kToolFine;
  return result;
}

}  // namespace hither
