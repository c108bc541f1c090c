#include "zones/image/image_check.h"

#include <cstring>
#include <vector>

#include "dns/rdata.h"
#include "zones/image/image_format.h"
#include "zones/image/zone.h"

namespace hither {
namespace {

constexpr size_t kNodeUnitsMin = (sizeof(Node) + 1 + kImageUnitBytes - 1) / kImageUnitBytes;

// A bit for each unit of an image.
class UnitSet {
 public:
  explicit UnitSet(size_t units) : words_(units / 64 + 1) {}
  void Add(NodeId id) { words_[id / 64] |= uint64_t{1} << (id % 64); }
  bool Has(NodeId id) const {
    return id / 64 < words_.size() && (words_[id / 64] >> (id % 64) & 1) != 0;
  }

 private:
  std::vector<uint64_t> words_;
};

// Are the names where a reader of this type's RDATA looks for them?
bool HasItsNames(RrType type, ByteView rdata) {
  const RdataNames& names = NamesOf(type);
  if (names.names == 0) return true;
  if (rdata.size() < names.fixed_before) return false;
  rdata = rdata.subspan(names.fixed_before);
  for (uint8_t i = 0; i < names.names; ++i) {
    const size_t bytes = NameBytesAtStart(rdata);
    if (bytes == 0) return false;
    rdata = rdata.subspan(bytes);
  }
  return true;
}

}  // namespace

class ImageChecker {
 public:
  explicit ImageChecker(ByteView image)
      : image_(image), zone_(*reinterpret_cast<const Zone*>(image.data())) {}

  absl::string_view Check() {
    if (image_.size() < sizeof(Zone) + sizeof(Node)) return "it is too short";
    if (!HeaderIsGood()) return "its header points outside of it";
    names_ = UnitSet(zone_.nodes_end_);
    nsec3s_ = UnitSet(zone_.nodes_end_);
    for (NodeId id = kApex; id < zone_.nodes_end_; id = zone_.Next(id)) {
      if (!NodeIsGood(id)) return "a name or its records are broken";
    }
    if (!ApexIsGood()) return "its apex has no SOA";
    if (names_seen_ != zone_.name_count_) return "its count of names is wrong";
    if (nsec_seen_ != zone_.nsec_count_) return "its NSEC table is broken";
    if (nsec3_seen_ != zone_.nsec3_count_) return "its NSEC3 table is broken";
    for (const NodeId id : zone_.names()) {
      if (!ReferencesAreGood(id)) return "a name points to something that is not a name";
    }
    return IndexIsGood() ? "" : "its index is broken";
  }

 private:
  bool TableIsGood(uint64_t at, uint64_t bytes) const {
    return at >= zone_.nodes_end_ && at * kImageUnitBytes + bytes <= image_.size();
  }
  bool HeaderIsGood() const;
  bool NodeIsGood(NodeId id);
  bool NameIsGood(NodeId id, const Node& node, const uint8_t* end) const;
  bool ParentIsGood(NodeId id, const Node& node) const;
  bool RRsetIsGood(const Node& node, size_t i, const uint8_t* begin, const uint8_t* end) const;
  bool FlagsAreGood(NodeId id, const Node& node) const;
  void CountDenial(NodeId id, const Node& node);
  bool ApexIsGood() const { return zone_.FindRRset(kApex, RrType::kSoa) != nullptr; }
  bool ReferencesAreGood(NodeId id) const;
  bool IndexIsGood() const;

  const ByteView image_;
  const Zone& zone_;
  UnitSet names_{0};   // Where the names seen so far start.
  UnitSet nsec3s_{0};  // The same for owners that have an NSEC3.
  uint32_t names_seen_ = 0;
  uint32_t nsec_seen_ = 0;  // Entries of the table met in the order of the nodes.
  uint32_t nsec3_seen_ = 0;
};

bool ImageChecker::HeaderIsGood() const {
  const Zone& zone = zone_;
  const uint64_t units = image_.size() / kImageUnitBytes;
  return zone.image_bytes_ == image_.size() && image_.size() % kImageUnitBytes == 0 &&
         kApex < zone.names_end_ && zone.names_end_ <= zone.nodes_end_ &&
         zone.nodes_end_ <= units && zone.index_lines_ > 0 &&
         TableIsGood(zone.index_at_, uint64_t{zone.index_lines_} * sizeof(IndexLine)) &&
         (zone.nsec_count_ == 0 ||
          TableIsGood(zone.nsec_at_,
                      uint64_t{zone.nsec_count_} * (sizeof(uint64_t) + sizeof(NodeId)))) &&
         (zone.nsec3_count_ == 0 ||
          (TableIsGood(zone.nsec3_at_, uint64_t{zone.nsec3_count_} * sizeof(Nsec3Entry)) &&
           TableIsGood(zone.salt_at_, zone.salt_bytes_))) &&
         (zone.nsec_count_ == 0 || zone.nsec3_count_ == 0) &&
         zone.nsec3_iterations_ <= kNsec3IterationsMax;
}

// Nodes are seen in order, so that all earlier ones are known to be good.
bool ImageChecker::NodeIsGood(NodeId id) {
  const bool is_name = id < zone_.names_end_;
  const NodeId area_end = is_name ? zone_.names_end_ : zone_.nodes_end_;
  if (area_end - id < kNodeUnitsMin) return false;
  const Node& node = zone_.node(id);
  if (node.units < kNodeUnitsMin || node.units > area_end - id) return false;
  const uint8_t* const end = zone_.At(id) + size_t{node.units} * kImageUnitBytes;
  const size_t head_bytes = sizeof(Node) + (node.has_denial ? sizeof(NodeDenial) : 0) +
                            node.all_rrset_count() * sizeof(RRset);
  if (head_bytes + node.name_bytes > size_t{node.units} * kImageUnitBytes) return false;
  if (!NameIsGood(id, node, end)) return false;
  const uint8_t* const records = node.name().data() + node.name_bytes;
  const auto record_bytes = static_cast<size_t>(end - records);
  size_t bytes_min = 0;  // Checking RRsets that share records would take forever.
  for (size_t i = 0; i < node.all_rrset_count(); ++i) {
    bytes_min += 2u * node.rrsets()[i].count;
    if (bytes_min > record_bytes || !RRsetIsGood(node, i, records, end)) return false;
  }
  if (!ParentIsGood(id, node) || !FlagsAreGood(id, node)) return false;
  CountDenial(id, node);
  if (is_name) {
    names_.Add(id);
    ++names_seen_;
  }
  return true;
}

bool ImageChecker::NameIsGood(NodeId id, const Node& node, const uint8_t* end) const {
  const uint8_t* const name = node.name().data();
  const NameScan scan = ScanName({name, static_cast<size_t>(end - name)});
  if (scan.end != NameEnd::kRoot || scan.bytes != node.name_bytes) return false;
  if (scan.labels != node.label_count) return false;
  return id == kApex || scan.labels > zone_.apex_labels();
}

bool ImageChecker::ParentIsGood(NodeId id, const Node& node) const {
  if (id == kApex || id >= zone_.names_end_) return node.parent == kNoNode;
  return node.parent < id && names_.Has(node.parent) &&
         node.name().Parent().EqualsIgnoreCase(zone_.NameOf(node.parent));
}

bool ImageChecker::RRsetIsGood(const Node& node, size_t i, const uint8_t* begin,
                               const uint8_t* end) const {
  const RRset& rrset = node.rrsets()[i];
  const bool is_signature = i >= node.rrset_count;
  if ((rrset.type == RrType::kRrsig) != is_signature || rrset.count == 0) return false;
  if (is_signature && rrset.has_targets) return false;  // Nothing reads their targets.
  if (rrset.signatures != 0) {
    const size_t there = i + rrset.signatures;
    if (is_signature || there < node.rrset_count || there >= node.all_rrset_count()) return false;
  }
  const auto offset = static_cast<ptrdiff_t>(rrset.rdata_offset);
  const uint8_t* const head = reinterpret_cast<const uint8_t*>(&rrset);
  const ptrdiff_t targets = rrset.has_targets ? sizeof(NodeId) * rrset.count : 0;
  if (offset - targets < begin - head || offset > end - head) return false;
  if (rrset.has_targets && offset % alignof(NodeId) != 0) return false;
  const uint8_t* at = head + offset;
  for (uint16_t k = 0; k < rrset.count; ++k) {
    if (end - at < 2 || end - at - 2 < LoadU16(at)) return false;
    if (!HasItsNames(rrset.type, {at + 2, LoadU16(at)})) return false;
    at += 2 + LoadU16(at);
  }
  return true;
}

// What ZoneView::Find() relies on.
bool ImageChecker::FlagsAreGood(NodeId id, const Node& node) const {
  const auto has = [&](RrType type) { return zone_.FindRRset(id, type) != nullptr; };
  if (node.has_dname && !has(RrType::kDname)) return false;
  if (node.has_cname && !has(RrType::kCname)) return false;
  if (node.is_cut && (node.occluded || id == kApex || !has(RrType::kNs))) return false;
  if (node.parent == kNoNode) return !node.occluded;
  const Node& above = zone_.node(node.parent);
  return node.occluded == (above.occluded || above.is_cut || above.has_dname);
}

// The tables of denial list their nodes in node order; each must own its NSEC or NSEC3.
void ImageChecker::CountDenial(NodeId id, const Node& node) {
  if (id < zone_.names_end_) {
    if (nsec_seen_ < zone_.nsec_count_ && zone_.nsec_nodes()[nsec_seen_] == id && !node.occluded &&
        zone_.FindRRset(id, RrType::kNsec) != nullptr) {
      ++nsec_seen_;
    }
    return;
  }
  if (zone_.FindRRset(id, RrType::kNsec3) == nullptr) return;
  nsec3s_.Add(id);
  if (nsec3_seen_ < zone_.nsec3_count_ && zone_.nsec3_entries()[nsec3_seen_].node == id) {
    ++nsec3_seen_;
  }
}

bool ImageChecker::ReferencesAreGood(NodeId id) const {
  const NodeDenial denial = zone_.DenialOf(id);
  for (const NodeId to : {denial.match, denial.wildcard}) {
    if (to != kNoNode && !nsec3s_.Has(to)) return false;
  }
  for (const RRset& rrset : zone_.RRsetsOf(id)) {
    for (const NodeId to : rrset.Targets()) {
      if (to != kNoNode && !names_.Has(to)) return false;
    }
  }
  return true;
}

bool ImageChecker::IndexIsGood() const {
  uint64_t names = 0;
  for (uint32_t i = 0; i < zone_.index_lines_; ++i) {
    const IndexLine& line = zone_.lines()[i];
    if (line.count > IndexLine::kSlots) return false;
    for (size_t k = 0; k < line.count; ++k) {
      if (!names_.Has(line.nodes[k])) return false;
    }
    names += line.count;
  }
  // A duplicate name would hide another one; without the apex no search would succeed.
  return names == zone_.name_count_ && zone_.FindNode(zone_.apex()) == kApex;
}

absl::string_view CheckImage(ByteView image) { return ImageChecker(image).Check(); }

}  // namespace hither
