#include "anycast/route/bird_readback.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/clock.h"
#include "base/printable.h"

namespace hither {
namespace {

constexpr size_t kPrefixesPerQuestion = 64;  // BIRD takes lines of up to 4096 octets.
constexpr size_t kQuestionsMax = 512;        // In a round.
constexpr int kNoValidTables = 9001;         // "No valid tables": the protocol exports nothing yet.

std::string SetOf(const std::vector<Prefix>& prefixes) {
  return absl::StrCat(
      "[",
      absl::StrJoin(prefixes, ", ", [](std::string* out, const Prefix& p) { *out += p.ToText(); }),
      "]");
}

}  // namespace

BirdReadback::BirdReadback(uv_loop_t* loop, const AnycastConfig::Readback& config,
                           const std::vector<AnycastConfig::Service>& services,
                           std::vector<uint32_t> own_ases)
    : loop_(loop), config_(config), services_(services), own_ases_(std::move(own_ases)) {}

void BirdReadback::Ask(absl::Time now) {
  asked_ = now;
  if (is_asking_ && now - started_ > kReadbackTimeout) {
    return Fail(absl::DeadlineExceededError(
        absl::StrCat("BIRD at ", config_.bird_socket, " does not answer; check that it runs")));
  }
  if (is_asking_ || now - started_ < kReadbackEvery) return;
  started_ = now;
  is_asking_ = true;
  round_ = {};
  questions_.clear();
  if (!socket_) return Connect();
  questions_.push_back({"show protocols", "", {}});
  SendNext();
}

void BirdReadback::Connect() {
  reader_ = {};
  questions_ = {
      {"", "", {}}, {"restrict", "", {}}, {"show protocols", "", {}}};  // A greeting first.
  socket_.Connect(
      *loop_, config_.bird_socket, [this](int error) { OnConnected(error); },
      [this](std::span<const char> octets, int error) { OnRead(octets, error); });
}

void BirdReadback::OnConnected(int error) {
  if (error != 0) {
    const absl::string_view todo =
        error == UV_EACCES ? "; add the group of the socket to the sidecar's unit, as in "
                             "SupplementaryGroups=bird"
                           : "; check that BIRD runs and that readback: { bird: } is its control "
                             "socket";
    return Fail(absl::UnavailableError(
        absl::StrCat("cannot ask BIRD at ", config_.bird_socket, ": ", uv_strerror(error), todo)));
  }
  socket_.StartReading();
}

void BirdReadback::OnRead(std::span<const char> octets, int error) {
  if (error != 0) return Fail(absl::UnavailableError("BIRD closed its control socket"));
  if (!reader_.Feed({reinterpret_cast<const uint8_t*>(octets.data()), octets.size()})) {
    return Fail(absl::DataLossError(
        absl::StrCat("what answers at ", config_.bird_socket, " does not speak as BIRD 2 does")));
  }
  while (const auto reply = reader_.Take()) {  // Each was read; the reader has a limit.
    if (!socket_) return;
    OnReply(*reply);
  }
}

void BirdReadback::OnReply(const BirdReply& reply) {
  if (!is_asking_ || questions_.empty()) {
    return Fail(absl::DataLossError("BIRD sent an unexpected reply"));
  }
  const Question question = std::move(questions_.front());
  questions_.pop_front();
  if (!question.protocol.empty()) {
    OnRoutes(question, reply);
  } else if (reply.is_error()) {
    return Fail(absl::UnavailableError(absl::StrCat(
        "BIRD refuses '", question.text, "': ", Printable(std::string(reply.message())))));
  } else if (question.text == "show protocols") {
    OnProtocols(reply);
  }
  if (questions_.empty()) return EndRound();
  SendNext();
}

void BirdReadback::OnProtocols(const BirdReply& reply) {
  for (const BirdProtocol& protocol : BirdProtocols(reply)) {
    const bool is_meant = config_.bird_protocol.empty() ? protocol.state != "down"
                                                        : protocol.name == config_.bird_protocol;
    if (protocol.kind != "BGP" || !is_meant) continue;
    Observation::Session session;
    session.neighbor = absl::StrCat("bird ", protocol.name);
    session.state = Printable(protocol.info);
    round_.sessions.push_back(std::move(session));
    AskAbout(protocol);
  }
}

void BirdReadback::AskAbout(const BirdProtocol& protocol) {
  for (const IpFamily family : kIpFamilies) {
    std::vector<Prefix> chunk;
    const auto ask = [&] {
      if (chunk.empty() || questions_.size() >= kQuestionsMax) return;
      // `where net ~` a set of another family than the table's is false, not an error.
      questions_.push_back({absl::StrCat("show route export '", protocol.name, "' where net ~ ",
                                         SetOf(chunk), " all"),
                            protocol.name, std::exchange(chunk, {})});
    };
    for (const AnycastConfig::Service& service : services_) {
      for (const Prefix& prefix : service.prefixes) {
        if (prefix.family == family) chunk.push_back(prefix);
        if (chunk.size() == kPrefixesPerQuestion) ask();
      }
    }
    ask();
  }
}

void BirdReadback::OnRoutes(const Question& question, const BirdReply& reply) {
  const std::vector<BirdRoute> routes = BirdRoutes(reply);
  const bool is_down = reply.code == kNoValidTables && reply.message() == "No valid tables";
  for (const Prefix& prefix : question.prefixes) {
    Observation::Seen seen;
    seen.prefix = prefix;
    seen.where = absl::StrCat("bird ", question.protocol);
    seen.kind =
        reply.is_error() && !is_down ? Observation::Kind::kUnknown : Observation::Kind::kAbsent;
    if (is_down) seen.detail = "the session is not up";
    if (reply.is_error() && !is_down) seen.detail = Printable(std::string(reply.message()));
    for (const BirdRoute& route : routes) {
      if (route.prefix != prefix) continue;
      if (!IsOurs(route.attributes, own_ases_)) {
        if (seen.kind == Observation::Kind::kAbsent) seen.detail = "exports another site's route";
        continue;
      }
      sources_.insert(route.source);
      seen.kind = Observation::Kind::kAnnounced;
      seen.detail.clear();
      const auto* service = FindService(services_, prefix);
      if (service != nullptr) {
        seen.state = TellState(route.attributes, *service, own_ases_);
      }
    }
    round_.seen.push_back(std::move(seen));
  }
}

void BirdReadback::SendNext() {
  if (!questions_.front().text.empty()) Send(questions_.front().text);
}

void BirdReadback::Send(const std::string& text) {
  if (!socket_.Write(absl::StrCat(text, "\n"))) Fail(absl::UnavailableError("BIRD does not read"));
}

// BIRD exports a route to no session that it came from: such an absence says nothing.
void BirdReadback::EndRound() {
  is_asking_ = false;
  const bool has_choice = config_.bird_protocol.empty();
  std::erase_if(round_.seen, [&](const Observation::Seen& seen) {
    absl::string_view protocol = seen.where;
    absl::ConsumePrefix(&protocol, "bird ");
    return has_choice && seen.kind == Observation::Kind::kAbsent &&
           sources_.contains(std::string(protocol));
  });
  if (round_.sessions.empty()) {
    return Fail(
        absl::NotFoundError(config_.bird_protocol.empty()
                                ? std::string("BIRD has no BGP protocol that is switched on")
                                : absl::StrCat("BIRD has no BGP protocol ", config_.bird_protocol,
                                               "; correct readback.bird_protocol")));
  }
  view_ = {std::exchange(round_, {}), asked_, absl::OkStatus()};
}

void BirdReadback::Fail(absl::Status status) {
  view_.status = std::move(status);
  is_asking_ = false;
  questions_.clear();
  socket_.Close();
}

}  // namespace hither
