#include "anycast/signals/exec_check.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file_descriptor.h"
#include "base/net/uv.h"
#include "base/net/uv_pipe.h"
#include "base/net/uv_process.h"
#include "base/printable.h"

namespace hither {

// Ends when the process has: what it has started may hold the pipe open for ever.
class ExecCheck::Run {
 public:
  explicit Run(ExecCheck& owner) : owner_(owner) {}

  // 0, or libuv's error.
  int Start(uv_loop_t& loop) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return -errno;
    FileDescriptor our_end(ends[0]);
    const FileDescriptor its_end(ends[1]);
    const auto on_read = [this](std::span<const char> octets, int) { Append(octets); };
    HITHER_CHECK(output_.Open(loop, std::move(our_end), on_read) == 0);
    const int spawned = process_.Spawn(
        loop, {.words = owner_.config_.command, .output = its_end.get(), .with_errors = true},
        [this](int64_t status, int signal) { OnExit(status, signal); });
    if (spawned != 0) return spawned;
    output_.StartReading();
    timer_ = UvTimer(loop, [this] { OnTimeout(); });
    timer_.Start(owner_.config_.timeout);
    return 0;
  }

 private:
  void Append(std::span<const char> octets) {
    const size_t room = kExecOutputShownMax - text_.size();
    text_.append(octets.data(), std::min(octets.size(), room));
  }

  void OnTimeout() {
    has_timed_out_ = true;
    process_.KillGroup();  // OnExit() comes.
  }

  void OnExit(int64_t status, int signal) {
    process_.KillGroup();  // What it has left behind would continue after the check.
    text_ += output_.ReadNow(kExecOutputShownMax - text_.size());  // Its last words.
    Tell(status, signal);
  }

  // Destroys this.
  void Tell(int64_t status, int signal) {
    const AnycastConfig::ExecCheck& config = owner_.config_;
    Level level = config.is_hard ? Level::kHard : Level::kSoft;
    std::string how;
    if (has_timed_out_) {
      how = absl::StrCat("took over ", absl::FormatDuration(config.timeout), " and was killed");
    } else if (signal != 0) {
      how = absl::StrCat("was killed by signal ", signal);
    } else {
      how = absl::StrCat("exit ", status);
      if (status == 0) level = Level::kOk;
      if (status == kExecTempFail) level = Level::kUnknown;
    }
    const std::string said = Printable(std::string(absl::StripAsciiWhitespace(text_)));
    owner_.OnEnd(level, said.empty() ? how : how + ": " + said);
  }

  ExecCheck& owner_;
  UvProcess process_;
  UvPipe output_;
  UvTimer timer_;
  bool has_timed_out_ = false;
  std::string text_;
};

ExecCheck::ExecCheck(uv_loop_t& loop, const AnycastConfig::ExecCheck& config)
    : loop_(loop), config_(config) {}

ExecCheck::~ExecCheck() = default;

void ExecCheck::Tick(absl::Time now) {
  if (running_ != nullptr || now < due_) return;
  due_ = now + config_.every;
  began_at_ = now;
  running_ = std::make_unique<Run>(*this);
  const int started = running_->Start(loop_);
  if (started == 0) return;
  OnEnd(Level::kUnknown,
        absl::StrCat("cannot be started: ", config_.command[0], ": ", uv_strerror(started)));
}

void ExecCheck::OnEnd(Level level, std::string detail) {
  running_.reset();
  level_ = level;
  detail_ = std::move(detail);
  judged_at_ = began_at_;
}

Signal ExecCheck::ToSignal(absl::Time now) const {
  Signal signal{.name = absl::StrCat("check ", config_.name),
                .scope = config_.is_shared ? Scope::kShared : Scope::kLocal,
                .level = level_,
                .detail = detail_};
  const absl::Duration age_max = 4 * config_.every + config_.timeout;
  if (judged_at_ != absl::InfinitePast() && now - judged_at_ > age_max) {
    signal.level = Level::kUnknown;
    signal.detail = absl::StrCat("no verdict for ", absl::FormatDuration(now - judged_at_));
  }
  return signal;
}

}  // namespace hither
