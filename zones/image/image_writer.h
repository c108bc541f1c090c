#ifndef HITHER_ZONES_IMAGE_IMAGE_WRITER_H_
#define HITHER_ZONES_IMAGE_IMAGE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dns/name.h"
#include "zones/image/image_memory.h"
#include "zones/image/record_buffer.h"
#include "zones/image/zone.h"

namespace hither {

// An RRset for an image: which records of a buffer, and the decisions about them.
struct PlannedRRset {
  RrType type;
  RrType covered;
  uint32_t ttl_seconds;
  bool has_targets;  // Room for a node number per record (RRset::Targets).
  std::span<const RecordBuffer::RecordId> records;
};

// Writes an image from its start to its end: header, nodes, tables. ZoneBuilder and ZoneIndexer
// decide and check. One thread's, used once.
class ImageWriter {
 public:
  explicit ImageWriter(size_t bytes_expected);

  // Valid until the next Add.
  Zone& zone() { return *reinterpret_cast<Zone*>(memory_.data()); }
  Node& node(NodeId id) {
    return *reinterpret_cast<Node*>(memory_.data() + size_t{id} * kImageUnitBytes);
  }

  // Appends a node with its RRsets, those of RRSIGs last, each linked to the one that it signs.
  NodeId AddNode(NameView name, NodeId parent, bool has_denial,
                 std::span<const PlannedRRset> rrsets, const RecordBuffer& buffer);
  // The nodes so far are all names, or all nodes.
  void EndNames(uint32_t count);
  void EndNodes() { zone().nodes_end_ = end(); }
  // The first expiration, from the RRSIGs of a node that is not occluded.
  void NoteSignatures(NodeId id);
  void SetCounts(uint64_t records, uint32_t serial, uint32_t negative_ttl_seconds);

  // Appends a table of zeros at a multiple of `alignment`; returns where, in units.
  uint32_t AddTable(size_t bytes, size_t alignment = kImageUnitBytes);

  std::shared_ptr<const Zone> Finish();

 private:
  NodeId end() const { return static_cast<NodeId>(memory_.size() / kImageUnitBytes); }
  ImageMemory memory_;
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_IMAGE_WRITER_H_
