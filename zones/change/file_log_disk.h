#ifndef HITHER_ZONES_CHANGE_FILE_LOG_DISK_H_
#define HITHER_ZONES_CHANGE_FILE_LOG_DISK_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_descriptor.h"
#include "zones/change/log_disk.h"

namespace hither {

// The zone log in files `zones-%016x.log` of a folder, which only our user may read: zones may be
// confidential. `zones.lock` keeps a second process away for as long as this object lives.
class FileLogDisk : public LogDisk {
 public:
  // Creates `folder` if it is missing. Unavailable if another process has the log open.
  static absl::StatusOr<std::unique_ptr<FileLogDisk>> Open(const std::string& folder);

  absl::StatusOr<std::vector<LogSegment>> List() override;
  absl::Status Create(uint32_t number) override;
  absl::Status Append(uint32_t number, std::span<const ByteView> parts) override;
  absl::Status Sync(uint32_t number) override;
  absl::Status Read(uint32_t number, uint64_t offset, std::span<uint8_t> to) override;
  absl::Status Delete(uint32_t number) override;
  uint64_t RandomKey() override;

 private:
  // An open segment.
  struct OpenFile {
    uint32_t number = 0;
    FileDescriptor fd = {};
  };

  FileLogDisk(std::string folder, FileDescriptor folder_fd, FileDescriptor lock)
      : folder_(std::move(folder)), folder_fd_(std::move(folder_fd)), lock_(std::move(lock)) {}
  absl::Status Failed(uint32_t number, absl::string_view what) const;
  absl::StatusOr<int> OpenToRead(uint32_t number);
  absl::StatusOr<int> OpenToWrite(uint32_t number);
  absl::Status SyncFolder();

  std::string folder_;
  FileDescriptor folder_fd_;
  FileDescriptor lock_;
  OpenFile written_;
  std::vector<OpenFile> read_;  // The ones used last.
  bool folder_is_synced_ = false;
  Bytes joined_;  // Small parts, for one write.
};

}  // namespace hither

#endif  // HITHER_ZONES_CHANGE_FILE_LOG_DISK_H_
