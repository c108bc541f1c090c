#include "zones/image/image_writer.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "dns/signature_time.h"
#include "zones/image/image_format.h"
#include "zones/image/message_size.h"

namespace hither {
namespace {

constexpr uint32_t kRdataOffsetMax = (uint32_t{1} << 30) - 1;

size_t RoundUp(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

// Where an RRset's records begin if the octets before it end at `at`.
size_t RecordsAt(const PlannedRRset& rrset, size_t at) {
  if (!rrset.has_targets) return at;
  return RoundUp(at, alignof(NodeId)) + rrset.records.size() * sizeof(NodeId);
}

size_t RecordBytes(const PlannedRRset& rrset, const RecordBuffer& buffer) {
  size_t bytes = 0;
  for (const RecordBuffer::RecordId id : rrset.records) bytes += 2u + buffer.record(id).rdata_bytes;
  return bytes;
}

uint8_t* CopyRecords(const PlannedRRset& rrset, const RecordBuffer& buffer, uint8_t* to) {
  for (const RecordBuffer::RecordId id : rrset.records) {
    const ByteView rdata = buffer.record(id).rdata();
    StoreU16(to, static_cast<uint16_t>(rdata.size()));
    std::memcpy(to + 2, rdata.data(), rdata.size());
    to += 2 + rdata.size();
  }
  return to;
}

// `rrsets`: those of RRSIGs are last, and there is one per type.
void LinkSignatures(std::span<RRset> rrsets) {
  for (size_t i = 0; i < rrsets.size(); ++i) {
    if (rrsets[i].type != RrType::kRrsig) continue;
    for (size_t k = 0; k < i && rrsets[k].type != RrType::kRrsig; ++k) {
      if (rrsets[k].type == rrsets[i].covered) rrsets[k].signatures = static_cast<uint16_t>(i - k);
    }
  }
}

}  // namespace

ImageWriter::ImageWriter(size_t bytes_expected) : memory_(bytes_expected) {
  memory_.Extend(sizeof(Zone));
}

NodeId ImageWriter::AddNode(NameView name, NodeId parent, bool has_denial,
                            std::span<const PlannedRRset> rrsets, const RecordBuffer& buffer) {
  const size_t rrsets_at = sizeof(Node) + (has_denial ? sizeof(NodeDenial) : 0);
  const size_t name_at = rrsets_at + rrsets.size() * sizeof(RRset);
  size_t bytes = name_at + name.size();
  for (const PlannedRRset& rrset : rrsets)
    bytes = RecordsAt(rrset, bytes) + RecordBytes(rrset, buffer);
  if (bytes > kRdataOffsetMax) throw std::length_error("a name with over 1 GiB of records");

  const size_t start = memory_.size();
  uint8_t* const at = memory_.Extend(RoundUp(bytes, kImageUnitBytes));
  Node& node = *reinterpret_cast<Node*>(at);
  node.units = static_cast<uint32_t>(RoundUp(bytes, kImageUnitBytes) / kImageUnitBytes);
  node.parent = parent;
  node.name_bytes = static_cast<uint8_t>(name.size());
  node.label_count = static_cast<uint8_t>(name.label_count());
  node.has_denial = has_denial;
  std::memcpy(at + name_at, name.data(), name.size());

  const std::span<RRset> heads(reinterpret_cast<RRset*>(at + rrsets_at), rrsets.size());
  size_t end = name_at + name.size();
  for (size_t i = 0; i < rrsets.size(); ++i) {
    const PlannedRRset& from = rrsets[i];
    const size_t records_at = RecordsAt(from, end);
    const size_t rdata_offset = records_at - rrsets_at - i * sizeof(RRset);
    heads[i] = {.type = from.type,
                .covered = from.covered,
                .count = static_cast<uint16_t>(from.records.size()),
                .signatures = 0,
                .ttl_seconds = from.ttl_seconds,
                .has_targets = from.has_targets,
                .fits_no_message = false,
                .rdata_offset = static_cast<uint32_t>(rdata_offset & kRdataOffsetMax)};
    end = static_cast<size_t>(CopyRecords(from, buffer, at + records_at) - at);
    ++(from.type == RrType::kRrsig ? node.signature_count : node.rrset_count);
  }
  LinkSignatures(heads);
  MarkWhatFitsNoMessage(node);
  return static_cast<NodeId>(start / kImageUnitBytes);
}

void ImageWriter::EndNames(uint32_t count) {
  zone().name_count_ = count;
  zone().names_end_ = zone().nodes_end_ = end();
}

void ImageWriter::NoteSignatures(NodeId id) {
  Zone& header = zone();
  for (const RRset& rrsigs : header.SignaturesOf(id)) {
    for (const ByteView rdata : rrsigs.Records()) {
      const uint32_t expiration = SignatureExpiration(rdata);
      if (header.has_expiration_ &&
          SignatureSecondsBetween(header.first_expiration_, expiration) >= 0) {
        continue;
      }
      header.has_expiration_ = true;
      header.first_expiration_ = expiration;
    }
  }
}

void ImageWriter::SetCounts(uint64_t records, uint32_t serial, uint32_t negative_ttl_seconds) {
  zone().record_count_ = records;
  zone().serial_ = serial;
  zone().negative_ttl_seconds_ = negative_ttl_seconds;
}

uint32_t ImageWriter::AddTable(size_t bytes, size_t alignment) {
  const size_t start = RoundUp(memory_.size(), alignment);
  memory_.Extend(start - memory_.size() + RoundUp(bytes, kImageUnitBytes));
  return static_cast<uint32_t>(start / kImageUnitBytes);
}

std::shared_ptr<const Zone> ImageWriter::Finish() {
  Zone& header = zone();
  std::memcpy(header.magic_, kImageMagic, sizeof(kImageMagic));
  header.version_ = kImageVersion;
  header.byte_order_ = kImageByteOrder;
  header.image_bytes_ = memory_.size();
  return memory_.Release();
}

}  // namespace hither
