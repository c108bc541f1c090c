#include "zones/zone_indexer.h"

#include <algorithm>
#include <bit>

#include "zones/base32hex.h"
#include "zones/name_hash.h"
#include "zones/rdata.h"

namespace hither {

void ZoneIndexer::Run() {
  LinkParents();
  FindBreaks();
  BuildIndex();
  LinkSignatures();
  ResolveTargets();
  ChooseDenial();
}

// In canonical order a name's ancestors stand before it, and its descendants right behind it.
void ZoneIndexer::LinkParents() {
  std::vector<NodeId> open;  // The ancestors of the present node; at most kNameLabelsMax.
  const auto close = [&](NodeId end) {
    zone_.nodes_[open.back()].subtree_end = end;
    open.pop_back();
  };
  for (NodeId id = 0; id < zone_.nodes_.size(); ++id) {
    Node& node = zone_.nodes_[id];
    node.parent = node.wildcard = node.break_node = kNoNode;
    node.denial = node.wildcard_denial = kNoNode;
    node.subtree_end = id + 1;
    if (id >= zone_.name_count_) continue;
    while (!open.empty() && zone_.nodes_[open.back()].label_count >= node.label_count) close(id);
    if (!open.empty()) node.parent = open.back();
    if (node.parent != kNoNode && zone_.NameOf(id).IsWildcard()) {
      zone_.nodes_[node.parent].wildcard = id;
    }
    open.push_back(id);
  }
  while (!open.empty()) close(zone_.name_count_);
}

void ZoneIndexer::FindBreaks() {
  for (NodeId id = 0; id < zone_.name_count_; ++id) {
    Node& node = zone_.nodes_[id];
    const bool has_ns = zone_.FindRRset(id, RrType::kNs) != nullptr;
    node.has_dname = zone_.FindRRset(id, RrType::kDname) != nullptr;
    node.has_cname = zone_.FindRRset(id, RrType::kCname) != nullptr;
    if (id == kApex) continue;
    const Node& parent = zone_.nodes_[node.parent];
    if (parent.break_node != kNoNode) {
      node.break_node = parent.break_node;
    } else if (parent.has_dname) {  // RFC 6672 §2.4: nothing below a DNAME is seen.
      node.break_node = node.parent;
    } else if (has_ns) {
      node.break_node = id;
      node.is_cut = true;
    }
    node.occluded = node.break_node != kNoNode && node.break_node != id;
  }
}

void ZoneIndexer::BuildIndex() {
  const size_t slots = std::bit_ceil(size_t{zone_.name_count_} * 3 / 2 + 1);
  zone_.index_.assign(slots, {0, kNoNode});
  for (NodeId id = 0; id < zone_.name_count_; ++id) {
    const uint64_t hash = HashName(zone_.NameOf(id));
    size_t at = hash & (slots - 1);
    while (zone_.index_[at].node != kNoNode) at = (at + 1) & (slots - 1);
    zone_.index_[at] = {static_cast<uint32_t>(hash >> 32), id};
  }
}

void ZoneIndexer::LinkSignatures() {
  for (Node& node : zone_.nodes_) {
    RRset* const rrsets = zone_.rrsets_.data() + node.first_rrset;
    for (uint32_t i = node.rrset_count; i < node.rrset_count + node.signature_count; ++i) {
      for (uint32_t k = 0; k < node.rrset_count; ++k) {
        if (rrsets[k].type == rrsets[i].covered) rrsets[k].signatures = node.first_rrset + i;
      }
    }
  }
}

NodeId ZoneIndexer::TargetOf(NodeId owner, RrType type, ByteView rdata) const {
  const NameView target = NameInRdata(type, rdata, 0);
  const bool is_service = type == RrType::kSvcb || type == RrType::kHttps;
  if (!is_service || !target.IsRoot()) return zone_.FindNode(target);
  // RFC 9460 §2.5: "." is the owner itself in ServiceMode, and "no such service" in AliasMode.
  return LoadU16(rdata.data()) == 0 ? kNoNode : owner;
}

void ZoneIndexer::ResolveTargets() {
  for (NodeId id = 0; id < zone_.name_count_; ++id) {
    for (uint32_t i = 0; i < zone_.nodes_[id].rrset_count; ++i) {
      RRset& rrset = zone_.rrsets_[zone_.nodes_[id].first_rrset + i];
      if (!NamesOf(rrset.type).has_additional_target) continue;
      rrset.targets = static_cast<uint32_t>(zone_.targets_.size());
      ByteReader records(zone_.RecordsOf(rrset));
      for (uint16_t k = 0; k < rrset.count; ++k) {
        zone_.targets_.push_back(TargetOf(id, rrset.type, records.Take(records.U16())));
      }
    }
  }
}

bool ZoneIndexer::ReadNsec3Params(ByteView rdata) {
  ByteReader reader(rdata);
  Nsec3Params params;
  params.algorithm = reader.U8();
  const uint8_t flags = reader.U8();
  params.iterations = reader.U16();
  const ByteView salt = reader.Take(reader.U8());
  // RFC 5155 §4.1.2: a set flag means a chain that is not to be used; §3.1.1: 1 is SHA-1.
  if (!reader.ok() || flags != 0 || params.algorithm != 1) return false;
  if (params.iterations > kNsec3IterationsMax) return false;  // Or a load would never end.
  params.salt.assign(salt.begin(), salt.end());
  zone_.nsec3_params_ = params;
  return true;
}

void ZoneIndexer::ChooseDenial() {
  if (const RRset* params = zone_.FindRRset(kApex, RrType::kNsec3Param)) {
    ByteReader records(zone_.RecordsOf(*params));
    for (uint16_t i = 0; i < params->count && !zone_.uses_nsec3_; ++i) {
      if (!ReadNsec3Params(records.Take(records.U16()))) continue;
      LinkNsec3();
      zone_.uses_nsec3_ = !zone_.nsec3_hashes_.empty();
    }
  }
  if (!zone_.uses_nsec3_ && zone_.FindRRset(kApex, RrType::kNsec) != nullptr) {
    zone_.uses_nsec_ = true;
    LinkNsec();
  }
}

void ZoneIndexer::LinkNsec() {
  NodeId last = kNoNode;
  for (NodeId id = 0; id < zone_.name_count_; ++id) {
    Node& node = zone_.nodes_[id];
    if (!node.occluded && zone_.FindRRset(id, RrType::kNsec) != nullptr) last = id;
    node.denial = last;
  }
}

void ZoneIndexer::LinkNsec3() {
  for (NodeId id = zone_.name_count_; id < zone_.nodes_.size(); ++id) {
    const RRset* nsec3 = zone_.FindRRset(id, RrType::kNsec3);
    if (nsec3 == nullptr) continue;
    // Only those of the chosen chain: algorithm, flags, iterations and salt lead the RDATA.
    ByteReader rdata(zone_.RecordsOf(*nsec3));
    rdata.U16();
    const uint8_t algorithm = rdata.U8();
    rdata.U8();
    const uint16_t iterations = rdata.U16();
    const ByteView salt = rdata.Take(rdata.U8());
    const Nsec3Params& want = zone_.nsec3_params_;
    if (algorithm != want.algorithm || iterations != want.iterations ||
        !std::equal(salt.begin(), salt.end(), want.salt.begin(), want.salt.end())) {
      continue;
    }
    Nsec3Hash hash;
    if (!DecodeBase32Hex(zone_.NameOf(id).first_label(), hash.octets)) continue;
    zone_.nsec3_hashes_.push_back(hash);  // Canonical order of the owners is that of the hashes.
    zone_.nsec3_nodes_.push_back(id);
  }
  if (zone_.nsec3_hashes_.empty()) return;
  for (NodeId id = 0; id < zone_.name_count_; ++id) {
    Node& node = zone_.nodes_[id];
    if (node.occluded) continue;
    bool matches = false;
    const NodeId found = zone_.FindNsec3(zone_.HashForNsec3(zone_.NameOf(id)), matches);
    node.denial = matches ? found : kNoNode;
    if (node.is_cut) continue;  // Never a closest encloser of a denial: a referral comes first.
    Name star(zone_.NameOf(id));
    if (!star.Prepend(AsBytes("*"))) continue;
    node.wildcard_denial = zone_.FindNsec3(zone_.HashForNsec3(star), matches);
  }
}

}  // namespace hither
