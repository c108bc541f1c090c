#include "anycast/route/bird_reply.h"

#include <cctype>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hither {
namespace {

constexpr int kProtocolLine = 1002;
constexpr int kRouteLine = 1007;
constexpr int kAttributesLine = 1012;
constexpr size_t kCodeDigits = 4;

// "(65535,0)" or "(64512, 1, 2)" as "65535:0"; ParseCommunity() says whether it is one.
std::vector<std::string> Tuples(absl::string_view text) {
  std::vector<std::string> tuples;
  for (absl::string_view part : absl::StrSplit(text, ')', absl::SkipWhitespace())) {
    part = absl::StripAsciiWhitespace(part);
    if (!absl::ConsumePrefix(&part, "(")) continue;
    std::vector<absl::string_view> numbers = absl::StrSplit(part, ',');
    for (absl::string_view& number : numbers) number = absl::StripAsciiWhitespace(number);
    tuples.push_back(absl::StrJoin(numbers, ":"));
  }
  return tuples;
}

// "192.0.2.0/24         unicast [sidecar 14:46:32.098 from 10.0.0.1] * (100) [AS65002i]". Further
// routes of the same prefix begin with spaces; `above` is that of the route before.
std::optional<BirdRoute> RouteOf(absl::string_view text, const std::optional<Prefix>& above) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.empty()) return std::nullopt;
  BirdRoute route;
  if (absl::StartsWith(text, " ")) {
    if (!above) return std::nullopt;
    route.prefix = *above;
  } else {
    const auto prefix = Prefix::FromText(words[0]);
    if (!prefix.ok() || !absl::StrContains(words[0], '/')) return std::nullopt;
    route.prefix = *prefix;
  }
  for (absl::string_view word : words) {
    if (absl::ConsumePrefix(&word, "[")) {
      route.source = std::string(word);
      break;
    }
  }
  return route;
}

void ReadAttribute(absl::string_view text, SeenAttributes& attributes) {
  text = absl::StripAsciiWhitespace(text);
  if (absl::ConsumePrefix(&text, "BGP.med: ")) {
    uint32_t med = 0;
    if (absl::SimpleAtoi(text, &med)) attributes.med = med;
  } else if (absl::ConsumePrefix(&text, "BGP.as_path: ")) {
    attributes.as_path = ParseAsPath(text);
  } else if (absl::ConsumePrefix(&text, "BGP.community: ")) {
    for (const std::string& tuple : Tuples(text)) {
      if (const auto community = ParseCommunity(tuple))
        attributes.communities.push_back(*community);
    }
  } else if (absl::ConsumePrefix(&text, "BGP.large_community: ")) {
    for (const std::string& tuple : Tuples(text)) {
      if (const auto large = ParseLargeCommunity(tuple)) {
        attributes.large_communities.push_back(*large);
      }
    }
  }
}

bool StartsWithCode(absl::string_view line) {
  if (line.size() <= kCodeDigits) return false;
  for (const char c : line.substr(0, kCodeDigits)) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return false;
  }
  return line[kCodeDigits] == '-' || line[kCodeDigits] == ' ';
}

}  // namespace

absl::string_view BirdReply::message() const {
  return lines.empty() ? absl::string_view() : absl::string_view(lines.back().text);
}

bool BirdReplyReader::Feed(std::span<const uint8_t> octets) {
  for (const uint8_t octet : octets) {
    if (is_broken_) return false;
    if (octet == '\n') {
      is_broken_ = !TakeLine(rest_);
      rest_.clear();
    } else {
      rest_.push_back(static_cast<char>(octet));
      is_broken_ = rest_.size() > kBirdLineBytesMax;
    }
  }
  return !is_broken_;
}

bool BirdReplyReader::TakeLine(absl::string_view line) {
  if (absl::StartsWith(line, "+")) return true;
  // Each line costs more than its text; this counts both, with the replies nobody took.
  reply_bytes_ += line.size() + sizeof(BirdLine);
  if (reply_bytes_ > kBirdReplyBytesMax) return false;
  if (absl::StartsWith(line, " ")) {
    if (reply_.lines.empty()) return false;
    reply_.lines.push_back({reply_.lines.back().code, std::string(line.substr(1))});
    return true;
  }
  if (!StartsWithCode(line)) return false;
  int code = 0;
  if (!absl::SimpleAtoi(line.substr(0, kCodeDigits), &code)) return false;
  reply_.lines.push_back({code, std::string(line.substr(kCodeDigits + 1))});
  if (line[kCodeDigits] == '-') return true;
  reply_.code = code;
  complete_.push_back(std::move(reply_));
  reply_ = {};
  return true;
}

std::optional<BirdReply> BirdReplyReader::Take() {
  if (complete_.empty()) return std::nullopt;
  BirdReply first = std::move(complete_.front());
  complete_.erase(complete_.begin());
  if (complete_.empty() && reply_.lines.empty()) reply_bytes_ = 0;
  return first;
}

// Name, protocol, table, state, since (a word, or two with a date), then the information.
std::vector<BirdProtocol> BirdProtocols(const BirdReply& reply) {
  std::vector<BirdProtocol> protocols;
  for (const BirdLine& line : reply.lines) {
    if (line.code != kProtocolLine) continue;
    const std::vector<absl::string_view> words = absl::StrSplit(line.text, ' ', absl::SkipEmpty());
    if (words.size() < 4) continue;
    BirdProtocol protocol{std::string(words[0]), std::string(words[1]), std::string(words[3]), ""};
    // "since" is "14:46:32.098" or "2026-11-24", or two words: "2026-11-24 14:46:32".
    size_t info = 4;
    while (info < words.size() && std::isdigit(static_cast<unsigned char>(words[info][0])) != 0) {
      ++info;
    }
    protocol.info = absl::StrJoin(words.begin() + static_cast<ptrdiff_t>(info), words.end(), " ");
    protocols.push_back(std::move(protocol));
  }
  return protocols;
}

std::vector<BirdRoute> BirdRoutes(const BirdReply& reply) {
  std::vector<BirdRoute> routes;
  std::optional<Prefix> above;  // None: attributes of what was not understood are nobody's.
  for (const BirdLine& line : reply.lines) {
    if (line.code == kRouteLine && !absl::StartsWith(line.text, "\t")) {
      auto route = RouteOf(line.text, above);
      above = route ? std::optional(route->prefix) : std::nullopt;
      if (route) routes.push_back(*std::move(route));
    } else if (line.code == kAttributesLine && above) {
      ReadAttribute(line.text, routes.back().attributes);
    }
  }
  return routes;
}

}  // namespace hither
