#ifndef HITHER_ANYCAST_STATE_JOURNAL_FILE_H_
#define HITHER_ANYCAST_STATE_JOURNAL_FILE_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/file_descriptor.h"

namespace hither {

// The journal's file. At kBytesMax the file becomes FILE.1, and a new one begins, so that a
// flapping site cannot fill the disk. A last line that a killed sidecar or a power loss has left
// unfinished is ended before the next one is written.
//
// Threads: one, except for breaks(), which any may call.
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

  // How often a line was lost or a new file began: the next lines must not build on earlier ones.
  uint64_t breaks() const { return breaks_.load(std::memory_order_relaxed); }

 private:
  absl::Status Rotate();
  bool IsEnded() const;

  std::string path_;
  FileDescriptor file_;
  uint64_t bytes_ = 0;
  bool has_failed_ = false;
  bool is_ended_ = false;  // The file is empty or ends with a line end, as far as is known.
  std::atomic<uint64_t> breaks_ = 0;
};

}  // namespace hither

#endif  // HITHER_ANYCAST_STATE_JOURNAL_FILE_H_
