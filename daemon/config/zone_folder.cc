#include "daemon/config/zone_folder.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hither {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

// The kernel tells most kinds; where it does not, or for a link, the file itself is asked.
bool IsFile(DIR* folder, const dirent& entry) {
  if (entry.d_type == DT_REG) return true;
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return false;
  struct stat facts;
  // A link that leads nowhere counts: that its zone is missing must not pass unseen.
  return fstatat(dirfd(folder), entry.d_name, &facts, 0) != 0 || S_ISREG(facts.st_mode);
}

}  // namespace

absl::StatusOr<ZonePattern> ZonePattern::Parse(absl::string_view text) {
  const size_t star = text.find('*');
  if (star == absl::string_view::npos || text.find('*', star + 1) != absl::string_view::npos ||
      absl::StrContains(text, '/') || text.front() == '.') {
    return absl::InvalidArgumentError(
        absl::StrCat("pattern '", text,
                     "' is not a file name with one * for the zone's name; write \"*.zone\""));
  }
  ZonePattern pattern;
  pattern.before_ = std::string(text.substr(0, star));
  pattern.after_ = std::string(text.substr(star + 1));
  return pattern;
}

std::optional<absl::string_view> ZonePattern::Match(absl::string_view file) const {
  if (file.size() <= before_.size() + after_.size() || file.front() == '.' ||
      !absl::StartsWith(file, before_) || !absl::EndsWith(file, after_)) {
    return std::nullopt;
  }
  return file.substr(before_.size(), file.size() - before_.size() - after_.size());
}

absl::StatusOr<std::vector<std::string>> ReadZoneFolder(const std::string& folder,
                                                        const ZonePattern& pattern) {
  const std::unique_ptr<DIR, CloseFolder> open(opendir(folder.c_str()));
  if (open == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read the folder ", folder, ": ",
                                                   std::strerror(errno),
                                                   "; check path and permissions"));
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const entry = readdir(open.get())) {
    if (pattern.Match(entry->d_name).has_value() && IsFile(open.get(), *entry)) {
      names.emplace_back(entry->d_name);
    }
    errno = 0;
  }
  if (errno != 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read the folder ", folder, ": ",
                                                   std::strerror(errno), "; check the disk"));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace hither
