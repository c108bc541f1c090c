#include "daemon/config/config_reading.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest.h"
#include "base/printable.h"

namespace hither {
namespace {

// Full names of configuration keys, as a key below its sections. Kept as long as upgrades from a
// version with the old name are possible.
struct RenamedKey {
  absl::string_view before;
  absl::string_view now;
};
constexpr RenamedKey kRenamedKeys[] = {
    {"tcp.total_timeout", "tcp.lifetime_max"},
    {"tcp.unread_bytes_max", "tcp.unsent_bytes_max"},
};

// The error for a key that `section` does not have.
std::string UnknownKey(absl::string_view section, absl::string_view key,
                       const std::vector<absl::string_view>& known) {
  for (const RenamedKey& renamed : kRenamedKeys) {
    const absl::string_view before = renamed.before;
    if (!absl::StartsWith(before, section) || before.substr(section.size()) != key) continue;
    return absl::StrCat(renamed.before, " was renamed: write ", renamed.now);
  }
  return absl::StrCat("unknown key ", Quoted(key), SuggestWord(key, known));
}

constexpr size_t kErrorBytesMax = 1'000;
constexpr size_t kHostsMax = 64;
constexpr size_t kHostBytesMax = 253;  // A name of 255 octets in wire form, as text.

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
  // Quoted text may have any size and contain line ends, but an error is one line.
  const absl::string_view cut = what.substr(0, kErrorBytesMax);
  errors.emplace_back(our_line, Printable(absl::StrCat(other, ":", line, ": ", cut)));
}

std::string Reading::Path(absl::string_view path) const {
  if (folder.empty() || (!path.empty() && path[0] == '/')) return std::string(path);
  return absl::StrCat(folder, folder.back() == '/' ? "" : "/", path);
}

std::string Reading::Key() const {
  return section.empty() ? "" : absl::StrCat(section.substr(0, section.size() - 1), ": ");
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kShownBytesMax = 60;
  if (text.size() <= kShownBytesMax) return absl::StrCat("'", text, "'");
  return absl::StrCat("'", text.substr(0, kShownBytesMax), "...'");
}

absl::Status ErrorsOf(const Reading& to) {
  if (to.error_count == 0) return absl::OkStatus();
  auto errors = to.errors;
  std::stable_sort(errors.begin(), errors.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> lines;
  for (auto& error : errors) lines.push_back(std::move(error.second));
  if (to.error_count > kConfigErrorsMax) {
    lines.push_back(absl::StrCat(to.file, ":0: ", to.error_count - kConfigErrorsMax,
                                 " more errors; correct these first"));
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path, absl::string_view what,
                                         uint64_t bytes_max) {
  const auto unreadable = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": cannot read ", what, ": ", why));
  };
  const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // A FIFO would wait.
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fd < 0 ? nullptr : fdopen(fd, "r"), std::fclose);
  if (file == nullptr) {
    return unreadable(absl::StrCat(std::strerror(errno), "; check path and permissions"));
  }
  struct stat facts;
  const bool has_facts = fstat(fd, &facts) == 0;
  if (has_facts && S_ISDIR(facts.st_mode)) {
    return unreadable("it is a folder; name a file in it");
  }
  if (!has_facts || !S_ISREG(facts.st_mode)) {  // A device may have no end.
    return unreadable("it is not a regular file; name one");
  }
  std::string text;
  char block[65'536];
  for (size_t got; (got = std::fread(block, 1, sizeof block, file.get())) > 0;) {
    text.append(block, got);
    if (text.size() > bytes_max) {
      return unreadable(absl::StrCat("it has over ", bytes_max, " octets; shorten it"));
    }
  }
  if (std::ferror(file.get()) != 0) return unreadable("the disk reported an error; check the disk");
  return text;
}

bool ExpectKind(const YamlNode& node, YamlNode::Kind kind, absl::string_view example, Reading& to) {
  if (node.kind == kind) return true;
  to.Error(node.line, absl::StrCat(to.Key(), "found ", KindText(node), "; expected ", example));
  return false;
}

void ReadList(const YamlNode& node, absl::string_view example, size_t items_max, Reading& to,
              const std::function<void(const YamlNode& item)>& read) {
  if (!ExpectKind(node, YamlNode::kList, example, to)) return;
  if (node.children.size() > items_max) {
    return to.Error(node.line, absl::StrCat(to.Key(), node.children.size(), " items; give at most ",
                                            items_max));
  }
  for (const YamlNode& item : node.children) read(item);
}

void ReadPairs(const YamlNode& node, Reading& to,
               const std::function<void(const YamlNode& key, const YamlNode& value)>& read) {
  absl::flat_hash_map<absl::string_view, uint32_t> lines;
  for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
    const YamlNode& key = node.children[i];
    if (!ExpectKind(key, YamlNode::kText, "a key of plain text", to)) continue;
    const auto [seen, is_new] = lines.try_emplace(key.text, key.line);
    if (!is_new) {
      to.Error(key.line, absl::StrCat("key ", Quoted(key.text), " is repeated, first on line ",
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
      if (known[place] != name.text) continue;
      const size_t section_bytes = to.section.size();
      absl::StrAppend(&to.section, name.text, ".");
      read(place, value);
      to.section.resize(section_bytes);
      return;
    }
    to.Error(name.line, UnknownKey(to.section, name.text, known));
  });
}

void ReadHosts(const YamlNode& node, Reading& to, std::vector<std::string>& out) {
  constexpr absl::string_view kExample =
      "a list of names without a port, such as [ns1.example.net]";
  ReadList(node, kExample, kHostsMax, to, [&](const YamlNode& item) {
    std::string name;
    if (!ReadText(item, "a host's name without a port, such as ns1.example.net", to, name)) return;
    const bool is_name = name.size() <= kHostBytesMax && std::ranges::all_of(name, [](char c) {
                           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
                                  c == '.' || c == '_';
                         });
    if (is_name) return out.push_back(std::move(name));
    to.Error(item.line, absl::StrCat(Quoted(name),
                                     " is not a host's name; give it without a port, "
                                     "such as ns1.example.net; addresses need no entry"));
  });
}

void ReadBool(const YamlNode& node, Reading& to, bool& out) {
  if (!ExpectKind(node, YamlNode::kText, "true or false", to)) return;
  if (node.text != "true" && node.text != "false") {
    return to.Error(node.line, absl::StrCat(to.Key(), Quoted(node.text), "; write true or false"));
  }
  out = node.text == "true";
}

bool ReadText(const YamlNode& node, absl::string_view example, Reading& to, std::string& out) {
  if (!ExpectKind(node, YamlNode::kText, example, to)) return false;
  if (node.text.empty() || node.text.find('\0') != std::string::npos) {
    to.Error(node.line,
             absl::StrCat(to.Key(), "the text is empty or has a zero octet; expected ", example));
    return false;
  }
  out = node.text;
  return true;
}

bool ReadWhole(const YamlNode& node, uint64_t least, uint64_t most, Reading& to, uint64_t& out) {
  const std::string example = absl::StrCat("a whole number from ", least, " to ", most);
  if (!ExpectKind(node, YamlNode::kText, example, to)) return false;
  // SimpleAtoi alone would accept blanks and a sign.
  const bool digits = node.text.find_first_not_of("0123456789") == std::string::npos;
  uint64_t number = 0;
  if (!digits || !absl::SimpleAtoi(node.text, &number) || number < least || number > most) {
    to.Error(node.line,
             absl::StrCat(to.Key(), Quoted(node.text), " is out of range; give ", example));
    return false;
  }
  out = number;
  return true;
}

void ReadDuration(const YamlNode& node, absl::Duration least, absl::Duration most, Reading& to,
                  absl::Duration& out, absl::Duration unit) {
  const std::string example =
      absl::StrCat("a time from ", absl::FormatDuration(least), " to ", absl::FormatDuration(most),
                   " with its unit, such as 500ms, 10s or 2m");
  if (!ExpectKind(node, YamlNode::kText, example, to)) return;
  absl::Duration duration;
  if (!absl::ParseDuration(node.text, &duration) || duration < least || duration > most) {
    to.Error(node.line, absl::StrCat(to.Key(), Quoted(node.text), " is not valid; give ", example));
    return;
  }
  if (duration % unit != absl::ZeroDuration()) {
    to.Error(node.line, absl::StrCat(to.Key(), Quoted(node.text), " is not a multiple of ",
                                     absl::FormatDuration(unit), "; give ", example));
    return;
  }
  out = duration;
}

}  // namespace hither
