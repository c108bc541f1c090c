#include "daemon/config/route_attributes.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace hither {
namespace {

constexpr size_t kCommunitiesMax = 32;
constexpr uint32_t kHalfMax = 0xFFFF;

struct NamedCommunity {
  absl::string_view name;
  uint32_t value;
};
constexpr NamedCommunity kNamedCommunities[] = {
    {"graceful-shutdown", kGracefulShutdown},  // RFC 8326
    {"blackhole", 0xFFFF029A},                 // RFC 7999
    {"no-export", 0xFFFFFF01},                 // RFC 1997
    {"no-advertise", 0xFFFFFF02},
    {"no-export-subconfed", 0xFFFFFF03},
    {"no-peer", 0xFFFFFF04},  // RFC 3765
};

void ReadCommunities(const YamlNode& node, Reading& to, RouteAttributes& out) {
  out.communities.clear();
  ReadList(node, "communities, such as [\"64512:100\", graceful-shutdown]", kCommunitiesMax, to,
           [&](const YamlNode& item) {
             std::string text;
             if (!ReadText(item, "a community, such as \"64512:100\"", to, text)) return;
             const std::optional<uint32_t> community = CommunityFromText(text);
             if (community.has_value()) return out.communities.push_back(*community);
             to.Error(item.line,
                      absl::StrCat(Quoted(text),
                                   " is not a community; write \"64512:100\", no-export, "
                                   "no-advertise, no-export-subconfed, no-peer, blackhole or "
                                   "graceful-shutdown; an AS number above 65535 needs "
                                   "large_communities"));
           });
}

void ReadLargeCommunities(const YamlNode& node, Reading& to, RouteAttributes& out) {
  out.large_communities.clear();
  ReadList(node, "large communities, such as [\"64512:1:2\"]", kCommunitiesMax, to,
           [&](const YamlNode& item) {
             std::string text;
             if (!ReadText(item, "a large community, such as \"64512:1:2\"", to, text)) return;
             const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
             LargeCommunity one;
             const std::optional<uint32_t> as = AsFromText(parts[0]);
             if (parts.size() != 3 || !as.has_value() || !absl::SimpleAtoi(parts[1], &one.local1) ||
                 !absl::SimpleAtoi(parts[2], &one.local2)) {
               return to.Error(item.line, absl::StrCat(Quoted(text),
                                                       " is not a large community; write "
                                                       "\"64512:1:2\" (RFC 8092)"));
             }
             one.global = *as;
             out.large_communities.push_back(one);
           });
}

// clang-format off
constexpr KeyOf<RouteAttributes> kRouteAttributeKeys[] = {
    {"med", [](const YamlNode& n, Reading& to, RouteAttributes& out) { ReadNumber(n, 0, UINT32_MAX, to, out.med.emplace()); }},
    {"prepend", [](const YamlNode& n, Reading& to, RouteAttributes& out) { ReadNumber(n, 0, 32, to, out.prepend); }},
    {"local_pref", [](const YamlNode& n, Reading& to, RouteAttributes& out) { ReadNumber(n, 0, UINT32_MAX, to, out.local_pref.emplace()); }},
    {"communities", ReadCommunities},
    {"large_communities", ReadLargeCommunities},
};
// clang-format on

}  // namespace

std::optional<uint32_t> AsFromText(absl::string_view text) {
  const std::vector<absl::string_view> halves = absl::StrSplit(text, '.');
  uint32_t high = 0;
  uint32_t low = 0;
  if (text.empty() || text[0] == '+' || text[0] == '-') return std::nullopt;
  if (halves.size() == 1) {
    if (!absl::SimpleAtoi(text, &low)) return std::nullopt;
    return low;
  }
  if (halves.size() != 2 || !absl::SimpleAtoi(halves[0], &high) ||
      !absl::SimpleAtoi(halves[1], &low) || high > kHalfMax || low > kHalfMax) {
    return std::nullopt;
  }
  return high << 16 | low;
}

std::optional<uint32_t> CommunityFromText(absl::string_view text) {
  for (const NamedCommunity& each : kNamedCommunities) {
    if (text == each.name) return each.value;
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  const std::optional<uint32_t> high = AsFromText(parts[0]);
  uint32_t low = 0;
  if (parts.size() != 2 || !high.has_value() || *high > kHalfMax ||
      !absl::SimpleAtoi(parts[1], &low) || low > kHalfMax) {
    return std::nullopt;
  }
  return *high << 16 | low;
}

void ReadRouteAttributes(const YamlNode& node, Reading& to, RouteAttributes& out) {
  ReadMap(node, kRouteAttributeKeys, to, out);
}

}  // namespace hither
