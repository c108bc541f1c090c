#include "anycast/journal/journal_changes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anycast/journal/journal_json.h"

namespace hither {
namespace {

// Writing ---------------------------------------------------------------------------------------

bool HaveSameNames(const std::vector<Signal>& a, const std::vector<Signal>& b) {
  return std::ranges::equal(a, b,
                            [](const Signal& x, const Signal& y) { return x.name == y.name; });
}

bool IsSameToPolicy(const Signal& a, const Signal& b) {
  return a == b || (a.level == Level::kOk && b.level == Level::kOk && a.scope == b.scope &&
                    a.families == b.families && a.is_certain == b.is_certain);
}

JsonArray ChangedSignals(const std::vector<Signal>& to, const std::vector<Signal>& from) {
  JsonArray changed;
  for (size_t i = 0; i < to.size(); ++i) {
    if (IsSameToPolicy(to[i], from[i])) continue;
    JsonObject signal = SignalToJson(to[i]);
    signal.Add("index", i);
    changed.Add(std::move(signal));
  }
  return changed;
}

JsonObject ChangedFacts(const Facts& to, const Facts& from) {
  JsonObject json({{"now", TimeToJson(to.now)}});
  if (to.intent != from.intent) AddIntent(to.intent, json);
  if (to.fleet_ipv4 != from.fleet_ipv4) json.Add("fleet_ipv4", FleetToJson(to.fleet_ipv4));
  if (to.fleet_ipv6 != from.fleet_ipv6) json.Add("fleet_ipv6", FleetToJson(to.fleet_ipv6));
  if (to.lost_ipv4 != from.lost_ipv4) json.Add("lost_ipv4", to.lost_ipv4);
  if (to.lost_ipv6 != from.lost_ipv6) json.Add("lost_ipv6", to.lost_ipv6);
  if (to.queries_per_second != from.queries_per_second) {
    json.Add("queries_per_second", to.queries_per_second);
  }
  JsonArray signals = ChangedSignals(to.signals, from.signals);
  if (signals.size() > 0) json.Add("signals", std::move(signals));
  return json;
}

// Reading ---------------------------------------------------------------------------------------

void ReadSignals(JsonReader& reader, std::vector<Signal>& signals) {
  if (!reader.Has("signals")) return;
  for (JsonReader& one : reader.ArrayOfObjects("signals", kJournalSignalsMax)) {
    uint64_t index = 0;
    one.Read("index", index);
    Signal signal = ReadSignal(one);
    if (index >= signals.size()) {
      one.Fail("index", "is not one of the entry before");
    } else {
      signals[index] = std::move(signal);
    }
  }
}

void ReadChangedFacts(JsonReader reader, Facts& facts) {
  ReadNow(reader, facts.now);
  if (reader.Has("drain")) ReadIntent(reader, facts.intent);
  if (reader.Has("fleet_ipv4")) ReadFleet(reader.Object("fleet_ipv4"), facts.fleet_ipv4);
  if (reader.Has("fleet_ipv6")) ReadFleet(reader.Object("fleet_ipv6"), facts.fleet_ipv6);
  reader.ReadIfPresent("lost_ipv4", facts.lost_ipv4);
  reader.ReadIfPresent("lost_ipv6", facts.lost_ipv6);
  reader.ReadIfPresent("queries_per_second", facts.queries_per_second);
  ReadSignals(reader, facts.signals);
}

void ReadChangedFamily(JsonReader& reader, absl::string_view key, JournalEntry::Family& family) {
  if (reader.Has(key)) ReadFamily(reader.Object(key), family);
  family.memory.reset();
}

// `entry` is the one before, and becomes this one.
void ReadChanges(JsonReader& reader, JournalEntry& entry) {
  entry.is_first = entry.follows_gap = false;
  entry.follows.reset();
  ReadTime(reader, "wall", entry.wall);
  ReadTime(reader, "previous", entry.previous);
  reader.Read("ticks", entry.ticks);
  ReadChangedFamily(reader, "ipv4", entry.ipv4);
  ReadChangedFamily(reader, "ipv6", entry.ipv6);
  ReadChangedFacts(reader.Object("facts"), entry.facts);
  CheckOrder(entry, reader);
}

}  // namespace

std::string ToChangeLine(const JournalEntry& entry, const JournalEntry& base) {
  if (!HaveSameNames(entry.facts.signals, base.facts.signals)) return "";
  JsonObject json({{"wall", TimeToJson(entry.wall)},
                   {"service", entry.service},
                   {"base", TimeToJson(base.facts.now)},
                   {"previous", TimeToJson(entry.previous)},
                   {"ticks", entry.ticks}});
  if (entry.ipv4.verdict != base.ipv4.verdict) {
    json.Add("ipv4", FamilyToJson({entry.ipv4.verdict, std::nullopt}));
  }
  if (entry.ipv6.verdict != base.ipv6.verdict) {
    json.Add("ipv6", FamilyToJson({entry.ipv6.verdict, std::nullopt}));
  }
  json.Add("facts", ChangedFacts(entry.facts, base.facts));
  std::string line = absl::StrCat(JsonValue(json).Ascii(), "\n");
  return line.size() > kJournalLineMax ? "" : line;
}

absl::StatusOr<std::optional<JournalEntry>> JournalReader::Read(absl::string_view line) {
  auto entry = ReadGood(line);
  if (!entry.ok()) {
    for (auto& [service, known] : last_) known.is_sure = false;
  }
  return entry;
}

absl::StatusOr<std::optional<JournalEntry>> JournalReader::ReadWhole(absl::string_view line) {
  absl::StatusOr<JournalEntry> entry = ParseJournalLine(line);
  if (!entry.ok()) return entry.status();
  const auto found = last_.find(entry->service);
  if (found == last_.end() && last_.size() == kServicesMax) {
    return absl::ResourceExhaustedError("too many services");
  }
  if (found != last_.end()) {
    const Known& known = found->second;
    // Journals of older versions do not say what a whole entry follows.
    const bool is_next =
        known.last.has_value() &&
        (entry->follows.has_value() ? known.last->facts.now == *entry->follows : known.is_sure);
    entry->follows_gap = !is_next && entry->ipv4.memory.has_value();
  }
  last_[entry->service] = {*entry, true};
  return *std::move(entry);
}

absl::StatusOr<std::optional<JournalEntry>> JournalReader::ReadGood(absl::string_view line) {
  const absl::StatusOr<JsonDocument> document = ParseJournalJson(line, kJournalLineMax);
  if (!document.ok()) return document.status();
  if (!document->root().MaybeAt("base").exists()) return ReadWhole(line);
  absl::Status failure;
  JsonReader reader(document->root(), "", failure);
  std::string service;
  absl::Time base;
  reader.Read("service", service);
  ReadTime(reader, "base", base);
  if (!failure.ok()) return failure;
  if (!last_.contains(service) && last_.size() == kServicesMax) {
    return absl::ResourceExhaustedError("too many services");
  }
  Known& known = last_[service];
  if (!known.last.has_value() || known.last->facts.now != base) {
    known.last.reset();
    ++skipped_;
    return std::nullopt;
  }
  JournalEntry entry = *known.last;
  ReadChanges(reader, entry);
  if (!failure.ok()) return failure;
  known = {entry, true};
  return entry;
}

}  // namespace hither
