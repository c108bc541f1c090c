#include "base/net/http_ask.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/net/http_answer.h"

namespace hither {
namespace {

using End = Conversation::End;

absl::StatusOr<HttpReply> ReplyOf(const Conversation::Result& ended) {
  // A server may end its answer by closing; the answer is then complete.
  const bool has_answer =
      ended.end == End::kDone || (ended.end == End::kClosed && !ended.reply.empty());
  if (!has_answer) return absl::UnavailableError(ended.detail);
  const absl::string_view text(reinterpret_cast<const char*>(ended.reply.data()),
                               ended.reply.size());
  const absl::StatusOr<HttpAnswer> answer = ReadHttpAnswer(text);
  if (!answer.ok()) return answer.status();
  return HttpReply{answer->code, std::string(answer->body)};
}

}  // namespace

std::unique_ptr<Conversation> StartHttp(uv_loop_t& loop, const HttpOrder& order,
                                        std::function<void(absl::StatusOr<HttpReply>)> on_reply) {
  const std::string request = HttpRequest(order.method, order.path, order.to.ToText());
  Conversation::Order talk{.transport = Conversation::Transport::kTcp,
                           .to = order.to,
                           .request = {request.begin(), request.end()},
                           .timeout = order.timeout,
                           .reply_bytes_max = kHttpHeadBytesMax + order.bytes_max,
                           .is_complete = IsWholeHttpAnswer};
  return Conversation::Start(
      loop, std::move(talk),
      [on_reply = std::move(on_reply)](Conversation::Result ended) { on_reply(ReplyOf(ended)); });
}

}  // namespace hither
