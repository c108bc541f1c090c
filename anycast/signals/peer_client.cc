#include "anycast/signals/peer_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/http_answer.h"

namespace hither {
namespace {

absl::string_view TextOf(std::span<const uint8_t> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("peer page: ", what));
}

}  // namespace

PeerClient::PeerClient(uv_loop_t& loop, const AnycastConfig::Peer& peer,
                       const AnycastConfig::Probe& probe)
    : loop_(loop), peer_(peer) {
  if (!peer.dns.has_value()) return;
  dns_ = std::make_unique<DnsProbe>(loop, Conversation::Transport::kUdp, *peer.dns, probe.name,
                                    probe.type);
}

PeerClient::~PeerClient() {
  if (fetching_ != nullptr) fetching_->Cancel();
}

void PeerClient::Tick(absl::Time now) {
  if (fetching_ == nullptr && now >= fetch_due_) Fetch(now);
  if (dns_ == nullptr || now < dns_due_) return;
  dns_due_ = now + kDnsEvery;
  dns_->Ask(now, {}, std::nullopt);  // Its NSID and serials are its own affair.
}

void PeerClient::Fetch(absl::Time now) {
  fetch_due_ = now + kPageEvery;
  fetch_began_ = now;
  const std::string request = HttpRequest("GET", "/peer", peer_.address.ToText());
  Conversation::Order order{.transport = Conversation::Transport::kTcp,
                            .to = peer_.address,
                            .request = {request.begin(), request.end()},
                            .timeout = kPageTimeout,
                            .reply_bytes_max = kHttpHeadBytesMax + kPeerPageBytesMax,
                            .is_complete = IsWholeHttpAnswer};
  fetching_ = Conversation::Start(loop_, std::move(order),
                                  [this](Conversation::Result ended) { OnPage(std::move(ended)); });
}

void PeerClient::OnPage(Conversation::Result ended) {
  fetching_ = nullptr;
  if (ended.end != Conversation::End::kDone && ended.end != Conversation::End::kClosed) {
    error_ = std::move(ended.detail);
    return;
  }
  absl::StatusOr<PeerPage> page = ReadPageAnswer(TextOf(ended.reply));
  if (page.ok() && page->name != peer_.name) {
    page = absl::InvalidArgumentError(absl::StrCat("is ", page->name, ", not ", peer_.name,
                                                   "; correct peers: in the configuration"));
  }
  error_ = std::string(page.status().message());
  if (!page.ok()) return;
  page_ = *std::move(page);
  page_asked_at_ = fetch_began_;
}

std::optional<PeerPage::Seen> PeerClient::Sees() const {
  if (dns_ == nullptr) return std::nullopt;
  const ProbeResult& last = dns_->last();
  if (last.kind == ProbeResult::Kind::kNone) return std::nullopt;
  // What failed for a reason of ours is no word on the peer.
  if (last.kind == ProbeResult::Kind::kOwnFault) return std::nullopt;
  return PeerPage::Seen{peer_.name, dns_->failures() < kDnsFailures, last.detail};
}

absl::StatusOr<PeerPage> ReadPageAnswer(absl::string_view answer) {
  const absl::StatusOr<HttpAnswer> http = ReadHttpAnswer(answer);
  if (!http.ok()) return Wrong(http.status().message());
  if (http->code != 200) return Wrong(absl::StrCat("HTTP status ", http->code));
  return DecodePeerPage(http->body);
}

std::optional<Signal> OutsideIn(const std::vector<std::unique_ptr<PeerClient>>& peers,
                                absl::string_view our_name, absl::Time now) {
  size_t telling = 0;
  std::vector<std::string> failing;
  for (const auto& peer : peers) {
    if (!peer->IsReachable(now)) continue;
    for (const PeerPage::Seen& seen : peer->page()->sees) {
      if (seen.name != our_name) continue;
      ++telling;
      if (!seen.ok) failing.push_back(absl::StrCat(peer->name(), " (", seen.detail, ")"));
      break;
    }
  }
  if (telling == 0) return std::nullopt;
  Signal signal{.name = "outside-in", .scope = Scope::kPath, .level = Level::kOk, .detail = ""};
  if (failing.size() * 2 > telling) signal.level = Level::kSoft;
  signal.detail = failing.empty() ? absl::StrCat("all right as seen by ", telling, " peers")
                                  : absl::StrCat("no right answer to ", failing.size(), " of ",
                                                 telling, " peers: ", absl::StrJoin(failing, ", "));
  return signal;
}

}  // namespace hither
