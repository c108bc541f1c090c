#include "anycast/route/frr_readback.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/printable.h"

namespace hither {
namespace {

constexpr size_t kPrefixesMax = 1'000;  // In a round: the kernel's limit on a command line is far.
constexpr size_t kOutputShownMax = 200;
constexpr absl::string_view kSwitchedOff = "Idle (Admin)";

std::string ShowRoute(const Prefix& prefix) {
  return absl::StrCat("show bgp ", prefix.family == AF_INET6 ? "ipv6" : "ipv4", " unicast ",
                      prefix.ToText(), " json");
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
  options.timeout = kReadbackTimeout;
  options.output_bytes_max = kFrrOutputBytesMax;
  child_ = ChildProcess::Start(loop_, std::move(options),
                               [this](const ChildProcess::Result& result) { OnDone(result); });
}

void FrrReadback::OnDone(const ChildProcess::Result& result) {
  child_.reset();
  if (!result.status.ok()) {
    view_.status = absl::UnavailableError(
        absl::StrCat("cannot ask FRR: '", absl::StrJoin(config_.frr_command, " "), "' ",
                     result.status.message(), "; may this user run it?"));
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
  if (values.size() != prefixes_.size() + 1) {
    return absl::DataLossError(
        absl::StrCat("FRR does not answer as version 8 does; is bgpd running? It says: ",
                     Printable(std::string(output.substr(0, kOutputShownMax)))));
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
  for (size_t i = 0; i < prefixes_.size(); ++i) Add(prefixes_[i], routes[i], *peers, observation);
  return observation;
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
    if (is_advertised && service != nullptr) seen.state = TellState(attributes, *service);
    if (is_any_advertised && !is_ours) seen.detail = "advertises another site's route";
    if (peer.state != "Established") seen.detail = absl::StrCat("the session is ", peer.state);
    to.seen.push_back(std::move(seen));
  }
}

}  // namespace hither
