#ifndef HITHER_SERVER_LOAD_FILE_WATCH_H_
#define HITHER_SERVER_LOAD_FILE_WATCH_H_

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/time/time.h"
#include "base/net/uv.h"
#include "server/load/watch_list.h"

namespace hither {

// Calls a function when files of a WatchList have changed (inotify(7), through libuv) and then
// stayed the same for a while; if they never do, after ten times as long. `is_seen`: false if they
// only may have, before they were watched.
//
// A file system that other hosts write to, such as NFS, tells nothing of their changes.
//
// Threads: the loop's.
class FileWatch {
 public:
  using Function = std::function<void(bool is_seen)>;

  FileWatch(uv_loop_t& loop, absl::Duration settle, Function changed);
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // From now on these. Names that were watched before are without a gap; for others the function
  // is called once, as they may have changed in the meantime. A folder that cannot be watched is a
  // warning in the log.
  void Watch(WatchList list);
  void Close();  // Then the function is not called any more.

 private:
  struct Watched {
    // Device and inode: the path may lead elsewhere later. Zeros: it has been moved or removed.
    std::pair<uint64_t, uint64_t> identity;
    UvFsEvent event;
  };

  bool Open(const std::string& folder);
  void OnEvent(const std::string& folder, const char* name);
  void OnChange(bool is_seen);
  void OnTimer();

  uv_loop_t& loop_;
  const absl::Duration settle_;
  const Function changed_;
  WatchList list_;
  absl::btree_map<std::string, std::unique_ptr<Watched>> folders_;
  UvTimer timer_;
  absl::Time since_ = absl::InfiniteFuture();  // The first change that was not told yet.
  bool is_seen_ = false;                       // One of these was seen.
  bool is_settled_ = false;                    // The time is over; what is queued is read.
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_FILE_WATCH_H_
