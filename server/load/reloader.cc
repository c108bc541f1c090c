#include "server/load/reloader.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/counted.h"
#include "base/log.h"
#include "base/within_memory.h"
#include "server/load/check_zones.h"
#include "server/load/load_ticker.h"
#include "server/settings.h"

namespace hither {
namespace {

constexpr absl::Duration kProgressEvery = absl::Seconds(2);
constexpr char kEndingText[] = "the server is ending";

// Those of `named` that `zones` does not have.
ZoneNames UnknownOf(const std::vector<ZoneNames>& named, const ZoneSources& zones) {
  ZoneNames unknown;
  for (const ZoneNames& names : named) unknown.insert(names.begin(), names.end());
  if (unknown.empty()) return unknown;
  for (const ZoneSource zone : zones) unknown.erase(absl::AsciiStrToLower(zone.name().ToText()));
  return unknown;
}

// Those of `names` that are among `unknown`.
ZoneNames CommonOf(const ZoneNames& names, const ZoneNames& unknown) {
  ZoneNames common;
  for (const std::string& name : names) {
    if (unknown.contains(name)) common.insert(name);
  }
  return common;
}

// Those that may be loaded: a request with a wrong name changes nothing.
ZoneNames ToLoad(const std::vector<ZoneNames>& named, const ZoneNames& unknown) {
  ZoneNames load;
  for (const ZoneNames& names : named) {
    if (CommonOf(names, unknown).empty()) load.insert(names.begin(), names.end());
  }
  return load;
}

std::string NoZoneText(const ZoneNames& unknown) {
  std::vector<std::string> sorted(unknown.begin(), unknown.end());
  std::sort(sorted.begin(), sorted.end());
  return absl::StrCat("the configuration has no zone ", absl::StrJoin(sorted, ", "),
                      "; `hither reload` without a name reads all");
}

LoadOptions Stoppable(LoadOptions options, const StopFlag& stop) {
  options.limits.file.stop = &stop;
  options.limits.zone.stop = &stop;
  return options;
}

}  // namespace

Reloader::Reloader(const Config& running, ReadConfig read, ReloadHost& host)
    : running_(running),
      read_(std::move(read)),
      host_(host),
      store_(Stoppable(LoadOptionsOf(running), stop_)),
      publisher_(store_.set(), [this] { host_.OnPublish(); }) {}

Reloader::~Reloader() { Stop(); }

void Reloader::Open(uv_loop_t& loop) {
  HITHER_CHECK(call_.Open(loop, [this] { OnCall(); }) == 0);
  publisher_.Open(loop);
  if (running_.reload.watch) {
    watching_.watch.emplace(loop, running_.reload.settle,
                            [this](bool is_seen) { OnFilesChanged(is_seen); });
  }
}

absl::Status Reloader::LoadFirst(ZoneSources zones, absl::Duration patience) {
  // Before the first answer: who was told to end must not drop what it has begun to answer.
  const absl::Status loader = loader_.Start();
  if (!loader.ok()) return loader;
  first_zones_ = std::move(zones);
  Log(LogLevel::kInfo, "loading ", Counted(first_zones_.size(), "zone"));
  loading_ = Loading::kFirst;
  loader_.Run([this] { LoadOnItsThread(/*is_first=*/true); });
  if (WaitForZones(patience)) return EndFirst();
  Log(LogLevel::kWarning, "answering from ", publisher_.published_part(), " of ",
      first_zones_.size(), " zones; the others get SERVFAIL until they are loaded");
  return absl::OkStatus();
}

// True: all are loaded. False: some are, and it takes long.
bool Reloader::WaitForZones(absl::Duration patience) {
  const absl::Duration look_every =
      std::clamp(patience, absl::Milliseconds(1), absl::Milliseconds(100));
  const absl::Time patient_until = absl::Now() + patience;
  while (!loader_.WaitUntil(std::max(patient_until, absl::Now() + look_every))) {
    publisher_.PublishPart(store_, absl::Now());
    if (publisher_.published_part() > 0) return false;
  }
  return true;
}

void Reloader::PublishReady(absl::Time now) {
  if (IsLoadingFirst()) publisher_.PublishPart(store_, now);
}

absl::Status Reloader::EndFirst() {
  loaded_.store(false, std::memory_order_relaxed);
  loading_ = Loading::kNothing;
  const size_t zones = std::exchange(first_zones_, {}).size();
  if (!outcome_.config.ok()) return outcome_.config;
  publisher_.Publish(store_.set());
  host_.OnLoaded(store_.set());
  WatchFiles();
  const LoadReport& report = outcome_.zones;
  Log(LogLevel::kInfo, "loaded ", report.served, " of ", zones, " zones, ", report.records,
      " records, in ", absl::FormatDuration(outcome_.took));
  if (report.served > 0) return absl::OkStatus();
  return absl::UnavailableError("not one zone could be loaded; see the errors above");
}

// After a start that did not wait for it.
void Reloader::AllAreLoaded() {
  const absl::Status status = EndFirst();
  host_.OnFirstLoadEnd(status);
  if (status.ok() && again_.any) Begin(/*all=*/false);
}

void Reloader::Reload(ZoneNames only, Done done) {
  {
    MutexLock lock(mu_);
    if (!closed_) {
      waiting_.push_back({std::move(only), std::move(done)});
      call_.Send();  // Under the lock: Stop() closes the handle.
      return;
    }
  }
  done(false, kEndingText);
}

void Reloader::AnswerAll(std::vector<Waiter> waiters, const Answer& answer) {
  for (const Waiter& waiter : waiters) waiter.done(answer.ok, answer.text);
}

void Reloader::OnCall() {
  if (loaded_.exchange(false, std::memory_order_acquire)) {
    switch (loading_) {
      case Loading::kNothing:
        break;
      case Loading::kFirst:
        AllAreLoaded();
        break;
      case Loading::kAgain:
        EndReload();
        break;
      case Loading::kLook:
        EndLook();
        break;
    }
  }
  bool asked = false;
  {
    MutexLock lock(mu_);
    asked = !waiting_.empty();
  }
  if (asked) Begin(/*all=*/false);
}

void Reloader::Begin(bool all) {
  if (stop_.IsRaised()) return;
  again_.all = again_.all || all;
  if (loading_ != Loading::kNothing) {
    again_.any = true;
    return;
  }
  loading_ = Loading::kAgain;
  again_.any = false;
  host_.OnReloadBegin();
  {
    MutexLock lock(mu_);
    answered_by_this_ = std::exchange(waiting_, {});
  }
  wanted_ = {.all = std::exchange(again_.all, false), .named = {}};
  for (const Waiter& waiter : answered_by_this_) {
    if (waiter.only.empty()) wanted_.all = true;
    if (!waiter.only.empty()) wanted_.named.push_back(waiter.only);
  }
  const bool is_one = wanted_.named.size() == 1 && wanted_.named[0].size() == 1;
  Log(LogLevel::kInfo, "reload begins",
      wanted_.all ? "" : absl::StrCat(" of ", is_one ? *wanted_.named[0].begin() : "some zones"));
  loader_.Run([this] { LoadOnItsThread(/*is_first=*/false); });
}

void Reloader::LoadOnItsThread(bool is_first) {
  // Workers keep their cores: to load is never as urgent as to answer. Linux has this by thread. At
  // first nobody is answered, most times.
  if (!is_first) setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10);
  const absl::Time began = absl::Now();
  outcome_ = {};
  outcome_.config =
      is_first ? LoadFirstZones() : WithinMemory("reload", [this] { return LoadChanges(); });
  outcome_.took = absl::Now() - began;
  // The list of zones, and what reading them took: of a million it is 200 MB.
  if (!stop_.IsRaised()) malloc_trim(0);
  ReportLoaded();
}

void Reloader::ReportLoaded() {
  loaded_.store(true, std::memory_order_release);
  MutexLock lock(mu_);
  if (!closed_) call_.Send();  // Else nobody waits for it.
}

absl::Status Reloader::LoadFirstZones() {
  return WithinMemory(absl::StrCat("load ", first_zones_.size(), " zones"), [this] {
    NoteFiles(running_);
    outcome_.zones = Load(first_zones_, {});
    outcome_.watch = AllFiles();
  });
}

absl::Status Reloader::LoadChanges() {
  const int64_t began_ns = FileClockNow();
  const absl::StatusOr<Config> config = read_();
  if (!config.ok()) {
    NoteFilesOfFailure(config.status(), began_ns);
    return config.status();
  }
  NoteFiles(*config);
  const std::vector<std::string> keys = SettingsThatNeedRestart(running_, *config);
  if (!keys.empty()) {
    outcome_.restart = absl::StrCat("these settings changed and take effect after a restart: ",
                                    absl::StrJoin(keys, ", "));
    Log(LogLevel::kWarning, outcome_.restart);
  }
  outcome_.unknown = UnknownOf(wanted_.named, config->zones);
  const ZoneNames only = wanted_.all ? ZoneNames() : ToLoad(wanted_.named, outcome_.unknown);
  if (!wanted_.all && only.empty()) return absl::NotFoundError(NoZoneText(outcome_.unknown));
  outcome_.zones = Load(config->zones, only);
  outcome_.watch = AllFiles();
  return absl::OkStatus();
}

void Reloader::NoteFiles(const Config& config) {
  if (!watching_.watch.has_value()) return;
  watching_.config.TakeGood(config);
}

// The files of before are still watched: they, or what the new ones are, are to be corrected.
void Reloader::NoteFilesOfFailure(const absl::Status& status, int64_t began_ns) {
  if (!watching_.watch.has_value()) return;
  if (watching_.config.AddWrong(status, began_ns)) {
    Log(LogLevel::kWarning, "reload.watch: the configuration has more than ",
        ConfigFiles::kWrongMax,
        " files to correct, and only so many are watched; use `hither reload` after correcting the "
        "others");
  }
  outcome_.watch = AllFiles();
}

WatchList Reloader::AllFiles() const {
  WatchList list;
  if (!watching_.watch.has_value()) return list;
  watching_.config.AddTo(list);
  store_.AddFiles(list);
  return list;
}

void Reloader::WatchFiles() {
  if (!watching_.watch.has_value() || !outcome_.watch.has_value()) return;
  watching_.watch->Watch(*std::exchange(outcome_.watch, std::nullopt));
}

void Reloader::OnFilesChanged(bool is_seen) {
  if (!is_seen && loading_ == Loading::kNothing) return Look();
  // What runs now began after they were watched, but a load may be of some zones only.
  if (!is_seen && (loading_ == Loading::kLook || wanted_.all)) return;
  Log(LogLevel::kInfo, "files have changed");
  Begin();
}

// Files may have changed between a load and the beginning of the watch. A look at a million takes
// a second, so it is not the control thread's.
void Reloader::Look() {
  if (stop_.IsRaised()) return;
  loading_ = Loading::kLook;
  loader_.Run([this] {
    bool& changed = watching_.may_have_changed;
    changed = true;  // If memory does not suffice to look, a reload will report it.
    const absl::Status looked = WithinMemory("look for changes", [&] {
      changed = watching_.config.HaveChanged() || store_.HasChangedFiles();
    });
    if (!looked.ok()) changed = true;
    ReportLoaded();
  });
}

void Reloader::EndLook() {
  loading_ = Loading::kNothing;
  if (watching_.may_have_changed) return OnFilesChanged(/*is_seen=*/true);
  if (again_.any) Begin(/*all=*/false);
}

LoadReport Reloader::Load(const ZoneSources& zones, const ZoneNames& only) {
  LoadProgress progress;
  const LoadTicker ticker(progress, kProgressEvery);
  return store_.Load(zones, absl::Now(), progress, only);
}

void Reloader::EndReload() {
  loading_ = Loading::kNothing;
  if (outcome_.config.ok() && outcome_.zones.changed()) {
    publisher_.Publish(store_.set());
    host_.OnLoaded(store_.set());
  }
  WatchFiles();
  const Answer answer = Summary();
  reloads_.all.fetch_add(1, std::memory_order_relaxed);
  if (!answer.ok) reloads_.failed.fetch_add(1, std::memory_order_relaxed);
  for (const Waiter& waiter : std::exchange(answered_by_this_, {})) {
    const Answer own = AnswerFor(waiter, answer);
    waiter.done(own.ok, own.text);
  }
  host_.OnReloadEnd(answer.ok);
  if (again_.any) Begin(/*all=*/false);
}

Reloader::Answer Reloader::Summary() const {
  if (!outcome_.config.ok()) {
    const std::string why(outcome_.config.message());
    Log(LogLevel::kError, why, "\nreload failed: nothing has changed");
    return {false, why};
  }
  const LoadReport& zones = outcome_.zones;
  const std::string text = absl::StrCat(Counted(zones.loaded, "zone"), " read, ", zones.unchanged,
                                        " unchanged, ", zones.failed, " failed, ", zones.removed,
                                        " removed, in ", absl::FormatDuration(outcome_.took));
  Log(zones.failed == 0 ? LogLevel::kInfo : LogLevel::kError, "reload ends: ", text);
  std::vector<std::string> lines = zones.errors;
  if (zones.errors_omitted > 0) {
    lines.push_back(absl::StrCat("and ", zones.errors_omitted, " more errors; see the log"));
  }
  if (!outcome_.restart.empty()) lines.push_back(outcome_.restart);
  lines.insert(lines.end(), zones.notes.begin(), zones.notes.end());
  if (zones.notes_omitted > 0) {
    lines.push_back(absl::StrCat("and ", zones.notes_omitted, " more changes and warnings"));
  }
  lines.push_back(text);
  return {zones.failed == 0, absl::StrJoin(lines, "\n")};
}

// The same, unless a name of its own is wrong: that is nobody else's fault.
Reloader::Answer Reloader::AnswerFor(const Waiter& waiter, const Answer& summary) const {
  const ZoneNames unknown = CommonOf(waiter.only, outcome_.unknown);
  return unknown.empty() ? summary : Answer{false, NoZoneText(unknown)};
}

void Reloader::Stop() {
  stop_.Raise();
  std::vector<Waiter> waiting;
  {
    MutexLock lock(mu_);
    closed_ = true;
    waiting = std::exchange(waiting_, {});
    call_.Close();
  }
  // A reload that runs does not end here: nothing of it would be published.
  AnswerAll(std::exchange(answered_by_this_, {}), {false, kEndingText});
  AnswerAll(std::move(waiting), {false, kEndingText});
  publisher_.Close();
  if (watching_.watch.has_value()) watching_.watch->Close();
}

}  // namespace hither
