#include "server/load/reloader.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/log.h"
#include "base/within_memory.h"
#include "server/load/check_zones.h"
#include "server/load/load_ticker.h"
#include "server/settings.h"

namespace hither {
namespace {

constexpr absl::Duration kProgressEvery = absl::Seconds(2);
constexpr char kEndingText[] = "the server is ending";

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
}

absl::Status Reloader::LoadFirst(ZoneSources zones, absl::Duration patience) {
  // Before the first answer: who was told to end must not drop what it has begun to answer.
  const absl::Status loader = loader_.Start();
  if (!loader.ok()) return loader;
  first_zones_ = std::move(zones);
  Log(LogLevel::kInfo, "loading ", first_zones_.size(), " zones");
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
  if (status.ok() && again_) Begin();
}

absl::StatusOr<std::string> Reloader::Reload() {
  std::future<Answer> promised;
  {
    MutexLock lock(mu_);
    if (closed_) return absl::UnavailableError(kEndingText);
    promised = waiting_.emplace_back().get_future();
    call_.Send();  // Under the lock: Stop() closes the handle.
  }
  Answer answer = promised.get();
  if (answer.ok) return std::move(answer.text);
  return absl::UnknownError(answer.text);
}

void Reloader::OnCall() {
  if (loaded_.exchange(false, std::memory_order_acquire)) {
    IsLoadingFirst() ? AllAreLoaded() : EndReload();
  }
  bool asked = false;
  {
    MutexLock lock(mu_);
    asked = !waiting_.empty();
  }
  if (asked) Begin();
}

void Reloader::Begin() {
  if (stop_.IsRaised()) return;
  if (loading_ != Loading::kNothing) {
    again_ = true;
    return;
  }
  loading_ = Loading::kAgain;
  again_ = false;
  host_.OnReloadBegin();
  {
    MutexLock lock(mu_);
    answered_by_this_ = std::exchange(waiting_, {});
  }
  Log(LogLevel::kInfo, "reload begins");
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
  loaded_.store(true, std::memory_order_release);
  MutexLock lock(mu_);
  if (!closed_) call_.Send();  // Else nobody waits for it.
}

absl::Status Reloader::LoadFirstZones() {
  return WithinMemory(absl::StrCat("load ", first_zones_.size(), " zones"),
                      [this] { outcome_.zones = Load(first_zones_); });
}

absl::Status Reloader::LoadChanges() {
  const absl::StatusOr<Config> config = read_();
  if (!config.ok()) return config.status();
  const std::vector<std::string> keys = SettingsThatNeedRestart(running_, *config);
  if (!keys.empty()) {
    Log(LogLevel::kWarning,
        "these settings changed and take effect after a restart: ", absl::StrJoin(keys, ", "));
  }
  outcome_.zones = Load(config->zones);
  return absl::OkStatus();
}

LoadReport Reloader::Load(const ZoneSources& zones) {
  LoadProgress progress;
  const LoadTicker ticker(progress, kProgressEvery);
  return store_.Load(zones, absl::Now(), progress);
}

void Reloader::EndReload() {
  loading_ = Loading::kNothing;
  if (outcome_.config.ok() && outcome_.zones.changed()) {
    publisher_.Publish(store_.set());
    host_.OnLoaded(store_.set());
  }
  const Answer answer = Summary();
  reloads_.fetch_add(1, std::memory_order_relaxed);
  if (!answer.ok) reloads_failed_.fetch_add(1, std::memory_order_relaxed);
  for (AnswerPromise& waiter : answered_by_this_) waiter.set_value(answer);
  answered_by_this_.clear();
  host_.OnReloadEnd(answer.ok);
  if (again_) Begin();
}

Reloader::Answer Reloader::Summary() const {
  if (!outcome_.config.ok()) {
    const std::string why(outcome_.config.message());
    Log(LogLevel::kError, why, "\nreload failed: nothing has changed");
    return {false, why};
  }
  const LoadReport& zones = outcome_.zones;
  const std::string text = absl::StrCat(zones.loaded, " zones read, ", zones.unchanged,
                                        " unchanged, ", zones.failed, " failed, ", zones.removed,
                                        " removed, in ", absl::FormatDuration(outcome_.took));
  Log(zones.failed == 0 ? LogLevel::kInfo : LogLevel::kError, "reload ends: ", text);
  if (zones.failed == 0) return {true, text};
  const std::string more = zones.errors_omitted == 0 ? ""
                                                     : absl::StrCat("\nand ", zones.errors_omitted,
                                                                    " more errors; see the log");
  return {false, absl::StrCat(absl::StrJoin(zones.errors, "\n"), more, "\n", text)};
}

void Reloader::Stop() {
  stop_.Raise();
  {
    MutexLock lock(mu_);
    closed_ = true;
    // A reload that runs does not end here: nothing of it would be published.
    for (auto* waiters : {&waiting_, &answered_by_this_}) {
      for (AnswerPromise& waiter : *waiters) waiter.set_value({false, kEndingText});
      waiters->clear();
    }
    call_.Close();
  }
  publisher_.Close();
}

}  // namespace hither
