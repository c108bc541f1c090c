#include "tests/model/proof_judge.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace hither::model {
namespace {

constexpr uint16_t kRrsig = 46, kNsec = 47, kNsec3 = 50;

Name ToName(const std::string& wire) { return *Name::FromWire(AsBytes(wire)); }

std::set<uint16_t> ReadBitmap(ByteReader& rdata) {
  std::set<uint16_t> types;
  while (!rdata.AtEnd()) {
    const int window = rdata.U8();
    const ByteView bits = rdata.Take(rdata.U8());
    for (size_t i = 0; i < bits.size() * 8; ++i) {
      if ((bits[i / 8] & (0x80 >> (i % 8))) != 0) {
        types.insert(static_cast<uint16_t>(window * 256 + static_cast<int>(i)));
      }
    }
  }
  return types;
}

// The longest name that both are at or below.
Name CommonAncestor(NameView a, NameView b) {
  while (!b.IsAtOrBelow(a)) a = a.Parent();
  return Name(a);
}

Name WildcardOf(const Name& encloser) {
  Name star = encloser;
  HITHER_CHECK(star.Prepend(AsBytes("*")));
  return star;
}

}  // namespace

const ParsedRecord* ProofJudge::Find(int section, const Name& owner, RrType type) const {
  for (const ParsedRecord& record : reply_->sections[section]) {
    if (record.type == static_cast<uint16_t>(type) && ToName(record.owner) == owner) return &record;
  }
  return nullptr;
}

// RFC 4035 §3.1.1: each RRset of the zone's own with its RRSIG in the same section; not the NS of
// a referral, nor the CNAME that a DNAME made.
std::string ProofJudge::CheckSignatures() const {
  for (const int section : {0, 1}) {
    for (const ParsedRecord& record : reply_->sections[section]) {
      if (record.type == kRrsig || (section == 1 && record.type == 2)) continue;
      bool is_signed = false;
      bool is_synthesized = false;
      for (const ParsedRecord& other : reply_->sections[section]) {
        is_signed |= other.type == kRrsig && other.owner == record.owner &&
                     LoadU16(AsBytes(other.rdata).data()) == record.type;
        is_synthesized |= record.type == 5 && other.type == 39 &&
                          ToName(record.owner).view().IsAtOrBelow(ToName(other.owner));
      }
      if (!is_signed && !is_synthesized) {
        return absl::StrCat("no RRSIG for type ", record.type, " at ",
                            ToName(record.owner).ToText());
      }
    }
  }
  return "";
}

void ProofJudge::ReadDeniers() {
  deniers_.clear();
  for (const ParsedRecord& record : reply_->authority()) {
    if (record.type != kNsec && record.type != kNsec3) continue;
    Denier denier;
    denier.owner = ToName(record.owner);
    ByteReader rdata(AsBytes(record.rdata));
    if (record.type == kNsec) {
      denier.next = ToName(record.rdata);
      rdata.Take(denier.next.view().size());
    } else {
      rdata.U8();
      denier.opt_out = (rdata.U8() & 1) != 0;
      rdata.U16();
      rdata.Take(rdata.U8());
      const ByteView next = rdata.Take(rdata.U8());
      denier.next_hash.assign(next.begin(), next.end());
    }
    denier.types = ReadBitmap(rdata);
    deniers_.push_back(denier);
  }
}

const ProofJudge::Denier* ProofJudge::Matching(const Name& name) const {
  Name want = name;
  if (chain_ != nullptr) {
    want = apex_;
    HITHER_CHECK(want.Prepend(AsBytes(Base32Hex(HashOf(name, *chain_)))));
  }
  for (const Denier& denier : deniers_) {
    if (denier.owner == want) return &denier;
  }
  return nullptr;
}

const ProofJudge::Denier* ProofJudge::Covering(const Name& name) const {
  const std::string hash = chain_ == nullptr ? "" : Base32Hex(HashOf(name, *chain_));
  for (const Denier& denier : deniers_) {
    int from_owner, from_next, ring;
    if (chain_ == nullptr) {
      // RFC 6840 §4.1: an NSEC of a parent's says nothing of what lies below its cut or DNAME.
      const bool is_above = name.view().IsAtOrBelow(denier.owner);
      const bool is_cut = denier.Has(RrType::kNs) && !denier.Has(RrType::kSoa);
      if (is_above && (is_cut || denier.Has(RrType::kDname))) continue;
      from_owner = CompareCanonical(name, denier.owner);
      from_next = CompareCanonical(name, denier.next);
      ring = CompareCanonical(denier.owner, denier.next);
    } else {
      const ByteView label = denier.owner.view().first_label();
      const std::string owner(label.begin(), label.end());
      from_owner = hash.compare(owner);
      from_next = hash.compare(Base32Hex(denier.next_hash));
      ring = owner.compare(Base32Hex(denier.next_hash));
    }
    const bool covers = ring < 0 ? from_owner > 0 && from_next < 0
                                 : from_owner > 0 || (from_next < 0 && from_owner != 0);
    if (covers) return &denier;
  }
  return nullptr;
}

// RFC 5155 §8.3; §8.9 and RFC 6840 §4.1: no closest encloser is a cut or has a DNAME.
bool ProofJudge::FindEncloser(const Name& name, Name& encloser, const Denier*& next_closer) const {
  Name below = name;
  while (below.view().size() > apex_.view().size()) {
    const Name parent(below.view().Parent());
    if (const Denier* match = Matching(parent)) {
      const bool is_cut = match->Has(RrType::kNs) && !match->Has(RrType::kSoa);
      if (is_cut || match->Has(RrType::kDname)) return false;
      encloser = parent;
      next_closer = Covering(below);
      return next_closer != nullptr;
    }
    below = parent;
  }
  return false;
}

// RFC 4035 §5.3.4, RFC 5155 §8.8: an RRset whose RRSIG counts fewer labels than its owner has came
// from a wildcard; then nothing closer may exist.
std::string ProofJudge::CheckExpansion(const Name& owner, RrType type) const {
  for (const ParsedRecord& record : reply_->answer()) {
    if (record.type != kRrsig || !(ToName(record.owner) == owner)) continue;
    const ByteView rdata = AsBytes(record.rdata);
    if (LoadU16(rdata.data()) != static_cast<uint16_t>(type)) continue;
    const size_t labels = rdata[3];
    const size_t owner_labels = owner.view().label_count() - (owner.view().IsWildcard() ? 1 : 0);
    if (labels == owner_labels) return "";
    const Name next_closer(owner.view().Suffix(labels + 1));
    const Denier* covering = Covering(chain_ == nullptr ? owner : next_closer);
    return covering != nullptr ? "" : absl::StrCat("wildcard at ", owner.ToText(), " unproven");
  }
  return "";
}

// Along the aliases; `name` is then the last one.
std::string ProofJudge::FollowAnswer(Name& name, RrType qtype, bool& answered) {
  answered = false;
  for (int hops = 0; hops < 40; ++hops) {
    RrType found = qtype;
    if (qtype == RrType::kAny && !reply_->answer().empty()) {
      for (const ParsedRecord& record : reply_->answer()) {
        if (ToName(record.owner) == name && record.type != kRrsig) {
          found = static_cast<RrType>(record.type);
        }
      }
    }
    if (Find(0, name, found) != nullptr) {
      answered = true;
      return CheckExpansion(name, found);
    }
    const ParsedRecord* cname = Find(0, name, RrType::kCname);
    if (cname == nullptr) return "";
    const std::string error = CheckExpansion(name, RrType::kCname);
    if (!error.empty()) return error;
    name = ToName(cname->rdata);
  }
  answered = true;  // A loop.
  return "";
}

std::string ProofJudge::CheckReferral(const Name& cut) const {
  if (Find(1, cut, RrType::kDs) != nullptr) return "";
  if (const Denier* match = Matching(cut)) {
    const bool good =
        match->Has(RrType::kNs) && !match->Has(RrType::kDs) && !match->Has(RrType::kSoa);
    return good ? "" : "the cut's own denial does not say so";
  }
  Name encloser;
  const Denier* next_closer = nullptr;
  if (chain_ == nullptr || !FindEncloser(cut, encloser, next_closer)) return "DS not denied";
  return next_closer->opt_out ? "" : "covered without opt-out";
}

std::string ProofJudge::CheckNameError(const Name& name) const {
  Name encloser;
  const Denier* covering = nullptr;
  if (chain_ != nullptr) {
    if (!FindEncloser(name, encloser, covering)) return "no closest encloser proof";
  } else {
    covering = Covering(name);
    if (covering == nullptr) return "name not covered";
    if (covering->next.view().IsAtOrBelow(name)) return "name is an empty non-terminal";
    const Name a = CommonAncestor(name, covering->owner);
    const Name b = CommonAncestor(name, covering->next);
    encloser = a.view().size() > b.view().size() ? a : b;
  }
  const Name star = WildcardOf(encloser);
  // An empty non-terminal without NSEC3 hides the wildcard above it, and no record can say so.
  if (chain_ != nullptr && covering->opt_out && Matching(star) != nullptr) return kInsecure;
  return Covering(star) != nullptr ? "" : "wildcard not covered";
}

// Does an NSEC or NSEC3 that matches a name deny `type` there? RFC 6840 §4.1: the parent's says
// nothing at a cut but of DS; §4.3: nor if there is a CNAME.
bool ProofJudge::Denies(const Denier& denier, RrType type) {
  const bool is_cut = denier.Has(RrType::kNs) && !denier.Has(RrType::kSoa);
  if (is_cut && type != RrType::kDs) return false;
  return !denier.Has(type) && !denier.Has(RrType::kCname);
}

std::string ProofJudge::CheckNoDataByNsec(const Name& name, RrType type) const {
  if (const Denier* match = Matching(name)) return Denies(*match, type) ? "" : "the type exists";
  const Denier* covering = Covering(name);
  if (covering == nullptr) return "neither matched nor covered";
  if (covering->next.view().IsAtOrBelow(name)) return "";  // An empty non-terminal.
  const Name a = CommonAncestor(name, covering->owner);
  const Name b = CommonAncestor(name, covering->next);
  const Name star = WildcardOf(a.view().size() > b.view().size() ? a : b);
  if (const Denier* match = Matching(star))
    return Denies(*match, type) ? "" : "the wildcard has it";
  const Denier* around = Covering(star);
  const bool is_empty = around != nullptr && around->next.view().IsAtOrBelow(star);
  return is_empty ? "" : "wildcard not denied";
}

std::string ProofJudge::CheckNoDataByNsec3(const Name& name, RrType type) const {
  if (const Denier* match = Matching(name)) return Denies(*match, type) ? "" : "the type exists";
  Name encloser;
  const Denier* next_closer = nullptr;
  if (!FindEncloser(name, encloser, next_closer)) return "no closest encloser proof";
  const Denier* star = Matching(WildcardOf(encloser));
  if (star != nullptr && Denies(*star, type)) return "";  // RFC 5155 §8.7
  // §8.6: an insecure delegation, or an empty non-terminal above nothing else.
  return next_closer->opt_out ? kInsecure : "covered without opt-out";
}

std::string ProofJudge::CheckNoData(const Name& name, RrType type) const {
  return chain_ == nullptr ? CheckNoDataByNsec(name, type) : CheckNoDataByNsec3(name, type);
}

std::string ProofJudge::Judge(const Name& qname, RrType qtype, const ParsedMessage& reply) {
  reply_ = &reply;
  ReadDeniers();
  std::string error = CheckSignatures();
  if (!error.empty()) return error;
  Name name = qname;
  bool answered = false;
  error = FollowAnswer(name, qtype, answered);
  if (!error.empty() || answered) return error;
  const bool is_name_error = (reply.flags & 15) == 3;
  for (const ParsedRecord& record : reply.authority()) {
    if (record.type == 2) return CheckReferral(ToName(record.owner));
    if (record.type == 6) return is_name_error ? CheckNameError(name) : CheckNoData(name, qtype);
  }
  return is_name_error ? "NXDOMAIN without SOA" : "";  // The chain leads out of the zone.
}

}  // namespace hither::model
