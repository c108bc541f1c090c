// zone_log_child FOLDER: changes zones in the log there for ever, and prints "ZONE SERIAL" for each
// version once it is synced. zone_log_kill_test.cc kills it.

#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/zones/change/change_support.h"
#include "zones/change/file_log_disk.h"
#include "zones/change/zone_log.h"

namespace hither {
namespace {

constexpr uint32_t kZones = 5;

absl::Status AppendNext(ZoneLog& log, const std::string& zone, uint32_t serial) {
  const absl::StatusOr<uint32_t> current = log.CurrentOf(*Name::FromText(zone));
  const RecordList next = NumberedZone(zone, serial);
  if (!current.ok()) return log.AppendWhole(next);
  return log.AppendDiff(*Diff(NumberedZone(zone, *current), next));
}

absl::Status Run(const std::string& folder) {
  absl::StatusOr<std::unique_ptr<FileLogDisk>> disk = FileLogDisk::Open(folder);
  if (!disk.ok()) return disk.status();
  ZoneLogOptions options;
  options.segment_bytes = 32 * 1024;
  absl::StatusOr<std::unique_ptr<ZoneLog>> log = ZoneLog::Open(**disk, options);
  if (!log.ok()) return log.status();
  std::mt19937 random{std::random_device()()};
  while (true) {
    std::map<std::string, uint32_t> group;
    for (uint32_t changes = 1 + random() % 4; changes > 0; --changes) {
      const std::string zone = absl::StrCat("z", random() % kZones, ".");
      const uint32_t serial = (*log)->CurrentOf(*Name::FromText(zone)).value_or(0) + 1;
      const absl::Status appended = AppendNext(**log, zone, serial);
      if (!appended.ok()) return appended;
      group[zone] = serial;
    }
    const absl::Status synced = (*log)->Sync();
    if (!synced.ok()) return synced;
    for (const auto& [zone, serial] : group) std::printf("%s %u\n", zone.c_str(), serial);
    std::fflush(stdout);
    const absl::StatusOr<bool> compacted = (*log)->Compact(16 * 1024);
    if (!compacted.ok()) return compacted.status();
  }
}

}  // namespace
}  // namespace hither

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::fprintf(stderr, "%s\n", hither::Run(argv[1]).ToString().c_str());
  return 1;
}
