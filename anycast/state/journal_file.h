#ifndef HITHER_ANYCAST_STATE_JOURNAL_FILE_H_
#define HITHER_ANYCAST_STATE_JOURNAL_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/file_descriptor.h"

namespace hither {

// The journal's file. At kBytesMax the file becomes FILE.1, and a new one begins, so that a
// flapping site cannot fill the disk. One thread's.
class JournalFile {
 public:
  static constexpr uint64_t kBytesMax = 64 << 20;

  JournalFile() = default;
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  // Empty: there is none.
  absl::Status Open(const std::string& path);
  // An error is reported once, until a line is written again: a full disk must neither stop the
  // sidecar nor fill the log.
  absl::Status Append(absl::string_view line);
  // Opens `path` if it is not open. The same failure is reported once.
  absl::Status AppendTo(const std::string& path, absl::string_view line);

 private:
  absl::Status Rotate();

  std::string path_;
  FileDescriptor file_;
  uint64_t bytes_ = 0;
  bool has_failed_ = false;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_STATE_JOURNAL_FILE_H_
