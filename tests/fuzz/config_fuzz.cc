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

static void CheckPolicy(const hither::TransferPolicy& policy, const hither::Config& config) {
  HITHER_CHECK(!policy.primaries.empty());
  for (const std::string& name : policy.primaries) {
    const hither::PrimaryConfig* primary = hither::FindPrimary(config.primaries, name);
    HITHER_CHECK(primary != nullptr && primary->address.port() != 0);
    HITHER_CHECK(primary->transfers_max > 0);
    if (!primary->tls.has_value()) continue;
    HITHER_CHECK(!primary->tls->pins.empty() || !primary->tls->ca_file.empty());
  }
  for (const hither::TimeBounds& bounds :
       {policy.limits.refresh, policy.limits.retry, policy.limits.expire}) {
    HITHER_CHECK(bounds.min <= bounds.max);
  }
  HITHER_CHECK(policy.gates.shrink_max.value_or(0) <= 10'000);
  HITHER_CHECK(absl::StartsWith(config.state_dir, "/"));
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
    if (zone.kind() == hither::ZoneSource::Kind::kPrimaries) {
      CheckPolicy(config->transfer_policies.at(zone.policy()), *config);
    } else {
      HITHER_CHECK(absl::StartsWith(zone.file(), "/"));
    }
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
