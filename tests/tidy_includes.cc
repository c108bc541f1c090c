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

const std::vector<const char*> kSockets = {"sys/socket.h", "sys/epoll.h", "netinet/", "arpa/",
                                           "uv.h",         "sys/un.h",    "netdb.h"};
const std::vector<const char*> kDaemon = {"uv.h",     "sys/socket.h", "sys/epoll.h",
                                          "spdlog/",  "yaml-cpp/",    "httplib.h",
                                          "netinet/", "arpa/",        "nlohmann/"};

// The journal is JSON, and the rest of the policy knows nothing of that.
const std::vector<const char*> kDaemonButJson = {"uv.h",     "sys/socket.h", "sys/epoll.h",
                                                 "spdlog/",  "yaml-cpp/",    "httplib.h",
                                                 "netinet/", "arpa/"};

const Arrow kArrows[] = {
    {"base/net/", {"base/"}, {"yaml-cpp/", "nlohmann/"}},
    {"base/", {"base/"}, {"uv.h", "yaml-cpp/", "nlohmann/"}},
    {"dns/", {"base/", "dns/"}, kDaemon},
    {"zones/", {"base/", "dns/", "zones/"}, kDaemon},
    {"daemon/",
     {"base/", "dns/", "daemon/", "zones/set/name_table.h", "zones/set/zone_source.h"},
     {"ldns/"}},
    {"anycast/policy/journal", {"anycast/policy/", "base/", "daemon/"}, kDaemonButJson},
    {"anycast/policy/", {"anycast/policy/", "base/", "daemon/"}, kDaemon},
    {"anycast/", {"anycast/", "base/", "daemon/"}, {"ldns/"}},
    {"server/", {"base/", "daemon/", "dns/", "server/", "zones/"}, {"ldns/"}},
    {"tool/",
     {"base/", "dns/", "daemon/", "tool/", "server/", "zones/", "anycast/policy/",
      "anycast/signals/"},
     {"ldns/"}},
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

Problems Includes(const SourceFile& file,
                  const std::function<bool(absl::string_view path)>& is_pure) {
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
    const bool impure = is_pure(file.path) && StartsWithAny(header, kSockets);
    if (against || impure) {
      problems.push_back(absl::StrCat(file.path, ":", number, ": ", header, " is against the ",
                                      "arrows of ARCHITECTURE.md"));
    }
  }
  return problems;
}

}  // namespace hither
