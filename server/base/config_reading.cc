#include "server/base/config_reading.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/nearest.h"
#include "server/base/printable.h"

namespace hither {
namespace {

constexpr size_t kErrorBytesMax = 1'000;

const char* KindText(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::kNull:
      return "nothing";
    case YamlNode::kText:
      return "text";
    case YamlNode::kList:
      return "a list";
    case YamlNode::kMap:
      return "a map";
  }
  return "";
}

}  // namespace

void Reading::ErrorIn(absl::string_view other, uint32_t line, uint32_t our_line,
                      absl::string_view what) {
  if (++error_count > kConfigErrorsMax) return;
  // A quoted text may be of any size and have line ends, but an error is one line.
  const absl::string_view cut = what.substr(0, kErrorBytesMax);
  errors.emplace_back(our_line, Printable(absl::StrCat(other, ":", line, ": ", cut)));
}

std::string Reading::Path(absl::string_view path) const {
  if (folder.empty() || (!path.empty() && path[0] == '/')) return std::string(path);
  return absl::StrCat(folder, folder.back() == '/' ? "" : "/", path);
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kShownBytesMax = 60;
  if (text.size() <= kShownBytesMax) return absl::StrCat("'", text, "'");
  return absl::StrCat("'", text.substr(0, kShownBytesMax), "...'");
}

bool ExpectKind(const YamlNode& node, YamlNode::Kind kind, absl::string_view example, Reading& to) {
  if (node.kind == kind) return true;
  to.Error(node.line, absl::StrCat("found ", KindText(node), "; expected ", example));
  return false;
}

void ReadPairs(const YamlNode& node, Reading& to,
               const std::function<void(const YamlNode& key, const YamlNode& value)>& read) {
  absl::flat_hash_map<absl::string_view, uint32_t> lines;
  for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
    const YamlNode& key = node.children[i];
    if (!ExpectKind(key, YamlNode::kText, "a key of plain text", to)) continue;
    const auto [seen, is_new] = lines.try_emplace(key.text, key.line);
    if (!is_new) {
      to.Error(key.line, absl::StrCat("key ", Quoted(key.text), " again, first on line ",
                                      seen->second, "; keep one"));
      continue;
    }
    read(key, node.children[i + 1]);
  }
}

void ReadKnownPairs(const YamlNode& node, const std::vector<absl::string_view>& known, Reading& to,
                    const std::function<void(size_t place, const YamlNode& value)>& read) {
  if (node.kind == YamlNode::kNull) return;  // `udp:` with all of its keys commented out.
  if (!ExpectKind(node, YamlNode::kMap, absl::StrCat("keys: ", absl::StrJoin(known, ", ")), to)) {
    return;
  }
  ReadPairs(node, to, [&](const YamlNode& name, const YamlNode& value) {
    for (size_t place = 0; place < known.size(); ++place) {
      if (known[place] == name.text) return read(place, value);
    }
    to.Error(name.line,
             absl::StrCat("unknown key ", Quoted(name.text), SuggestWord(name.text, known)));
  });
}

bool ReadText(const YamlNode& node, absl::string_view example, Reading& to, std::string& out) {
  if (!ExpectKind(node, YamlNode::kText, example, to)) return false;
  if (node.text.empty() || node.text.find('\0') != std::string::npos) {
    to.Error(node.line, absl::StrCat("the text is empty or has a zero octet; expected ", example));
    return false;
  }
  out = node.text;
  return true;
}

bool ReadWhole(const YamlNode& node, uint64_t least, uint64_t most, Reading& to, uint64_t& out) {
  const std::string example = absl::StrCat("a whole number from ", least, " to ", most);
  if (!ExpectKind(node, YamlNode::kText, example, to)) return false;
  // SimpleAtoi alone would take blanks and a sign.
  const bool digits = node.text.find_first_not_of("0123456789") == std::string::npos;
  uint64_t number = 0;
  if (!digits || !absl::SimpleAtoi(node.text, &number) || number < least || number > most) {
    to.Error(node.line, absl::StrCat(Quoted(node.text), " is out of range; give ", example));
    return false;
  }
  out = number;
  return true;
}

void ReadDuration(const YamlNode& node, absl::Duration least, absl::Duration most, Reading& to,
                  absl::Duration& out) {
  const std::string example =
      absl::StrCat("a time from ", absl::FormatDuration(least), " to ", absl::FormatDuration(most),
                   " with its unit, as 500ms, 10s or 2m");
  if (!ExpectKind(node, YamlNode::kText, example, to)) return;
  absl::Duration duration;
  if (!absl::ParseDuration(node.text, &duration) || duration < least || duration > most) {
    to.Error(node.line, absl::StrCat(Quoted(node.text), " does not fit; give ", example));
    return;
  }
  out = duration;
}

}  // namespace hither
