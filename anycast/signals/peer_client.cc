#include "anycast/signals/peer_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "anycast/signals/page_seal.h"
#include "base/clock.h"
#include "base/net/http_answer.h"

namespace hither {
namespace {

// Of Seen::detail, which the node that is seen reads.
constexpr absl::string_view kAbsentRemedy =
    "; add this address to listen: there, or correct dns: in peers:";

absl::string_view TextOf(std::span<const uint8_t> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

PeerReport ReportOf(const PeerClient& peer, absl::string_view service, IpFamily family,
                    absl::Time now) {
  PeerReport report;
  report.name = peer.name();
  if (!peer.IsReachable(now)) return report;
  report.wishing_since = peer.wishing_since(service, family);
  report.asked_at = peer.asked_at();
  report.is_absent = true;
  for (const PeerPage::Service& told : peer.page()->services) {
    const auto& standing = family == IpFamily::kV6 ? told.ipv6 : told.ipv4;
    if (told.name != service || !standing.has_value()) continue;
    report.is_absent = false;
    report.state = standing->state;
    report.announced = standing->announced;
    report.wants_to_withdraw = standing->wants_to_withdraw;
  }
  return report;
}

struct FaultWords {
  absl::string_view text;
  absl::string_view word;
};

constexpr FaultWords kFaultWords[] = {
    {"answers", "none"},
    {"NOT ASKED YET", "not_asked"},
    {"DOES NOT ANSWER", "silent"},
    {"REFUSES CONNECTIONS", "refuses"},
    {"IS THIS NODE", "self"},
    {"HAS THE NAME OF THIS NODE", "duplicate"},
    {"MISNAMED", "misnamed"},
    {"SEAL REJECTED", "unsealed"},
    {"PAGE REJECTED", "wrong_page"},
};

}  // namespace

absl::string_view ToText(PeerFault fault) { return kFaultWords[static_cast<size_t>(fault)].text; }
absl::string_view WordOf(PeerFault fault) { return kFaultWords[static_cast<size_t>(fault)].word; }

PeerClient::PeerClient(uv_loop_t& loop, const AnycastConfig::Peer& peer,
                       const AnycastConfig::Probe& probe, PeerSelf self)
    : loop_(loop), peer_(peer), self_(std::move(self)) {
  if (!peer.dns.has_value()) return;
  dns_ = std::make_unique<DnsProbe>(loop, Conversation::Transport::kUdp, *peer.dns, probe.name,
                                    probe.type);
}

void PeerClient::Tick(absl::Time now) {
  if (fetching_ == nullptr && now >= fetch_due_) Fetch(now);
  if (dns_ == nullptr || now < dns_due_) return;
  dns_due_ = now + kDnsEvery;
  dns_->Ask(now, {}, std::nullopt);  // Its NSID and serials do not matter here.
}

void PeerClient::Fetch(absl::Time now) {
  fetch_due_ = now + kPageEvery;
  fetch_began_ = now;
  nonce_ = self_.keys.empty() ? "" : NewNonce();
  const std::string path = nonce_.empty() ? "/peer" : absl::StrCat("/peer?nonce=", nonce_);
  const std::string request = HttpRequest("GET", path, peer_.address.ToText());
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
  fetching_.reset();
  fault_ = PeerFault::kNone;
  if (ended.end != Conversation::End::kDone && ended.end != Conversation::End::kClosed) {
    const bool refuses = ended.end == Conversation::End::kRefused;
    fault_ = refuses ? PeerFault::kRefuses : PeerFault::kSilent;
    error_ = std::move(ended.detail);
    return;
  }
  absl::StatusOr<PeerPage> page = Judge(TextOf(ended.reply));
  error_ = std::string(page.status().message());
  if (!page.ok()) return;
  page_ = *std::move(page);
  page_asked_at_ = fetch_began_;
  NoteWishes(MonotonicNow());
}

absl::StatusOr<PeerPage> PeerClient::Judge(absl::string_view answer) {
  absl::StatusOr<PeerPage> page = ReadPageAnswer(answer, self_, nonce_);
  if (absl::IsUnauthenticated(page.status())) {
    ++unsealed_;
    fault_ = PeerFault::kUnsealed;
  } else if (!page.ok()) {
    fault_ = PeerFault::kWrongPage;
  }
  if (!page.ok()) return page;
  const bool is_ours = !self_.name.empty() && page->name == self_.name;
  // Anybody on the path can forward our request to ourselves: a valid seal on our own page does not
  // prove that there is no peer. So the peer counts as unheard, as for any other wrong page.
  if (is_ours && page->run == self_.run) {
    return Rejected(PeerFault::kSelf,
                    "answers with this node's own page; remove the entry or correct its address in "
                    "peers: { nodes: }");
  }
  if (is_ours) {
    return Rejected(PeerFault::kDuplicate,
                    absl::StrCat("is another node with this node's name, ", self_.name,
                                 "; give one of them another identity:"));
  }
  if (page->name == peer_.name) return page;
  return Rejected(PeerFault::kMisnamed,
                  absl::StrCat("is ", page->name, ", not ", peer_.name,
                               "; correct the name or the address in peers: { nodes: }, or "
                               "identity: there"));
}

absl::Status PeerClient::Rejected(PeerFault fault, std::string why) {
  fault_ = fault;
  return absl::InvalidArgumentError(std::move(why));
}

// Ended runs are forgotten, so that a peer's service names cannot fill memory.
void PeerClient::NoteWishes(absl::Time now) {
  std::erase_if(wishes_, [&](const auto& one) { return one.second.IsOver(page_asked_at_); });
  for (const PeerPage::Service& service : page_->services) {
    if (service.ipv4.has_value() && service.ipv4->wants_to_withdraw) {
      wishes_[{service.name, IpFamily::kV4}].Note(true, page_asked_at_, now);
    }
    if (service.ipv6.has_value() && service.ipv6->wants_to_withdraw) {
      wishes_[{service.name, IpFamily::kV6}].Note(true, page_asked_at_, now);
    }
  }
}

absl::Time PeerClient::wishing_since(absl::string_view service, IpFamily family) const {
  const auto found = wishes_.find({std::string(service), family});
  return found == wishes_.end() ? absl::InfiniteFuture() : found->second.since();
}

std::optional<PeerPage::Seen> PeerClient::Sees() const {
  if (dns_ == nullptr) return std::nullopt;
  const ProbeResult& last = dns_->last();
  if (last.kind == ProbeResult::Kind::kNone) return std::nullopt;
  // A failure on our side says nothing about the peer.
  if (last.kind == ProbeResult::Kind::kOwnFault) return std::nullopt;
  const std::string where = absl::StrCat("at ", peer_.dns->ToText(), ": ", last.detail);
  const absl::string_view remedy =
      last.kind == ProbeResult::Kind::kAbsent ? kAbsentRemedy : absl::string_view();
  return PeerPage::Seen{
      peer_.name, dns_->failures() < kDnsFailures,
      last.kind == ProbeResult::Kind::kOk ? last.detail : absl::StrCat(where, remedy)};
}

absl::StatusOr<PeerPage> ReadPageAnswer(absl::string_view answer, const PeerSelf& self,
                                        absl::string_view nonce) {
  const absl::StatusOr<HttpAnswer> http = ReadHttpAnswer(answer);
  if (!http.ok()) return WrongPeerPage(http.status().message());
  if (http->code != 200) return WrongPeerPage(absl::StrCat("HTTP status ", http->code));
  const Seal seal = self.keys.empty() ? Seal::kRight : CheckSeal(http->body, nonce, self.keys);
  if (seal == Seal::kWrong) {
    return absl::UnauthenticatedError(
        "peer page rejected: its seal was not made with our key; compare the files of "
        "peers: { key_file: }");
  }
  if (seal == Seal::kNone && !self.accept_unsealed) {
    return absl::UnauthenticatedError(
        "peer page rejected: it has no seal; give that node the file of peers: { "
        "key_file: }, too");
  }
  return DecodePeerPage(http->body);
}

std::vector<PeerReport> ReportsOf(const std::vector<std::unique_ptr<PeerClient>>& peers,
                                  absl::string_view service, IpFamily family, absl::Time now) {
  std::vector<PeerReport> reports;
  for (const auto& peer : peers) reports.push_back(ReportOf(*peer, service, family, now));
  return reports;
}

std::optional<Signal> OutsideIn(const std::vector<std::unique_ptr<PeerClient>>& peers,
                                absl::string_view our_name, absl::Time now, bool has_exited) {
  size_t telling = 0;
  bool is_absent = false;
  std::vector<std::string> failing;
  for (const auto& peer : peers) {
    if (!peer->IsReachable(now)) continue;
    for (const PeerPage::Seen& seen : peer->page()->sees) {
      if (seen.name != our_name) continue;
      ++telling;
      if (seen.ok) break;
      absl::string_view detail = seen.detail;
      is_absent |= absl::ConsumeSuffix(&detail, kAbsentRemedy);
      failing.push_back(absl::StrCat(peer->name(), " (", detail, ")"));
      break;
    }
  }
  if (telling == 0) return std::nullopt;
  Signal signal{.name = "outside-in", .scope = Scope::kPath, .level = Level::kOk, .detail = ""};
  if (failing.size() * 2 > telling) signal.level = Level::kSoft;
  signal.detail = failing.empty() ? absl::StrCat("correct answers as seen by ", telling, " peers")
                                  : absl::StrCat("no correct answer to ", failing.size(), " of ",
                                                 telling, " peers: ", absl::StrJoin(failing, ", "));
  if (is_absent && !has_exited) {
    signal.detail += "; add that address to listen: of this node, or correct dns: in their peers:";
  }
  return signal;
}

}  // namespace hither
