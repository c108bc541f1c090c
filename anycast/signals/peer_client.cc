#include "anycast/signals/peer_client.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/printable.h"

namespace hither {
namespace {

constexpr size_t kHeadBytesMax = 8'192;
constexpr absl::string_view kHeadEnd = "\r\n\r\n";

absl::string_view TextOf(std::span<const uint8_t> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("peer page: ", what));
}

// RFC 9110 §8.6; nothing: the end of the connection is the end of the body.
std::optional<size_t> BodyBytes(absl::string_view head) {
  for (absl::string_view line : absl::StrSplit(head, "\r\n")) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    uint64_t bytes = 0;
    if (absl::EqualsIgnoreCase(field.first, "Content-Length") &&
        absl::SimpleAtoi(field.second, &bytes)) {
      return static_cast<size_t>(bytes);
    }
  }
  return std::nullopt;
}

bool IsWholeAnswer(std::span<const uint8_t> stream) {
  const absl::string_view text = TextOf(stream);
  const size_t end = text.find(kHeadEnd);
  if (end == absl::string_view::npos) return false;
  const std::optional<size_t> bytes = BodyBytes(text.substr(0, end));
  return bytes.has_value() && text.size() - end - kHeadEnd.size() >= *bytes;
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
  const std::string request =
      absl::StrCat("GET /peer HTTP/1.1\r\nHost: ", peer_.address.ToText(),
                   "\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
  Conversation::Order order{.transport = Conversation::Transport::kTcp,
                            .to = peer_.address,
                            .request = {request.begin(), request.end()},
                            .timeout = kPageTimeout,
                            .reply_bytes_max = kHeadBytesMax + kPeerPageBytesMax,
                            .is_complete = IsWholeAnswer};
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
  const size_t end = answer.substr(0, kHeadBytesMax).find(kHeadEnd);
  if (end == absl::string_view::npos) return Wrong("no HTTP answer");
  const absl::string_view head = answer.substr(0, end);
  const std::vector<absl::string_view> words =
      absl::StrSplit(head.substr(0, head.find("\r\n")), absl::MaxSplits(' ', 2));
  if (words.size() < 2 || !absl::StartsWith(words[0], "HTTP/1.")) return Wrong("no HTTP answer");
  if (words[1] != "200") {
    return Wrong(absl::StrCat("HTTP status ", Printable(std::string(words[1].substr(0, 8)))));
  }
  const absl::string_view body = answer.substr(end + kHeadEnd.size());
  const size_t bytes = BodyBytes(head).value_or(body.size());
  if (body.size() < bytes) return Wrong("cut");
  return DecodePeerPage(body.substr(0, bytes));
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
