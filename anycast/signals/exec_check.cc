#include "anycast/signals/exec_check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file_descriptor.h"
#include "base/printable.h"

namespace hither {

// Ends when the process has: what it has started may hold the pipe open for ever.
class ExecCheck::Run {
 public:
  Run(uv_loop_t& loop, ExecCheck& owner) : owner_(&owner) {
    HITHER_CHECK(uv_pipe_init(&loop, &output_, 0) == 0);
    HITHER_CHECK(uv_timer_init(&loop, &timer_) == 0);
    process_.data = output_.data = timer_.data = this;
    open_handles_ = 2;
  }

  // 0, or libuv's error; then Abandon() it.
  int Start(uv_loop_t& loop, const AnycastConfig::ExecCheck& config) {
    std::vector<char*> arguments;
    for (const std::string& word : config.command) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return -errno;
    FileDescriptor our_end(ends[0]);
    const FileDescriptor its_end(ends[1]);
    uv_stdio_container_t streams[3] = {};
    streams[0].flags = UV_IGNORE;
    streams[1].flags = streams[2].flags = UV_INHERIT_FD;
    streams[1].data.fd = streams[2].data.fd = its_end.get();
    HITHER_CHECK(uv_pipe_open(&output_, our_end.Release()) == 0);
    uv_process_options_t options = {};
    options.file = arguments[0];
    options.args = arguments.data();
    options.flags = UV_PROCESS_DETACHED;  // setsid(): a group of its own.
    options.stdio = streams;
    options.stdio_count = 3;
    options.exit_cb = [](uv_process_t* p, int64_t status, int signal) {
      static_cast<Run*>(p->data)->OnExit(status, signal);
    };
    const int spawned = uv_spawn(&loop, &process_, &options);
    ++open_handles_;  // Also of a failed one: uv_spawn() has made the handle.
    if (spawned != 0) return spawned;
    uv_read_start(reinterpret_cast<uv_stream_t*>(&output_), Allocate, OnOutput);
    const auto on_timeout = [](uv_timer_t* t) { static_cast<Run*>(t->data)->OnTimeout(); };
    uv_timer_start(&timer_, on_timeout,
                   static_cast<uint64_t>(absl::ToInt64Milliseconds(config.timeout)), 0);
    timeout_ = config.timeout;
    return 0;
  }

  void Abandon() {
    owner_ = nullptr;
    Kill();
    if (uv_process_get_pid(&process_) == 0 || ended_) Close();
    // Otherwise its end is waited for, so that no zombie stays.
  }

 private:
  static void Allocate(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto& octets = static_cast<Run*>(handle->data)->octets_;
    *buffer = uv_buf_init(octets.data(), octets.size());
  }
  static void OnOutput(uv_stream_t* stream, ssize_t got, const uv_buf_t* buffer) {
    auto* const self = static_cast<Run*>(stream->data);
    if (got < 0) return void(uv_read_stop(stream));
    const size_t room = kExecOutputShownMax - self->output_text_.size();
    self->output_text_.append(buffer->base, std::min(static_cast<size_t>(got), room));
  }

  void Kill() {
    const int pid = uv_process_get_pid(&process_);
    if (pid > 0 && !ended_) ::kill(-pid, SIGKILL);
  }

  void OnTimeout() {
    timed_out_ = true;
    Kill();  // OnExit() comes.
  }

  void OnExit(int64_t status, int signal) {
    // Those that it has left behind, and that would go on after the check.
    ::kill(-uv_process_get_pid(&process_), SIGKILL);
    ended_ = true;
    ReadWhatIsLeft();
    if (owner_ != nullptr) Tell(status, signal);
    Close();
  }

  // Its last words may be in the pipe still.
  void ReadWhatIsLeft() {
    uv_os_fd_t fd = -1;
    if (uv_fileno(reinterpret_cast<uv_handle_t*>(&output_), &fd) != 0) return;
    char more[kExecOutputShownMax];
    const ssize_t got = ::read(fd, more, kExecOutputShownMax - output_text_.size());
    if (got > 0) output_text_.append(more, static_cast<size_t>(got));
  }

  void Tell(int64_t status, int signal) {
    const bool is_hard = owner_->config_.is_hard;
    Level level = is_hard ? Level::kHard : Level::kSoft;
    std::string how;
    if (timed_out_) {
      how = absl::StrCat("took over ", absl::FormatDuration(timeout_), " and was killed");
    } else if (signal != 0) {
      how = absl::StrCat("was ended by signal ", signal);
    } else {
      how = absl::StrCat("exit ", status);
      if (status == 0) level = Level::kOk;
      if (status == kExecTempFail) level = Level::kUnknown;
    }
    const std::string said = Printable(std::string(absl::StripAsciiWhitespace(output_text_)));
    std::exchange(owner_, nullptr)->OnEnd(level, said.empty() ? how : how + ": " + said);
  }

  void Close() {
    const auto on_close = [](uv_handle_t* handle) {
      auto* const self = static_cast<Run*>(handle->data);
      if (--self->open_handles_ == 0) delete self;
    };
    uv_close(reinterpret_cast<uv_handle_t*>(&output_), on_close);
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_), on_close);
    if (open_handles_ == 3) uv_close(reinterpret_cast<uv_handle_t*>(&process_), on_close);
  }

  ExecCheck* owner_;
  uv_process_t process_ = {};
  uv_pipe_t output_;
  uv_timer_t timer_;
  int open_handles_ = 0;
  bool ended_ = false;
  bool timed_out_ = false;
  absl::Duration timeout_;
  std::string output_text_;
  std::array<char, 4'096> octets_;
};

ExecCheck::ExecCheck(uv_loop_t& loop, const AnycastConfig::ExecCheck& config)
    : loop_(loop), config_(config) {}

ExecCheck::~ExecCheck() {
  if (running_ != nullptr) running_->Abandon();
}

void ExecCheck::Tick(absl::Time now) {
  if (running_ != nullptr || now < due_) return;
  due_ = now + config_.every;
  began_at_ = now;
  running_ = new Run(loop_, *this);
  const int started = running_->Start(loop_, config_);
  if (started == 0) return;
  std::exchange(running_, nullptr)->Abandon();
  level_ = Level::kUnknown;
  judged_at_ = now;
  detail_ = absl::StrCat("cannot be started: ", config_.command[0], ": ", uv_strerror(started));
}

void ExecCheck::OnEnd(Level level, std::string detail) {
  running_ = nullptr;
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
