#include "zones/gate/diff_text.h"

#include <algorithm>
#include <span>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "zones/gate/zone_changes.h"
#include "zones/text/rdata_writer.h"

namespace hither {
namespace {

constexpr size_t kPieceBytes = 16'384;

absl::string_view AsText(ByteView octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

class DiffText {
 public:
  DiffText(const Zone* before, const Zone& after, GateWatch& watch, const DiffWriter& write)
      : before_(before), after_(after), watch_(watch), write_(write) {}

  bool Run() {
    ChangedNodes changes(before_, after_, watch_);
    NodePair pair;
    while (changes.Next(pair)) {
      const bool had = pair.before != kNoNode;
      const bool has = pair.after != kNoNode;
      owner_ = had ? before_->NameOf(pair.before) : after_.NameOf(pair.after);
      Compare(had ? before_->RRsetsOf(pair.before) : std::span<const RRset>(),
              has ? after_.RRsetsOf(pair.after) : std::span<const RRset>());
      Compare(had ? before_->SignaturesOf(pair.before) : std::span<const RRset>(),
              has ? after_.SignaturesOf(pair.after) : std::span<const RRset>());
      if (has_ended_) return false;
    }
    return !watch_.IsOver() && Flush();
  }

 private:
  void Compare(std::span<const RRset> before, std::span<const RRset> after);
  void CompareRRset(const RRset* before, const RRset* after);
  void Add(char sign, const RRset& rrset, ByteView rdata);
  bool Flush() {
    if (!has_ended_ && !piece_.empty()) has_ended_ = !write_(piece_);
    piece_.clear();
    return !has_ended_;
  }

  const Zone* const before_;
  const Zone& after_;
  GateWatch& watch_;
  const DiffWriter& write_;
  NameView owner_;
  std::string piece_;
  bool has_ended_ = false;
};

const RRset* FindIn(std::span<const RRset> rrsets, const RRset& like) {
  const auto at = std::ranges::find_if(rrsets, [&](const RRset& rrset) {
    return rrset.type == like.type && rrset.covered == like.covered;
  });
  return at == rrsets.end() ? nullptr : &*at;
}

void DiffText::Compare(std::span<const RRset> before, std::span<const RRset> after) {
  for (const RRset& rrset : before) CompareRRset(&rrset, FindIn(after, rrset));
  for (const RRset& rrset : after) {
    if (FindIn(before, rrset) == nullptr) CompareRRset(nullptr, &rrset);
  }
}

void DiffText::CompareRRset(const RRset* before, const RRset* after) {
  if (!RRsetsDiffer(before, after)) return;
  absl::flat_hash_set<absl::string_view> both;
  if (before != nullptr && after != nullptr && before->ttl_seconds == after->ttl_seconds) {
    absl::flat_hash_set<absl::string_view> had;
    for (const ByteView rdata : before->Records()) had.insert(AsText(rdata));
    for (const ByteView rdata : after->Records()) {
      if (had.contains(AsText(rdata))) both.insert(AsText(rdata));
    }
  }
  for (const auto& [sign, rrset] : {std::pair('-', before), std::pair('+', after)}) {
    if (rrset == nullptr) continue;
    for (const ByteView rdata : rrset->Records()) {
      if (has_ended_) return;
      if (!both.contains(AsText(rdata))) Add(sign, *rrset, rdata);
    }
  }
}

void DiffText::Add(char sign, const RRset& rrset, ByteView rdata) {
  piece_ += sign;
  AppendRecordText(owner_, rrset.type, rrset.ttl_seconds, rdata, piece_);
  piece_ += '\n';
  if (piece_.size() >= kPieceBytes) Flush();
}

}  // namespace

bool WriteDiffText(const Zone* before, const Zone& after, GateWatch& watch,
                   const DiffWriter& write) {
  return DiffText(before, after, watch, write).Run();
}

}  // namespace hither
