#include "server/load/config_files.h"

#include <algorithm>
#include <utility>

#include "zones/load/zone_loader.h"

namespace hither {

void ConfigFiles::TakeGood(const Config& config) {
  files_ = config.files;
  folders_ = config.folders;
  wrong_ = {};
  is_omission_told_ = false;
  read_ns_ = config.read_ns;
}

bool ConfigFiles::AddWrong(const absl::Status& why, int64_t began_ns) {
  read_ns_ = began_ns;
  std::vector<std::string> files = FilesOfFailure(why);
  if (wrong_.size() + files.size() > kWrongMax) wrong_.clear();
  for (std::string& file : files) {
    if (wrong_.size() >= kWrongMax && !wrong_.contains(file)) {
      return !std::exchange(is_omission_told_, true);
    }
    wrong_.insert(std::move(file));
  }
  return false;
}

void ConfigFiles::AddTo(WatchList& list) const {
  for (const std::string& file : files_) list.AddFile(file);
  for (const std::string& file : wrong_) list.AddFile(file);
  for (const Config::Folder& folder : folders_) list.AddFolder(folder.path, folder.pattern);
}

bool ConfigFiles::HaveChanged() const {
  const auto is_newer = [this](const std::string& path) {
    return StampOf(path).changed_ns >= read_ns_;
  };
  return std::ranges::any_of(files_, is_newer) || std::ranges::any_of(wrong_, is_newer) ||
         std::ranges::any_of(folders_, is_newer, &Config::Folder::path);
}

}  // namespace hither
