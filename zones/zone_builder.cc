#include "zones/zone_builder.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "zones/check.h"
#include "zones/name_hash.h"
#include "zones/rdata.h"
#include "zones/zone_indexer.h"

namespace hither {
namespace {

// The first eight octets of what stands below the apex, in canonical order: labels from the last
// to the first in lower case, each ended by 0. An octet of 0 or 1 in a label counts as 1 and ends
// the key, so that equal keys mean "compare the names" and unlike keys are always right.
uint64_t SortKey(NameView name, size_t apex_labels) {
  const HashedName split(name);
  uint64_t key = 0;
  int shift = 56;
  for (size_t labels = apex_labels + 1; labels <= split.label_count(); ++labels) {
    for (const uint8_t octet : split.Suffix(labels).first_label()) {
      if (shift < 0) return key;
      if (octet <= 1) return key | uint64_t{1} << shift;
      key |= uint64_t{ToLowerOctet(octet)} << shift;
      shift -= 8;
    }
    shift -= 8;  // The 0 that ends the label.
    if (shift < 0) return key;
  }
  return key;
}

constexpr size_t kSlotsMin = 16;

uint64_t HashOwner(NameView name, bool nsec3) { return HashName(name) + (nsec3 ? 1 : 0); }

}  // namespace

ZoneBuilder::ZoneBuilder(NameView apex, const ZoneLimits& limits)
    : apex_(apex), apex_labels_(apex.label_count()), limits_(limits) {
  Intern(apex_, false);
}

void ZoneBuilder::Find(Severity severity, const Location& location, std::string text) {
  if (severity == Severity::kError) failed_ = true;
  if (findings_.size() >= limits_.findings_max) {
    ++findings_left_out_;
    return;
  }
  findings_.push_back({severity, location, std::move(text)});
}

ZoneBuilder::Slot& ZoneBuilder::SlotFor(NameView name, bool nsec3, uint64_t hash) {
  const size_t mask = slots_.size() - 1;
  const auto fingerprint = static_cast<uint32_t>(hash >> 32);
  for (size_t at = hash & mask;; at = (at + 1) & mask) {  // Ends: a third of the slots is free.
    Slot& slot = slots_[at];
    if (slot.owner == kNone) return slot;
    if (slot.fingerprint != fingerprint) continue;
    const Owner& owner = owners_[slot.owner];
    if (owner.nsec3 == nsec3 && NameOf(owner).EqualsIgnoreCase(name)) return slot;
  }
}

void ZoneBuilder::GrowSlots() {
  const std::vector<Slot> before =
      std::exchange(slots_, std::vector<Slot>(std::max<size_t>(kSlotsMin, 2 * slots_.size())));
  for (const Slot& slot : before) {
    if (slot.owner == kNone) continue;
    const Owner& owner = owners_[slot.owner];
    SlotFor(NameOf(owner), owner.nsec3, HashOwner(NameOf(owner), owner.nsec3)) = slot;
  }
}

ZoneBuilder::OwnerId ZoneBuilder::Intern(NameView name, bool nsec3) {
  if (!owners_.empty()) {
    const Owner& last = owners_[last_owner_];
    if (last.nsec3 == nsec3 && NameOf(last).EqualsExactly(name)) return last_owner_;
  }
  if (3 * (owners_.size() + 1) > 2 * slots_.size()) GrowSlots();
  const uint64_t hash = HashOwner(name, nsec3);
  Slot& slot = SlotFor(name, nsec3, hash);
  if (slot.owner == kNone) {
    slot = {static_cast<uint32_t>(hash >> 32), static_cast<OwnerId>(owners_.size())};
    owners_.push_back(
        {names_.size(), SortKey(name, apex_labels_), static_cast<uint8_t>(name.size()), nsec3});
    names_.insert(names_.end(), name.data(), name.data() + name.size());
  }
  return last_owner_ = slot.owner;
}

void ZoneBuilder::Add(const RecordView& record) {
  if (!record.owner.IsAtOrBelow(apex_)) {
    Find(Severity::kWarning, record.location,
         absl::StrCat(record.owner.ToText(), " is outside of the zone ", apex_.ToText(),
                      "; ignored, remove it or mend its owner (RFC 1035 §5.2)"));
    return;
  }
  RrType covered = record.type;
  if (record.type == RrType::kRrsig && record.rdata.size() >= 2) {
    covered = static_cast<RrType>(LoadU16(record.rdata.data()));
  }
  const OwnerId owner = Intern(record.owner, covered == RrType::kNsec3);
  records_.push_back({rdata_.size(), owner, record.ttl_seconds, record.location,
                      static_cast<uint16_t>(record.rdata.size()), record.type, covered});
  rdata_.insert(rdata_.end(), record.rdata.begin(), record.rdata.end());
}

// RFC 4592 §2.2.2: a name exists if anything below it does.
void ZoneBuilder::AddEmptyNonTerminals() {
  for (size_t i = 0; i < owners_.size(); ++i) {  // Grows; each ancestor is then known.
    if (owners_[i].nsec3) continue;
    const Name name(NameOf(owners_[i]));
    NameView ancestor = name;
    while (ancestor.size() > apex_.view().size()) {
      ancestor = ancestor.Parent();
      const size_t before = owners_.size();
      Intern(ancestor, false);
      if (owners_.size() == before) break;
    }
  }
}

void ZoneBuilder::SortOwners() {
  std::vector<OwnerId> order(owners_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](OwnerId a, OwnerId b) {
    const Owner& one = owners_[a];
    const Owner& other = owners_[b];
    if (one.nsec3 != other.nsec3) return other.nsec3;
    if (one.sort_key != other.sort_key) return one.sort_key < other.sort_key;
    return CompareCanonical(NameOf(one), NameOf(other)) < 0;
  });
  std::vector<NodeId> node_of(owners_.size());
  zone_->nodes_.resize(owners_.size());
  zone_->names_.reserve(names_.size());
  for (NodeId id = 0; id < order.size(); ++id) {
    const Owner& owner = owners_[order[id]];
    const NameView name = NameOf(owner);
    node_of[order[id]] = id;
    Node& node = zone_->nodes_[id];
    node = Node{};
    node.name_at = zone_->names_.size();
    node.name_bytes = owner.name_bytes;
    node.label_count = static_cast<uint8_t>(name.label_count());
    zone_->names_.insert(zone_->names_.end(), name.data(), name.data() + name.size());
    if (!owner.nsec3) zone_->name_count_ = id + 1;
  }
  for (Record& record : records_) record.owner = node_of[record.owner];
}

void ZoneBuilder::SortRecords() {
  std::stable_sort(records_.begin(), records_.end(), [](const Record& a, const Record& b) {
    if (a.owner != b.owner) return a.owner < b.owner;
    if (a.IsSignature() != b.IsSignature()) return b.IsSignature();
    return a.covered < b.covered;
  });
}

// Takes duplicates (RFC 2181 §5) out of records_[first, last) by moving them behind `records`:
// marked by owner kNoNode. Compared in canonical form, where the case of names does not count.
void ZoneBuilder::DropDuplicates(size_t first, size_t last) {
  struct Form {
    Bytes octets;
    size_t record;
  };
  std::vector<Form> forms;
  for (size_t i = first; i < last; ++i) {
    forms.push_back({{}, i});
    AppendCanonicalRdata(records_[i].type, RdataOf(records_[i]), forms.back().octets);
  }
  std::stable_sort(forms.begin(), forms.end(),
                   [](const Form& a, const Form& b) { return a.octets < b.octets; });
  for (size_t i = 1; i < forms.size(); ++i) {
    if (forms[i].octets != forms[i - 1].octets) continue;
    Record& record = records_[forms[i].record];
    Find(Severity::kWarning, record.location,
         absl::StrCat("the same ", TypeToText(record.type), " record at ",
                      zone_->NameOf(record.owner).ToText(),
                      " stands above; ignored, remove one (RFC 2181 §5)"));
    record.rdata_bytes = 0;
    record.owner = kNoNode;
  }
}

size_t ZoneBuilder::EmitRRset(size_t first) {
  const Record head = records_[first];
  size_t last = first + 1;
  while (last < records_.size() && records_[last].owner == head.owner &&
         records_[last].type == head.type && records_[last].covered == head.covered) {
    ++last;
  }
  const auto named = [&] {
    return absl::StrCat(TypeToText(head.type), " at ", zone_->NameOf(head.owner).ToText());
  };
  if (last - first > limits_.records_per_rrset_max) {
    Find(Severity::kError, head.location,
         absl::StrCat(last - first, " records of type ", named(), "; at most ",
                      limits_.records_per_rrset_max,
                      " are allowed (limits: records_per_rrset_max)"));
    return last;
  }
  if (last - first > 1) DropDuplicates(first, last);
  RRset rrset{};
  rrset.type = head.type;
  rrset.covered = head.covered;
  rrset.ttl_seconds = head.ttl_seconds;
  rrset.rdata_at = zone_->rdata_.size();
  rrset.signatures = kNone;
  rrset.targets = kNone;
  for (size_t i = first; i < last; ++i) {
    const Record& record = records_[i];
    if (record.owner == kNoNode) continue;
    if (record.ttl_seconds != head.ttl_seconds) {
      Find(Severity::kWarning, record.location,
           absl::StrCat("TTL ", record.ttl_seconds, " differs from the ", head.ttl_seconds,
                        " of other records of type ", named(),
                        "; the lowest is used, make them equal (RFC 2181 §5.2)"));
    }
    rrset.ttl_seconds = std::min(rrset.ttl_seconds, record.ttl_seconds);
    uint8_t length[2];
    StoreU16(length, record.rdata_bytes);
    const ByteView rdata = RdataOf(record);
    zone_->rdata_.insert(zone_->rdata_.end(), length, length + 2);
    zone_->rdata_.insert(zone_->rdata_.end(), rdata.begin(), rdata.end());
    ++rrset.count;
  }
  rrset.rdata_bytes = static_cast<uint32_t>(zone_->rdata_.size() - rrset.rdata_at);
  zone_->record_count_ += rrset.count;
  zone_->rrsets_.push_back(rrset);
  places_.push_back(head.location);
  return last;
}

void ZoneBuilder::EmitNodes() {
  zone_->rdata_.reserve(rdata_.size() + 2 * records_.size());
  size_t next = 0;
  for (NodeId id = 0; id < zone_->nodes_.size(); ++id) {
    Node& node = zone_->nodes_[id];
    node.first_rrset = static_cast<uint32_t>(zone_->rrsets_.size());
    while (next < records_.size() && records_[next].owner == id) {
      const bool is_signature = records_[next].IsSignature();
      const size_t before = zone_->rrsets_.size();
      next = EmitRRset(next);
      if (zone_->rrsets_.size() == before) continue;  // Over a limit.
      ++(is_signature ? node.signature_count : node.rrset_count);
    }
    CheckNode(node);
  }
}

void ZoneBuilder::CheckNode(const Node& node) {
  const auto id = static_cast<NodeId>(&node - zone_->nodes_.data());
  if (node.rrset_count > limits_.types_per_name_max) {
    Find(Severity::kError, places_[node.first_rrset],
         absl::StrCat(node.rrset_count, " types at ", zone_->NameOf(id).ToText(), "; at most ",
                      limits_.types_per_name_max, " are allowed (limits: types_per_name_max)"));
  }
  const auto rrsets = zone_->RRsetsOf(id);
  bool other_data = false;
  for (size_t i = 0; i < rrsets.size(); ++i) {
    const RrType type = rrsets[i].type;
    const Location& place = places_[node.first_rrset + i];
    // RFC 2181 §10.1 and RFC 4034 §4: only what DNSSEC needs may stand beside a CNAME.
    other_data |= type != RrType::kCname && type != RrType::kNsec && type != RrType::kKey &&
                  type != RrType::kNxt;
    if (type == RrType::kSoa && id != kApex) {
      Find(Severity::kError, place,
           absl::StrCat("SOA at ", zone_->NameOf(id).ToText(), ", which is not the apex ",
                        apex_.ToText(), "; remove it (RFC 1035 §5.2)"));
    }
    if ((type == RrType::kSoa || type == RrType::kCname) && rrsets[i].count > 1) {
      Find(Severity::kError, place,
           absl::StrCat(rrsets[i].count, " ", TypeToText(type), " records at ",
                        zone_->NameOf(id).ToText(), "; keep one (RFC 2181 §10.1)"));
    }
  }
  const RRset* cname = zone_->FindRRset(id, RrType::kCname);
  if (cname != nullptr && other_data) {
    Find(Severity::kError, places_[static_cast<size_t>(cname - zone_->rrsets_.data())],
         absl::StrCat("CNAME beside other data at ", zone_->NameOf(id).ToText(),
                      "; remove one (RFC 1034 §3.6.2)"));
  }
}

void ZoneBuilder::ReadSoa() {
  const RRset* soa = zone_->FindRRset(kApex, RrType::kSoa);
  if (soa == nullptr || soa->count == 0) {
    Find(Severity::kError, {0, 0},
         absl::StrCat("no SOA record at ", apex_.ToText(), "; add one (RFC 1035 §5.2)"));
    return;
  }
  // The five numbers end the RDATA: serial, refresh, retry, expire, minimum (RFC 1035 §3.3.13).
  const ByteView record = zone_->RecordsOf(*soa);
  HITHER_CHECK(record.size() >= 2 + 22);
  const uint8_t* numbers = record.data() + 2 + LoadU16(record.data()) - 20;
  zone_->serial_ = LoadU32(numbers);
  zone_->negative_ttl_seconds_ = std::min(soa->ttl_seconds, LoadU32(numbers + 16));
}

BuiltZone ZoneBuilder::Build(const std::vector<std::string>& files) {
  zone_ = std::shared_ptr<Zone>(new Zone());
  AddEmptyNonTerminals();
  slots_ = std::vector<Slot>();
  SortOwners();
  SortRecords();
  EmitNodes();
  ReadSoa();
  BuiltZone built;
  if (!failed_) {
    ZoneIndexer(*zone_).Run();
    built.zone = zone_;
    built.places = std::move(places_);
  }
  const auto file_of = [&](const Location& location) {
    return location.file < files.size() ? files[location.file] : apex_.ToText();
  };
  for (PendingFinding& found : findings_) {
    built.findings.push_back(
        {found.severity, file_of(found.location), found.location.line, std::move(found.text)});
  }
  if (findings_left_out_ > 0) {
    built.findings.push_back({failed_ ? Severity::kError : Severity::kWarning, file_of({}), 0,
                              absl::StrCat("and ", findings_left_out_, " more like these")});
  }
  zone_.reset();
  return built;
}

}  // namespace hither
