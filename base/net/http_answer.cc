#include "base/net/http_answer.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/printable.h"

namespace hither {
namespace {

constexpr absl::string_view kHeadEnd = "\r\n\r\n";

absl::string_view TextOf(std::span<const uint8_t> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

// None: the body ends with the connection.
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

}  // namespace

std::string HttpRequest(absl::string_view method, absl::string_view path, absl::string_view host) {
  const bool is_post = method == "POST";
  return absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: ", host,
                      "\r\nAccept: application/json\r\nConnection: close\r\n",
                      is_post ? "X-Hither: 1\r\nContent-Length: 0\r\n" : "", "\r\n");
}

bool IsWholeHttpAnswer(std::span<const uint8_t> stream) {
  const absl::string_view text = TextOf(stream);
  const size_t end = text.substr(0, kHttpHeadBytesMax).find(kHeadEnd);
  if (end == absl::string_view::npos) return false;
  const std::optional<size_t> bytes = BodyBytes(text.substr(0, end));
  return bytes.has_value() && text.size() - end - kHeadEnd.size() >= *bytes;
}

absl::StatusOr<HttpAnswer> ReadHttpAnswer(absl::string_view text) {
  const size_t end = text.substr(0, kHttpHeadBytesMax).find(kHeadEnd);
  if (end == absl::string_view::npos) return absl::InvalidArgumentError("not an HTTP response");
  const absl::string_view head = text.substr(0, end);
  const std::vector<absl::string_view> words =
      absl::StrSplit(head.substr(0, head.find("\r\n")), absl::MaxSplits(' ', 2));
  if (words.size() < 2 || !absl::StartsWith(words[0], "HTTP/1.")) {
    return absl::InvalidArgumentError("not an HTTP response");
  }
  HttpAnswer answer;
  if (words[1].size() != 3 || !absl::SimpleAtoi(words[1], &answer.code)) {
    return absl::InvalidArgumentError(
        absl::StrCat("HTTP status ", Printable(std::string(words[1].substr(0, 8)))));
  }
  const absl::string_view body = text.substr(end + kHeadEnd.size());
  const size_t bytes = BodyBytes(head).value_or(body.size());
  if (body.size() < bytes) return absl::InvalidArgumentError("cut");
  answer.body = body.substr(0, bytes);
  return answer;
}

}  // namespace hither
