// `hither compile`: makes a zone's image, which a server serves without reading the text.

#include "absl/strings/str_cat.h"
#include "tool/command.h"
#include "zones/image_cache.h"

namespace hither {

absl::string_view CompileHelp() {
  return R"(hither compile - make an image of a zone file, which a server can serve at once

USAGE
  hither compile FILE -o IMAGE [--origin NAME]

Reads and checks the zone file as `hither check` does and writes the zone as a server has it in
memory. A server is told of it by `zones: [{ name: NAME, image: IMAGE }]`; with `file: FILE` beside
it, the text is read instead once it is newer than the image. A server of another version or on a
machine of another kind refuses the image and says so: then compile it again there.

FLAGS
  -o, --output IMAGE  Where to write it. An image that is there already is replaced at once, so that
                      a server that reads it then gets the old one or the new one.
  --origin NAME       The zone's name. Default: as `hither check` finds it.

EXIT CODES
  0  written
  1  the zone has errors (they are printed), or the image cannot be written
  2  the command line is wrong

EXAMPLES
  hither compile example.org.zone -o /var/lib/hither/example.org.image
  hither compile db.root --origin . -o root.image
)";
}

ToolResult RunCompile(Arguments arguments) {
  constexpr absl::string_view kFlags[] = {"--origin", "--output", "-o"};
  const ParsedArguments parsed = ParseArguments(arguments, kFlags, {});
  if (!parsed.error.empty()) return UsageError("compile", parsed.error);
  if (parsed.Has("--help")) return {kToolFine, std::string(CompileHelp()), ""};
  const std::string image(parsed.Value("-o", parsed.Value("--output", "")));
  if (image.empty()) {
    return UsageError("compile", "where to? give -o IMAGE, as in -o example.org.image");
  }
  ToolResult result;
  ToolZone zone;
  if (!ReadToolZone("compile", parsed, zone, result)) return result;
  result.out += SummaryOf(zone);
  if (zone.loaded.zone == nullptr) return result;
  const absl::Status written = CompileImage(zone.loaded, LoadLimits(), image);
  if (!written.ok()) {
    result.code = kToolFailed;
    result.err = absl::StrCat("hither compile: ", written.message(), "\n");
    return result;
  }
  absl::StrAppend(&result.out, image, ": ", zone.loaded.zone->image_bytes(), " octets\n");
  return result;
}

}  // namespace hither
