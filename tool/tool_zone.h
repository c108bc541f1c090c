#ifndef HITHER_TOOL_TOOL_ZONE_H_
#define HITHER_TOOL_TOOL_ZONE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "dns/name.h"
#include "tool/command.h"
#include "zones/check/zone_check.h"
#include "zones/load/zone_loader.h"

namespace hither {

// A zone file, read as a server would read it. Shared by `check` and `compile`.
struct ToolZone {
  std::string path;            // As findings have it: "<stdin>" for "-".
  std::optional<Name> origin;  // Absent: neither given nor found.
  LoadedZone loaded;
  uint64_t errors = 0;  // Of loaded.findings.
  uint64_t warnings = 0;
  std::optional<ZoneAudit> audit;  // With its results, if options.audit asked for one.
};

struct ToolZoneOptions {
  std::optional<Name> origin;  // Absent: the file gives it, or the file's name does.
  LoadLimits limits;
  bool may_be_pipe = false;  // "-" and pipes are read, into memory.
  std::optional<ZoneAudit> audit;
};

// The values of --origin and --include-folder, if given. False: `result` says what is wrong.
bool ReadZoneFlags(absl::string_view command, const ParsedArguments& parsed,
                   ToolZoneOptions& options, ToolResult& result);

// kToolFine if the file was read, whatever its findings. Otherwise an exit code, and `why` begins
// with the file's path.
int ReadToolZone(absl::string_view path, const ToolZoneOptions& options, ToolZone& zone,
                 std::string& why);

uint64_t OwnerCountOf(const Zone& zone);  // Of names that have records.

// "2026-12-05T09:30:00Z"; `time` as in an RRSIG, within 68 years of `now`.
std::string TimeText(uint32_t time, uint32_t now);

// For people: without the final dot, except for the root.
std::string BareName(NameView name);

// "example.org: serial 7, 12 records, 5 names, not signed; 0 errors, 1 warning\n"
std::string SummaryOf(const ToolZone& zone);

}  // namespace hither

#endif  // HITHER_TOOL_TOOL_ZONE_H_
