#include "anycast/route/frr_reply.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_split.h"
#include "base/json_reader.h"

namespace hither {
namespace {

constexpr int kDepthMax = 64;  // FRR needs 6.

// FRR's versions differ: what is missing or has another type counts as not said.
absl::StatusOr<JsonDocument> Parse(absl::string_view text) {
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text);
  if (!document.ok() || !document->root().IsObject()) {
    return absl::DataLossError("FRR's answer is no JSON object; is it FRR 8 or later?");
  }
  return document;
}

// By name, not by FRR's order: only the first neighbors are read (ARCHITECTURE.md).
std::vector<std::pair<absl::string_view, JsonView>> SortedMembers(JsonView object) {
  auto members = object.MaybeMembers();
  std::ranges::sort(members, {}, [](const auto& member) { return member.first; });
  return members;
}

// "65535:0 64512:100"; FRR writes some by their names.
void ReadCommunities(JsonView path, SeenAttributes& attributes) {
  const std::string text = path.MaybeAt("community").MaybeAt("string").TextOr("");
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (const auto community = ParseCommunity(word)) attributes.communities.push_back(*community);
    if (word == "graceful-shutdown") attributes.communities.push_back(kGracefulShutdown);
  }
  const std::string large = path.MaybeAt("largeCommunity").MaybeAt("string").TextOr("");
  for (const absl::string_view word : absl::StrSplit(large, ' ', absl::SkipEmpty())) {
    if (const auto one = ParseLargeCommunity(word)) attributes.large_communities.push_back(*one);
  }
}

// The list of a segment; one that is no list, or holds what is no AS, is nobody's path.
void ReadSegment(JsonView segment, std::vector<uint32_t>& as_path) {
  const JsonView list = segment.MaybeAt("list");
  if (!list.IsArray()) return as_path.push_back(kNobodysAs);
  for (const JsonView as : list.MaybeItems()) {
    as_path.push_back(as.MaybeUnsigned32().value_or(kNobodysAs));
  }
}

// {"string":"65001 65001","segments":[{"type":"as-sequence","list":[65001,65001]}]}; the string of
// an empty path is "Local".
std::vector<uint32_t> AsPathOf(JsonView path) {
  std::vector<uint32_t> as_path;
  const JsonView written = path.MaybeAt("aspath");
  if (!written.exists()) return as_path;
  const JsonView segments = written.MaybeAt("segments");
  if (segments.IsArray()) {
    for (const JsonView segment : segments.MaybeItems()) ReadSegment(segment, as_path);
    return as_path;
  }
  const std::string text = written.MaybeAt("string").TextOr("");
  return text == "Local" ? as_path : ParseAsPath(text);
}

SeenAttributes AttributesOf(JsonView path) {
  SeenAttributes attributes;
  attributes.med = path.MaybeAt("metric").MaybeUnsigned32();
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
       {std::pair("ipv4Unicast", IpFamily::kV4), std::pair("ipv6Unicast", IpFamily::kV6)}) {
    for (const auto& [address, peer] : SortedMembers(json->root().MaybeAt(key).MaybeAt("peers"))) {
      peers.push_back({std::string(address), family, peer.MaybeAt("state").TextOr(""),
                       peer.MaybeAt("pfxSnt").MaybeUnsigned().value_or(UINT64_MAX)});
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
  for (const auto& [address, peer] : json->root().MaybeAt("advertisedTo").MaybeMembers()) {
    route.advertised_to.emplace(address);
  }
  for (const JsonView path : json->root().MaybeAt("paths").MaybeItems()) {
    route.paths.push_back({path.MaybeAt("peer").MaybeAt("peerId").TextOr(""),
                           path.MaybeAt("bestpath").MaybeAt("overall").MaybeBool().value_or(false),
                           AttributesOf(path)});
  }
  return route;
}

std::map<Prefix, SeenAttributes> FrrAdvertised(absl::string_view text) {
  std::map<Prefix, SeenAttributes> advertised;
  const auto json = Parse(text);
  if (!json.ok()) return advertised;
  for (const auto& [key, route] : SortedMembers(json->root().MaybeAt("advertisedRoutes"))) {
    const auto prefix = Prefix::FromText(key);
    const std::string* path = route.MaybeAt("path").MaybeText();
    if (!prefix.ok() || path == nullptr) continue;
    SeenAttributes& attributes = advertised[*prefix];
    if (const auto med = route.MaybeAt("metric").MaybeUnsigned32()) attributes.med = *med;
    attributes.as_path = ParseAsPath(*path);
  }
  return advertised;
}

}  // namespace hither
