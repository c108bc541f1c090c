#include "anycast/journal/replay.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/policy/policy_fields.h"

namespace hither {
namespace {

bool HasMemory(const JournalEntry& entry) {
  return entry.ipv4.memory.has_value() && entry.ipv6.memory.has_value();
}

}  // namespace

absl::Status Replay::Add(JournalEntry entry) {
  for (const std::string& setting : settings_) {
    const absl::Status set = SetPolicyField(setting, entry.policy);
    if (!set.ok()) return set;
  }
  auto found = services_.find(entry.service);
  if (HasMemory(entry) && (found == services_.end() || entry.is_first || entry.follows_gap)) {
    if (services_.size() == kServicesMax) return absl::ResourceExhaustedError("too many services");
    Service fresh{entry, {*entry.ipv4.memory, *entry.ipv6.memory}};
    found = services_.insert_or_assign(entry.service, std::move(fresh)).first;
  } else if (found == services_.end()) {
    ++skipped_;
    return absl::OkStatus();
  } else if (entry.previous < found->second.last.facts.now) {
    return absl::InvalidArgumentError(
        absl::StrCat("older than the entry before it of service ", entry.service));
  } else {
    PlayBetween(found->second, entry);
  }
  Compare(entry, Tick(found->second, entry, entry.facts));
  found->second.last = std::move(entry);
  return absl::OkStatus();
}

void Replay::PlayBetween(Service& service, const JournalEntry& entry) {
  const JournalEntry last = service.last;
  const int64_t between = entry.ticks - 1;
  const absl::Duration span = entry.previous - last.facts.now;
  JournalEntry at = last;
  for (int64_t i = 1; i <= between; ++i) {  // At most kJournalTicksMax.
    const absl::Duration passed = i == between ? span : span / between * i;
    at.facts.now = last.facts.now + passed;
    at.wall = last.wall + passed;
    Tick(service, at, at.facts);
  }
}

std::array<Verdict, 2> Replay::Tick(Service& service, const JournalEntry& entry,
                                    const Facts& facts) {
  std::array<Verdict, 2> verdicts;
  ++ticks_;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    PolicyMemory& memory = service.memories[i];
    const State before = memory.state;
    verdicts[i] = Decide(entry.policy, kIpFamilies[i], facts, memory);
    if (verdicts[i].state == before) continue;
    if (transitions_.size() == kKeptMax) {
      is_cut_ = true;
    } else {
      transitions_.push_back({entry.wall, entry.service, kIpFamilies[i], before, verdicts[i]});
    }
  }
  return verdicts;
}

void Replay::Compare(const JournalEntry& entry, const std::array<Verdict, 2>& verdicts) {
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const Verdict& recorded = entry.family(kIpFamilies[i]).verdict;
    const bool is_same = recorded.state == verdicts[i].state && recorded.rule == verdicts[i].rule;
    if (is_same) continue;
    if (differences_.size() == kKeptMax) {
      is_cut_ = true;
    } else {
      differences_.push_back({entry.wall, entry.service, kIpFamilies[i], recorded, verdicts[i]});
    }
  }
}

}  // namespace hither
