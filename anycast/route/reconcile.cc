#include "anycast/route/reconcile.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

constexpr absl::Duration kAgainFirst = absl::Seconds(5);
constexpr absl::Duration kAgainMax = absl::Minutes(5);

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
  const absl::string_view was = seen_state && seen == Observation::Kind::kAnnounced
                                    ? hither::ToText(*seen_state)
                                    : KindText(seen);
  return absl::StrCat(prefix.ToText(), " at ", where, ": wanted ", hither::ToText(wanted),
                      ", seen ", was, detail.empty() ? "" : " (", detail,
                      detail.empty() ? "" : ")");
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
  for (const Observation& one : observed) {
    for (Difference& difference : Compare(wanted, one)) found.push_back(std::move(difference));
  }
  std::vector<std::string> lines;
  Merge(std::move(found), now, lines);
  return lines;
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

void Differences::Merge(std::vector<Difference> found, absl::Time now,
                        std::vector<std::string>& lines) {
  std::set<Key> there;
  for (Difference& difference : found) {
    const Key key(difference.prefix, difference.where);
    there.insert(key);
    Known& known = known_[key];
    const bool is_new = known.difference.where.empty();
    difference.since = is_new ? now : known.difference.since;
    known.difference = std::move(difference);
    Tell(known, now, lines);
  }
  for (auto at = known_.begin(); at != known_.end();) {
    if (there.contains(at->first)) {
      ++at;
      continue;
    }
    if (!at->second.told.empty()) {
      lines.push_back(
          absl::StrCat(at->first.first.ToText(), " at ", at->first.second, ": is as wanted again"));
    }
    at = known_.erase(at);
  }
}

// Counts once it has lasted for the grace period, and so has what is wanted.
void Differences::Tell(Known& known, absl::Time now, std::vector<std::string>& lines) {
  const absl::Time changed = changed_[known.difference.prefix].second;
  if (now - std::max(changed, known.difference.since) < grace_) return;
  std::string text = known.difference.ToText();
  if (text == known.told) return;
  if (known.told.empty()) {
    ++total_;
    known.pause = kAgainFirst;
    known.next = now;
  }
  lines.push_back(text);
  known.told = std::move(text);
}

std::vector<Difference> Differences::Counted() const {
  std::vector<Difference> counted;
  for (const auto& [key, known] : known_) {
    if (!known.told.empty()) counted.push_back(known.difference);
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
