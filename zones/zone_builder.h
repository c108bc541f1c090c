#ifndef HITHER_ZONES_ZONE_BUILDER_H_
#define HITHER_ZONES_ZONE_BUILDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "zones/name.h"
#include "zones/record.h"
#include "zones/zone.h"

namespace hither {

// Limits on what one zone may hold: a name with ever so many records makes every answer from it,
// and every transfer, costly (CVE-2024-1737, after which BIND has such limits, too).
struct ZoneLimits {
  uint32_t records_per_rrset_max = 1'000;
  uint32_t types_per_name_max = 100;
  uint32_t findings_max = 100;
};

// What Build() gives. `places[i]` is where the first record of Zone::rrsets()[i] was read.
struct BuiltZone {
  std::shared_ptr<const Zone> zone;  // Null if a finding is an error.
  std::vector<Finding> findings;
  std::vector<Location> places;
};

// Makes a Zone from records, wherever they come from. One thread's; used once.
//
// Finds what concerns records one by one or an RRset: out-of-zone owners and duplicates (dropped
// with a warning), unlike TTLs in an RRset (RFC 2181 §5.2), limits, no or several SOAs, CNAME
// beside other data (RFC 1034 §3.6.2). What concerns the zone as a whole is zone_check.h's.
class ZoneBuilder : public RecordSink {
 public:
  explicit ZoneBuilder(NameView apex, const ZoneLimits& limits = {});

  // `record.rdata` is valid for its type (ValidateRdata) and uncompressed.
  void Add(const RecordView& record) override;

  // `files` are the names behind Location::file.
  BuiltZone Build(const std::vector<std::string>& files);

 private:
  using OwnerId = uint32_t;

  struct Owner {
    uint64_t name_at;   // In names_.
    uint64_t sort_key;  // The first octets of the name below the apex, in canonical order.
    uint8_t name_bytes;
    bool nsec3;  // Owns NSEC3 records (a second Owner of the same name may own others).
  };
  struct Record {
    uint64_t rdata_at;  // In rdata_.
    OwnerId owner;      // Then, from SortOwners() on, the node.
    uint32_t ttl_seconds;
    Location location;
    uint16_t rdata_bytes;
    RrType type;
    RrType covered;  // RRSIGs: the type they cover; otherwise `type`.
    bool IsSignature() const { return type == RrType::kRrsig; }
  };
  // Open addressing in a vector: Abseil's tables (20220623) do not survive a std::bad_alloc while
  // they grow, and one zone's lack of memory must not end the server.
  struct Slot {
    uint32_t fingerprint = 0;  // The hash's upper half.
    OwnerId owner = kNone;     // kNone: free.
  };

  NameView NameOf(const Owner& owner) const {
    return NameView(ByteView(names_.data() + owner.name_at, owner.name_bytes));
  }
  ByteView RdataOf(const Record& record) const {
    return {rdata_.data() + record.rdata_at, record.rdata_bytes};
  }
  OwnerId Intern(NameView name, bool nsec3);
  Slot& SlotFor(NameView name, bool nsec3, uint64_t hash);  // Where it is, or may be put.
  void GrowSlots();
  void AddEmptyNonTerminals();
  void SortOwners();
  void SortRecords();
  void DropDuplicates(size_t first, size_t last);
  void EmitNodes();
  size_t EmitRRset(size_t first);  // Returns one past the RRset's last record.
  void CheckNode(const Node& node);
  void ReadSoa();
  void Find(Severity severity, const Location& location, std::string text);

  const Name apex_;
  const size_t apex_labels_;
  const ZoneLimits limits_;
  Bytes names_;
  Bytes rdata_;
  std::vector<Owner> owners_;
  std::vector<Record> records_;
  std::vector<Slot> slots_;  // A power of two, at most 2/3 full; gone once Build() has all names.
  OwnerId last_owner_ = 0;   // Of the record before: most files name an owner once.

  std::shared_ptr<Zone> zone_;
  std::vector<Location> places_;
  struct PendingFinding {
    Severity severity;
    Location location;
    std::string text;
  };
  std::vector<PendingFinding> findings_;
  uint64_t findings_left_out_ = 0;
  bool failed_ = false;
};

}  // namespace hither

#endif  // HITHER_ZONES_ZONE_BUILDER_H_
