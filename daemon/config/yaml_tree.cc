#include "daemon/config/yaml_tree.h"

#include <yaml-cpp/yaml.h>
// After yaml.h, which it needs.
#include <yaml-cpp/eventhandler.h>

#include <exception>
#include <istream>
#include <streambuf>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/printable.h"

namespace hither {
namespace {

// Thrown by our handler through yaml-cpp, which has no other way to stop; caught in ParseYaml.
struct Refused {
  int line;
  const char* why;
};

// Reads text in place: an istringstream would copy it.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(absl::string_view text) {
    char* begin = const_cast<char*>(text.data());  // NOLINT: streambuf's get area is not const.
    setg(begin, begin, begin + text.size());
  }
};

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const YamlLimits& limits) : limits_(limits) {}

  YamlNode Take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw Refused{mark.line, "more than one YAML document; keep one"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(Make(YamlNode::kNull, mark, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{mark.line, "aliases (*name) are not used here; write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = Make(YamlNode::kText, mark, tag, anchor);
    node.text = value;
    Add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Make(YamlNode::kList, mark, tag, anchor), mark);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Make(YamlNode::kMap, mark, tag, anchor), mark);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  YamlNode Make(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor) {
    if (anchor != 0) throw Refused{mark.line, "anchors (&name) are not used here; remove it"};
    // yaml-cpp's own marks: "?" for plain, "!" for quoted, "" for none.
    if (tag.size() > 1) throw Refused{mark.line, "tags (!name) are not used here; remove it"};
    if (++nodes_ > limits_.nodes_max) throw Refused{mark.line, "too many values; split the file"};
    YamlNode node;
    node.kind = kind;
    node.line = static_cast<uint32_t>(mark.line < 0 ? 1 : mark.line + 1);
    return node;
  }
  void Open(YamlNode node, const YAML::Mark& mark) {
    if (open_.size() >= limits_.depth_max) {
      throw Refused{mark.line, "lists and maps are nested too deeply; flatten them"};
    }
    open_.push_back(std::move(node));
  }
  void Close() {
    YamlNode node = std::move(open_.back());
    open_.pop_back();
    Add(std::move(node));
  }
  void Add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    std::vector<YamlNode>& siblings = open_.back().children;
    // yaml-cpp places a missing value where the next key is.
    const bool is_value = open_.back().kind == YamlNode::kMap && siblings.size() % 2 == 1;
    if (is_value && node.kind == YamlNode::kNull) node.line = siblings.back().line;
    siblings.push_back(std::move(node));
  }

  const YamlLimits limits_;
  uint32_t nodes_ = 0;
  int documents_ = 0;
  std::vector<YamlNode> open_;  // Open lists and maps, outermost first.
  YamlNode root_;
};

// yaml-cpp's messages may quote the file, line ends and all, but an error is one line.
absl::Status ErrorAt(absl::string_view file, int line, absl::string_view what) {
  return absl::InvalidArgumentError(
      Printable(absl::StrCat(file, ":", line < 0 ? 1 : line + 1, ": ", what)));
}

// The first line with a tab in its indentation, up to the one after `line`, where the parser
// stopped; -1: none. Lines count from 0.
int TabBefore(absl::string_view text, int line) {
  int at = 0;
  for (const absl::string_view each : absl::StrSplit(text, '\n')) {
    if (line >= 0 && at > line + 1) break;
    const size_t word = each.find_first_not_of(" \t");
    const absl::string_view indent = each.substr(0, word);
    const bool is_used = word != absl::string_view::npos && each[word] != '#';
    if (is_used && absl::StrContains(indent, '\t')) return at;
    ++at;
  }
  return -1;
}

}  // namespace

absl::StatusOr<YamlNode> ParseYaml(absl::string_view text, absl::string_view file,
                                   const YamlLimits& limits) {
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  TreeBuilder builder(limits);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {  // The second one throws.
    }
  } catch (const Refused& refused) {
    return ErrorAt(file, refused.line, refused.why);
  } catch (const YAML::Exception& error) {
    if (const int line = TabBefore(text, error.mark.line); line >= 0) {
      return ErrorAt(file, line, "a tab indents this line; YAML allows only spaces there");
    }
    return ErrorAt(file, error.mark.line,
                   absl::StrCat("not YAML: ", error.msg, "; check indentation and quotes"));
  } catch (const std::exception& error) {
    return ErrorAt(file, 0, absl::StrCat("cannot read this: ", error.what()));
  }
  return builder.Take();
}

}  // namespace hither
