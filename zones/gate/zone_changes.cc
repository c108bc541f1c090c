#include "zones/gate/zone_changes.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "dns/name.h"

namespace hither {
namespace {

bool HaveEqualOctets(const RRset& a, const RRset& b) {
  auto other = b.Records().begin();
  for (const ByteView rdata : a.Records()) {
    if (!std::ranges::equal(rdata, *other)) return false;
    ++other;
  }
  return true;
}

std::vector<ByteView> Sorted(const RRset& rrset) {
  std::vector<ByteView> records;
  for (const ByteView rdata : rrset.Records()) records.push_back(rdata);
  std::ranges::sort(
      records, [](ByteView a, ByteView b) { return std::ranges::lexicographical_compare(a, b); });
  return records;
}

bool ListsDiffer(std::span<const RRset> before, std::span<const RRset> after) {
  if (before.size() != after.size()) return true;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].type != after[i].type || before[i].covered != after[i].covered) return true;
    if (RRsetsDiffer(&before[i], &after[i])) return true;
  }
  return false;
}

}  // namespace

NodePairs::NodePairs(const Zone* before, const Zone& after)
    : before_(before),
      after_(after),
      before_at_(kApex),
      after_at_(kApex),
      before_end_(before == nullptr ? kApex : before->names_end()),
      after_end_(after.names_end()) {}

bool NodePairs::Next(NodePair& pair) {
  if (before_at_ == before_end_ && after_at_ == after_end_ && !in_nsec3_) {
    in_nsec3_ = true;
    if (before_ != nullptr) before_end_ = before_->nodes_end();
    after_end_ = after_.nodes_end();
  }
  return StepOver(pair);
}

// The lesser of the two names, or both if they are one.
bool NodePairs::StepOver(NodePair& pair) {
  const bool has_before = before_at_ < before_end_;
  const bool has_after = after_at_ < after_end_;
  if (!has_before && !has_after) return false;
  int order = has_before ? -1 : 1;
  if (has_before && has_after) {
    order = CompareCanonical(before_->NameOf(before_at_), after_.NameOf(after_at_));
  }
  pair = {order <= 0 ? before_at_ : kNoNode, order >= 0 ? after_at_ : kNoNode};
  if (order <= 0) before_at_ = before_->Next(before_at_);
  if (order >= 0) after_at_ = after_.Next(after_at_);
  return true;
}

bool ChangedNodes::Next(NodePair& pair) {
  while (pairs_.Next(pair)) {
    if (watch_.IsOver()) return false;
    if (NodesDiffer(before_, after_, pair)) return true;
  }
  return false;
}

bool RRsetsDiffer(const RRset* before, const RRset* after) {
  if (before == nullptr || after == nullptr) return before != after;
  if (before->count != after->count || before->ttl_seconds != after->ttl_seconds) return true;
  if (HaveEqualOctets(*before, *after)) return false;
  const std::vector<ByteView> one = Sorted(*before);
  const std::vector<ByteView> other = Sorted(*after);
  return !std::ranges::equal(one, other,
                             [](ByteView a, ByteView b) { return std::ranges::equal(a, b); });
}

const RRset* FindSignatures(const Zone& zone, NodeId id, RrType type) {
  if (id == kNoNode) return nullptr;
  for (const RRset& rrset : zone.SignaturesOf(id)) {
    if (rrset.covered == type) return &rrset;
  }
  return nullptr;
}

bool NodesDiffer(const Zone* before, const Zone& after, const NodePair& pair) {
  if (pair.before == kNoNode || pair.after == kNoNode) return true;
  const Node& one = before->node(pair.before);
  const Node& other = after.node(pair.after);
  return one.occluded != other.occluded || one.is_cut != other.is_cut ||
         ListsDiffer(before->RRsetsOf(pair.before), after.RRsetsOf(pair.after)) ||
         ListsDiffer(before->SignaturesOf(pair.before), after.SignaturesOf(pair.after));
}

}  // namespace hither
