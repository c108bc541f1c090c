#ifndef HITHER_SERVER_LOAD_WATCH_LIST_H_
#define HITHER_SERVER_LOAD_WATCH_LIST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "daemon/config/zone_folder.h"

namespace hither {

// Which names in which folders a set of files depends on: each file, and each symbolic link on the
// way to it. So an exchanged link, such as Kubernetes' `..data`, is a change of all files behind
// it. Of a folder that does not exist, its name in the deepest folder that does.
//
// A value. Names are hashes: there may be a million files.
class WatchList {
 public:
  static constexpr size_t kFoldersMax = 1'000;

  void AddFile(const std::string& path);
  // Each file in `folder` whose name fits, also those that do not exist yet.
  void AddFolder(const std::string& folder, const ZonePattern& pattern);

  // Has `other` each name and pattern of this one?
  bool IsWithin(const WatchList& other) const;
  bool Concerns(const std::string& folder, absl::string_view name) const;
  std::vector<std::string> folders() const;
  size_t folders_omitted() const { return folders_omitted_; }

 private:
  struct Folder {
    absl::flat_hash_set<uint64_t> names;
    std::vector<ZonePattern> patterns;
  };

  Folder* FolderAt(const std::string& path);
  void AddFolders(const std::string& folder, int links_left);
  void AddLinks(const std::string& path, int links_left);
  void AddName(const std::string& folder, absl::string_view name, int links_left);

  absl::btree_map<std::string, Folder> folders_;
  absl::flat_hash_set<std::string> walked_;   // Folders whose own links are known.
  absl::flat_hash_set<std::string> missing_;  // Those that do not exist.
  size_t folders_omitted_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_WATCH_LIST_H_
