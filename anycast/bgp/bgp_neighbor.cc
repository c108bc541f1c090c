#include "anycast/bgp/bgp_neighbor.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "anycast/bgp/next_hop.h"
#include "anycast/clock.h"
#include "server/base/log.h"

namespace hither {
namespace {

// RFC 2918 sets no limit to how often a neighbor may ask; more often than this it gets one answer.
constexpr absl::Duration kRefreshInterval = absl::Seconds(1);
constexpr absl::Duration kNextHopInterval = absl::Seconds(1);

BgpSession::Options SessionOptions(uint32_t local_as, const AnycastConfig::Neighbor& config) {
  return {.local_as = local_as,
          .peer_as = config.as,
          .hold_time = config.hold_time,
          .families = {config.ipv4, config.ipv6},
          .seed = absl::HashOf(local_as, config.address.ToText(), MonotonicNow())};
}

BgpTransport::Options TransportOptions(uint32_t local_as, const AnycastConfig::Neighbor& config) {
  constexpr int kInternalTtl = 64;
  const int usual = config.as == local_as ? kInternalTtl : 1;
  const uint16_t port = config.address.port();
  return {.neighbor = port == 0 ? config.address.WithPort(kBgpPort) : config.address,
          .local = config.local_address,
          .password = config.password,
          .ttl_security = config.ttl_security,
          .ttl = config.multihop > 0 ? config.multihop : usual,
          .user_timeout = config.hold_time};
}

}  // namespace

uint32_t RouterId::For(const SocketAddress& local, const std::vector<Prefix>& services) {
  if (id_ != 0) return id_;
  std::optional<SocketAddress> v4 = local;
  if (local.family() != AF_INET) v4 = GlobalBeside(AF_INET, local, HostAddresses(), services);
  const Bytes bytes = AddressBytes(v4 ? *v4 : local);
  id_ = v4 ? LoadU32(bytes.data()) : static_cast<uint32_t>(absl::HashOf(bytes)) | 1;
  return id_;
}

BgpNeighbor::BgpNeighbor(uv_loop_t* loop, uint32_t local_as, const AnycastConfig::Neighbor& config,
                         RouterId& router_id, absl::Time now)
    : local_as_(local_as),
      config_(config),
      where_(absl::StrCat("bgp ", config.address.AddressText())),
      router_id_(router_id),
      session_(SessionOptions(local_as, config), now),
      transport_(loop, TransportOptions(local_as, config), *this) {}

void BgpNeighbor::Announce(const std::vector<Route>& routes, absl::Time now, absl::Time until) {
  rib_.Want(routes);
  session_.Renew(now, until);
  Act(now);
  Sync(now);
}

void BgpNeighbor::AnnounceAgain(const std::vector<Prefix>& prefixes) {
  for (const Prefix& prefix : prefixes) rib_.SayAgain(prefix);
}

void BgpNeighbor::OnTick(absl::Time now) {
  transport_.ReadNow();
  session_.OnTick(now);
  Act(now);
  Sync(now);
  transport_.OnTick(now);
}

void BgpNeighbor::Close(absl::string_view reason, absl::Time now) {
  if (session_.CanUpdate(now)) {
    for (const int family : kFamilies) {
      for (const Bytes& message : rib_.WithdrawAll(family)) session_.SendUpdate(now, message);
    }
  }
  session_.Shutdown(now, reason);
  Act(now);
}

bool BgpNeighbor::IsIdle() const {
  return session_.state() == BgpSession::State::kIdle && !transport_.IsOpen();
}

void BgpNeighbor::OnTransportConnected() {
  const absl::Time now = MonotonicNow();
  session_.OnConnected(now, router_id_.For(transport_.local(), Services()));
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
    const absl::Status status = transport_.Connect();
    if (!status.ok()) session_.OnClosed(now, status.message());
  }
  if (!actions.send.empty()) Send(now, actions.send);
  if (actions.close) {
    for (const int family : kFamilies) rib_.Forget(family);
    transport_.Finish(now);
  }
  if (actions.established) OnEstablished(now);
  for (const int family : kFamilies) {
    if (actions.refresh.Has(family)) Of(family).refresh_due = true;
  }
  LogChange();
}

void BgpNeighbor::Send(absl::Time now, ByteView bytes) {
  if (transport_.Send(bytes)) return;
  transport_.Abort();  // A NOTIFICATION would only stand behind the rest.
  for (const int family : kFamilies) rib_.Forget(family);
  session_.OnClosed(now, "the neighbor does not read what we send");
}

BgpDialect BgpNeighbor::Dialect() const {
  return {local_as_, local_as_ == config_.as, session_.FourOctetAs()};
}

std::vector<Prefix> BgpNeighbor::Services() const {
  std::vector<Prefix> services;
  for (const auto& [prefix, route] : rib_.wanted()) services.push_back(prefix);
  return services;
}

void BgpNeighbor::OnEstablished(absl::Time now) {
  for (const int family : kFamilies) {
    rib_.Forget(family);
    Of(family) = {};
    ChooseFamily(family);
    Of(family).refresh_at = now + kRefreshInterval;
  }
}

void BgpNeighbor::ChooseFamily(int family) {
  const bool wanted = family == AF_INET6 ? config_.ipv6 : config_.ipv4;
  if (!wanted) return;
  PerFamily& of = Of(family);
  of.is_negotiated = session_.Negotiated().Has(family);
  of.end_of_rib_due = of.is_negotiated;
  if (of.is_negotiated) return;
  of.rejected = absl::StrCat(FamilyText(family), ": the neighbor did not offer this family");
}

// Again and again until there is one: an address may come up after the session.
void BgpNeighbor::ChooseNextHopOf(int family, absl::Time now) {
  PerFamily& of = Of(family);
  if (!of.is_negotiated || of.next_hop || now < of.next_hop_at) return;
  of.next_hop_at = now + kNextHopInterval;
  const auto& configured = family == AF_INET6 ? config_.next_hop_v6 : config_.next_hop_v4;
  absl::StatusOr<Bytes> next_hop =
      ChooseNextHop(family, transport_.local(), configured, HostAddresses(), Services());
  if (next_hop.ok()) {
    of.next_hop = *std::move(next_hop);
    of.rejected.clear();
  } else {
    of.rejected = absl::StrCat(FamilyText(family), ": ", next_hop.status().message());
  }
}

void BgpNeighbor::Sync(absl::Time now) {
  if (!session_.CanUpdate(now)) return;
  for (const int family : kFamilies) SyncFamily(family, now);
  Act(now);
}

void BgpNeighbor::SyncFamily(int family, absl::Time now) {
  PerFamily& of = Of(family);
  if (of.refresh_due && now >= of.refresh_at) {
    of.refresh_due = false;
    of.refresh_at = now + kRefreshInterval;
    rib_.SayAgain(family);
  }
  ChooseNextHopOf(family, now);
  if (of.next_hop) {
    for (const Bytes& message : rib_.Differences(family, {Dialect(), *of.next_hop})) {
      session_.SendUpdate(now, message);
    }
  }
  if (std::exchange(of.end_of_rib_due, false)) session_.SendUpdate(now, EncodeEndOfRib(family));
}

void BgpNeighbor::LogChange() {
  const bool established = session_.state() == BgpSession::State::kEstablished;
  std::string line;
  if (established) {
    line = "Established";
  } else if (session_.state() == BgpSession::State::kIdle && !session_.last_error().empty()) {
    line = session_.last_error();
  }
  if (line.empty() || line == logged_) return;
  logged_ = line;
  Log(established ? LogLevel::kInfo : LogLevel::kWarning, where_, " as ", config_.as, ": ", line);
}

void BgpNeighbor::Observe(Observation& observation) const {
  for (const auto& [prefix, route] : rib_.wanted()) observation.seen.push_back(See(route));
  observation.sessions.push_back({.neighbor = config_.address.AddressText(),
                                  .state = std::string(ToText(session_.state())),
                                  .since = session_.since(),
                                  .last_error = session_.last_error(),
                                  .resets = session_.counters().resets,
                                  .rejected = Rejected()});
}

// Without a session the neighbor has nothing of ours: it never keeps the routes of a lost one, as
// we do not offer graceful restart.
Observation::Seen BgpNeighbor::See(const Route& route) const {
  Observation::Seen seen{route.prefix, where_, Observation::Kind::kAbsent, std::nullopt, ""};
  if (session_.state() != BgpSession::State::kEstablished) {
    seen.detail = absl::StrCat("session is ", ToText(session_.state()));
    return seen;
  }
  seen.detail = Of(route.prefix.family).rejected;
  if (const std::optional<State> said = rib_.Said(route.prefix)) {
    seen.kind = Observation::Kind::kAnnounced;
    seen.state = said;
  }
  return seen;
}

std::vector<std::string> BgpNeighbor::Rejected() const {
  std::vector<std::string> rejected;
  for (const PerFamily& of : families_) {
    if (!of.rejected.empty()) rejected.push_back(of.rejected);
  }
  for (const Prefix& prefix : rib_.too_large()) {
    rejected.push_back(absl::StrCat(prefix.ToText(), ": its attributes do not fit into a message ",
                                    "of 4096 octets; give it fewer communities"));
  }
  if (!session_.update_error().empty()) rejected.push_back(session_.update_error());
  return rejected;
}

}  // namespace hither
