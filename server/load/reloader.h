#ifndef HITHER_SERVER_LOAD_RELOADER_H_
#define HITHER_SERVER_LOAD_RELOADER_H_

#include <uv.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/net/uv.h"
#include "base/snapshot.h"
#include "base/stop_flag.h"
#include "daemon/config/config.h"
#include "server/load/config_files.h"
#include "server/load/file_watch.h"
#include "server/load/load_thread.h"
#include "server/load/zone_publisher.h"
#include "server/load/zone_store.h"
#include "zones/set/zone_set.h"

namespace hither {

// The owner of a Reloader, which calls it on the control thread.
class ReloadHost {
 public:
  virtual ~ReloadHost() = default;
  virtual void OnPublish() = 0;  // New zones: release the old ones.
  virtual void OnLoaded(std::shared_ptr<const ZoneSet> zones) = 0;  // All, and they are published.
  virtual void OnReloadBegin() = 0;
  virtual void OnReloadEnd(bool is_good) = 0;
  // Of a first load for which LoadFirst() did not wait. It may call Stop().
  virtual void OnFirstLoadEnd(const absl::Status& status) = 0;
};

// Loads the zones at startup and at each reload, publishes them, and answers the threads that asked
// for a reload.
//
// However many ask while a reload runs, one more answers them all.
//
// Threads: the control thread's, except that any thread may call Reload(), zones() and the counts.
// The work is done on a LoadThread and the threads that it makes, so that signals and timers go on.
class Reloader {
 public:
  using ReadConfig = std::function<absl::StatusOr<Config>()>;

  // `running` is the configuration that the server runs with; its zones are not looked at. A reload
  // calls `read` on the loading thread. All outlive the Reloader.
  Reloader(const Config& running, ReadConfig read, ReloadHost& host);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Before anything else.
  void Open(uv_loop_t& loop);

  // Returns when all zones are loaded, or, if that takes longer than `patience`, when some are: the
  // others get SERVFAIL until they are loaded, which goes on. An error only if not one zone can be
  // served.
  absl::Status LoadFirst(ZoneSources zones, absl::Duration patience);
  bool IsLoadingFirst() const { return loading_ == Loading::kFirst; }
  // To be called now and then; while IsLoadingFirst(), publishes the zones that are ready.
  void PublishReady(absl::Time now);

  // Begins a reload of all zones, or, if a load runs, begins one after it.
  void Begin() { Begin(/*all=*/true); }
  // Reads the configuration, and what has changed of the zones named `only` or, if that is empty,
  // of all. Calls `done` once, on the control thread, at the end of a reload that began after the
  // call; immediately after Stop(). `text`: what has changed, warnings and a summary, or all
  // errors.
  using Done = std::function<void(bool ok, const std::string& text)>;
  void Reload(ZoneNames only, Done done);

  // A load that runs gives up as soon as it looks at its StopFlag; Reload() gives an error, and so
  // does each later one. Run the loop once more before it is closed.
  void Stop();
  // After Stop(): whether no load runs any more at `deadline`.
  bool WaitUntil(absl::Time deadline) { return loader_.WaitUntil(deadline); }

  const Snapshot<ZoneSet>& zones() const { return publisher_.zones(); }
  uint64_t reloads() const { return reloads_.all.load(std::memory_order_relaxed); }
  uint64_t reloads_failed() const { return reloads_.failed.load(std::memory_order_relaxed); }

 private:
  // kLook: no load, but whether files have changed before they were watched.
  enum class Loading : uint8_t { kNothing, kFirst, kAgain, kLook };

  struct Answer {
    bool ok;
    std::string text;
  };
  struct Waiter {
    ZoneNames only;
    Done done;
  };

  struct Wanted {
    bool all = false;
    std::vector<ZoneNames> named;  // By those who did not ask for all.
  };

  struct Outcome {
    absl::Status config;  // If not OK, nothing was loaded: nothing has changed.
    ZoneNames unknown;    // Were named, but are not in the configuration.
    std::string restart;  // The settings that have changed and need one: a line, or "".
    LoadReport zones;
    std::optional<WatchList> watch;  // Of all files, if they are to be watched.
    absl::Duration took;
  };

  void Begin(bool all);
  void OnCall();
  void LoadOnItsThread(bool is_first);
  void ReportLoaded();
  void WatchFiles();
  void OnFilesChanged(bool is_seen);
  void Look();
  void EndLook();
  void NoteFiles(const Config& config);
  void NoteFilesOfFailure(const absl::Status& status, int64_t began_ns);
  WatchList AllFiles() const;
  absl::Status LoadFirstZones();
  absl::Status LoadChanges();
  LoadReport Load(const ZoneSources& zones, const ZoneNames& only);  // Throws std::bad_alloc.
  bool WaitForZones(absl::Duration patience);
  absl::Status EndFirst();
  void AllAreLoaded();
  void EndReload();
  Answer Summary() const;
  Answer AnswerFor(const Waiter& waiter, const Answer& summary) const;
  static void AnswerAll(std::vector<Waiter> waiters, const Answer& answer);

  const Config& running_;
  const ReadConfig read_;
  ReloadHost& host_;
  StopFlag stop_;    // Before store_, which looks at it.
  ZoneStore store_;  // The loading thread's while loading_, the control thread's otherwise.
  Outcome outcome_;  // As store_.
  ZonePublisher publisher_;
  struct Watching {
    std::optional<FileWatch> watch;  // If files are to be watched.
    ConfigFiles config;              // As store_, and only if files are to be watched.
    bool may_have_changed = false;   // The result of a look, as store_.
  } watching_;
  ZoneSources first_zones_;  // Until they are loaded.
  Loading loading_ = Loading::kNothing;
  struct Again {
    bool any = false;  // A reload was asked for while a load was running;
    bool all = false;  // one of all zones.
  } again_;
  Wanted wanted_;                         // From the reload that runs.
  std::vector<Waiter> answered_by_this_;  // Who waits for it.
  std::atomic<bool> loaded_{false};       // The loading thread has finished.
  struct Counts {
    std::atomic<uint64_t> all{0};
    std::atomic<uint64_t> failed{0};
  } reloads_;

  Mutex mu_;
  UvAsync call_;  // Send() only under mu_ and if not closed_.
  std::vector<Waiter> waiting_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;  // Nobody would answer any more.

  LoadThread loader_;  // The last: it ends before what it uses.
};

}  // namespace hither

#endif  // HITHER_SERVER_LOAD_RELOADER_H_
