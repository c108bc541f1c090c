#include "daemon/admin/http_head.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hither {
namespace {

constexpr size_t kMethodBytesMax = 16;

bool IsPrintable(unsigned char c) { return c > 0x20 && c < 0x7f; }

// RFC 9110 §5.6.2.
bool IsTokenOctet(unsigned char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+-.^_`|~", static_cast<char>(c));
}

// RFC 9110 §5.5: octets over 0x7f are allowed and mean nothing to us.
bool IsValueOctet(unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); }

int HexDigit(char c) {
  if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return -1;
  return c <= '9' ? c - '0' : absl::ascii_tolower(static_cast<unsigned char>(c)) - 'a' + 10;
}

// False for a bad escape, and for a control character, which our names never have.
bool Decode(absl::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    char octet = text[i] == '+' ? ' ' : text[i];
    if (octet == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      octet = static_cast<char>(high << 4 | low);
      i += 2;
    }
    if (absl::ascii_iscntrl(static_cast<unsigned char>(octet))) return false;
    out.push_back(octet);
  }
  return true;
}

bool ReadParameters(absl::string_view query, AdminParameters& parameters) {
  for (const absl::string_view pair : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    if (parameters.size() == HttpHead::kParametersMax) return false;
    const std::pair<absl::string_view, absl::string_view> text =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    auto& [name, value] = parameters.emplace_back();
    if (!Decode(text.first, name) || !Decode(text.second, value)) return false;
  }
  return true;
}

// "GET /drain?service=dns HTTP/1.1"; only the origin form, as from a client without a proxy.
bool ReadRequestLine(absl::string_view line, HttpHead& head) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, absl::MaxSplits(' ', 3));
  if (words.size() != 3 || (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0")) return false;
  const absl::string_view method = words[0];
  const absl::string_view target = words[1];
  if (method.empty() || method.size() > kMethodBytesMax ||
      !std::all_of(method.begin(), method.end(), absl::ascii_isupper)) {
    return false;
  }
  if (!absl::StartsWith(target, "/") || !std::all_of(target.begin(), target.end(), IsPrintable)) {
    return false;
  }
  const size_t mark = std::min(target.find('?'), target.size());
  head.method = std::string(method);
  head.path = std::string(target.substr(0, mark));
  head.is_http_1_0 = words[2] == "HTTP/1.0";
  return mark == target.size() || ReadParameters(target.substr(mark + 1), head.parameters);
}

bool ReadField(absl::string_view line, HttpHead& head) {
  const size_t colon = line.find(':');
  if (colon == 0 || colon == absl::string_view::npos) return false;
  const absl::string_view name = line.substr(0, colon);
  const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
  if (!std::all_of(name.begin(), name.end(), IsTokenOctet) ||
      !std::all_of(value.begin(), value.end(), IsValueOctet)) {
    return false;
  }
  if (absl::EqualsIgnoreCase(name, "Host")) head.hosts.emplace_back(value);
  if (absl::EqualsIgnoreCase(name, "X-Hither") && value == "1") head.is_command = true;
  return true;
}

}  // namespace

std::optional<HttpHead> ParseHttpHead(absl::string_view head) {
  if (!absl::ConsumeSuffix(&head, "\r\n\r\n")) return std::nullopt;
  std::optional<HttpHead> result(std::in_place);
  bool is_first = true;
  for (const absl::string_view line : absl::StrSplit(head, "\r\n")) {
    const bool ok = is_first ? ReadRequestLine(line, *result) : ReadField(line, *result);
    if (!ok) return std::nullopt;
    is_first = false;
  }
  return result;
}

}  // namespace hither
