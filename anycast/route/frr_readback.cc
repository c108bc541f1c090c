#include "anycast/route/frr_readback.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/printable.h"

namespace hither {
namespace {

constexpr size_t kPrefixesMax = 1'000;  // In a round: the kernel's limit on a command line is far.
constexpr size_t kAskedPeersMax = 16;
constexpr uint64_t kAskedPrefixesMax = 500;  // 200 octets each.
constexpr absl::string_view kSwitchedOff = "Idle (Admin)";

std::string ShowBgp(IpFamily family) {
  return absl::StrCat("show bgp ", WordOf(family), " unicast ");
}

std::string ShowRoute(const Prefix& prefix) {
  return absl::StrCat(ShowBgp(prefix.family), prefix.ToText(), " json");
}

std::string ShowAdvertised(const FrrPeer& peer) {
  return absl::StrCat(ShowBgp(peer.family), "neighbors ", peer.address, " advertised-routes json");
}

// It goes into a command line of vtysh, and FRR names interfaces, too.
bool IsAddress(absl::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef.:") == absl::string_view::npos;
}

}  // namespace

FrrReadback::FrrReadback(uv_loop_t* loop, const AnycastConfig::Readback& config,
                         const std::vector<AnycastConfig::Service>& services,
                         std::vector<uint32_t> own_ases)
    : loop_(loop), config_(config), services_(services), own_ases_(std::move(own_ases)) {
  for (const AnycastConfig::Service& service : services_) {
    for (const Prefix& prefix : service.prefixes) {
      if (prefixes_.size() < kPrefixesMax) prefixes_.push_back(prefix);
    }
  }
}

void FrrReadback::Ask(absl::Time now) {
  if (child_ != nullptr || now - started_ < kReadbackEvery) return;
  started_ = now;
  ChildProcess::Options options;
  options.command = config_.frr_command;
  options.command.insert(options.command.end(), {"-c", "show bgp summary json"});
  for (const Prefix& prefix : prefixes_) {
    options.command.insert(options.command.end(), {"-c", ShowRoute(prefix)});
  }
  for (const FrrPeer& peer : asked_) {
    options.command.insert(options.command.end(), {"-c", ShowAdvertised(peer)});
  }
  options.timeout = kReadbackTimeout;
  options.output_bytes_max = kFrrOutputBytesMax;
  child_ = ChildProcess::Start(loop_, std::move(options),
                               [this](const ChildProcess::Result& result) { OnDone(result); });
}

void FrrReadback::OnDone(const ChildProcess::Result& result) {
  child_.reset();
  if (!result.status.ok()) {
    view_.status = absl::UnavailableError(absl::StrCat(
        "cannot ask FRR: '", absl::StrJoin(config_.frr_command, " "), "' ", result.status.message(),
        "; check that bgpd runs, and that the sidecar's unit has the group of vtysh, "
        "as in SupplementaryGroups=frrvty"));
    return;
  }
  auto understood = Understand(result.output);
  view_.status = understood.status();
  if (!understood.ok()) return;
  view_.observation = *std::move(understood);
  view_.as_of = started_;
}

absl::StatusOr<Observation> FrrReadback::Understand(absl::string_view output) {
  const std::vector<absl::string_view> values = SplitJson(output);
  const std::vector<FrrPeer> asked = std::exchange(asked_, {});
  advertised_.clear();
  if (values.size() != 1 + prefixes_.size() + asked.size()) {
    return absl::DataLossError(
        absl::StrCat("FRR does not answer as version 8 does; is bgpd running? It says: ",
                     PrintableStart(std::string(output))));
  }
  const auto peers = FrrPeers(values[0]);
  if (!peers.ok()) return peers.status();
  Observation observation;
  for (const FrrPeer& peer : *peers) {
    Observation::Session session;
    session.neighbor = absl::StrCat("frr ", peer.address);
    session.state = peer.state;
    observation.sessions.push_back(std::move(session));
  }
  std::vector<FrrRoute> routes;
  for (size_t i = 0; i < prefixes_.size(); ++i) {
    auto route = FrrRouteOf(values[i + 1]);
    if (!route.ok()) return route.status();
    for (const FrrPath& path : route->paths) {
      if (IsOurs(path.attributes, own_ases_)) sources_.insert(path.from);
    }
    routes.push_back(*std::move(route));
  }
  for (size_t i = 0; i < asked.size(); ++i) {
    advertised_[{asked[i].address, asked[i].family}] =
        FrrAdvertised(values[1 + prefixes_.size() + i]);
  }
  for (size_t i = 0; i < prefixes_.size(); ++i) Add(prefixes_[i], routes[i], *peers, observation);
  ChooseAsked(*peers);
  return observation;
}

void FrrReadback::ChooseAsked(const std::vector<FrrPeer>& peers) {
  for (const FrrPeer& peer : peers) {
    const bool is_worth_it = peer.state == "Established" && peer.sent > 0 &&
                             peer.sent <= kAskedPrefixesMax && IsAddress(peer.address);
    if (is_worth_it && asked_.size() < kAskedPeersMax) asked_.push_back(peer);
  }
}

SeenAttributes FrrReadback::AdvertisedTo(const FrrPeer& peer, const Prefix& prefix,
                                         const FrrRoute& route) const {
  SeenAttributes attributes = route.attributes();
  const auto asked = advertised_.find({peer.address, peer.family});
  if (asked == advertised_.end()) return attributes;
  const auto found = asked->second.find(prefix);
  if (found == asked->second.end()) return attributes;
  attributes.med = found->second.med;
  attributes.as_path = found->second.as_path;
  return attributes;
}

void FrrReadback::Add(const Prefix& prefix, const FrrRoute& route,
                      const std::vector<FrrPeer>& peers, Observation& to) {
  const SeenAttributes attributes = route.attributes();
  const bool is_ours = IsOurs(attributes, own_ases_);
  for (const FrrPeer& peer : peers) {
    const bool is_any_advertised = route.advertised_to.contains(peer.address);
    const bool is_advertised = is_any_advertised && is_ours;
    const bool counts = peer.family == prefix.family && peer.state != kSwitchedOff &&
                        (is_advertised || !sources_.contains(peer.address));
    if (!counts) continue;
    Observation::Seen seen;
    seen.prefix = prefix;
    seen.where = absl::StrCat("frr ", peer.address);
    seen.kind = is_advertised ? Observation::Kind::kAnnounced : Observation::Kind::kAbsent;
    const auto* service = FindService(services_, prefix);
    if (is_advertised && service != nullptr) {
      seen.state = TellState(AdvertisedTo(peer, prefix, route), *service, own_ases_);
    }
    if (is_any_advertised && !is_ours) seen.detail = "advertises another site's route";
    if (peer.state != "Established") seen.detail = absl::StrCat("the session is ", peer.state);
    to.seen.push_back(std::move(seen));
  }
}

}  // namespace hither
