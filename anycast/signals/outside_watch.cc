#include "anycast/signals/outside_watch.h"

#include <openssl/crypto.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "anycast/policy/fleet.h"
#include "base/check.h"
#include "base/log.h"

namespace hither {
namespace {

OutsideToken RandomToken() {
  OutsideToken token;
  // getrandom(2) never returns fewer octets for up to 256.
  HITHER_CHECK(::getrandom(token.data(), token.size(), 0) == static_cast<ssize_t>(token.size()));
  return token;
}

const OutsidePeer* FindPeer(std::span<const OutsidePeer> peers, absl::string_view name) {
  const auto found = std::ranges::find(peers, name, &OutsidePeer::name);
  return found == peers.end() ? nullptr : &*found;
}

bool Knows(const OutsidePage& page, const OutsideToken& token) {
  return std::ranges::any_of(page.tokens, [&](const OutsideToken& known) {
    return CRYPTO_memcmp(known.data(), token.data(), token.size()) == 0;
  });
}

bool HasTarget(const std::vector<AnycastConfig::Peer>& peers, IpFamily family) {
  return std::ranges::any_of(peers, [&](const AnycastConfig::Peer& peer) {
    return std::ranges::any_of(peer.outside,
                               [&](const SocketAddress& to) { return to.family() == family; });
  });
}

}  // namespace

absl::string_view ToText(BeaconEnd end) {
  constexpr absl::string_view kTexts[kBeaconEnds] = {"heard", "malformed", "unknown_node",
                                                     "wrong_token", "wrong_address"};
  return kTexts[static_cast<size_t>(end)];
}

OutsideWatch::OutsideWatch(std::string self, std::string site)
    : self_(std::move(self)), site_(std::move(site)) {}

void OutsideWatch::Configure(const AnycastConfig& anycast) {
  peers_ = anycast.peers.nodes;
  std::vector<Listener> listeners;
  for (const SocketAddress& address : anycast.peers.outside) {
    const auto before = std::ranges::find(listeners_, address, &Listener::address);
    listeners.push_back(before == listeners_.end() ? Listener{.address = address, .socket = {}}
                                                   : std::move(*before));
  }
  listeners_ = std::move(listeners);
  std::vector<Source> sources;
  for (const AnycastConfig::Service& service : anycast.services) {
    for (const SocketAddress& address : service.addresses) {
      if (!HasTarget(peers_, address.family()) || sources.size() == kOutsideSourcesMax) continue;
      const std::string text = address.AddressText();
      if (std::ranges::find(sources, text, &Source::text) != sources.end()) continue;
      const auto before = std::ranges::find(sources_, text, &Source::text);
      Source source = before == sources_.end() ? Source{} : std::move(*before);
      source.service = service.name;
      source.address = address;
      source.text = text;
      sources.push_back(std::move(source));
    }
  }
  sources_ = std::move(sources);
  const auto is_gone = [&](const auto& name) {
    return std::ranges::find(peers_, name, &AnycastConfig::Peer::name) == peers_.end();
  };
  std::erase_if(heard_, [&](const auto& entry) { return is_gone(entry.first.first); });
  std::erase_if(was_heard_, [&](const auto& entry) { return is_gone(entry.first); });
}

std::vector<SocketAddress> OutsideWatch::ListenAddresses() const {
  std::vector<SocketAddress> out;
  for (const Listener& listener : listeners_) {
    if (!listener.socket.has_value()) continue;
    if (const auto address = listener.socket->LocalAddress(); address.ok()) out.push_back(*address);
  }
  return out;
}

void OutsideWatch::Tick(absl::Time now, std::span<const OutsidePeer> peers) {
  view_.rows.clear();
  view_.listening.clear();
  view_.is_overrun = false;
  page_ = {};
  if (listeners_.empty() && sources_.empty()) return;
  if (now - last_tick_ > kGap) {  // Nothing was sent in that time.
    for (Source& source : sources_) source.sent_since = absl::InfiniteFuture();
  }
  last_tick_ = now;
  Rotate(now);
  for (Listener& listener : listeners_) Hear(listener, now, peers);
  view_.is_overrun = IsOverrun(now);
  Forget(now);
  for (Source& source : sources_) {
    Send(source, now);
    Judge(source, now, peers);
  }
  WritePage(now, peers);
}

// A token is on our page for a whole period before a beacon carries it: longer than a peer's copy
// of the page is fresh. An overheard token is useless after the next period.
void OutsideWatch::Rotate(absl::Time now) {
  if (now - rotated_at_ < kTokenEvery) return;
  rotated_at_ = now;
  if (tokens_.empty()) tokens_.push_back(RandomToken());
  if (tokens_.size() > 1) tokens_.erase(tokens_.begin());
  tokens_.push_back(RandomToken());
}

void OutsideWatch::OpenListener(Listener& listener, absl::Time now) {
  if (now < listener.due) return;
  listener.due = now + kListenEvery;
  absl::StatusOr<OutsideSocket> opened = OutsideSocket::Listen(listener.address);
  if (opened.ok()) {
    listener.socket = *std::move(opened);
    if (listener.address.family() == IpFamily::kV4 && !AcceptsOwnSources()) {
      Log(LogLevel::kWarning, "peers: this host drops beacons to ", listener.address.ToText(),
          ", because their source is a service address that it has, too; set "
          "net.ipv4.conf.all.accept_local=1 (sysctl)");
    }
  } else if (!listener.has_failed) {
    Log(LogLevel::kWarning, "peers: cannot listen for beacons at ", opened.status().message(),
        "; retries every ", absl::FormatDuration(kListenEvery),
        "; correct peers: { outside: } or free the port");
  }
  listener.has_failed = !opened.ok();
}

void OutsideWatch::Hear(Listener& listener, absl::Time now, std::span<const OutsidePeer> peers) {
  if (!listener.socket.has_value()) OpenListener(listener, now);
  view_.listening.emplace_back(listener.address.ToText(), listener.socket.has_value());
  if (!listener.socket.has_value()) return;
  std::array<uint8_t, kBeaconBytesMax + 1> buffer;  // A longer datagram shows by its length.
  size_t count = 0;
  for (; count < kDatagramsPerTickMax; ++count) {
    const auto datagram = listener.socket->Receive(buffer);
    if (!datagram.has_value()) break;
    ++view_.received[static_cast<size_t>(Take(*datagram, now, peers))];
  }
  const uint32_t drops = listener.socket->drops();
  const uint32_t lost = drops - std::exchange(listener.drops, drops);
  if (count == kDatagramsPerTickMax || lost > kDropsPerTickMax) overrun_at_ = now;
}

BeaconEnd OutsideWatch::Take(const OutsideSocket::Datagram& datagram, absl::Time now,
                             std::span<const OutsidePeer> peers) {
  const std::optional<Beacon> beacon = DecodeBeacon(datagram.octets);
  if (!beacon.has_value()) return BeaconEnd::kMalformed;
  const OutsidePeer* const peer = FindPeer(peers, beacon->name);
  if (peer == nullptr || peer->page == nullptr) return BeaconEnd::kUnknownNode;
  if (!Knows(*peer->page, beacon->token)) return BeaconEnd::kWrongToken;
  std::string from = datagram.from.AddressText();
  if (std::ranges::find(peer->page->from, from) == peer->page->from.end()) {
    return BeaconEnd::kWrongAddress;
  }
  const auto key = std::make_pair(std::string(peer->name), std::move(from));
  if (!heard_.contains(key)) MakeRoom(*peer);
  heard_[key] = now;
  return BeaconEnd::kHeard;
}

// Makes room for one more address of the peer. Its page names at most kOutsideSourcesMax of them,
// including the new one: without the earlier ones there is room.
void OutsideWatch::MakeRoom(const OutsidePeer& peer) {
  const std::string name(peer.name);
  const auto first = heard_.lower_bound({name, ""});
  auto end = first;
  while (end != heard_.end() && end->first.first == name) ++end;
  if (static_cast<size_t>(std::distance(first, end)) < kOutsideSourcesMax) return;
  const std::vector<std::string>& from = peer.page->from;
  for (auto at = first; at != end;) {
    const bool is_named = std::ranges::find(from, at->first.second) != from.end();
    at = is_named ? std::next(at) : heard_.erase(at);
  }
}

void OutsideWatch::Send(Source& source, absl::Time now) {
  if (now < source.due) return;
  source.due = now + kBeaconEvery;
  if (!source.socket.has_value()) {
    absl::StatusOr<OutsideSocket> opened = OutsideSocket::From(source.address);
    source.own_fault = opened.ok() ? "" : std::string(opened.status().message());
    if (!opened.ok()) {
      source.sent_since = absl::InfiniteFuture();
      return;
    }
    source.socket = *std::move(opened);
  }
  source.sent_since = std::min(source.sent_since, now);
  source.send_error.clear();
  const std::vector<uint8_t> octets = EncodeBeacon({self_, tokens_.front()});
  for (const AnycastConfig::Peer& peer : peers_) {
    for (const SocketAddress& to : peer.outside) {
      if (to.family() != source.address.family()) continue;
      const int error = source.socket->Send(to, octets);
      if (error != 0) source.send_error = std::strerror(error);
    }
  }
  // A refusal may mean that the address has left the host: a new socket will show it.
  if (!source.send_error.empty()) source.socket.reset();
}

bool OutsideWatch::IsElsewhere(const OutsidePeer& peer) const {
  return site_.empty() || peer.site != site_;
}

void OutsideWatch::Forget(absl::Time now) {
  std::erase_if(heard_, [&](const auto& entry) { return now - entry.second > kForgetAfter; });
}

void OutsideWatch::Judge(Source& source, absl::Time now, std::span<const OutsidePeer> peers) {
  OutsideCase at{.witnesses = {},
                 // A peer's report may be as old as its page.
                 .is_settled = now - source.sent_since >= kOutsideSilence + kPageAgeMax,
                 .own_fault = source.own_fault,
                 .send_error = source.send_error};
  for (const OutsidePeer& peer : peers) {
    if (!peer.is_fresh || peer.page == nullptr || !IsElsewhere(peer)) continue;
    const std::pair<std::string, std::string> key(peer.name, source.text);
    at.witnesses.push_back(ReadWitness(*peer.page, peer.name, self_, source.text,
                                       now - peer.asked_at, was_heard_.contains(key)));
    const OutsideWitness& witness = at.witnesses.back();
    if (witness.age.has_value()) was_heard_.insert(key);
    view_.rows.push_back({source.service, source.text, witness.name, witness.age});
  }
  source.signal = source.latch.Apply(JudgeOutside(at, source.text), now);
}

void OutsideWatch::AddSignals(absl::string_view service, std::vector<Signal>& out) const {
  for (const Source& source : sources_) {
    if (source.service == service && !source.signal.name.empty()) out.push_back(source.signal);
  }
}

bool OutsideWatch::IsAble(const OutsidePeer& peer, absl::Time now) const {
  const bool listens = std::ranges::any_of(
      listeners_, [](const Listener& listener) { return listener.socket.has_value(); });
  return listens && !IsOverrun(now) && peer.is_fresh && peer.page != nullptr &&
         peer.page->is_present && !peer.page->tokens.empty();
}

void OutsideWatch::WritePage(absl::Time now, std::span<const OutsidePeer> peers) {
  page_.is_present = true;
  page_.tokens = tokens_;
  for (const Source& source : sources_) page_.from.push_back(source.text);
  for (const OutsidePeer& peer : peers) {
    if (!IsElsewhere(peer) || page_.hears.size() == kOutsideHearsMax) continue;
    OutsidePage::Hears told{std::string(peer.name), IsAble(peer, now), {}};
    for (auto at = heard_.lower_bound({told.name, ""});
         at != heard_.end() && at->first.first == told.name; ++at) {
      told.ages[at->first.second] = now - at->second;
    }
    page_.hears.push_back(std::move(told));
  }
  CutPage();
}

// A page has room for kOutsideHearsMax addresses. Peers with few come first, so that peers with
// many do not take their room; we are not a witness for peers that do not fit.
void OutsideWatch::CutPage() {
  std::vector<OutsidePage::Hears*> order;
  for (OutsidePage::Hears& one : page_.hears) order.push_back(&one);
  std::ranges::stable_sort(order, {}, [](const auto* one) { return one->ages.size(); });
  size_t ages_left = kOutsideHearsMax;
  for (OutsidePage::Hears* const one : order) {
    if (one->ages.size() <= ages_left) {
      ages_left -= one->ages.size();
    } else {
      one->ages.clear();
      one->is_able = false;
    }
  }
}

}  // namespace hither
