// `hither check`: reads a zone file as a server would.

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "tool/command.h"
#include "zones/check/zone_check.h"
#include "zones/load/zone_loader.h"
#include "zones/text/zone_file.h"

namespace hither {
namespace {

// The SOA is the first record of any zone that a program wrote, and near the top of the others.
constexpr size_t kTopBytes = 65'536;
// Represents an origin that is not known yet: nobody can own a name under .invalid (RFC 6761 §6.4).
constexpr absl::string_view kUnknownOrigin = "origin-unknown.hither.invalid.";

class FirstSoa : public RecordSink {
 public:
  void Add(const RecordView& record) override {
    if (!owner.has_value() && record.type == RrType::kSoa) owner = Name(record.owner);
  }
  std::optional<Name> owner;
};

// The first octets of `path`, up to the end of a line; empty if it cannot be read.
std::string TopOf(const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (file == nullptr) return "";
  std::string text(kTopBytes, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (text.size() == kTopBytes) text.resize(text.rfind('\n') + 1);
  return text;
}

// The zone's name if the command line does not give it: the first SOA's owner, if the file alone
// determines it, else the part of the file's name before ".zone".
std::optional<Name> GuessOrigin(const std::string& path) {
  const Name unknown = *Name::FromText(kUnknownOrigin);
  FirstSoa first;
  ReadZoneText(TopOf(path), path, unknown, first);
  if (first.owner.has_value() && !first.owner->view().IsAtOrBelow(unknown)) return first.owner;
  absl::string_view stem = path;
  if (const size_t slash = stem.rfind('/'); slash != absl::string_view::npos) {
    stem.remove_prefix(slash + 1);
  }
  if (!absl::ConsumeSuffix(&stem, ".zone") || stem.empty()) return std::nullopt;
  const absl::StatusOr<Name> name = Name::FromText(stem);
  return name.ok() ? std::optional<Name>(*name) : std::nullopt;
}

// "1 record", "2 records".
std::string Counted(uint64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string Signing(const Zone& zone) {
  if (zone.uses_nsec3()) return "signed with NSEC3";
  return zone.uses_nsec() ? "signed with NSEC" : "not signed";
}

std::string FactsOf(const LoadedZone& loaded) {
  if (loaded.zone == nullptr) return "cannot be served";
  const Zone& zone = *loaded.zone;
  uint64_t names = 0;
  for (const NodeId id : zone.all_nodes()) {
    names += zone.node(id).all_rrset_count() > 0;  // Others are empty non-terminals.
  }
  return absl::StrCat("serial ", zone.serial(), ", ", Counted(zone.record_count(), "record"), ", ",
                      Counted(names, "name"), ", ", Signing(zone));
}

// For people: without the final dot, except for the root.
std::string Bare(NameView name) {
  std::string text = name.ToText();
  if (text.size() > 1) text.pop_back();
  return text;
}

constexpr absl::string_view kCheckHelp =
    R"(hither check - read a zone file as a server would and report every error

USAGE
  hither check FILE [--origin NAME]

Prints every error and warning as FILE:LINE, then one line of summary. A server would
reject a zone with an error and serve one with only warnings.

FLAGS
  --origin NAME  The zone's name. Default: the owner of the file's first SOA if the file gives it
                 in full, else the part of the file's name before ".zone".

EXIT CODES
  0  a server would serve it
  1  it has errors, or cannot be read
  2  the command line is wrong

EXAMPLES
  hither check example.org.zone
  hither check db.root --origin .
)";

// A line for each rule for zones as a whole: "  error    apex-ns   has no NS record ... (RFC ...)".
std::string ZoneCheckLines() {
  std::string lines = "\nCHECKS of a zone as a whole, made after those of single records\n";
  for (const ZoneCheck& check : ZoneChecks()) {
    absl::StrAppendFormat(&lines, "  %-8s %-23s %s (%s)\n",
                          check.severity == Severity::kError ? "error" : "warning", check.name,
                          check.what, check.rfc);
  }
  return lines;
}

}  // namespace

absl::string_view CheckHelp() {
  static const auto* const help = new std::string(absl::StrCat(kCheckHelp, ZoneCheckLines()));
  return *help;
}

bool ReadToolZone(absl::string_view command, const ParsedArguments& parsed,
                  const LoadLimits& limits, ToolZone& zone, ToolResult& result) {
  if (parsed.words.size() != 1) {
    result = UsageError(
        command, absl::StrCat("give one zone file, as in hither ", command, " example.org.zone"));
    return false;
  }
  const std::string path(parsed.words[0]);
  if (access(path.c_str(), R_OK) != 0) {
    result = {kToolFailed, "",
              absl::StrCat("hither ", command, ": ", path, ": ", std::strerror(errno), "\n")};
    return false;
  }
  std::optional<Name> origin;
  if (const absl::string_view text = parsed.Value("--origin", ""); !text.empty()) {
    const absl::StatusOr<Name> name = Name::FromText(text);
    if (!name.ok()) {
      result = UsageError(command, absl::StrCat("--origin: ", name.status().message()));
      return false;
    }
    origin = *name;
  } else {
    origin = GuessOrigin(path);
  }
  if (!origin.has_value()) {
    result = UsageError(command,
                        absl::StrCat(path, " does not give the zone's name; give --origin NAME"));
    return false;
  }
  zone.origin = *origin;
  zone.loaded = LoadZoneFile(path, *origin, limits);
  for (const Finding& finding : zone.loaded.findings) {
    if (finding.severity == Severity::kError) ++zone.errors;
    absl::StrAppend(&result.out, ToText(finding), "\n");
  }
  result.code = zone.loaded.zone != nullptr ? kToolFine : kToolFailed;
  return true;
}

std::string SummaryOf(const ToolZone& zone) {
  return absl::StrCat(Bare(zone.origin), ": ", FactsOf(zone.loaded), "; ",
                      Counted(zone.errors, "error"), ", ",
                      Counted(zone.loaded.findings.size() - zone.errors, "warning"), "\n");
}

ToolResult RunCheck(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--origin"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, {});
  if (!parsed.error.empty()) return UsageError("check", parsed.error);
  if (parsed.Has("--help")) return {kToolFine, std::string(CheckHelp()), ""};
  ToolResult result;
  ToolZone zone;
  if (ReadToolZone("check", parsed, {}, zone, result)) result.out += SummaryOf(zone);
  return result;
}

}  // namespace hither
