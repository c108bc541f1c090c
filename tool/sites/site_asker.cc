#include "tool/sites/site_asker.h"

#include <deque>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anycast/probe/dns_packet.h"
#include "anycast/probe/probe_message.h"
#include "base/check.h"
#include "base/net/conversation.h"
#include "base/net/start_loop.h"

namespace hither {
namespace {

using End = Conversation::End;

// One address over one transport: sends one query after another until it has identified itself.
class Asking {
 public:
  Asking(uv_loop_t& loop, const SiteOrder& order, const SocketAddress& address, bool is_tcp)
      : loop_(loop), timeout_(order.timeout) {
    answer_.address = address;
    answer_.is_tcp = is_tcp;
    if (!order.name.empty()) questions_.push_back({order.name, order.type});
    // Servers that do not know NSID may still know these (RFC 4892 §2, and BIND before it).
    questions_.push_back({"id.server.", "TXT", /*is_chaos=*/true});
    questions_.push_back({"hostname.bind.", "TXT", /*is_chaos=*/true});
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  void AskNext() {
    question_ = questions_.front();
    questions_.pop_front();
    question_.id = RandomId();
    auto query = WriteSiteQuery(question_);
    if (!query.ok()) return Fail(query.status().message());
    const auto is_reply = [this](std::span<const uint8_t> octets) {
      return ReadSiteReply(octets, question_).has_value();
    };
    Conversation::Order order{
        .transport = answer_.is_tcp ? Conversation::Transport::kTcp : Conversation::Transport::kUdp,
        .to = answer_.address,
        .request = answer_.is_tcp ? Framed(*query) : *std::move(query),
        .timeout = timeout_,
        .reply_bytes_max = answer_.is_tcp ? kTcpReplyBytesMax : kProbePayloadBytesMax,
        .is_complete = is_reply,
    };
    if (answer_.is_tcp) {
      order.is_complete = [](std::span<const uint8_t> stream) {
        return !MessageIn(stream).empty();
      };
    }
    asking_ = Conversation::Start(loop_, std::move(order),
                                  [this](Conversation::Result ended) { OnEnd(std::move(ended)); });
  }

  SiteAnswer Take() { return std::move(answer_); }

 private:
  void Fail(absl::string_view what) { answer_.failure = std::string(what); }

  void OnEnd(Conversation::Result ended) {
    if (ended.end != End::kDone) return OnSilence(ended.detail);
    const std::span<const uint8_t> octets(ended.reply);
    const auto reply = ReadSiteReply(answer_.is_tcp ? MessageIn(octets) : octets, question_);
    if (!reply.has_value()) return OnSilence("something that is not an answer to the query");
    if (!answer_.rtt.has_value()) answer_.rtt = ended.took;
    TakeReply(*reply);
    if (answer_.nsid.empty() && !questions_.empty()) return AskNext();
    if (!answer_.nsid.empty()) {
      answer_.name = ParseSiteName(answer_.nsid);
    } else if (answer_.failure.empty()) {
      Fail("answers, but does not identify its site");
    }
  }

  // After a first answer, silence about CH is not a failure.
  void OnSilence(absl::string_view what) {
    if (!answer_.rtt.has_value()) return Fail(what);
    if (answer_.failure.empty()) Fail("answers, but does not identify its site");
  }

  void TakeReply(const SiteReply& reply) {
    if (reply.nsid.has_value()) answer_.nsid = *reply.nsid;
    if (question_.is_chaos) {
      // A refusal with an NSID contains all that we need.
      if (answer_.nsid.empty() && reply.problem.empty()) answer_.nsid = reply.text.value_or("");
      return;
    }
    answer_.serial = reply.serial;
    if (!reply.problem.empty()) Fail(absl::StrCat(reply.problem, " for ", question_.name));
  }

  uv_loop_t& loop_;
  const absl::Duration timeout_;
  std::deque<SiteQuestion> questions_;
  SiteQuestion question_;
  SiteAnswer answer_;
  std::unique_ptr<Conversation> asking_;
};

}  // namespace

SiteAsker::SiteAsker() : status_(StartLoop(loop_)) {}

SiteAsker::~SiteAsker() {
  if (status_.ok()) HITHER_CHECK(uv_loop_close(&loop_) == 0);
}

std::vector<SiteAnswer> SiteAsker::NoAnswers(const SiteOrder& order) const {
  std::vector<SiteAnswer> answers;
  for (const SocketAddress& address : order.addresses) {
    for (const bool is_tcp : {false, true}) {
      if (is_tcp && !order.over_tcp) continue;
      SiteAnswer& answer = answers.emplace_back();
      answer.address = address;
      answer.is_tcp = is_tcp;
      answer.failure = std::string(status_.message());
    }
  }
  return answers;
}

std::vector<SiteAnswer> SiteAsker::Ask(const SiteOrder& order) {
  if (!status_.ok()) return NoAnswers(order);
  uv_update_time(&loop_);      // The loop's time may be as old as the last round.
  std::deque<Asking> askings;  // Does not move its elements: callbacks point to them.
  for (const SocketAddress& address : order.addresses) {
    askings.emplace_back(loop_, order, address, /*is_tcp=*/false).AskNext();
    if (order.over_tcp) askings.emplace_back(loop_, order, address, /*is_tcp=*/true).AskNext();
  }
  uv_run(&loop_, UV_RUN_DEFAULT);
  std::vector<SiteAnswer> answers;
  for (Asking& asking : askings) answers.push_back(asking.Take());
  return answers;
}

}  // namespace hither
