#ifndef HITHER_ZONES_IMAGE_ZONE_BUILDER_H_
#define HITHER_ZONES_IMAGE_ZONE_BUILDER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/stop_flag.h"
#include "dns/name.h"
#include "dns/record.h"
#include "zones/image/image_writer.h"
#include "zones/image/owner_order.h"
#include "zones/image/record_buffer.h"
#include "zones/image/zone.h"
#include "zones/set/limit_defaults.h"

namespace hither {

struct ZoneAudit;

// Limits on the contents of one zone: a name with too many records makes every answer from it, and
// every transfer, costly (CVE-2024-1737, after which BIND has such limits, too).
struct ZoneLimits {
  uint32_t records_per_rrset_max = kRecordsPerRrsetDefault;
  uint32_t types_per_name_max = kTypesPerNameDefault;
  uint16_t nsec3_iterations_max = kNsec3IterationsDefault;
  uint32_t findings_max = 100;     // Errors, and as many warnings.
  const StopFlag* stop = nullptr;  // Checked before each name that is built.
  ZoneAudit* audit = nullptr;      // Not null: CheckZone() does what it asks for, too.
};

// How close a zone comes to the limits.
struct ZoneExtents {
  uint32_t records_per_rrset = 0;
  uint32_t types_per_name = 0;
};

// Where records were read. For findings about a zone that is already built.
class RecordPlaces {
 public:
  virtual ~RecordPlaces() = default;
  // Of the record of `type` at `owner` (an owner of NSEC3 or a name) whose first name is `target`,
  // unless that is the root; else of the first record of `type`; of any record there if
  // it has none of that type; {} if it has no record at all.
  virtual Location PlaceOf(NameView owner, bool nsec3, RrType type, NameView target) const = 0;
};

// The result of Build(). The places belong to the builder, and end with it.
struct BuiltZone {
  std::shared_ptr<const Zone> zone;  // Null if a finding is an error.
  std::vector<Finding> findings;
  ZoneExtents extents;
};

// Makes a Zone from records, wherever they come from. One thread's; used once.
//
// Finds faults of single records and of RRsets: out-of-zone owners and duplicates (dropped with a
// warning), unlike TTLs in an RRset (RFC 2181 §5.2), limits, no or several SOAs, CNAME beside other
// data (RFC 1034 §3.6.2). zone_check.h checks the zone as a whole.
//
// Memory: the records as they arrived, then the image beside them; together at most 2.5 times the
// image. Throws std::bad_alloc, or std::length_error over 32 GiB.
class ZoneBuilder : public RecordSink, public RecordPlaces {
 public:
  explicit ZoneBuilder(NameView apex, const ZoneLimits& limits = {});

  // `record.rdata` is valid for its type (ValidateRdata) and uncompressed.
  void Add(const RecordView& record) override;

  // `files` are the names behind Location::file.
  BuiltZone Build(const std::vector<std::string>& files);

  Location PlaceOf(NameView owner, bool nsec3, RrType type, NameView target = {}) const override;

 private:
  using OwnerId = RecordBuffer::OwnerId;
  using RecordId = RecordBuffer::RecordId;

  // An ancestor of the name being added, or that name itself.
  struct Open {
    NodeId node;
    uint8_t label_count;
    NameView name;
  };

  size_t BytesExpected() const;
  bool WillUseNsec3() const;
  bool AddNames(ImageWriter& image);  // False: stopped.
  void OpenAncestors(NameView name, size_t label_count, ImageWriter& image);
  NodeId AddName(NameView name, size_t label_count, ImageWriter& image);
  void AddNsec3Owners(ImageWriter& image);
  void CollectRecords(OwnerId owner);
  void PlanRRsets(NameView owner);
  size_t PlanRRset(NameView owner, size_t first);  // Returns one past the RRset's last record.
  bool MayHaveDuplicates(size_t first, size_t last) const;
  size_t DropDuplicates(NameView owner, size_t first, size_t last);
  void CheckName(NameView owner);
  void ReadSoa(ImageWriter& image);
  void NoteSoa(NameView owner, const Location& location);
  void ForgetOutside();
  void ReportMostlyOutside();
  void ReportWrongName();
  void MakeZone(BuiltZone& built);
  void Report(Severity severity, const Location& location, std::string text);
  void ReportOmitted(const std::string& file, std::vector<Finding>& findings) const;
  void ReportSeveral(NameView owner, const PlannedRRset& rrset);
  std::string Where(Location here, RecordId other) const;
  std::string FileOf(const Location& place) const;
  Location PlaceOf(const PlannedRRset& rrset) const {
    return buffer_.record(rrset.records.front()).location();
  }

  const Name apex_;
  const size_t apex_labels_;
  const ZoneLimits limits_;
  RecordBuffer buffer_;
  std::unique_ptr<OwnerOrder> order_;   // From Build() on.
  std::span<const std::string> files_;  // During Build().

  // Of the name being added.
  std::vector<RecordId> records_;
  std::vector<PlannedRRset> rrsets_;
  std::vector<Open> open_;
  bool uses_nsec3_ = false;
  uint32_t name_count_ = 0;
  uint64_t record_count_ = 0;
  ZoneExtents extents_;

  // Of a zone under a wrong name nothing is right: one error says so, not one for each record.
  struct SoaPlaces {
    bool at_apex = false;
    bool elsewhere = false;  // The first one of these:
    Name owner;
    Location location;
  };
  SoaPlaces soa_;

  struct PendingFinding {
    Severity severity;
    Location location;
    std::string text;
    bool is_outside = false;  // The owner is not a name of the zone.
  };
  std::vector<PendingFinding> findings_;
  // Separate, so that no number of warnings hides the error that keeps the zone from being served.
  uint64_t errors_ = 0;
  uint64_t warnings_ = 0;
  uint64_t outside_ = 0;  // Of these.
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_ZONE_BUILDER_H_
