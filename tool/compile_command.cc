// `hither compile`: makes a zone's image, which a server serves without reading the text.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/printable.h"
#include "tool/command.h"
#include "tool/tool_zone.h"
#include "zones/load/image_cache.h"
#include "zones/load/image_note.h"

namespace hither {

absl::string_view CompileHelp() {
  return R"(hither compile - compile a zone file to an image that a server loads at once

USAGE
  hither compile FILE -o IMAGE [--origin NAME] [--include-folder DIR]

Reads and checks the zone file as `hither check` does and writes the zone in the server's memory
format. Configure it with `zones: [{ name: NAME, image: IMAGE }]`. If `file: FILE` is also given,
the server reads the text instead when it differs from the image. A server of another version or
machine type rejects the image and logs the reason; compile it again there. A server also rejects an
image that exceeds its `limits:`.

FLAGS
  -o, --output IMAGE  Where to write it, with FILE's permissions. An existing image is
                      replaced atomically: a server reads the old one or the new one. Until then
                      the new image is IMAGE.new.
  --origin NAME       The zone's name. Default: as for `hither check`.
  --include-folder DIR
                      $INCLUDE reads files below DIR. Default: below FILE's folder.

EXIT CODES
  0  written
  1  the zone has errors (they are printed), or the image cannot be written
  2  the command line is wrong

EXAMPLES
  hither compile example.org.zone -o /var/lib/hither/example.org.image
  hither compile db.root --origin . -o root.image
)";
}

namespace {

constexpr int kTriesMax = 3;  // For a file that changes while it is read.

// A zone may have whatever the format allows: the server that serves it has its own limits.
LoadLimits CompileLimits() {
  LoadLimits limits;
  limits.zone.records_per_rrset_max = UINT16_MAX;
  limits.zone.types_per_name_max = UINT16_MAX;
  limits.zone.nsec3_iterations_max = kNsec3IterationsMax;
  limits.file.generate_records_max = limits.file.generated_total_max = 1u << 30;
  limits.file.generated_bytes_max = limits.file.file_bytes_max;
  return limits;
}

bool IsSource(const LoadedZone& loaded, const std::string& image) {
  std::error_code ignored;
  return std::ranges::any_of(loaded.files, [&](const FileStamp& file) {
    return std::filesystem::equivalent(file.path, image, ignored);
  });
}

// One try. Aborted: the file has changed.
absl::Status Compile(const ParsedArguments& parsed, const std::string& image, ToolResult& result) {
  ToolZoneOptions options;
  options.limits = CompileLimits();
  if (!ReadZoneFlags("compile", parsed, options, result)) return absl::OkStatus();
  ToolZone zone;
  std::string why;
  result.code = ReadToolZone(parsed.words[0], options, zone, why);
  if (result.code != kToolFine) {
    result.err = absl::StrCat("hither compile: ", why, "\n");
    return absl::OkStatus();
  }
  for (const Finding& found : zone.loaded.findings)
    absl::StrAppend(&result.out, ToText(found), "\n");
  result.out += SummaryOf(zone);
  if (zone.loaded.zone == nullptr) {
    result.code = kToolFailed;
    return absl::OkStatus();
  }
  if (IsSource(zone.loaded, image)) {
    return absl::InvalidArgumentError(absl::StrCat(
        Printable(image), " is a file that the zone is read from; give the image another name"));
  }
  const absl::Status written = CompileImage(zone.loaded, image);
  if (!written.ok()) return written;
  absl::StrAppend(&result.out, Printable(image), ": ", zone.loaded.zone->image_bytes(),
                  " octets\n");
  return absl::OkStatus();
}

}  // namespace

ToolResult RunCompile(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--include-folder", "--origin", "--output", "-o"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, {});
  if (!parsed.error.empty()) return UsageError("compile", parsed.error);
  if (parsed.Has("--help")) return {kToolFine, std::string(CompileHelp()), ""};
  const std::string image(parsed.Value("-o", parsed.Value("--output", "")));
  if (image.empty() || image == "-") {
    return UsageError("compile", "no output file; give -o IMAGE, as in -o example.org.image");
  }
  if (parsed.words.size() != 1) {
    return UsageError("compile", "give one zone file, as in hither compile example.org.zone");
  }
  ToolResult result;
  absl::Status done;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    result = {};
    done = Compile(parsed, image, result);
    if (!absl::IsAborted(done)) break;
    absl::SleepFor(2 * absl::Nanoseconds(ImageNote::kClockTickNsMax));
  }
  if (!done.ok()) {
    result.code = kToolFailed;
    result.err = absl::StrCat("hither compile: ", Printable(std::string(done.message())), "\n");
  }
  return result;
}

}  // namespace hither
