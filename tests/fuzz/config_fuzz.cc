// Any octets as a configuration file: nothing is thrown, and an error is lines that an operator
// can read, each with its place.

#include <cstddef>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "daemon/config/config.h"
#include "daemon/config/nsid.h"

// The fuzzer's paths are opened by nobody.
static absl::Status NoList(const std::string&, hither::ZoneListSink&) {
  return absl::NotFoundError("there are no lists here");
}

static absl::StatusOr<std::vector<std::string>> SomeFiles(const std::string&,
                                                          const hither::ZonePattern& pattern) {
  std::vector<std::string> files;
  for (const char* file : {"a.zone", "db.b", "..bad.zone"}) {
    if (pattern.Match(file).has_value()) files.push_back(file);
  }
  return files;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  absl::StatusOr<hither::Config> config =
      hither::ParseConfig(text, "fuzz.yaml", "/folder", NoList, SomeFiles);
  if (!config.ok()) {
    size_t lines = 0;
    for (const absl::string_view line : absl::StrSplit(config.status().message(), '\n')) {
      HITHER_CHECK(absl::StartsWith(line, "fuzz.yaml:"));
      ++lines;
    }
    HITHER_CHECK(lines <= hither::kConfigErrorsMax + 1);
    return 0;
  }
  for (const hither::ZoneSource zone : config->zones) {
    HITHER_CHECK(absl::StartsWith(zone.file(), "/"));
    HITHER_CHECK(
        hither::Name::FromText(zone.name().ToText())->view().EqualsIgnoreCase(zone.name()));
  }
  if (hither::FinishConfig("node", *config).ok()) {
    const hither::Config::Identity& identity = config->identity;
    HITHER_CHECK(
        hither::ExpandNsid(identity.nsid_template, identity.site, identity.node, 0).size() <=
        hither::kNsidBytesMax);
    HITHER_CHECK(!config->listen.empty());
  }
  return 0;
}
