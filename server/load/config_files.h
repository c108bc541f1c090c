#ifndef HITHER_SERVER_LOAD_CONFIG_FILES_H_
#define HITHER_SERVER_LOAD_CONFIG_FILES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "daemon/config/config.h"
#include "server/load/watch_list.h"

namespace hither {

// What a configuration depends on, to watch: the files and folders of the last good one, and the
// files that wrong ones after it named. It may be right once one of them changes.
//
// A value. Times are of the clock that the kernel stamps files with, in nanoseconds.
class ConfigFiles {
 public:
  // Of wrong configurations. Each misnamed file of a folder is one.
  static constexpr size_t kWrongMax = 100'000;

  // Forgets everything before.
  void TakeGood(const Config& config);
  // Adds the files of a configuration that is wrong, and that was read from `began_ns` on. Over
  // kWrongMax, files of earlier ones are forgotten, then those that come last are left out. Returns
  // whether some are, but only once until a configuration is good: to be logged.
  bool AddWrong(const absl::Status& why, int64_t began_ns);

  void AddTo(WatchList& list) const;
  // Has one of them changed since they were read?
  bool HaveChanged() const;

 private:
  std::vector<std::string> files_;
  std::vector<Config::Folder> folders_;
  absl::flat_hash_set<std::string> wrong_;
  bool is_omission_told_ = false;
  int64_t read_ns_ = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_CONFIG_FILES_H_
