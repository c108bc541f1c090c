#include "server/answer/answer.h"

#include <algorithm>

#include "dns/rdata.h"
#include "server/answer/additional.h"
#include "server/answer/denial.h"

namespace hither {
namespace {

// An answer being built: the walk along aliases and what each step adds.
class Answerer {
 public:
  Answerer(ZoneView zone, const Query& query, const HashedName& qname, ResponseWriter& reply)
      : zone_(zone),
        query_(query),
        reply_(reply),
        dnssec_(query.edns.dnssec_ok),
        denial_(zone),
        name_(&qname) {}

  AnswerResult Run();

 private:
  AnswerResult Walk();
  // Where one alias leads.
  enum class Hop : uint8_t { kOn, kEnd, kTooLong, kFull };

  Hop FollowCname(const Lookup& at);
  Hop FollowDname(const Lookup& at);
  Hop GoTo(NameView target);
  AnswerResult Last(const Lookup& at);
  bool AddPositive(const Lookup& at);
  bool AddReferral(const Lookup& at);
  bool AddNegative(const Lookup& at);
  bool AddAnswerRRset(const Lookup& at);
  bool HasDname(NodeId node) const {
    return std::find(dnames_, dnames_ + dname_count_, node) != dnames_ + dname_count_;
  }
  ResponseWriter::Rendering OwnerOf(NodeId node) const;
  ResponseWriter::Rendering OwnerAsked() const;
  const RRset* SignaturesFor(const RRset& rrset) const {
    return dnssec_ ? rrset.Signatures() : nullptr;
  }

  const ZoneView zone_;
  const Query& query_;
  ResponseWriter& reply_;
  const bool dnssec_;
  Denial denial_;
  const HashedName* name_;          // The name being looked up: the question's or
  HashedName alias_;                // this one.
  bool renamed_ = false;            // No longer the question's name.
  Name substituted_;                // Holds name_ after a DNAME.
  uint64_t passed_[kAliasHopsMax];  // Hashes of the earlier names: a loop ends where it closes.
  int hops_ = 0;
  NodeId dnames_[kAliasHopsMax + 1];  // Whose DNAME is already in the answer.
  int dname_count_ = 0;
};

ResponseWriter::Rendering Answerer::OwnerAsked() const {
  const bool can_point = !renamed_ && !name_->name().IsRoot();
  return {name_->name(), static_cast<uint16_t>(can_point ? kHeaderBytes : 0)};
}

// The owner at or above the question's name can be a pointer to it.
ResponseWriter::Rendering Answerer::OwnerOf(NodeId node) const {
  const NameView owner = zone_.NameOf(node);
  if (renamed_ || owner.IsRoot()) return {owner};
  return {owner, reply_.QuestionOffset(zone_.LabelsOf(node))};
}

Answerer::Hop Answerer::GoTo(NameView target) {
  // The chain is too long, or its names and proofs have cost much: sends what there is, and the
  // resolver continues from there.
  if (hops_ == kAliasHopsMax || reply_.work() + denial_.work() > kChainWorkMax) return Hop::kEnd;
  passed_[hops_++] = name_->hash();
  renamed_ = true;
  if (!target.IsAtOrBelow(zone_.apex())) return Hop::kEnd;
  alias_.Set(target);
  name_ = &alias_;
  for (int i = 0; i < hops_; ++i) {
    if (passed_[i] == name_->hash()) return Hop::kEnd;
  }
  return Hop::kOn;
}

bool Answerer::AddAnswerRRset(const Lookup& at) {
  if (dnssec_ && at.wildcard) denial_.NeedWildcard(*name_, at);
  return reply_.AddRRset(Section::kAnswer, OwnerAsked(), *at.rrset, SignaturesFor(*at.rrset));
}

Answerer::Hop Answerer::FollowCname(const Lookup& at) {
  if (!AddAnswerRRset(at)) return Hop::kFull;
  return GoTo(NameInRdata(RrType::kCname, at.rrset->Records().front(), 0));
}

Answerer::Hop Answerer::FollowDname(const Lookup& at) {
  const RRset& dname = *at.rrset;
  if (!HasDname(at.node)) {
    dnames_[dname_count_++] = at.node;  // At most one for each hop.
    if (!reply_.AddRRset(Section::kAnswer, OwnerOf(at.node), dname, SignaturesFor(dname))) {
      return Hop::kFull;
    }
  }
  const NameView target = NameInRdata(RrType::kDname, dname.Records().front(), 0);
  Name renamed;
  if (!Name::ReplaceSuffix(name_->name(), zone_.LabelsOf(at.node), target, renamed)) {
    return Hop::kTooLong;  // RFC 6672 §2.2
  }
  // RFC 6672 §3.1: a CNAME for resolvers without DNAME support, with its TTL, unsigned.
  const ResponseWriter::Rendering owner = OwnerAsked();
  if (!reply_.AddCname(owner.owner, owner.owner_offset, dname.ttl_seconds, renamed)) {
    return Hop::kFull;
  }
  substituted_ = renamed;
  if (query_.type == RrType::kCname || query_.type == RrType::kAny) return Hop::kEnd;
  // A DNAME into its own subtree would make the name longer at each step.
  if (target.IsAtOrBelow(zone_.NameOf(at.node))) return Hop::kEnd;
  return GoTo(substituted_);
}

bool Answerer::AddReferral(const Lookup& at) {
  const ResponseWriter::Rendering owner = OwnerOf(at.node);
  // RFC 4035 §3.1.4: a referral's NS is not signed; DS, or the proof that there is none, is.
  if (!reply_.AddRRset(Section::kAuthority, owner, *at.rrset, nullptr)) return false;
  if (dnssec_ && zone_.is_signed()) {  // A DS without a signature proves nothing (RFC 4035 §3.1).
    const RRset* ds = zone_.FindRRset(at.node, RrType::kDs);
    if (ds == nullptr) {
      denial_.NeedInsecure(at.node);
    } else if (!reply_.AddRRset(Section::kAuthority, owner, *ds, SignaturesFor(*ds))) {
      return false;
    }
  }
  if (!denial_.Write(reply_)) return false;
  if (!AddGlue(zone_, at.node, *at.rrset, dnssec_, reply_)) reply_.SetTruncated(true);
  return true;
}

bool Answerer::AddNegative(const Lookup& at) {
  if (dnssec_ && at.state == Lookup::kNoData) denial_.NeedNoData(*name_, at);
  if (dnssec_ && at.state == Lookup::kNxDomain) denial_.NeedNxDomain(*name_, at);
  const RRset& soa = *zone_.FindRRset(kApex, RrType::kSoa);
  ResponseWriter::Rendering owner = OwnerOf(kApex);
  owner.ttl_seconds_max = zone_.negative_ttl_seconds();  // RFC 2308 §5
  return reply_.AddRRset(Section::kAuthority, owner, soa, SignaturesFor(soa)) &&
         denial_.Write(reply_);
}

bool Answerer::AddPositive(const Lookup& at) {
  // A queried DNAME may have led to its own owner, and is then already in the answer.
  const bool is_told = at.rrset->type == RrType::kDname && !at.wildcard && HasDname(at.node);
  if ((!is_told && !AddAnswerRRset(at)) || !denial_.Write(reply_)) return false;
  AddAdditional(zone_, *at.rrset, dnssec_, reply_);
  return true;
}

// RFC 6604 §3: after a chain, the rcode is that of its last name.
AnswerResult Answerer::Last(const Lookup& at) {
  AnswerResult result{Rcode::kNoError, AnswerKind::kNegative};
  bool fits = true;
  if (at.state == Lookup::kAnswer) {
    result.kind = AnswerKind::kPositive;
    fits = AddPositive(at);
  } else if (at.state == Lookup::kReferral) {
    result.kind = AnswerKind::kReferral;
    reply_.SetAuthoritative(reply_.has_answers());  // RFC 1035 §4.1.1: AA is for the first owner.
    fits = AddReferral(at);
  } else {  // Run() has followed the aliases: kNoData or kNxDomain.
    if (at.state == Lookup::kNxDomain) result.rcode = Rcode::kNxDomain;
    fits = AddNegative(at);
  }
  if (!fits) reply_.Truncate();
  return result;
}

AnswerResult Answerer::Run() {
  const AnswerResult result = Walk();
  reply_.AddWork(denial_.work());
  return result;
}

AnswerResult Answerer::Walk() {
  reply_.SetAuthoritative(true);
  Lookup at = zone_.Find(*name_, query_.type);
  while (at.state == Lookup::kAlias || at.state == Lookup::kDname) {  // kAliasHopsMax: GoTo().
    const Hop hop = at.state == Lookup::kAlias ? FollowCname(at) : FollowDname(at);
    if (hop == Hop::kOn) {
      at = zone_.Find(*name_, query_.type);
      continue;
    }
    if (hop == Hop::kFull || !denial_.Write(reply_)) reply_.Truncate();
    return {hop == Hop::kTooLong ? Rcode::kYxDomain : Rcode::kNoError, AnswerKind::kAliasOut};
  }
  return Last(at);
}

}  // namespace

AnswerResult AnswerFrom(ZoneView zone, const Query& query, const HashedName& qname,
                        ResponseWriter& reply) {
  return Answerer(zone, query, qname, reply).Run();
}

}  // namespace hither
