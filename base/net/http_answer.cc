#include "base/net/http_answer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
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

// What the fields of a head say.
struct Fields {
  bool is_good = true;
  std::optional<uint64_t> body_bytes;  // None: the body ends with the connection.
  absl::string_view server;
};

// RFC 9112 §6.3: a length that is no number, and two that differ, make the answer useless.
void ReadLength(absl::string_view text, Fields& fields) {
  const bool is_number = std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  uint64_t bytes = 0;
  fields.is_good &=
      is_number && absl::SimpleAtoi(text, &bytes) && fields.body_bytes.value_or(bytes) == bytes;
  fields.body_bytes = bytes;
}

Fields ReadFields(absl::string_view head) {
  Fields fields;
  for (const absl::string_view line : absl::StrSplit(head, "\r\n")) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    const absl::string_view value = absl::StripAsciiWhitespace(field.second);
    if (absl::EqualsIgnoreCase(field.first, "Content-Length")) ReadLength(value, fields);
    if (absl::EqualsIgnoreCase(field.first, "Server")) fields.server = value;
  }
  return fields;
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
  const Fields fields = ReadFields(text.substr(0, end));
  if (!fields.is_good) return true;
  return fields.body_bytes.has_value() && text.size() - end - kHeadEnd.size() >= *fields.body_bytes;
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
  const Fields fields = ReadFields(head);
  if (!fields.is_good) return absl::InvalidArgumentError("its Content-Length is not valid");
  const uint64_t bytes = fields.body_bytes.value_or(body.size());
  if (body.size() < bytes) return absl::InvalidArgumentError("cut");
  answer.body = body.substr(0, static_cast<size_t>(bytes));
  answer.server = fields.server;
  return answer;
}

}  // namespace hither
