#ifndef HITHER_TESTS_ZONES_CHANGE_CHANGE_SUPPORT_H_
#define HITHER_TESTS_ZONES_CHANGE_CHANGE_SUPPORT_H_

#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "zones/change/record_list.h"

namespace hither {

// One record as "www 60 A 192.0.2.1": owner relative to the zone, TTL, type, RDATA. It owns its
// octets.
struct TextRecord {
  Name owner;
  RrType type = RrType::kA;
  uint32_t ttl_seconds = 0;
  Bytes rdata = {};

  RecordView view() const { return {owner, type, ttl_seconds, rdata, {}}; }
};
TextRecord RecordFromText(absl::string_view line, NameView apex);

// One record a line; aborts if a record is refused. Sorted.
RecordList ListFromText(absl::string_view apex, absl::string_view text);

// All records in their order, "owner ttl type rdata" with RDATA in hexadecimal.
std::vector<std::string> TextsOf(const RecordList& list);

// A version of 42 records whose content follows from its serial.
RecordList NumberedZone(absl::string_view apex, uint32_t serial);

// Random versions of a small zone, each a few changes after the one before.
class RandomZone {
 public:
  RandomZone(absl::string_view apex, uint32_t seed);

  // The next version: its serial is one more than the last one's.
  RecordList Next();

 private:
  void ChangeOne();
  RecordList Records() const;
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }

  std::string apex_;
  std::mt19937 random_;
  uint32_t serial_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace hither

#endif  // HITHER_TESTS_ZONES_CHANGE_CHANGE_SUPPORT_H_
