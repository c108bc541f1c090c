// The gates that look at the zone as a whole: structure, serial and size.

#include "absl/strings/str_cat.h"
#include "zones/gate/gate_run.h"

namespace hither {
namespace {

// RFC 1982 §3.2: is `next` after `last`? A distance of 2^31 is undefined, and no step forward.
bool IsForward(uint32_t last, uint32_t next) {
  const uint32_t distance = next - last;
  return distance != 0 && distance < (1u << 31);
}

bool IsDenialType(RrType type) { return type == RrType::kNsec || type == RrType::kNsec3; }

// What a limit counts.
struct ZoneSize {
  uint64_t records = 0;
  uint64_t names = 0;
};

// The records without those that signing adds. A part of them if the run is over.
ZoneSize SizeOf(const Zone& zone, GateRun& run) {
  ZoneSize size;
  size.names = zone.name_count();
  for (const NodeId id : zone.all_nodes()) {
    if (run.IsOver()) break;
    for (const RRset& rrset : zone.RRsetsOf(id)) {
      if (!IsDenialType(rrset.type)) size.records += rrset.count;
    }
  }
  return size;
}

// Is the step from `base` by `change` over the limit?
bool IsOverLimit(uint64_t base, uint64_t change, const SizeLimit& limit) {
  return change > limit.ignored_max && change * 100 > base * limit.percent;
}

// The first owner that only `zone` of the two has, in the order of the walk.
NodeId FirstOnlyIn(GateRun& run, NodeId NodePair::*have, NodeId NodePair::*lack) {
  NodePairs pairs(run.old_zone(), run.new_zone());
  NodePair pair;
  while (pairs.Next(pair) && !run.IsOver()) {
    if (pair.*have != kNoNode && pair.*lack == kNoNode) return pair.*have;
  }
  return kApex;
}

void CheckShrink(GateRun& run, const SizeLimit& limit, absl::string_view what, uint64_t before,
                 uint64_t after) {
  if (after >= before || !IsOverLimit(before, before - after, limit)) return;
  const Zone& old_zone = *run.old_zone();
  const NodeId first = FirstOnlyIn(run, &NodePair::before, &NodePair::after);
  const auto rrsets = old_zone.RRsetsOf(first);
  run.Refuse(
      absl::StrCat(old_zone.NameOf(first).ToText(),
                   first == kApex ? "" : " is the first name removed", ": the zone shrinks from ",
                   before, " to ", after, " ", what, ", by more than ", limit.percent,
                   " %; accept the version if that is intended, or raise shrink_max"),
      old_zone, first, rrsets.empty() ? nullptr : &rrsets.front());
}

void CheckGrowth(GateRun& run, const SizeLimit& limit, absl::string_view what, uint64_t before,
                 uint64_t after) {
  if (after <= before || !IsOverLimit(before, after - before, limit)) return;
  const Zone& new_zone = run.new_zone();
  const NodeId first = FirstOnlyIn(run, &NodePair::after, &NodePair::before);
  const auto rrsets = new_zone.RRsetsOf(first);
  run.Refuse(absl::StrCat(
                 new_zone.NameOf(first).ToText(), first == kApex ? "" : " is the first name added",
                 ": the zone grows from ", before, " to ", after, " ", what, ", by more than ",
                 limit.percent, " %; accept the version if that is intended, or raise growth_max"),
             new_zone, first, rrsets.empty() ? nullptr : &rrsets.front());
}

}  // namespace

void CheckStructure(GateRun& run) {
  const Zone& new_zone = run.new_zone();
  if (run.old_zone() != nullptr && !run.old_zone()->apex().EqualsIgnoreCase(new_zone.apex())) {
    run.RefuseAtApex(absl::StrCat("the last version is one of ", run.old_zone()->apex().ToText(),
                                  "; check the name of the zone"));
  } else if (new_zone.FindRRset(kApex, RrType::kNs) == nullptr) {
    run.RefuseAtApex("the zone has no NS RRset at its apex; add one (RFC 1034 §4.2.1)");
  }
}

void CheckSerial(GateRun& run) {
  if (run.settings().serial == SerialGate::kAny || run.old_zone() == nullptr) return;
  const Zone& old_zone = *run.old_zone();
  const Zone& new_zone = run.new_zone();
  if (IsForward(old_zone.serial(), new_zone.serial())) return;
  if (old_zone.serial() != new_zone.serial()) {
    run.RefuseAtApex(absl::StrCat("the serial goes backward, from ", old_zone.serial(), " to ",
                                  new_zone.serial(), "; raise it at the primary (RFC 1982)"));
    return;
  }
  NodePair changed;
  if (!ChangedNodes(&old_zone, new_zone, run.watch()).Next(changed)) return;
  const bool is_new = changed.after != kNoNode;
  const Zone& zone = is_new ? new_zone : old_zone;
  const NodeId at = is_new ? changed.after : changed.before;
  const auto rrsets = zone.RRsetsOf(at);
  run.Refuse(absl::StrCat(zone.NameOf(at).ToText(), " has changed, but the serial is still ",
                          new_zone.serial(), "; raise it at the primary (RFC 1982)"),
             zone, at, rrsets.empty() ? nullptr : &rrsets.front());
}

void CheckSize(GateRun& run) {
  const GateSettings& settings = run.settings();
  if (run.old_zone() == nullptr || (!settings.shrink_max && !settings.growth_max)) return;
  const ZoneSize before = SizeOf(*run.old_zone(), run);
  const ZoneSize after = SizeOf(run.new_zone(), run);
  if (run.IsOver()) return;  // The counts may be incomplete.
  if (settings.shrink_max) {
    CheckShrink(run, *settings.shrink_max, "records", before.records, after.records);
    CheckShrink(run, *settings.shrink_max, "names", before.names, after.names);
  }
  if (settings.growth_max) {
    CheckGrowth(run, *settings.growth_max, "records", before.records, after.records);
    CheckGrowth(run, *settings.growth_max, "names", before.names, after.names);
  }
}

}  // namespace hither
