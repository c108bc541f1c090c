#include "server/load/check_zones.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/counted.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/port_owner.h"
#include "base/printable.h"
#include "server/privileges.h"

namespace hither {
namespace {

// This many zones are read in parallel, then reported in order.
constexpr size_t kZonesAtOnce = 1'024;

struct Checked {
  std::string findings;  // A line each.
  uint64_t records = 0;
  bool good = false;
};

Checked Check(ZoneSource source, const LoadOptions& options) {
  LoadProgress nobody_looks;
  LoadedZone loaded = LoadSource(source, options, /*images=*/nullptr, nobody_looks);
  if (loaded.from_image && source.kind() == ZoneSource::Kind::kTextOrImage) {
    // The image is good, but only text has warnings.
    loaded = LoadZoneFile(std::string(source.file()), source.name(), options.limits, &nobody_looks);
  }
  Checked checked;
  for (const Finding& finding : loaded.findings) {
    absl::StrAppend(&checked.findings, ToText(finding), "\n");
  }
  checked.good = loaded.zone != nullptr;
  if (checked.good) checked.records = loaded.zone->record_count();
  return checked;
}

std::vector<Checked> CheckSome(const ZoneSources& zones, size_t first, size_t count,
                               const LoadOptions& options) {
  std::vector<Checked> checked(count);
  std::atomic<size_t> next{0};
  RunInThreads(LoadThreadsFor(count), [&](size_t) {
    for (size_t at; (at = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      checked[at] = Check(zones[first + at], options);
    }
  });
  return checked;
}

}  // namespace

LoadOptions LoadOptionsOf(const Config& config) {
  LoadOptions options;
  options.image_cache = config.image_cache;
  options.settle = config.reload.settle;
  LoadLimits& limits = options.limits;
  limits.file.include_depth_max = config.limits.include_depth_max;
  limits.file.generate_records_max = config.limits.generate_records_max;
  if (!config.limits.include_folder.empty()) {
    limits.file.include_folder = std::make_shared<const std::string>(config.limits.include_folder);
  }
  // A limit per line above the total raises the total: the operator set it.
  limits.file.generated_total_max =
      std::max(limits.file.generated_total_max, limits.file.generate_records_max);
  limits.file.generated_bytes_max =
      std::max(limits.file.generated_bytes_max, uint64_t{64} * limits.file.generated_total_max);
  limits.zone.records_per_rrset_max = config.limits.records_per_rrset_max;
  limits.zone.types_per_name_max = config.limits.types_per_name_max;
  limits.zone.nsec3_iterations_max = config.limits.nsec3_iterations_max;
  return options;
}

absl::Status CheckImageCache(const Config& config) {
  if (config.image_cache.empty()) return absl::OkStatus();
  const absl::StatusOr<ImageFolder> folder = ImageFolder::Open(config.image_cache);
  const absl::Status status = folder.ok() ? folder->CheckWritable() : folder.status();
  if (status.ok()) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("image_cache: cannot use ", config.image_cache, ": ", status.message()));
}

// A warning: the check may run beside the server that hitherd will replace. Not for a hitherd,
// which an upgrade checks beside.
void WarnOfTakenPorts(const Config& config, std::ostream& out) {
  for (const SocketAddress& address : config.listen) {
    for (const bool is_tcp : {false, true}) {
      const std::optional<PortOwner> owner = FindPortOwner(address, is_tcp);
      if (!owner.has_value() || owner->program == "hitherd") continue;
      out << "warning: listen " << address.ToText() << (is_tcp ? " tcp: " : " udp: ")
          << owner->ToText() << "\n";
    }
  }
}

bool CheckStart(const Config& config, std::ostream& out) {
  bool can_start = true;
  for (const absl::Status& status : {CheckLogFile(config.log.file), CheckUser(config),
                                     AsUser(config, [&config] { return CheckImageCache(config); }),
                                     AsUser(config, [&config] { return CheckReadable(config); })}) {
    if (status.ok()) continue;
    can_start = false;
    out << "error: " << Printable(std::string(status.message())) << "\n";
  }
  WarnOfTakenPorts(config, out);
  return can_start;
}

bool CheckZones(const Config& config, std::ostream& out) {
  size_t bad = 0;
  uint64_t records = 0;
  // No cache: an image no longer has warnings, and a check leaves no files.
  const LoadOptions options = LoadOptionsOf(config);
  for (size_t first = 0; first < config.zones.size(); first += kZonesAtOnce) {
    const size_t count = std::min(kZonesAtOnce, config.zones.size() - first);
    for (const Checked& checked : CheckSome(config.zones, first, count, options)) {
      out << checked.findings;
      records += checked.records;
      bad += checked.good ? 0 : 1;
    }
  }
  out << Counted(config.zones.size(), "zone") << ", " << Counted(records, "record") << ", "
      << Counted(bad, "zone") << " with errors\n";
  return bad == 0 && out.flush().good();  // Unwritten output counts as failure.
}

}  // namespace hither
