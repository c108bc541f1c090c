#include "tool/tool_zone.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "base/counted.h"
#include "base/printable.h"
#include "zones/text/zone_file.h"

namespace hither {
namespace {

// The SOA is the first record of any zone that a program wrote, and near the top of the others.
constexpr size_t kTopBytes = 65'536;
// A pipe's size is not known before its end, and its text is in memory beside the zone.
constexpr size_t kPipeBytesMax = size_t{1} << 30;
// Represents an origin that is not known yet: nobody can own a name under .invalid (RFC 6761 §6.4).
constexpr absl::string_view kUnknownOrigin = "origin-unknown.hither.invalid.";

class FirstSoa : public RecordSink {
 public:
  void Add(const RecordView& record) override {
    if (!owner.has_value() && record.type == RrType::kSoa) owner = Name(record.owner);
  }
  std::optional<Name> owner;
};

using File = std::unique_ptr<FILE, int (*)(FILE*)>;

int LeaveOpen(FILE*) { return 0; }

File Open(absl::string_view path) {
  if (path == "-") return {stdin, LeaveOpen};
  return {std::fopen(std::string(path).c_str(), "re"), std::fclose};
}

// Up to `bytes_max` octets.
std::string ReadUpTo(FILE* file, size_t bytes_max) {
  std::string text;
  while (text.size() < bytes_max) {
    const size_t before = text.size();
    text.resize(std::min(bytes_max, std::max(kTopBytes, 2 * before)));
    const size_t count = std::fread(text.data() + before, 1, text.size() - before, file);
    text.resize(before + count);
    if (count == 0) break;
  }
  return text;
}

// Up to the end of a line near the start.
absl::string_view TopOf(absl::string_view text) {
  if (text.size() < kTopBytes) return text;
  text = text.substr(0, kTopBytes);
  return text.substr(0, text.rfind('\n') + 1);
}

// "192.0.2" => "2.0.192.in-addr.arpa": db.ADDRESS names a reverse zone, as in many a BIND set-up.
// No zone's name ends in a number.
std::string ReverseOf(absl::string_view stem) {
  std::vector<absl::string_view> numbers = absl::StrSplit(stem, '.');
  for (const absl::string_view number : numbers) {
    uint32_t value = 0;
    if (number.empty() || !std::ranges::all_of(number, absl::ascii_isdigit) ||
        !absl::SimpleAtoi(number, &value) || value > 255) {
      return "";
    }
  }
  std::reverse(numbers.begin(), numbers.end());
  return absl::StrCat(absl::StrJoin(numbers, "."), ".in-addr.arpa");
}

std::optional<Name> OriginOfFileName(absl::string_view path) {
  if (const size_t slash = path.rfind('/'); slash != absl::string_view::npos) {
    path.remove_prefix(slash + 1);
  }
  const bool is_named = absl::ConsumeSuffix(&path, ".zone") || absl::ConsumeSuffix(&path, ".db") ||
                        absl::ConsumePrefix(&path, "db.");
  if (!is_named || path.empty()) return std::nullopt;
  const std::string reverse = ReverseOf(path);
  const absl::StatusOr<Name> name = Name::FromText(reverse.empty() ? path : reverse);
  return name.ok() ? std::optional<Name>(*name) : std::nullopt;
}

// The zone's name if the command line does not give it: the first SOA's owner, if the text alone
// determines it, else what the file's name says.
std::optional<Name> GuessOrigin(absl::string_view text, const std::string& path) {
  const Name unknown = *Name::FromText(kUnknownOrigin);
  FirstSoa first;
  ReadZoneText(TopOf(text), path, unknown, first);
  if (first.owner.has_value() && !first.owner->view().IsAtOrBelow(unknown)) return first.owner;
  return OriginOfFileName(path);
}

std::string Signing(const Zone& zone) {
  if (zone.uses_nsec3()) return "signed with NSEC3";
  return zone.uses_nsec() ? "signed with NSEC" : "not signed";
}

// ", 12 of 12 signatures verified, the first expires at 2026-12-05T09:30:00Z"
std::string FactsOf(const ZoneAudit& audit) {
  if (!audit.first_expiration.has_value()) return "";
  const bool is_over = static_cast<int32_t>(*audit.first_expiration - audit.now) < 0;
  return absl::StrCat(", ", audit.verified, " of ", Counted(audit.signatures, "signature"),
                      " verified, the first ", is_over ? "expired" : "expires", " at ",
                      TimeText(*audit.first_expiration, audit.now));
}

std::string FactsOf(const ToolZone& read) {
  if (read.loaded.zone == nullptr) return "cannot be served";
  const Zone& zone = *read.loaded.zone;
  return absl::StrCat("serial ", zone.serial(), ", ", Counted(zone.record_count(), "record"), ", ",
                      Counted(OwnerCountOf(zone), "name"), ", ", Signing(zone),
                      read.audit.has_value() ? FactsOf(*read.audit) : "");
}

void CountFindings(ToolZone& zone) {
  for (const Finding& finding : zone.loaded.findings) {
    zone.errors += finding.severity == Severity::kError;
    zone.warnings += finding.severity == Severity::kWarning;
  }
}

}  // namespace

bool ReadZoneFlags(absl::string_view command, const ParsedArguments& parsed,
                   ToolZoneOptions& options, ToolResult& result) {
  const std::string folder(parsed.Value("--include-folder", ""));
  if (!folder.empty()) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) {
      result =
          UsageError(command, absl::StrCat("--include-folder: ", Printable(folder), " is no folder",
                                           error ? absl::StrCat(": ", error.message()) : "",
                                           "; give the folder that the included files are below"));
      return false;
    }
    options.limits.file.include_folder = std::make_shared<const std::string>(folder);
  }
  const absl::string_view text = parsed.Value("--origin", "");
  if (text.empty()) return true;
  const absl::StatusOr<Name> name = Name::FromText(text);
  if (!name.ok()) {
    result = UsageError(command, absl::StrCat("--origin: ", name.status().message()));
    return false;
  }
  options.origin = *name;
  return true;
}

int ReadToolZone(absl::string_view path, const ToolZoneOptions& options, ToolZone& zone,
                 std::string& why) {
  zone.path = path == "-" ? "<stdin>" : std::string(path);
  const auto failed = [&](absl::string_view what) {
    why = absl::StrCat(Printable(zone.path), ": ", what);
    return kToolFailed;
  };
  const File file = Open(path);
  struct stat facts = {};
  if (file == nullptr || fstat(fileno(file.get()), &facts) != 0) {
    return failed(std::strerror(errno));
  }
  if (S_ISDIR(facts.st_mode)) return failed("is a folder; give zone files, as in zones/*.zone");
  const bool is_pipe = path == "-" || !S_ISREG(facts.st_mode);
  if (is_pipe && !options.may_be_pipe) return failed("is not a regular file; give a zone file");
  const std::string text = ReadUpTo(file.get(), is_pipe ? kPipeBytesMax + 1 : kTopBytes);
  if (std::ferror(file.get()) != 0) return failed(std::strerror(errno));
  if (text.size() > kPipeBytesMax) return failed("over 1 GiB from a pipe; give a file");
  zone.origin = options.origin.has_value() ? options.origin : GuessOrigin(text, zone.path);
  if (!zone.origin.has_value()) {
    why = absl::StrCat(Printable(zone.path), " does not give the zone's name; give --origin NAME");
    return kToolUsage;
  }
  LoadLimits limits = options.limits;
  zone.audit = options.audit;
  if (zone.audit.has_value()) limits.zone.audit = &*zone.audit;
  zone.loaded = is_pipe ? LoadZoneText(text, zone.path, *zone.origin, limits)
                        : LoadZoneFile(zone.path, *zone.origin, limits);
  CountFindings(zone);
  return kToolFine;
}

uint64_t OwnerCountOf(const Zone& zone) {
  uint64_t names = 0;
  for (const NodeId id : zone.all_nodes()) {
    names += zone.node(id).all_rrset_count() > 0;  // Others are empty non-terminals.
  }
  return names;
}

std::string TimeText(uint32_t time, uint32_t now) {
  const absl::Time when = absl::FromUnixSeconds(int64_t{now} + static_cast<int32_t>(time - now));
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", when, absl::UTCTimeZone());
}

std::string BareName(NameView name) {
  std::string text = name.ToText();
  if (text.size() > 1) text.pop_back();
  return text;
}

std::string SummaryOf(const ToolZone& zone) {
  return absl::StrCat(BareName(*zone.origin), ": ", FactsOf(zone), "; ",
                      Counted(zone.errors, "error"), ", ", Counted(zone.warnings, "warning"), "\n");
}

}  // namespace hither
