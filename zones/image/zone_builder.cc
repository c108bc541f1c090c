#include "zones/image/zone_builder.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/printable.h"
#include "dns/rdata.h"
#include "zones/image/zone_indexer.h"

namespace hither {
namespace {

bool EqualIgnoringCase(ByteView a, ByteView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](uint8_t one, uint8_t other) {
    return ToLowerOctet(one) == ToLowerOctet(other);
  });
}

// An RRset of RRSIGs is named by the type that it signs, which is also the sort key.
bool StandsBefore(const RecordBuffer::Record& a, const RecordBuffer::Record& b) {
  if (a.IsSignature() != b.IsSignature()) return b.IsSignature();
  return a.covered() < b.covered();
}

}  // namespace

ZoneBuilder::ZoneBuilder(NameView apex, const ZoneLimits& limits)
    : apex_(apex), apex_labels_(apex.label_count()), limits_(limits), buffer_(apex) {}

void ZoneBuilder::Report(Severity severity, const Location& location, std::string text) {
  uint64_t& found = severity == Severity::kError ? errors_ : warnings_;
  if (++found > limits_.findings_max) return;
  findings_.push_back({severity, location, std::move(text)});
}

void ZoneBuilder::ReportOmitted(const std::string& file, std::vector<Finding>& findings) const {
  const uint64_t told_max = limits_.findings_max;
  if (warnings_ > told_max) {
    findings.push_back({Severity::kWarning, file, 0,
                        absl::StrCat("and ", warnings_ - told_max, " more warnings like these")});
  }
  if (errors_ > told_max) {
    findings.push_back({Severity::kError, file, 0,
                        absl::StrCat("and ", errors_ - told_max, " more errors like these")});
  }
}

void ZoneBuilder::Add(const RecordView& record) {
  if (!buffer_.IsLastOwner(record.owner) && !record.owner.IsAtOrBelow(apex_)) {
    if (record.type == RrType::kSoa) NoteSoa(record.owner, record.location);
    ++outside_;
    if (++warnings_ > limits_.findings_max) return;
    findings_.push_back(
        {Severity::kWarning, record.location,
         absl::StrCat(record.owner.ToText(), " is outside of the zone ", apex_.ToText(),
                      "; ignored, remove it or correct its owner (RFC 1035 §5.2)"),
         /*is_outside=*/true});
    return;
  }
  buffer_.Add(record);
}

void ZoneBuilder::NoteSoa(NameView owner, const Location& location) {
  if (soa_.elsewhere) return;
  soa_ = {.at_apex = soa_.at_apex, .elsewhere = true, .owner = Name(owner), .location = location};
}

void ZoneBuilder::ForgetOutside() {
  std::erase_if(findings_, [](const PendingFinding& found) { return found.is_outside; });
  warnings_ -= outside_;
  outside_ = 0;
}

// With most records outside, the name is more likely wrong than they are. Their names are relative
// to the SOA's if that has none of its own, so that the SOA is as it should be.
void ZoneBuilder::ReportMostlyOutside() {
  constexpr uint64_t kFew = 3;
  const uint64_t outside = outside_;
  const auto first = std::ranges::find_if(findings_, &PendingFinding::is_outside);
  if (outside <= kFew || outside <= buffer_.record_count() || first == findings_.end()) return;
  const Location place = first->location;
  ForgetOutside();
  Report(Severity::kWarning, place,
         absl::StrCat(outside, " of ", outside + buffer_.record_count(),
                      " records are outside of the zone ", apex_.ToText(),
                      ", this one first, and ignored; is that the zone's name? (RFC 1035 §5.2)"));
}

void ZoneBuilder::ReportWrongName() {
  ForgetOutside();
  Name doubled;
  const bool lacks_dot = Name::ReplaceSuffix(apex_, 0, apex_, doubled) && soa_.owner == doubled;
  Report(Severity::kError, soa_.location,
         absl::StrCat("the SOA is at ", soa_.owner.ToText(), ", but the zone is ", apex_.ToText(),
                      lacks_dot ? "; end its owner with a dot (RFC 1035 §5.1)"
                                : "; give the zone its right name, or correct the SOA's owner "
                                  "(RFC 1035 §5.2)"));
}

// Empty non-terminals and padding are not known yet; a zone with many must grow its image.
size_t ZoneBuilder::BytesExpected() const {
  constexpr size_t kPerOwner = sizeof(Node) + sizeof(IndexLine) / 8 + kImageUnitBytes / 2;
  constexpr size_t kPerRecord = sizeof(RRset) + sizeof(NodeId) + 2;
  return sizeof(Zone) + sizeof(IndexLine) + buffer_.owner_count() * kPerOwner +
         buffer_.name_bytes() + buffer_.record_count() * kPerRecord + buffer_.rdata_bytes();
}

// Should the names have room for a NodeDenial? Whether any NSEC3 fits the parameters shows later.
bool ZoneBuilder::WillUseNsec3() const {
  if (order_->nsec3_owners().empty()) return false;
  for (RecordId id = buffer_.owner(buffer_.first_owner()).last; id != 0;
       id = buffer_.record(id).before) {
    const RecordBuffer::Record& record = buffer_.record(id);
    if (record.type == RrType::kNsec3Param &&
        ReadNsec3Params(record.rdata(), limits_.nsec3_iterations_max).usable) {
      return true;
    }
  }
  return false;
}

void ZoneBuilder::CollectRecords(OwnerId owner) {
  records_.clear();
  for (RecordId id = buffer_.owner(owner).last; id != 0; id = buffer_.record(id).before) {
    records_.push_back(id);
  }
  std::reverse(records_.begin(), records_.end());
  const auto before = [this](RecordId a, RecordId b) {
    return StandsBefore(buffer_.record(a), buffer_.record(b));
  };
  if (!std::is_sorted(records_.begin(), records_.end(), before)) {
    std::stable_sort(records_.begin(), records_.end(), before);
  }
}

// False only if there are none: a few records are compared pairwise, in any case.
bool ZoneBuilder::MayHaveDuplicates(size_t first, size_t last) const {
  constexpr size_t kComparedMax = 8;
  if (last - first > kComparedMax) return true;
  for (size_t i = first + 1; i < last; ++i) {
    const ByteView rdata = buffer_.record(records_[i]).rdata();
    for (size_t k = first; k < i; ++k) {
      if (EqualIgnoringCase(buffer_.record(records_[k]).rdata(), rdata)) return true;
    }
  }
  return false;
}

// Removes duplicates (RFC 2181 §5) from records_[first, last) and returns the new end. Compares the
// canonical form, in which the case of names does not count. Once more records are left than are
// allowed, the rest is left as it is.
size_t ZoneBuilder::DropDuplicates(NameView owner, size_t first, size_t last) {
  absl::flat_hash_set<Bytes> seen;
  Bytes form;
  size_t end = first;
  for (size_t i = first; i < last && end - first <= limits_.records_per_rrset_max; ++i) {
    const RecordBuffer::Record& record = buffer_.record(records_[i]);
    form.clear();
    AppendCanonicalRdata(record.type, record.rdata(), form);
    if (seen.insert(form).second) {
      records_[end++] = records_[i];
      continue;
    }
    Report(Severity::kWarning, record.location(),
           absl::StrCat("the same ", TypeToText(record.type), " record at ", owner.ToText(),
                        " appears above; ignored, remove one (RFC 2181 §5)"));
  }
  return end;
}

size_t ZoneBuilder::PlanRRset(NameView owner, size_t first) {
  const RecordBuffer::Record& head = buffer_.record(records_[first]);
  size_t last = first + 1;
  while (last < records_.size() && !StandsBefore(head, buffer_.record(records_[last]))) ++last;
  const auto named = [&] { return absl::StrCat(TypeToText(head.type), " at ", owner.ToText()); };
  const size_t end = MayHaveDuplicates(first, last) ? DropDuplicates(owner, first, last) : last;
  extents_.records_per_rrset =
      std::max(extents_.records_per_rrset, static_cast<uint32_t>(end - first));
  if (end - first > limits_.records_per_rrset_max) {
    Report(Severity::kError, head.location(),
           absl::StrCat(last - first, " records of type ", named(), "; at most ",
                        limits_.records_per_rrset_max,
                        " are allowed (limits: records_per_rrset_max)"));
    return last;
  }
  PlannedRRset rrset{.type = head.type,
                     .covered = head.covered(),
                     .ttl_seconds = head.ttl_seconds,
                     .has_targets = false,
                     .records = std::span(records_).subspan(first, end - first)};
  for (const RecordId id : rrset.records) {
    const RecordBuffer::Record& record = buffer_.record(id);
    if (record.ttl_seconds != head.ttl_seconds) {
      Report(Severity::kWarning, record.location(),
             absl::StrCat("TTL ", record.ttl_seconds, " differs from the ", head.ttl_seconds,
                          " of other records of type ", named(),
                          "; the lowest is used, make them equal (RFC 2181 §5.2)"));
    }
    rrset.ttl_seconds = std::min(rrset.ttl_seconds, record.ttl_seconds);
    rrset.has_targets |= MayHaveTarget(record.type, record.rdata(), apex_);
  }
  record_count_ += rrset.records.size();
  rrsets_.push_back(rrset);
  return last;
}

void ZoneBuilder::PlanRRsets(NameView owner) {
  rrsets_.clear();
  for (size_t next = 0; next < records_.size();) next = PlanRRset(owner, next);
  CheckName(owner);
}

// Where the other record is that a fault at `here` is about.
std::string ZoneBuilder::Where(Location here, RecordId other) const {
  const Location place = buffer_.record(other).location();
  if (place.file == here.file) return absl::StrCat("on line ", place.line);
  return absl::StrCat("in ", Printable(FileOf(place)), ":", place.line);
}

std::string ZoneBuilder::FileOf(const Location& place) const {
  return place.file < files_.size() ? files_[place.file] : apex_.ToText();
}

// A name may have one record of this type. The error is at the second, and names the others.
void ZoneBuilder::ReportSeveral(NameView owner, const PlannedRRset& rrset) {
  constexpr size_t kNamedMax = 10;
  const std::span<const RecordId> records = rrset.records;
  const Location place = buffer_.record(records[1]).location();
  std::string others;
  for (size_t i = 2; i < records.size() && i < kNamedMax; ++i) {
    absl::StrAppend(&others, others.empty() ? ", others " : ", ", Where(place, records[i]));
  }
  if (records.size() > kNamedMax) absl::StrAppend(&others, ", ...");
  Report(Severity::kError, place,
         absl::StrCat(records.size(), " ", TypeToText(rrset.type), " records at ", owner.ToText(),
                      ", the first ", Where(place, records.front()), others,
                      "; keep one (RFC 2181 §10.1)"));
}

void ZoneBuilder::CheckName(NameView owner) {
  const auto signatures =
      std::find_if(rrsets_.begin(), rrsets_.end(),
                   [](const PlannedRRset& rrset) { return rrset.type == RrType::kRrsig; });
  const std::span rrsets(rrsets_.begin(), signatures);
  extents_.types_per_name = std::max(extents_.types_per_name, static_cast<uint32_t>(rrsets.size()));
  if (rrsets.size() > limits_.types_per_name_max) {
    Report(Severity::kError, PlaceOf(rrsets.front()),
           absl::StrCat(rrsets.size(), " types at ", owner.ToText(), "; at most ",
                        limits_.types_per_name_max, " are allowed (limits: types_per_name_max)"));
  }
  const PlannedRRset* cname = nullptr;
  const PlannedRRset* other = nullptr;
  const bool is_apex = owner.size() == apex_.view().size();
  for (const PlannedRRset& rrset : rrsets) {
    const RrType type = rrset.type;
    if (type == RrType::kCname) cname = &rrset;
    // RFC 2181 §10.1 and RFC 4034 §4: only what DNSSEC needs may exist beside a CNAME.
    const bool may_be_beside = type == RrType::kCname || type == RrType::kNsec ||
                               type == RrType::kKey || type == RrType::kNxt;
    if (!may_be_beside && other == nullptr) other = &rrset;
    if (type == RrType::kSoa && is_apex) soa_.at_apex = true;  // The first name of all.
    if (type == RrType::kSoa && !is_apex && !soa_.at_apex) NoteSoa(owner, PlaceOf(rrset));
    if (type == RrType::kSoa && !is_apex && soa_.at_apex) {
      Report(Severity::kError, PlaceOf(rrset),
             absl::StrCat("SOA at ", owner.ToText(), ", which is not the apex ", apex_.ToText(),
                          "; remove it (RFC 1035 §5.2)"));
    }
    if ((type == RrType::kSoa || type == RrType::kCname) && rrset.records.size() > 1) {
      ReportSeveral(owner, rrset);
    }
  }
  if (cname != nullptr && other != nullptr) {
    Report(Severity::kError, PlaceOf(*cname),
           absl::StrCat(
               "CNAME beside other data at ", owner.ToText(), ", ", TypeToText(other->type), " ",
               Where(PlaceOf(*cname), other->records.front()), "; remove one (RFC 1034 §3.6.2)"));
  }
}

// Adds the node of rrsets_, with the properties that follow from its ancestors.
NodeId ZoneBuilder::AddName(NameView name, size_t label_count, ImageWriter& image) {
  const auto has = [this](RrType type) {
    return std::any_of(rrsets_.begin(), rrsets_.end(),
                       [type](const PlannedRRset& rrset) { return rrset.type == type; });
  };
  const NodeId parent = open_.empty() ? kNoNode : open_.back().node;
  bool occluded = false;
  if (parent != kNoNode) {
    Node& above = image.node(parent);
    occluded = above.occluded || above.is_cut || above.has_dname;  // RFC 6672 §2.4
    if (name.IsWildcard()) above.has_wildcard = true;
  }
  const NodeId id = image.AddNode(name, parent, uses_nsec3_ && !occluded, rrsets_, buffer_);
  Node& node = image.node(id);
  node.occluded = occluded;
  node.is_cut = !occluded && parent != kNoNode && has(RrType::kNs);
  node.has_dname = has(RrType::kDname);
  node.has_cname = has(RrType::kCname);
  if (!occluded) image.NoteSignatures(id);
  open_.push_back({id, static_cast<uint8_t>(label_count), name});
  ++name_count_;
  return id;
}

// Closes nodes that are not ancestors of `name`, and adds the empty non-terminals in between: RFC
// 4592 §2.2.2, a name exists if anything below it does. In canonical order they come right before
// `name`.
void ZoneBuilder::OpenAncestors(NameView name, size_t label_count, ImageWriter& image) {
  while (!open_.empty() &&
         (open_.back().label_count >= label_count || !name.IsAtOrBelow(open_.back().name))) {
    open_.pop_back();
  }
  if (open_.empty()) return;  // The apex.
  rrsets_.clear();
  for (size_t labels = open_.back().label_count + 1u; labels < label_count; ++labels) {
    AddName(name.Suffix(labels), labels, image);
  }
}

bool ZoneBuilder::AddNames(ImageWriter& image) {
  for (const OwnerId id : order_->names()) {
    if (IsRaised(limits_.stop)) return false;
    const NameView name = buffer_.owner(id).name();
    const size_t label_count = name.label_count();
    OpenAncestors(name, label_count, image);
    CollectRecords(id);
    PlanRRsets(name);
    AddName(name, label_count, image);
  }
  image.EndNames(name_count_);
  return true;
}

void ZoneBuilder::AddNsec3Owners(ImageWriter& image) {
  for (const OwnerId id : order_->nsec3_owners()) {
    CollectRecords(id);
    PlanRRsets(buffer_.owner(id).name());
    image.NoteSignatures(image.AddNode(buffer_.owner(id).name(), kNoNode, false, rrsets_, buffer_));
  }
  image.EndNodes();
}

void ZoneBuilder::ReadSoa(ImageWriter& image) {
  const RRset* soa = image.zone().FindRRset(kApex, RrType::kSoa);
  if (soa == nullptr && soa_.elsewhere) return ReportWrongName();
  if (soa == nullptr) {
    Report(Severity::kError, {0, 0},
           absl::StrCat("no SOA record at ", apex_.ToText(), "; add one (RFC 1035 §5.2)"));
    return;
  }
  // The five numbers end the RDATA: serial, refresh, retry, expire, minimum (RFC 1035 §3.3.13).
  const ByteView record = RecordRange(*soa).front();
  HITHER_CHECK(record.size() >= 22);
  const uint8_t* numbers = record.data() + record.size() - 20;
  image.SetCounts(record_count_, LoadU32(numbers),
                  std::min(soa->ttl_seconds, LoadU32(numbers + 16)));
}

void ZoneBuilder::MakeZone(BuiltZone& built) {
  ImageWriter image(BytesExpected());
  if (!AddNames(image)) return Report(Severity::kError, {0, 0}, kStoppedText);
  AddNsec3Owners(image);
  ReadSoa(image);
  using Outcome = ZoneIndexer::Outcome;
  ZoneIndexer indexer(image, limits_.nsec3_iterations_max);
  const Outcome indexed = errors_ == 0 ? indexer.Run() : Outcome::kGood;
  if (indexed == Outcome::kHashing) {
    Report(Severity::kError, {0, 0},
           absl::StrCat("hashing ", name_count_, " names for NSEC3 takes more than ",
                        kNsec3LoadBlocksMax,
                        " blocks of SHA-1; sign again with fewer iterations (RFC 9276 §3.1)"));
  }
  if (buffer_.has_too_many_collisions() || indexed == Outcome::kCollisions) {
    Report(Severity::kError, {0, 0},
           absl::StrCat("too many names of ", apex_.ToText(),
                        " have the same hash; they were chosen to collide, remove them"));
  }
  if (errors_ == 0) built.zone = image.Finish();
}

BuiltZone ZoneBuilder::Build(const std::vector<std::string>& files) {
  files_ = files;
  buffer_.CloseOwners();
  order_ = std::make_unique<OwnerOrder>(buffer_, apex_labels_);
  uses_nsec3_ = WillUseNsec3();
  BuiltZone built;
  MakeZone(built);
  ReportMostlyOutside();
  built.extents = extents_;
  for (PendingFinding& found : findings_) {
    built.findings.push_back(
        {found.severity, FileOf(found.location), found.location.line, std::move(found.text)});
  }
  ReportOmitted(FileOf({}), built.findings);
  files_ = {};
  return built;
}

Location ZoneBuilder::PlaceOf(NameView owner, bool nsec3, RrType type, NameView target) const {
  const OwnerId found = order_->Find(buffer_, owner, nsec3);
  if (found == 0) return {};
  Location exact{};
  Location place{};
  Location other{};
  const bool has_target = !target.IsRoot() && NamesOf(type).names > 0;
  for (RecordId id = buffer_.owner(found).last; id != 0; id = buffer_.record(id).before) {
    const RecordBuffer::Record& record = buffer_.record(id);
    other = record.location();
    if (record.type != type) continue;
    place = other;
    if (!has_target) continue;
    if (NameInRdata(type, record.rdata(), 0).EqualsIgnoreCase(target)) exact = other;
  }
  if (exact.line != 0) return exact;
  return place.line != 0 ? place : other;
}

}  // namespace hither
