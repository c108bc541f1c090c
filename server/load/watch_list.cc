#include "server/load/watch_list.h"

#include <unistd.h>

#include <climits>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/path.h"

namespace hither {
namespace {

constexpr int kLinksMax = 40;  // As the kernel's (path_resolution(7)).

uint64_t HashOf(absl::string_view name) { return absl::HashOf(name); }

std::string LastOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Where the link at `path` leads, "" if it is none.
std::string TargetOf(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t bytes = readlink(path.c_str(), target, sizeof target);
  if (bytes <= 0) return "";
  const std::string to(target, static_cast<size_t>(bytes));
  return absl::StartsWith(to, "/") ? to : absl::StrCat(FolderOf(path), "/", to);
}

}  // namespace

WatchList::Folder* WatchList::FolderAt(const std::string& path) {
  const auto found = folders_.find(path);
  if (found != folders_.end()) return &found->second;
  if (folders_.size() >= kFoldersMax) {
    ++folders_omitted_;
    return nullptr;
  }
  return &folders_[path];
}

void WatchList::AddFile(const std::string& path) { AddLinks(path, kLinksMax); }

void WatchList::AddFolder(const std::string& folder, const ZonePattern& pattern) {
  AddLinks(folder, kLinksMax);
  if (Folder* const here = FolderAt(folder)) here->patterns.push_back(pattern);
}

// The links among the folders of `path`, then its last part.
void WatchList::AddLinks(const std::string& path, int links_left) {
  if (path.empty() || links_left == 0) return;
  const std::string folder = FolderOf(path);
  if (folder != path && folder != "." && folder != "/" && walked_.insert(folder).second) {
    const std::string target = TargetOf(folder);
    if (target.empty()) {
      AddLinks(folder, links_left);
    } else {
      AddName(FolderOf(folder), LastOf(folder), links_left);
    }
  }
  const std::string last = LastOf(path);
  const bool is_known_folder = walked_.contains(path);  // Not a file: only its links count.
  if (!last.empty() && !is_known_folder) AddName(folder, last, links_left);
}

void WatchList::AddName(const std::string& folder, absl::string_view name, int links_left) {
  if (Folder* const here = FolderAt(folder)) here->names.insert(HashOf(name));
  const std::string target = TargetOf(absl::StrCat(folder, "/", name));
  if (!target.empty()) AddLinks(target, links_left - 1);
}

bool WatchList::Concerns(const std::string& folder, absl::string_view name) const {
  const auto found = folders_.find(folder);
  if (found == folders_.end()) return false;
  if (found->second.names.contains(HashOf(name))) return true;
  for (const ZonePattern& pattern : found->second.patterns) {
    if (pattern.Match(name).has_value()) return true;
  }
  return false;
}

std::vector<std::string> WatchList::folders() const {
  std::vector<std::string> all;
  for (const auto& [path, folder] : folders_) all.push_back(path);
  return all;
}

}  // namespace hither
