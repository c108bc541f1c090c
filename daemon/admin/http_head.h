#ifndef HITHER_DAEMON_ADMIN_HTTP_HEAD_H_
#define HITHER_DAEMON_ADMIN_HTTP_HEAD_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace hither {

// The query string's names and values, decoded, in their order.
using AdminParameters = std::vector<std::pair<std::string, std::string>>;

// What our pages need from a request: its first line and two header fields. Every other field
// (Range, Accept-Encoding, Expect, Content-Length, Transfer-Encoding, Connection and so on) is
// checked for its form and then ignored: no body is read, and no answer is cut or compressed.
struct HttpHead {
  static constexpr size_t kParametersMax = 64;  // Zones that a reload may name.

  std::string method;  // Capital letters.
  std::string path;    // Begins with '/'; not decoded, because no page's path needs that.
  AdminParameters parameters;
  bool is_http_1_0 = false;        // Only such a request may come without Host (RFC 9112 §3.2).
  std::vector<std::string> hosts;  // The value of each Host field.
  bool is_command = false;         // It has "X-Hither: 1", which no web page of another origin can.
};

// `head` is all up to and including the empty line. None if it is not HTTP/1.0 or HTTP/1.1, or not
// in the strict form of RFC 9112: no folded lines, no bare CR or LF, no space before a colon.
// Source: anybody who can connect.
std::optional<HttpHead> ParseHttpHead(absl::string_view head);

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_HTTP_HEAD_H_
