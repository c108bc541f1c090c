#include "zones/image/zone_indexer.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "dns/base32hex.h"
#include "dns/name_hash.h"
#include "dns/rdata.h"
#include "dns/sort_key.h"

namespace hither {
namespace {

// Three of four slots are in use, so about one line in fifteen overflows.
constexpr size_t kNamesPerLine = 9;
// A small zone is one of many: the time that an index line saves is not worth its padding.
constexpr uint32_t kAlignedLinesMin = 8;

// Does work on many items scattered in memory: it prefetches a group of them, then works on it.
template <typename T>
class InBatches {
 public:
  using Step = std::function<void(const T&)>;
  InBatches(Step ask, Step work, Step ask_more = nullptr)
      : ask_(std::move(ask)), work_(std::move(work)), ask_more_(std::move(ask_more)) {}

  void Add(const T& one) {
    ask_(waiting_[count_++] = one);
    if (count_ == kBatch) Finish();
  }
  void Finish() {
    if (ask_more_ != nullptr) std::for_each_n(waiting_, count_, ask_more_);
    std::for_each_n(waiting_, count_, work_);
    count_ = 0;
  }

 private:
  static constexpr size_t kBatch = 32;
  const Step ask_;
  const Step work_;
  const Step ask_more_;
  T waiting_[kBatch] = {};
  size_t count_ = 0;
};

bool IsOfChain(ByteView nsec3, const Nsec3Params& want) {
  ByteReader rdata(nsec3);  // Algorithm, flags, iterations and salt come first in the RDATA.
  const uint8_t algorithm = rdata.U8();
  rdata.U8();
  const uint16_t iterations = rdata.U16();
  const ByteView salt = rdata.Take(rdata.U8());
  return algorithm == 1 && iterations == want.iterations &&
         std::equal(salt.begin(), salt.end(), want.salt.begin(), want.salt.end());
}

}  // namespace

UsableNsec3Params ReadNsec3Params(ByteView rdata, uint16_t iterations_max) {
  ByteReader reader(rdata);
  UsableNsec3Params read;
  const uint8_t algorithm = reader.U8();
  const uint8_t flags = reader.U8();
  read.params.iterations = reader.U16();
  read.params.salt = reader.Take(reader.U8());
  // RFC 5155 §4.1.2: a set flag means a chain that must not be used; §3.1.1: 1 is SHA-1. With too
  // many iterations a load would take very long (zone_check.h refuses the zone).
  read.usable = reader.ok() && flags == 0 && algorithm == 1 && read.params.IsWithin(iterations_max);
  return read;
}

ZoneIndexer::Outcome ZoneIndexer::Run() {
  if (!BuildIndex()) return Outcome::kCollisions;
  ResolveTargets();
  return ChooseDenial() ? Outcome::kGood : Outcome::kHashing;
}

bool ZoneIndexer::BuildIndex() {
  const auto count = static_cast<uint32_t>(zone().name_count() / kNamesPerLine + 1);
  const size_t alignment = count >= kAlignedLinesMin ? sizeof(IndexLine) : kImageUnitBytes;
  const uint32_t index_at = image_.AddTable(count * sizeof(IndexLine), alignment);
  image_.zone().index_at_ = index_at;
  image_.zone().index_lines_ = count;
  auto* const lines = const_cast<IndexLine*>(zone().lines());
  struct Waiting {
    uint64_t hash;
    NodeId id;
  };
  bool all_have_room = true;
  InBatches<Waiting> batches(
      [&](const Waiting& name) { __builtin_prefetch(&zone().Line(name.hash), 1); },
      [&](const Waiting& name) {
        const IndexPlace place(name.hash, count);
        IndexLine* line = &lines[place.line];
        for (uint32_t probes = 1; line->count == IndexLine::kSlots; ++probes) {
          if (probes == kIndexProbesMax) {
            all_have_room = false;
            return;
          }
          line->overflowed = 1;
          if (++line == lines + count) line = lines;
        }
        line->nodes[line->count] = name.id;
        line->fingerprints[line->count++] = place.fingerprint;
      });
  for (const NodeId id : zone().names()) batches.Add({HashName(zone().NameOf(id)), id});
  batches.Finish();
  return all_have_room;
}

// RFC 9460 §2.5: "." is the owner itself in ServiceMode, and "no such service" in AliasMode.
bool ZoneIndexer::IsOwner(RrType type, ByteView rdata) {
  const bool is_service = type == RrType::kSvcb || type == RrType::kHttps;
  return is_service && NameInRdata(type, rdata, 0).IsRoot() && LoadU16(rdata.data()) != 0;
}

void ZoneIndexer::ResolveTargets() {
  struct Waiting {
    NameView target;
    uint64_t hash;
    NodeId* to;
  };
  InBatches<Waiting> batches(
      [&](const Waiting& one) { zone().PrefetchIndex(one.hash); },
      [&](const Waiting& one) { *one.to = zone().FindByHash(one.hash, one.target); },
      [&](const Waiting& one) { zone().PrefetchNode(one.hash); });
  for (const NodeId id : zone().names()) {
    for (const RRset& rrset : zone().RRsetsOf(id)) {
      if (!rrset.has_targets) continue;
      auto* to = const_cast<NodeId*>(rrset.Targets().data());
      for (const ByteView rdata : rrset.Records()) {
        const NameView target = NameInRdata(rrset.type, rdata, 0);
        if (IsOwner(rrset.type, rdata)) {
          *to = id;
        } else if (target.IsAtOrBelow(zone().apex())) {
          batches.Add({target, HashName(target), to});
        }
        ++to;
      }
    }
  }
  batches.Finish();
}

bool ZoneIndexer::ChooseDenial() {
  if (const RRset* params = zone().FindRRset(kApex, RrType::kNsec3Param)) {
    std::vector<Bytes> copies;  // The image moves when a table is added.
    for (const ByteView rdata : params->Records()) {
      copies.emplace_back(rdata.begin(), rdata.end());
    }
    for (const Bytes& rdata : copies) {
      const UsableNsec3Params read = ReadNsec3Params(rdata, nsec3_iterations_max_);
      if (!read.usable || !BuildNsec3(read.params)) continue;
      if (Nsec3LoadBlocks(zone().name_count(), read.params) > kNsec3LoadBlocksMax) return false;
      LinkNsec3();
      return true;
    }
  }
  if (zone().FindRRset(kApex, RrType::kNsec) != nullptr) BuildNsec();
  return true;
}

void ZoneIndexer::BuildNsec() {
  const auto has_nsec = [this](NodeId id) {
    return !zone().node(id).occluded && zone().FindRRset(id, RrType::kNsec) != nullptr;
  };
  uint32_t count = 0;
  for (const NodeId id : zone().names()) count += has_nsec(id);
  const uint32_t nsec_at = image_.AddTable(count * (sizeof(uint64_t) + sizeof(NodeId)));
  image_.zone().nsec_at_ = nsec_at;
  image_.zone().nsec_count_ = count;
  auto* key = const_cast<uint64_t*>(zone().nsec_keys());
  auto* node = const_cast<NodeId*>(zone().nsec_nodes());
  for (const NodeId id : zone().names()) {
    if (!has_nsec(id)) continue;
    *key++ = SortKey(zone().NameOf(id), zone().apex_labels());
    *node++ = id;
  }
}

// False if no NSEC3 has these parameters.
bool ZoneIndexer::BuildNsec3(const Nsec3Params& params) {
  const auto in_chain = [&](NodeId id, Nsec3Hash& hash) {
    const RRset* nsec3 = zone().FindRRset(id, RrType::kNsec3);
    if (zone().node(id).label_count != zone().apex_labels() + 1) return false;  // RFC 5155 §3
    return nsec3 != nullptr && IsOfChain(nsec3->Records().front(), params) &&
           DecodeBase32Hex(zone().NameOf(id).first_label(), hash.octets);
  };
  uint32_t count = 0;
  Nsec3Hash hash;
  for (const NodeId id : zone().nsec3_owners()) count += in_chain(id, hash);
  if (count == 0) return false;
  const uint32_t nsec3_at = image_.AddTable(count * sizeof(Nsec3Entry));
  const uint32_t salt_at = image_.AddTable(params.salt.size());
  Zone& header = image_.zone();
  header.nsec3_at_ = nsec3_at;
  header.nsec3_count_ = count;
  header.salt_at_ = salt_at;
  header.salt_bytes_ = static_cast<uint8_t>(params.salt.size());
  header.nsec3_iterations_ = params.iterations;
  if (!params.salt.empty()) {
    std::memcpy(const_cast<uint8_t*>(zone().At(salt_at)), params.salt.data(), params.salt.size());
  }
  auto* entry = const_cast<Nsec3Entry*>(zone().nsec3_entries().data());
  for (const NodeId id : zone().nsec3_owners()) {  // Their canonical order is that of the hashes.
    if (in_chain(id, hash)) *entry++ = {hash, id};
  }
  return true;
}

void ZoneIndexer::LinkNsec3() {
  for (const NodeId id : zone().names()) {
    Node& node = image_.node(id);
    if (!node.has_denial) continue;
    bool matches = false;
    NodeDenial denial{kNoNode, kNoNode};
    const NodeId found = zone().FindNsec3(zone().HashForNsec3(zone().NameOf(id)), matches);
    if (matches) denial.match = found;
    Name star(zone().NameOf(id));
    // A cut is never the closest encloser of a denial: a referral comes first.
    if (!node.is_cut && star.Prepend(AsBytes("*"))) {
      denial.wildcard = zone().FindNsec3(zone().HashForNsec3(star), matches);
    }
    *reinterpret_cast<NodeDenial*>(&node + 1) = denial;
  }
}

}  // namespace hither
