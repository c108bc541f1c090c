#include "anycast/route/reconcile.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hither {
namespace {

constexpr absl::Duration kAgainFirst = absl::Seconds(5);
constexpr absl::Duration kAgainMax = absl::Minutes(5);
constexpr size_t kPrefixesShownMax = 3;  // In a line of the log.

bool Differs(const Route& wanted, const Observation::Seen& seen) {
  switch (seen.kind) {
    case Observation::Kind::kUnknown:
      return !seen.detail.empty();
    case Observation::Kind::kAbsent:
      return wanted.state != State::kDown;
    case Observation::Kind::kAnnounced:
      break;
  }
  return wanted.state == State::kDown || (seen.state && *seen.state != wanted.state);
}

absl::string_view KindText(Observation::Kind kind) {
  if (kind == Observation::Kind::kAbsent) return "absent";
  return kind == Observation::Kind::kAnnounced ? "announced" : "unknown";
}

}  // namespace

std::string Difference::ToText() const {
  return absl::StrCat(prefix.ToText(), " ", WithoutPrefix());
}

std::string Difference::WithoutPrefix() const {
  return absl::StrCat("at ", where, ": ", WantedAndSeen());
}

std::string Difference::WantedAndSeen() const {
  const absl::string_view was = seen_state && seen == Observation::Kind::kAnnounced
                                    ? hither::ToText(*seen_state)
                                    : KindText(seen);
  return absl::StrCat("wanted ", hither::ToText(wanted), ", seen ", was, detail.empty() ? "" : " (",
                      detail, detail.empty() ? "" : ")");
}

std::vector<Difference> Compare(const std::vector<Route>& wanted, const Observation& observed) {
  absl::btree_map<Prefix, const Route*> by_prefix;
  for (const Route& route : wanted) by_prefix[route.prefix] = &route;
  std::vector<Difference> differences;
  for (const Observation::Seen& seen : observed.seen) {
    const auto found = by_prefix.find(seen.prefix);
    if (found == by_prefix.end() || !Differs(*found->second, seen)) continue;
    Difference difference;
    difference.prefix = seen.prefix;
    difference.where = seen.where;
    difference.wanted = found->second->state;
    difference.seen = seen.kind;
    difference.seen_state = seen.state;
    difference.detail = seen.detail;
    differences.push_back(std::move(difference));
  }
  return differences;
}

std::vector<std::string> Differences::Update(const std::vector<Route>& wanted,
                                             const std::vector<Observation>& observed,
                                             absl::Time now) {
  NoteChanges(wanted, now);
  std::vector<Difference> found;
  std::set<Key> seen;
  for (const Observation& one : observed) {
    for (Difference& difference : Compare(wanted, one)) found.push_back(std::move(difference));
    for (const Observation::Seen& each : one.seen) {
      if (each.kind != Observation::Kind::kUnknown) seen.emplace(each.prefix, each.where);
    }
  }
  Lines lines;
  Merge(std::move(found), seen, now, lines);
  return Grouped(lines);
}

// "192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 and 9 more at bgp 10.0.0.1: ...": a neighbor that
// is away is one event.
std::vector<std::string> Differences::Grouped(const Lines& lines) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const auto& [prefix, text] : lines) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&text = text](const auto& each) { return each.first == text; });
    if (group == groups.end()) group = groups.insert(groups.end(), {text, {}});
    group->second.push_back(prefix.ToText());
  }
  std::vector<std::string> grouped;
  for (auto& [text, prefixes] : groups) {
    const size_t shown = std::min(prefixes.size(), kPrefixesShownMax);
    const size_t more = prefixes.size() - shown;
    prefixes.resize(shown);
    grouped.push_back(absl::StrCat(absl::StrJoin(prefixes, ", "),
                                   more > 0 ? absl::StrCat(" and ", more, " more") : "", " ",
                                   text));
  }
  return grouped;
}

void Differences::NoteChanges(const std::vector<Route>& wanted, absl::Time now) {
  absl::btree_map<Prefix, std::pair<State, absl::Time>> next;
  for (const Route& route : wanted) {
    const auto before = changed_.find(route.prefix);
    const bool is_same = before != changed_.end() && before->second.first == route.state;
    next[route.prefix] = {route.state, is_same ? before->second.second : now};
  }
  changed_ = std::move(next);
}

void Differences::Merge(std::vector<Difference> found, const std::set<Key>& seen, absl::Time now,
                        Lines& lines) {
  std::set<Key> there;
  for (Difference& difference : found) {
    const Key key(difference.prefix, difference.where);
    there.insert(key);
    Known& known = known_[key];
    const bool is_new = known.difference.where.empty();
    difference.since = is_new ? now : known.difference.since;
    known.difference = std::move(difference);
    Tell(key, known, now, lines);
  }
  for (auto at = known_.begin(); at != known_.end();) {
    if (there.contains(at->first)) {
      ++at;
      continue;
    }
    if (at->second.counts && reminders_[at->first].Ended(now)) {
      // A read-back that cannot ask any more, or was removed, says nothing about the route.
      const bool is_known = seen.contains(at->first) && changed_.contains(at->first.first);
      lines.push_back({at->first.first,
                       absl::StrCat("at ", at->first.second, ": ",
                                    is_known ? "is as wanted again" : "is no longer observed")});
    }
    at = known_.erase(at);
  }
  absl::erase_if(reminders_, [now](const auto& each) { return each.second.IsOver(now); });
}

// Counts once it has lasted for the grace period, and so has what is wanted.
void Differences::Tell(const Key& key, Known& known, absl::Time now, Lines& lines) {
  const absl::Time changed = changed_[known.difference.prefix].second;
  if (now - std::max(changed, known.difference.since) < grace_) return;
  if (!std::exchange(known.counts, true)) {
    ++total_;
    known.pause = kAgainFirst;
    known.next = now;
  }
  const std::string text = known.difference.WithoutPrefix();
  Reminder& reminder = reminders_[key];
  if (reminder.Holds(text, now)) lines.push_back({key.first, text + reminder.Note(now)});
}

std::vector<Difference> Differences::Counted() const {
  std::vector<Difference> counted;
  for (const auto& [key, known] : known_) {
    if (known.counts) counted.push_back(known.difference);
  }
  return counted;
}

std::vector<Prefix> Differences::TakeToAnnounceAgain(absl::Time now) {
  std::set<Prefix> prefixes;
  for (auto& [key, known] : known_) {
    if (now < known.next) continue;
    known.next = now + known.pause;
    known.pause = std::min(known.pause * 2, kAgainMax);
    prefixes.insert(key.first);
  }
  return {prefixes.begin(), prefixes.end()};
}

}  // namespace hither
