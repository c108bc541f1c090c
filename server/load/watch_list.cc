#include "server/load/watch_list.h"

#include <unistd.h>

#include <cerrno>
#include <climits>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/path.h"

namespace hither {
namespace {

constexpr int kLinksMax = 40;  // As the kernel's (path_resolution(7)).

// False only if it is sure: what may not be looked at exists.
bool Exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

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
  if (missing_.contains(path)) return nullptr;
  if (folders_.size() >= kFoldersMax) {
    ++folders_omitted_;
    return nullptr;
  }
  return &folders_[path];
}

void WatchList::AddFile(const std::string& path) { AddLinks(path, kLinksMax); }

void WatchList::AddFolder(const std::string& folder, const ZonePattern& pattern) {
  AddLinks(folder, kLinksMax);
  if (!Exists(folder)) missing_.insert(folder);
  if (Folder* const here = FolderAt(folder)) here->patterns.push_back(pattern);
}

// Once for each folder: the links among those that lead to it, and its own if it is one. Its name
// counts, too, if it does not exist.
void WatchList::AddFolders(const std::string& folder, int links_left) {
  if (!walked_.insert(folder).second) return;
  const bool is_missing = !Exists(folder);
  if (is_missing) missing_.insert(folder);
  const bool is_link = !TargetOf(folder).empty();
  if (!is_link) AddLinks(folder, links_left);
  if (is_link || is_missing) AddName(FolderOf(folder), LastOf(folder), links_left);
}

// The links among the folders of `path`, then its last part.
void WatchList::AddLinks(const std::string& path, int links_left) {
  if (path.empty() || links_left == 0) return;
  const std::string folder = FolderOf(path);
  if (folder != path && folder != "." && folder != "/") AddFolders(folder, links_left);
  const std::string last = LastOf(path);
  const bool is_known_folder = walked_.contains(path);  // Not a file: only its links count.
  if (!last.empty() && !is_known_folder) AddName(folder, last, links_left);
}

void WatchList::AddName(const std::string& folder, absl::string_view name, int links_left) {
  if (Folder* const here = FolderAt(folder)) here->names.insert(HashOf(name));
  const std::string target = TargetOf(absl::StrCat(folder, "/", name));
  if (!target.empty()) AddLinks(target, links_left - 1);
}

bool WatchList::IsWithin(const WatchList& other) const {
  for (const auto& [path, folder] : folders_) {
    const auto found = other.folders_.find(path);
    if (found == other.folders_.end()) return false;
    const Folder& same = found->second;
    if (folder.patterns.size() > same.patterns.size()) return false;
    for (const uint64_t name : folder.names) {
      if (!same.names.contains(name)) return false;
    }
  }
  return true;
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
