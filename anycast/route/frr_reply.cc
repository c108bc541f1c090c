#include "anycast/route/frr_reply.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_split.h"
#include "base/json_text.h"

namespace hither {
namespace {

using Json = nlohmann::json;

constexpr int kDepthMax = 64;  // FRR needs 6.

const Json* Member(const Json& of, const char* name) {
  if (!of.is_object()) return nullptr;
  const auto found = of.find(name);
  return found == of.end() ? nullptr : &*found;
}

std::string TextMember(const Json& of, const char* name) {
  const Json* member = Member(of, name);
  return member != nullptr && member->is_string() ? member->get<std::string>() : std::string();
}

bool IsTrue(const Json* value) {
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

absl::StatusOr<Json> Parse(absl::string_view text) {
  Json json = ParseJson<Json>(text);
  if (json.is_discarded() || !json.is_object()) {
    return absl::DataLossError("FRR's answer is no JSON object; is it FRR 8 or later?");
  }
  return json;
}

// "65535:0 64512:100"; FRR writes some by their names.
void ReadCommunities(const Json& path, SeenAttributes& attributes) {
  const Json* communities = Member(path, "community");
  if (communities != nullptr) {
    const std::string text = TextMember(*communities, "string");
    for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
      if (const auto community = ParseCommunity(word)) attributes.communities.push_back(*community);
      if (word == "graceful-shutdown") attributes.communities.push_back(kGracefulShutdown);
    }
  }
  const Json* large = Member(path, "largeCommunity");
  if (large == nullptr) return;
  const std::string text = TextMember(*large, "string");
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (const auto one = ParseLargeCommunity(word)) attributes.large_communities.push_back(*one);
  }
}

// The list of a segment; one that is no list, or holds what is no AS, is nobody's path.
void ReadSegment(const Json& segment, std::vector<uint32_t>& as_path) {
  const Json* list = Member(segment, "list");
  if (list == nullptr || !list->is_array()) return as_path.push_back(kNobodysAs);
  for (const Json& as : *list) {
    as_path.push_back(as.is_number_unsigned() ? as.get<uint32_t>() : kNobodysAs);
  }
}

// {"string":"65001 65001","segments":[{"type":"as-sequence","list":[65001,65001]}]}; the string of
// an empty path is "Local".
std::vector<uint32_t> AsPathOf(const Json& path) {
  std::vector<uint32_t> as_path;
  const Json* written = Member(path, "aspath");
  if (written == nullptr) return as_path;
  const Json* segments = Member(*written, "segments");
  if (segments != nullptr && segments->is_array()) {
    for (const Json& segment : *segments) ReadSegment(segment, as_path);
    return as_path;
  }
  const std::string text = TextMember(*written, "string");
  return text == "Local" ? as_path : ParseAsPath(text);
}

void ReadMed(const Json& path, SeenAttributes& attributes) {
  const Json* metric = Member(path, "metric");
  if (metric != nullptr && metric->is_number_unsigned()) attributes.med = metric->get<uint32_t>();
}

SeenAttributes AttributesOf(const Json& path) {
  SeenAttributes attributes;
  ReadMed(path, attributes);
  ReadCommunities(path, attributes);
  attributes.as_path = AsPathOf(path);
  return attributes;
}

// The end of the value that begins at `start`; npos if it has none. Strings may hold braces.
size_t EndOfJson(absl::string_view output, size_t start) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = start; i < output.size(); ++i) {
    const char c = output[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth == 0) return i + 1;
    if (depth > kDepthMax) break;
  }
  return absl::string_view::npos;
}

}  // namespace

std::vector<absl::string_view> SplitJson(absl::string_view output) {
  std::vector<absl::string_view> values;
  size_t at = output.find('{');
  while (at != absl::string_view::npos) {
    const size_t end = EndOfJson(output, at);
    if (end == absl::string_view::npos) break;
    values.push_back(output.substr(at, end - at));
    at = output.find('{', end);
  }
  return values;
}

absl::StatusOr<std::vector<FrrPeer>> FrrPeers(absl::string_view text) {
  const auto json = Parse(text);
  if (!json.ok()) return json.status();
  std::vector<FrrPeer> peers;
  for (const auto& [key, family] :
       {std::pair("ipv4Unicast", AF_INET), std::pair("ipv6Unicast", AF_INET6)}) {
    const Json* of_family = Member(*json, key);
    const Json* listed = of_family == nullptr ? nullptr : Member(*of_family, "peers");
    if (listed == nullptr || !listed->is_object()) continue;
    for (const auto& [address, peer] : listed->items()) {
      const Json* sent = Member(peer, "pfxSnt");
      const bool is_told = sent != nullptr && sent->is_number_unsigned();
      peers.push_back({address, family, TextMember(peer, "state"),
                       is_told ? sent->get<uint64_t>() : UINT64_MAX});
    }
  }
  return peers;
}

SeenAttributes FrrRoute::attributes() const {
  for (const FrrPath& path : paths) {
    if (path.is_best) return path.attributes;
  }
  return {};
}

absl::StatusOr<FrrRoute> FrrRouteOf(absl::string_view text) {
  const auto json = Parse(text);
  if (!json.ok()) return json.status();
  FrrRoute route;
  const Json* advertised = Member(*json, "advertisedTo");
  if (advertised != nullptr && advertised->is_object()) {
    for (const auto& [address, peer] : advertised->items()) route.advertised_to.insert(address);
  }
  const Json* paths = Member(*json, "paths");
  if (paths == nullptr || !paths->is_array()) return route;
  for (const Json& path : *paths) {
    const Json* peer = Member(path, "peer");
    const Json* best = Member(path, "bestpath");
    route.paths.push_back({peer == nullptr ? "" : TextMember(*peer, "peerId"),
                           best != nullptr && IsTrue(Member(*best, "overall")),
                           AttributesOf(path)});
  }
  return route;
}

std::map<Prefix, SeenAttributes> FrrAdvertised(absl::string_view text) {
  std::map<Prefix, SeenAttributes> advertised;
  const auto json = Parse(text);
  if (!json.ok()) return advertised;
  const Json* routes = Member(*json, "advertisedRoutes");
  if (routes == nullptr || !routes->is_object()) return advertised;
  for (const auto& [key, route] : routes->items()) {
    const auto prefix = Prefix::FromText(key);
    const Json* path = Member(route, "path");
    if (!prefix.ok() || path == nullptr || !path->is_string()) continue;
    SeenAttributes& attributes = advertised[*prefix];
    ReadMed(route, attributes);
    attributes.as_path = ParseAsPath(path->get<std::string>());
  }
  return advertised;
}

}  // namespace hither
