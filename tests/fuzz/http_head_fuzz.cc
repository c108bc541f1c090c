// Any octets as the head of a request to an endpoint's pages, and the answer that is there at once.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/net/http_answer.h"
#include "daemon/admin/admin_router.h"

namespace hither {
namespace {

void Ask(absl::string_view octets) {
  static const EndpointSettings* const settings = new EndpointSettings();
  static const AdminRouter* const router =
      new AdminRouter({.metrics = [] { return std::string("up 1\n"); },
                       .health = [] { return absl::OkStatus(); },
                       .status = [] { return std::string("{}\n"); },
                       .reload = [](const AdminParameters&,
                                    const AdminReplier& reply) { reply({.text = "loaded"}); }},
                      *settings, /*has_no_host=*/false);
  const std::optional<HttpHead> head = ParseHttpHead(octets);
  if (head.has_value()) {
    HITHER_CHECK(head->path[0] == '/' && head->parameters.size() <= HttpHead::kParametersMax);
    // Whatever the fields are, a body begins where the first empty line ends.
    HITHER_CHECK(octets.find("\r\n\r\n") == octets.size() - 4);
  }
  std::optional<AdminAnswer> answer = router->AnswerAtOnce(head);
  if (!answer.has_value()) {
    if (const AdminAction* const begins = router->BeginsWork(*head)) {
      begins->begin(head->parameters, [&answer](const AdminAnswer& later) { answer = later; });
    } else {
      answer = router->Work(*head);
    }
  }
  const bool is_head = head.has_value() && head->method == "HEAD";
  const std::string text = router->ToHttp(*answer, is_head);
  if (is_head) {
    HITHER_CHECK(absl::EndsWith(text, "\r\n\r\n"));
    return;
  }
  const absl::StatusOr<HttpAnswer> read = ReadHttpAnswer(text);
  HITHER_CHECK(read.ok() && read->code == answer->code && read->body == answer->text);
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hither::Ask({reinterpret_cast<const char*>(data), size});
  return 0;
}
