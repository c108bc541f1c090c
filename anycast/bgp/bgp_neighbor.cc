#include "anycast/bgp/bgp_neighbor.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "anycast/bgp/bgp_socket.h"
#include "anycast/bgp/neighbor_routes.h"
#include "anycast/bgp/next_hop.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/config/router_id.h"

namespace hither {
namespace {

// RFC 2918 does not limit how often a neighbor may ask; requests closer together get one answer.
constexpr absl::Duration kRefreshInterval = absl::Seconds(1);

BgpSession::Options SessionOptions(uint32_t local_as, const AnycastConfig::Neighbor& config) {
  return {.local_as = local_as,
          .peer_as = config.as,
          .hold_time = config.hold_time,
          .families = {config.ipv4, config.ipv6},
          .role = config.role,
          .role_strict = config.role_strict,
          .has_password = !config.password.empty(),
          .has_ttl_security = config.ttl_security,
          .seed = absl::HashOf(local_as, config.address.ToText(), MonotonicNow())};
}

BgpTransport::Options TransportOptions(uint32_t local_as, const AnycastConfig::Neighbor& config) {
  constexpr int kInternalTtl = 64;
  const int usual = config.as == local_as ? kInternalTtl : 1;
  const uint16_t port = config.address.port();
  return {.neighbor = port == 0 ? config.address.WithPort(kBgpPort) : config.address,
          .local = config.local_address,
          .device = config.device,
          .password = config.password,
          .ttl_security = config.ttl_security,
          .ttl = config.multihop > 0 ? config.multihop : usual,
          .user_timeout = config.hold_time};
}

}  // namespace

BgpNeighbor::BgpNeighbor(uv_loop_t* loop, const BgpNode& node,
                         const AnycastConfig::Neighbor& config, absl::Time now)
    : node_(node),
      local_as_(node.local_as),
      config_(config),
      where_(absl::StrCat("bgp ", config.address.AddressText())),
      session_(SessionOptions(node.local_as, config), now),
      transport_(loop, TransportOptions(node.local_as, config), *this) {}

void BgpNeighbor::SetConfig(const AnycastConfig::Neighbor& config) {
  config_ = config;
  for (PerFamily& of : families_) of.next_hop_due = true;
}

void BgpNeighbor::Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until) {
  rib_.Want(RoutesFor(config_, routes));
  session_.Renew(now, until);
  Act(now);
  Sync(now);
}

void BgpNeighbor::AnnounceAgain(const std::vector<Prefix>& prefixes) {
  for (const Prefix& prefix : prefixes) rib_.SayAgain(prefix);
}

void BgpNeighbor::OnTick(absl::Time now) {
  if (addresses_seen_ != node_.addresses->generation()) FollowAddresses(now);
  transport_.ReadNow();
  session_.OnTick(now);
  Act(now);
  Sync(now);
  transport_.OnTick(now);
}

std::string BgpNeighbor::LocalIfThere() const {
  const SocketAddress& local = transport_.local();
  return IsOnHost(local, node_.addresses->all()) ? local.AddressText() : "";
}

// Not if the host never had the address: the address of a route of type local is not on an
// interface.
void BgpNeighbor::FollowAddresses(absl::Time now) {
  addresses_seen_ = node_.addresses->generation();
  for (PerFamily& of : families_) of.next_hop_due = true;
  if (session_.state() <= BgpSession::State::kConnect) return;
  const std::string was_there = std::exchange(local_there_, LocalIfThere());
  if (was_there.empty() || !local_there_.empty() || node_.addresses->all().empty()) return;
  transport_.Abort();
  for (const IpFamily family : kIpFamilies) rib_.Forget(family);
  session_.OnClosed(now,
                    absl::StrCat("the local address ", was_there, " is no longer on this host"));
  Act(now);
}

void BgpNeighbor::Close(absl::string_view reason, CeaseSubcode subcode, absl::Time now) {
  if (session_.CanUpdate(now)) {
    for (const IpFamily family : kIpFamilies) {
      for (const Bytes& message : rib_.WithdrawAll(family)) session_.SendUpdate(now, message);
    }
  }
  session_.Shutdown(now, reason, subcode);
  Act(now);
}

bool BgpNeighbor::IsIdle() const {
  return session_.state() == BgpSession::State::kIdle && !transport_.IsOpen();
}

void BgpNeighbor::OnTransportConnected() {
  const absl::Time now = MonotonicNow();
  local_there_ = LocalIfThere();
  session_.OnConnected(now, node_.router_id);
  Act(now);
}

void BgpNeighbor::OnTransportBytes(ByteView bytes) {
  const absl::Time now = MonotonicNow();
  session_.OnBytes(now, bytes);
  Act(now);
  Sync(now);
}

void BgpNeighbor::OnTransportClosed(absl::string_view why) {
  const absl::Time now = MonotonicNow();
  session_.OnClosed(now, why);
  Act(now);
}

void BgpNeighbor::Act(absl::Time now) {
  const BgpSession::Actions actions = session_.TakeActions();
  if (actions.connect) {
    const absl::Status status = Connect();
    if (!status.ok()) session_.OnClosed(now, status.message());
  }
  if (!actions.send.empty()) Send(now, actions.send);
  if (actions.close) {
    for (const IpFamily family : kIpFamilies) rib_.Forget(family);
    transport_.Finish(now);
  }
  if (actions.established) OnEstablished(now);
  for (const IpFamily family : kIpFamilies) {
    if (actions.refresh.Has(family)) Of(family).refresh_due = true;
  }
  LogChange(now);
}

// Without a better source the kernel takes a service address, which every site has: the neighbor
// would answer another node, or none.
absl::Status BgpNeighbor::Connect() {
  if (config_.local_address || node_.services.addresses.empty()) return transport_.Connect();
  const std::optional<SocketAddress> source = SourceTowards(config_.address, config_.device);
  if (!source || !node_.services.Is(*source)) return transport_.Connect();
  const std::optional<SocketAddress> other =
      ChooseSource({*source, config_.address}, node_.addresses->all(), node_.services);
  if (other) return transport_.Connect(other);
  return absl::FailedPreconditionError(absl::StrCat(
      "the only address of this host on the path to the neighbor is ", source->AddressText(),
      ", a service address; add another one, or set local_address"));
}

void BgpNeighbor::Send(absl::Time now, ByteView bytes) {
  if (transport_.Send(bytes)) return;
  transport_.Abort();  // A NOTIFICATION would only queue behind the rest.
  for (const IpFamily family : kIpFamilies) rib_.Forget(family);
  session_.OnClosed(now, "the neighbor does not read from the connection");
}

BgpDialect BgpNeighbor::Dialect() const {
  return {local_as_, local_as_ == config_.as, session_.FourOctetAs(), IsOnlyToCustomer(config_)};
}

void BgpNeighbor::OnEstablished(absl::Time now) {
  for (const IpFamily family : kIpFamilies) {
    rib_.Forget(family);
    Of(family) = {};
    ChooseFamily(family);
    Of(family).refresh_at = now + kRefreshInterval;
  }
}

void BgpNeighbor::ChooseFamily(IpFamily family) {
  const bool wanted = family == IpFamily::kV6 ? config_.ipv6 : config_.ipv4;
  if (!wanted) return;
  PerFamily& of = Of(family);
  of.is_negotiated = session_.Negotiated().Has(family);
  of.end_of_rib_due = of.is_negotiated;
  if (of.is_negotiated) return;
  of.rejected = absl::StrCat(NameOf(family), ": the neighbor did not negotiate this family");
}

absl::StatusOr<Bytes> BgpNeighbor::ChooseNextHopOf(IpFamily family) const {
  return ChooseNextHop(family, {transport_.local(), config_.address},
                       family == IpFamily::kV6 ? config_.next_hop_v6 : config_.next_hop_v4,
                       node_.addresses->all(), node_.services);
}

// RFC 4271 §3.1: another path for the same prefix replaces the former one.
void BgpNeighbor::FollowNextHop(IpFamily family, absl::Time now) {
  PerFamily& of = Of(family);
  if (!of.is_negotiated || !std::exchange(of.next_hop_due, false)) return;
  const absl::StatusOr<Bytes> chosen = ChooseNextHopOf(family);
  const std::optional<Bytes> next = chosen.ok() ? std::optional(*chosen) : std::nullopt;
  of.rejected = chosen.ok() ? "" : absl::StrCat(NameOf(family), ": ", chosen.status().message());
  if (next == of.next_hop) return;
  const bool is_change = std::exchange(of.next_hop, next).has_value();
  if (next) {
    rib_.SayAgain(family);
    if (is_change) Log(LogLevel::kInfo, where_, ": ", NameOf(family), " has a new next hop");
    return;
  }
  for (const Bytes& message : rib_.WithdrawAll(family)) session_.SendUpdate(now, message);
  Log(LogLevel::kWarning, where_, ": withdrawn: ", of.rejected);
}

void BgpNeighbor::Sync(absl::Time now) {
  if (!session_.CanUpdate(now)) return;
  for (const IpFamily family : kIpFamilies) SyncFamily(family, now);
  Act(now);
}

void BgpNeighbor::SyncFamily(IpFamily family, absl::Time now) {
  PerFamily& of = Of(family);
  if (of.refresh_due && now >= of.refresh_at) {
    of.refresh_due = false;
    of.refresh_at = now + kRefreshInterval;
    rib_.SayAgain(family);
  }
  FollowNextHop(family, now);
  if (of.next_hop) {
    for (const Bytes& message : rib_.Differences(family, {Dialect(), *of.next_hop})) {
      session_.SendUpdate(now, message);
    }
  }
  if (std::exchange(of.end_of_rib_due, false)) session_.SendUpdate(now, EncodeEndOfRib(family));
}

void BgpNeighbor::LogChange(absl::Time now) {
  const std::string& error = session_.last_error();
  if (session_.state() == BgpSession::State::kEstablished) {
    if (!away_.Ended(now) && is_greeted_) return;
    is_greeted_ = true;
    Log(LogLevel::kInfo, where_, " as ", config_.as, ": Established");
  } else if (session_.state() == BgpSession::State::kIdle && !error.empty()) {
    if (!away_.Holds(error, now)) return;
    Log(LogLevel::kWarning, where_, " as ", config_.as, ": ", error, away_.Note(now));
  }
}

void BgpNeighbor::Observe(Observation& observation) const {
  for (const auto& [prefix, route] : rib_.wanted()) observation.seen.push_back(See(route));
  observation.sessions.push_back({.neighbor = config_.address.AddressText(),
                                  .state = std::string(ToText(session_.state())),
                                  .since = session_.since(),
                                  .last_error = session_.last_error(),
                                  .resets = session_.counters().resets,
                                  .rejected = Rejected(),
                                  .description = config_.description,
                                  .identifier = RouterIdText(node_.router_id),
                                  .warnings = Warnings(),
                                  .last_error_at = session_.last_error_at()});
}

// Without a session the neighbor has none of our routes: it does not keep those of a lost session,
// because we do not offer graceful restart.
Observation::Seen BgpNeighbor::See(const Route& route) const {
  Observation::Seen seen{route.prefix, where_, Observation::Kind::kAbsent, std::nullopt, ""};
  if (session_.state() != BgpSession::State::kEstablished) {
    seen.detail = "the session is not established";  // Not its state, which changes with each try.
    return seen;
  }
  seen.detail = Of(route.prefix.family).rejected;
  if (const std::optional<State> said = rib_.Said(route.prefix)) {
    seen.kind = Observation::Kind::kAnnounced;
    seen.state = said;
  }
  return seen;
}

// A configured value is used unchanged: it may be right even if it looks wrong.
std::vector<std::string> BgpNeighbor::Warnings() const {
  std::vector<std::string> warnings;
  const std::vector<InterfaceAddress>& host = node_.addresses->all();
  const auto check = [&](const char* key, const std::optional<SocketAddress>& address) {
    if (!address || host.empty() || address->IsLoopback() || IsOnHost(*address, host)) return;
    warnings.push_back(absl::StrCat(key, " ", address->AddressText(),
                                    " is not an address of an interface on this host"));
  };
  check("local_address", config_.local_address);
  check("next_hop_v4", config_.next_hop_v4);
  check("next_hop_v6", config_.next_hop_v6);
  if (config_.address.IsLoopback() && config_.ipv4 && !config_.next_hop_v4) {
    warnings.push_back(absl::StrCat(
        "the neighbor is on this host, so the next hop is ", config_.address.AddressText(),
        ", which no other router can use; for a BGP daemon on this host use kernel: instead of "
        "bgp:, or set next_hop_v4"));
  }
  return warnings;
}

std::vector<std::string> BgpNeighbor::Rejected() const {
  std::vector<std::string> rejected;
  for (const IpFamily family : kIpFamilies) {
    // A service without prefixes of the family loses nothing.
    const bool is_wanted = std::ranges::any_of(
        rib_.wanted(), [family](const auto& each) { return each.first.family == family; });
    if (is_wanted && !Of(family).rejected.empty()) rejected.push_back(Of(family).rejected);
  }
  for (const Prefix& prefix : rib_.too_large()) {
    rejected.push_back(absl::StrCat(prefix.ToText(), ": its attributes do not fit into a message ",
                                    "of 4096 octets; give it fewer communities"));
  }
  if (!session_.update_error().empty()) rejected.push_back(session_.update_error());
  return rejected;
}

}  // namespace hither
