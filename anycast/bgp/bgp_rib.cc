#include "anycast/bgp/bgp_rib.h"

#include <algorithm>
#include <utility>

namespace hither {
namespace {

void Append(std::vector<Bytes> more, std::vector<Bytes>& all) {
  for (Bytes& each : more) all.push_back(std::move(each));
}

}  // namespace

void BgpRib::Want(const std::vector<Route>& routes) {
  wanted_.clear();
  for (const Route& route : routes) wanted_[route.prefix] = route;
}

std::vector<Prefix> BgpRib::Unwanted(IpFamily family) const {
  std::vector<Prefix> gone;
  for (const auto& [prefix, told] : told_) {
    if (prefix.family != family) continue;
    const auto want = wanted_.find(prefix);
    if (want == wanted_.end() || want->second.state == State::kDown) gone.push_back(prefix);
  }
  return gone;
}

// By attributes, since one UPDATE has one set of them. There are as many sets as services have
// states, so a list is fast enough.
std::vector<BgpRib::Group> BgpRib::Changed(IpFamily family) {
  std::vector<Group> groups;
  for (const auto& [prefix, route] : wanted_) {
    if (prefix.family != family || route.state == State::kDown) continue;
    const auto told = told_.find(prefix);
    if (told != told_.end() && told->second.attributes == route.attributes &&
        !told->second.is_to_be_repeated) {
      told->second.state = route.state;  // Another name for the same path.
      continue;
    }
    const auto same = [&route = route](const Group& group) {
      return group.first == route.attributes;
    };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) {
      groups.push_back({route.attributes, {}});
      group = groups.end() - 1;
    }
    group->second.push_back(prefix);
  }
  return groups;
}

// A path that cannot be announced as wanted is withdrawn: the older path would be wrong.
void BgpRib::TellGroup(const Group& group, IpFamily family, const Path& path,
                       std::vector<Bytes>& updates) {
  std::vector<Bytes> messages =
      EncodeAnnouncements(path.dialect, group.first, path.next_hop, family, group.second);
  if (!messages.empty()) {
    Append(std::move(messages), updates);
    for (const Prefix& prefix : group.second) {
      told_[prefix] = {group.first, wanted_.at(prefix).state};
    }
    return;
  }
  for (const Prefix& prefix : group.second) {
    too_large_.insert(prefix);
    if (told_.erase(prefix) > 0) Append(EncodeWithdrawals(family, {&prefix, 1}), updates);
  }
}

std::vector<Bytes> BgpRib::Differences(IpFamily family, const Path& path) {
  const std::vector<Prefix> gone = Unwanted(family);
  std::vector<Bytes> updates = EncodeWithdrawals(family, gone);
  for (const Prefix& prefix : gone) told_.erase(prefix);
  std::erase_if(too_large_, [&](const Prefix& prefix) { return prefix.family == family; });
  for (const Group& group : Changed(family)) TellGroup(group, family, path, updates);
  return updates;
}

std::vector<Bytes> BgpRib::WithdrawAll(IpFamily family) {
  std::vector<Prefix> gone;
  for (const auto& [prefix, told] : told_) {
    if (prefix.family == family) gone.push_back(prefix);
  }
  Forget(family);
  return EncodeWithdrawals(family, gone);
}

void BgpRib::Forget(IpFamily family) {
  std::erase_if(told_, [&](const auto& each) { return each.first.family == family; });
}

void BgpRib::SayAgain(IpFamily family) {
  for (auto& [prefix, told] : told_) {
    if (prefix.family == family) told.is_to_be_repeated = true;
  }
}

void BgpRib::SayAgain(const Prefix& prefix) {
  const auto told = told_.find(prefix);
  if (told != told_.end()) told->second.is_to_be_repeated = true;
}

std::optional<State> BgpRib::Said(const Prefix& prefix) const {
  const auto told = told_.find(prefix);
  if (told == told_.end()) return std::nullopt;
  return told->second.state;
}

}  // namespace hither
