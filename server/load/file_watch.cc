#include "server/load/file_watch.h"

#include <sys/stat.h>

#include "base/log.h"
#include "base/monotonic_clock.h"

namespace hither {
namespace {

constexpr int kSettlesMax = 10;

constexpr std::pair<uint64_t, uint64_t> kNoIdentity = {0, 0};

// None if it does not exist.
std::pair<uint64_t, uint64_t> IdentityOf(const std::string& folder) {
  struct stat facts = {};
  if (stat(folder.c_str(), &facts) != 0) return kNoIdentity;
  return {facts.st_dev, facts.st_ino};
}

}  // namespace

FileWatch::FileWatch(uv_loop_t& loop, absl::Duration settle, Function changed)
    : loop_(loop),
      settle_(settle),
      changed_(std::move(changed)),
      timer_(loop, [this] { OnTimer(); }) {}

void FileWatch::Close() {
  folders_.clear();
  timer_.Close();
}

void FileWatch::Watch(WatchList list) {
  if (!timer_) return;
  if (list.folders_omitted() > 0 && list_.folders_omitted() == 0) {
    Log(LogLevel::kWarning, "reload.watch: only the first ", WatchList::kFoldersMax,
        " folders of zone files are watched; use `hither reload` for the others");
  }
  bool has_gap = !list.IsWithin(list_);
  list_ = std::move(list);
  absl::btree_map<std::string, std::unique_ptr<Watched>> before;
  before.swap(folders_);
  for (const std::string& folder : list_.folders()) {
    const auto old = before.find(folder);
    const bool is_same = old != before.end() && old->second->identity != kNoIdentity &&
                         old->second->identity == IdentityOf(folder);
    if (is_same) {
      folders_.emplace(folder, std::move(old->second));
    } else if (Open(folder)) {
      has_gap = true;
    }
  }
  if (has_gap) OnChange(/*is_seen=*/false);
}

bool FileWatch::Open(const std::string& folder) {
  auto watched = std::make_unique<Watched>();
  watched->identity = IdentityOf(folder);
  int error = watched->event.Open(
      loop_, [this, folder](const char* name, int, int) { OnEvent(folder, name); });
  if (error == 0) error = watched->event.Start(folder);
  if (error != 0) {
    Log(LogLevel::kWarning, "reload.watch: cannot watch ", folder, ": ", uv_strerror(error),
        error == UV_ENOSPC ? "; raise fs.inotify.max_user_watches (sysctl)"
                           : "; use `hither reload` after changes there");
    return false;
  }
  folders_.emplace(folder, std::move(watched));
  return true;
}

// Without a name: too much happened at once to tell what. With the folder's own name: it may have
// been moved or removed, and what its path leads to from then on is not watched.
void FileWatch::OnEvent(const std::string& folder, const char* name) {
  const bool is_of_folder = name != nullptr && folder.substr(folder.rfind('/') + 1) == name;
  if (const auto found = folders_.find(folder); is_of_folder && found != folders_.end()) {
    found->second->identity = kNoIdentity;
  }
  if (name == nullptr || is_of_folder || list_.Concerns(folder, name)) OnChange(/*is_seen=*/true);
}

void FileWatch::OnChange(bool is_seen) {
  is_seen_ = is_seen_ || is_seen;
  is_settled_ = false;
  const absl::Time now = MonotonicNow();
  if (since_ == absl::InfiniteFuture()) since_ = now;
  const absl::Duration left = since_ + kSettlesMax * settle_ - now;
  timer_.Start(std::max(absl::ZeroDuration(), std::min(settle_, left)));
}

void FileWatch::OnTimer() {
  // libuv calls timers before it polls: a loop that was late may have a change to read still.
  if (!is_settled_ && MonotonicNow() < since_ + kSettlesMax * settle_) {
    is_settled_ = true;
    timer_.Start(absl::Milliseconds(1));
    return;
  }
  since_ = absl::InfiniteFuture();
  changed_(std::exchange(is_seen_, false));
}

}  // namespace hither
