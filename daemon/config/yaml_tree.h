#ifndef HITHER_DAEMON_CONFIG_YAML_TREE_H_
#define HITHER_DAEMON_CONFIG_YAML_TREE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hither {

// The contents of a configuration file, with the line of each word. A value.
//
// Why not YAML::Node: it resolves aliases (a few lines can expand to gigabytes), needs a kilobyte
// for each zone of a list, drops duplicate keys, and throws on missing ones.
struct YamlNode {
  enum Kind : uint8_t { kNull, kText, kList, kMap };
  Kind kind = kNull;
  uint32_t line = 1;  // Counted from 1.
  std::string text;
  std::vector<YamlNode> children;  // Of a list: its items. Of a map: key, value, key, value.
};

struct YamlLimits {
  uint32_t depth_max = 16;
  uint32_t nodes_max = 8'000'000;  // A million zones of 5 nodes each, and some margin.
};

// Parses one YAML document. Anchors, aliases, tags and a second document are refused: the first two
// let a small file expand to a huge one, and a configuration needs none of them. An empty text is
// kNull. Errors: "file:line: what; what to do", the first one only. Throws nothing.
absl::StatusOr<YamlNode> ParseYaml(absl::string_view text, absl::string_view file,
                                   const YamlLimits& limits = {});

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_YAML_TREE_H_
