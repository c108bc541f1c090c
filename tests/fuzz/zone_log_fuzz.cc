// Any octets as the segments of a zone log. They seldom have valid checksums, so the input also
// describes entries, which get them. The log must open, hold nothing that it cannot give back, take
// a new version, and still have it after a compaction and a restart.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "tests/zones/change/memory_log_disk.h"
#include "zones/change/zone_log.h"

namespace {

using namespace hither;

constexpr uint64_t kKey = 42;
constexpr uint8_t kNames[4][3] = {{0, 0, 0}, {1, 'a', 0}, {1, 'b', 0}, {1, 'A', 0}};

NameView NameOf(uint8_t number) {
  const uint8_t* const name = kNames[number % 4];
  return NameView(ByteView(name, number % 4 == 0 ? 1 : 3));
}

// Each entry: kind, flags, sequence, parent, two serials, the length of the body, the body.
void AppendEntries(ByteReader& in, Bytes& segment) {
  while (!in.AtEnd()) {
    LogEntryHead head;
    head.kind = static_cast<LogEntryKind>(1 + in.U8() % 5);
    const uint8_t flags = in.U8();
    head.may_be_old = (flags & 1) != 0;
    head.synced_end = (flags & 2) != 0 ? segment.size() : 0;
    head.sequence = in.U8();
    head.parent = in.U8();
    head.serial_from = in.U8();
    head.serial_to = in.U8();
    const ByteView body = in.Take(std::min<size_t>(in.U8(), in.rest().size()));
    head.body_bytes = body.size();
    head.body_checksum = BodyChecksum(body, kKey) + ((flags & 4) != 0 ? 1 : 0);
    const NameView zone = NameOf(static_cast<uint8_t>(flags >> 4));
    const Bytes octets = StoreEntryHead(head, zone, segment.size(), kKey);
    const size_t end = segment.size() + EntryBytes(head, zone);
    segment.insert(segment.end(), octets.begin(), octets.end());
    segment.insert(segment.end(), body.begin(), body.end());
    segment.resize(end);
    if ((flags & 8) != 0) return;  // The next entry is in the next segment.
  }
}

void PutSegments(ByteReader& in, MemoryLogDisk& disk) {
  SegmentHead head = {1, 0, 0, 0, kKey};
  for (; !in.AtEnd() && head.number < 6; ++head.number) {
    Bytes segment(kSegmentHeadBytes);
    StoreSegmentHead(head, segment.data());
    AppendEntries(in, segment);
    head.previous = head.number;
    head.previous_end = segment.size();
    head.first_sequence = in.U8();
    disk.Put(head.number, segment);
  }
}

void ReadAll(ZoneLog& log) {
  std::vector<Name> zones;
  log.ForEachZone([&zones](NameView zone) { zones.emplace_back(zone); });
  for (const Name& zone : zones) {
    log.TimersOf(zone).status().IgnoreError();
    for (const uint32_t serial : log.VersionsOf(zone)) {
      const absl::StatusOr<RecordList> records = log.Load(zone, serial);
      HITHER_CHECK(records.ok()
                       ? records->Serial().value() == serial
                       : absl::IsDataLoss(records.status()) || absl::IsNotFound(records.status()));
    }
  }
}

RecordList NewVersion() {
  RecordList records(NameOf(1));
  Bytes rdata = {0, 0};  // Two names: the root.
  rdata.resize(22);
  rdata[5] = 77;
  HITHER_CHECK(records.Add({NameOf(1), RrType::kSoa, 60, rdata, {}}).ok());
  return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  ByteReader in({data + 1, size - 1});
  MemoryLogDisk disk(1);
  if (data[0] % 2 == 0) PutSegments(in, disk);
  if (data[0] % 2 != 0) disk.Put(1, Bytes(data + 1, data + size));
  ZoneLogOptions options;
  options.keep_versions = 3;
  options.segment_bytes = 256;
  auto log = ZoneLog::Open(disk, options);
  if (!log.ok()) return 0;
  ReadAll(**log);
  HITHER_CHECK((*log)->AppendWhole(NewVersion()).ok() && (*log)->Sync().ok());
  for (int i = 0; i < 100; ++i) {
    const absl::StatusOr<bool> more = (*log)->Compact(100);
    HITHER_CHECK(more.ok() && (*log)->Sync().ok());
    if (!*more) break;
  }
  log = ZoneLog::Open(disk, options);
  HITHER_CHECK(log.ok() && (*log)->CurrentOf(NameOf(1)).value() == 77);
  HITHER_CHECK((*log)->Load(NameOf(3), 77).ok());
  ReadAll(**log);
  return 0;
}
