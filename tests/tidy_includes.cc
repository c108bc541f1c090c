#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/tidy_rules.h"

namespace hither {
namespace {

// The folders of the project. An include of one of these is looked at; "absl/..." is not.
constexpr const char* kOurs[] = {"anycast/", "base/",  "bench/", "daemon/", "dns/",
                                 "server/",  "tests/", "tool/",  "zones/"};

// Whose sources may include whose headers. The first row whose folder holds the file counts.
struct Arrow {
  const char* folder;
  std::vector<const char*> ours;    // Beginnings of what of ours it may include.
  std::vector<const char*> others;  // Beginnings of what of others' it must not.
};

// What the pure folders must not include; the linker would not miss a header of constants.
const std::vector<const char*> kImpure = {"uv.h",      "sys/socket.h", "sys/epoll.h", "sys/un.h",
                                          "spdlog/",   "yaml-cpp/",    "netinet/",    "arpa/",
                                          "nlohmann/", "netdb.h"};
const std::vector<const char*> kLdns = {"ldns/"};  // Theirs is the wrapper's.

const Arrow kArrows[] = {
    {"base/net/", {"base/"}, {"yaml-cpp/", "nlohmann/"}},
    {"base/json_", {"base/"}, {"uv.h", "yaml-cpp/"}},
    {"base/", {"base/"}, {"uv.h", "yaml-cpp/", "nlohmann/"}},
    {"dns/", {"base/", "dns/"}, kImpure},
    {"zones/change/", {"base/", "dns/", "zones/change/"}, kImpure},
    {"zones/", {"base/", "dns/", "zones/"}, kImpure},
    {"daemon/", {"base/", "dns/", "zones/set/", "daemon/"}, kLdns},
    {"anycast/policy/", {"base/", "daemon/config/", "anycast/policy/"}, kImpure},
    {"anycast/", {"base/", "daemon/", "anycast/"}, kLdns},
    {"server/answer/", {"base/", "dns/", "zones/", "server/answer/"}, kImpure},
    {"server/transfer/", {"base/", "dns/", "server/transfer/"}, kImpure},
    {"server/", {"base/", "dns/", "zones/", "daemon/", "server/"}, kLdns},
    {"tool/", {"base/", "dns/", "zones/", "daemon/", "server/", "anycast/", "tool/"}, kLdns},
};

bool StartsWithAny(absl::string_view text, const std::vector<const char*>& beginnings) {
  for (const char* beginning : beginnings) {
    if (absl::StartsWith(text, beginning)) return true;
  }
  return false;
}

bool IsOurs(absl::string_view header) {
  for (const char* folder : kOurs) {
    if (absl::StartsWith(header, folder)) return true;
  }
  return false;
}

// What stands in <> or "" after #include; empty if the line is another.
absl::string_view Included(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, "#include ")) return {};
  const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::ByAnyChar("<>\""));
  return parts.size() < 2 ? absl::string_view() : parts[1];
}

const Arrow* FindArrow(absl::string_view path) {
  for (const Arrow& arrow : kArrows) {
    if (absl::StartsWith(path, arrow.folder)) return &arrow;
  }
  return nullptr;
}

}  // namespace

Problems Includes(const SourceFile& file) {
  const Arrow* arrow = FindArrow(file.path);
  if (arrow == nullptr) return {};
  Problems problems;
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(file.text, '\n')) {
    ++number;
    const absl::string_view header = Included(line);
    if (header.empty()) continue;
    const bool against =
        IsOurs(header) ? !StartsWithAny(header, arrow->ours) : StartsWithAny(header, arrow->others);
    if (against) {
      problems.push_back(absl::StrCat(file.path, ":", number, ": ", header, " is against the ",
                                      "arrows of ARCHITECTURE.md"));
    }
  }
  return problems;
}

}  // namespace hither
