#ifndef HITHER_DAEMON_CONFIG_ZONE_FOLDER_H_
#define HITHER_DAEMON_CONFIG_ZONE_FOLDER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hither {

// A file name with one `*`, which stands for a zone's name: "*.zone", "db.*".
class ZonePattern {
 public:
  // Error: "what; what to do".
  static absl::StatusOr<ZonePattern> Parse(absl::string_view text);

  // The zone's name as the file name spells it. None: the file is no zone, as is every hidden file.
  std::optional<absl::string_view> Match(absl::string_view file) const;

 private:
  std::string before_;
  std::string after_;
};

// The names of the files in `folder` that fit, in order. Links count as what they lead to; folders
// are passed over. Error: "what; what to do".
absl::StatusOr<std::vector<std::string>> ReadZoneFolder(const std::string& folder,
                                                        const ZonePattern& pattern);

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_ZONE_FOLDER_H_
