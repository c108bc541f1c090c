// `hither check`: reads zone files as a server would.

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/counted.h"
#include "base/json_writer.h"
#include "tool/command.h"
#include "tool/tool_zone.h"
#include "zones/check/zone_check.h"
#include "zones/text/rdata_fields.h"

namespace hither {
namespace {

constexpr absl::string_view kCheckHelp =
    R"(hither check - read zone files as a server would and report every error

USAGE
  hither check FILE... [--origin NAME] [--include-folder DIR] [--expires-in TIME] [--verify]
               [--json] [--strict]

Prints every error and warning as FILE:LINE, then one line of summary for each file. A server would
reject a zone with an error and serve one with only warnings. Notes say what is easily overlooked,
or was not checked; they do not change the exit code. A FILE of - is standard input; pipes
can be read, too, but cannot use $INCLUDE.

FLAGS
  --origin NAME  The zone's name, if there is only one FILE. Default: the owner of the file's first
                 SOA if the file gives it in full, else NAME of a file called NAME.zone, NAME.db or
                 db.NAME (db.192.0.2 is the zone 2.0.192.in-addr.arpa).
  --include-folder DIR
                 $INCLUDE reads files below DIR, as with limits: { include_folder: DIR } of a
                 server. Default: below the zone file's folder.
  --expires-in TIME
                 Warn of signatures that expire within TIME, such as 12h or 1w. Default: 3d.
  --verify       Verify all signatures. Default: those of the apex, and a sample of up to 1,000.
  --json         Print one JSON object instead. It lists the files and their findings.
  --strict       Exit with 1 if there is a warning, too.

EXIT CODES
  0  a server would serve every zone
  1  a zone has errors (with --strict, or warnings), or a file cannot be read
  2  the command line is wrong, or does not give the name of a zone that needs it
  With several files, the highest of their codes.

EXAMPLES
  hither check example.org.zone
  hither check --strict zones/*.zone
  hither check db.root --origin .
  generate-zone | hither check - --origin example.org --json
)";

// A line for each rule for zones as a whole: "  error    apex-ns   has no NS record ... (RFC ...)".
std::string ZoneCheckLines() {
  std::string lines = "\nCHECKS of a zone as a whole, made after those of single records\n";
  for (const ZoneCheck& check : ZoneChecks()) {
    absl::StrAppendFormat(&lines, "  %-8s %-23s %s (%s)\n", SeverityText(check.severity),
                          check.name, check.what, check.rfc);
  }
  return lines;
}

JsonObject ToJson(const Finding& finding) {
  const bool has_line = finding.line != 0;
  return {{"severity", SeverityText(finding.severity)},
          {"file", finding.file},
          {"line", has_line ? JsonValue(finding.line) : JsonValue()},
          {"check", finding.check.empty() ? JsonValue() : JsonValue(finding.check)},
          {"text", finding.text}};
}

JsonValue SigningOf(const Zone& zone) {
  if (zone.uses_nsec3()) return "nsec3";
  return zone.uses_nsec() ? JsonValue("nsec") : JsonValue();
}

// Empty: no error. A number without a unit would be seconds, which nobody means.
std::string ReadExpiresIn(const ParsedArguments& parsed, ZoneAudit& audit) {
  const absl::string_view text = parsed.Value("--expires-in", "3d");
  if (!ParseDuration(text, audit.expires_in_seconds)) {
    return absl::StrCat("--expires-in '", text, "' is not a time; write it as 12h, 3d or 1w");
  }
  if (audit.expires_in_seconds > 0 && absl::ascii_isdigit(text.back())) {
    return absl::StrCat("--expires-in '", text, "' has no unit; write it as ", text, "h or ", text,
                        "d");
  }
  return "";
}

// Collects the output for all files.
class CheckOutput {
 public:
  CheckOutput(bool as_json, bool strict) : as_json_(as_json), strict_(strict) {}

  void Add(const ToolZone& zone) {
    ++files_;
    errors_ += zone.errors;
    warnings_ += zone.warnings;
    const bool fine = zone.loaded.zone != nullptr && !(strict_ && zone.warnings > 0);
    Raise(fine ? kToolFine : kToolFailed);
    if (as_json_) return AddJson(zone);
    for (const Finding& found : zone.loaded.findings) {
      absl::StrAppend(&result_.out, ToText(found), "\n");
    }
    result_.out += SummaryOf(zone);
  }

  // A file that could not be read as a zone. `why` begins with its path.
  void AddFailure(int code, const ToolZone& zone, const std::string& why) {
    ++files_;
    ++errors_;
    Raise(code);
    absl::StrAppend(&result_.err, "hither check: ", why, "\n");
    if (!as_json_) return;
    zones_.Add(JsonObject{{"file", zone.path}, {"zone", nullptr}, {"error", why}});
  }

  ToolResult Finish() {
    if (as_json_) {
      const JsonObject all = {
          {"files", std::move(zones_)}, {"errors", errors_}, {"warnings", warnings_}};
      result_.out = absl::StrCat(JsonValue(all).Indented(2), "\n");
    } else if (files_ > 1) {
      absl::StrAppend(&result_.out, Counted(files_, "file"), ": ", Counted(errors_, "error"), ", ",
                      Counted(warnings_, "warning"), "\n");
    }
    return std::move(result_);
  }

 private:
  void Raise(int code) { result_.code = std::max(result_.code, code); }

  void AddJson(const ToolZone& zone) {
    JsonArray findings;
    for (const Finding& found : zone.loaded.findings) findings.Add(ToJson(found));
    JsonObject file = {{"file", zone.path},
                       {"zone", BareName(*zone.origin)},
                       {"can_be_served", zone.loaded.zone != nullptr}};
    if (const Zone* const built = zone.loaded.zone.get(); built != nullptr) {
      file.Add("serial", built->serial());
      file.Add("records", built->record_count());
      file.Add("names", OwnerCountOf(*built));
      file.Add("signed", SigningOf(*built));
    }
    if (zone.audit.has_value() && zone.audit->first_expiration.has_value()) {
      file.Add("signatures", zone.audit->signatures);
      file.Add("signatures_verified", zone.audit->verified);
      file.Add("first_expiration", TimeText(*zone.audit->first_expiration, zone.audit->now));
    }
    file.Add("errors", zone.errors);
    file.Add("warnings", zone.warnings);
    file.Add("findings", std::move(findings));
    zones_.Add(std::move(file));
  }

  const bool as_json_;
  const bool strict_;
  ToolResult result_;
  JsonArray zones_;
  uint64_t files_ = 0;
  uint64_t errors_ = 0;
  uint64_t warnings_ = 0;
};

}  // namespace

absl::string_view CheckHelp() {
  static const auto* const help = new std::string(absl::StrCat(kCheckHelp, ZoneCheckLines()));
  return *help;
}

ToolResult RunCheck(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--expires-in", "--include-folder", "--origin"};
  constexpr absl::string_view kSwitches[] = {"--json", "--strict", "--verify"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, kSwitches);
  if (!parsed.error.empty()) return UsageError("check", parsed.error);
  if (parsed.Has("--help")) return {kToolFine, std::string(CheckHelp()), ""};
  ToolZoneOptions options;
  options.may_be_pipe = true;
  ToolResult result;
  // Before the words: a flag without its value has taken one of them.
  if (!ReadZoneFlags("check", parsed, options, result)) return result;
  ZoneAudit audit;
  if (const std::string wrong = ReadExpiresIn(parsed, audit); !wrong.empty()) {
    return UsageError("check", wrong);
  }
  if (parsed.words.empty()) {
    return UsageError("check", "give a zone file, as in hither check example.org.zone");
  }
  if (options.origin.has_value() && parsed.words.size() > 1) {
    return UsageError("check", "--origin names one zone; give one file with it");
  }
  audit.now = static_cast<uint32_t>(absl::ToUnixSeconds(absl::Now()));
  audit.verify_all = parsed.Has("--verify");
  options.audit = audit;
  CheckOutput output(parsed.Has("--json"), parsed.Has("--strict"));
  for (const absl::string_view path : parsed.words) {
    ToolZone zone;
    std::string why;
    const int code = ReadToolZone(path, options, zone, why);
    code == kToolFine ? output.Add(zone) : output.AddFailure(code, zone, why);
  }
  return output.Finish();
}

}  // namespace hither
