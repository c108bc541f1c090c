#ifndef HITHER_BASE_NET_HTTP_ANSWER_H_
#define HITHER_BASE_NET_HTTP_ANSWER_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// As much HTTP as is needed to read small pages from known hosts, over a Conversation. Pure.
// Source: any process at the address.
namespace hither {

inline constexpr size_t kHttpHeadBytesMax = 8'192;

// With "Connection: close": the end of the stream may be the end of the body.
std::string HttpRequest(absl::string_view method, absl::string_view path, absl::string_view host);

// Is a stream that has not ended already complete, by its Content-Length (RFC 9110 §8.6)? Also if
// that is no number: nothing that follows could make the answer good.
bool IsWholeHttpAnswer(std::span<const uint8_t> stream);

// The views are into the text read.
struct HttpAnswer {
  int code = 0;
  absl::string_view body;
  absl::string_view server = {};  // The field Server (RFC 9110 §10.2.4): the program's name.
};
// An error says what is wrong, but not with which host.
absl::StatusOr<HttpAnswer> ReadHttpAnswer(absl::string_view text);

}  // namespace hither

#endif  // HITHER_BASE_NET_HTTP_ANSWER_H_
