#include "base/net/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file_descriptor.h"

extern char** environ;

namespace hither {
namespace {

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// This process's environment, with the variables in `changed` replaced.
std::vector<std::string> Environment(const std::vector<std::string>& changed) {
  std::vector<std::string> all = changed;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string name = std::string(*entry).substr(0, std::string(*entry).find('=') + 1);
    bool is_changed = false;
    for (const std::string& other : changed) is_changed |= other.rfind(name, 0) == 0;
    if (!is_changed) all.emplace_back(*entry);
  }
  return all;
}

}  // namespace

struct ChildProcess::Run {
  uv_process_t process = {};
  uv_pipe_t pipe = {};
  uv_timer_t timer = {};
  int open_handles = 0;
  Options options;
  ChildProcess* owner = nullptr;  // Null once it is gone or was notified.
  Done done;
  Result result;
  std::array<char, 16 * 1024> buffer;
  bool has_exited = false;
  bool has_ended = false;  // Its output.
  bool is_closing = false;

  void Start(uv_loop_t* loop);
  int Spawn(uv_loop_t* loop, int output);
  void Fail(absl::Status status);
  void Kill() const;
  void Tell();
  void EndIfComplete();
  void Close();
  void CloseHandle(uv_handle_t* handle);
  void OnExit(int64_t code, int signal);
  void OnRead(ssize_t size);
};

void ChildProcess::Run::CloseHandle(uv_handle_t* handle) {
  uv_close(handle, [](uv_handle_t* closed) {
    Run* run = static_cast<Run*>(closed->data);
    if (--run->open_handles == 0) delete run;
  });
}

void ChildProcess::Run::Close() {
  if (std::exchange(is_closing, true)) return;
  CloseHandle(reinterpret_cast<uv_handle_t*>(&process));
  CloseHandle(reinterpret_cast<uv_handle_t*>(&pipe));
  CloseHandle(reinterpret_cast<uv_handle_t*>(&timer));
}

// The group, so that a script's children die with it.
void ChildProcess::Run::Kill() const {
  if (process.pid > 0) kill(-process.pid, SIGKILL);
}

void ChildProcess::Run::Tell() {
  if (owner != nullptr) owner->run_ = nullptr;
  owner = nullptr;
  const Done call = std::exchange(done, nullptr);
  if (call) call(result);  // May delete the owner.
}

// Notified immediately, because a process that hangs in the kernel survives even SIGKILL; closed
// when it is gone, because libuv only reaps children that it still knows.
void ChildProcess::Run::Fail(absl::Status status) {
  if (result.status.ok()) result.status = std::move(status);
  Kill();
  uv_read_stop(reinterpret_cast<uv_stream_t*>(&pipe));
  has_ended = true;
  if (has_exited) Close();
  Tell();
}

void ChildProcess::Run::EndIfComplete() {
  if (!has_exited || !has_ended) return;
  Close();
  Tell();
}

void ChildProcess::Run::OnExit(int64_t code, int signal) {
  has_exited = true;
  if (result.status.ok() && signal != 0) {
    result.status = absl::UnknownError(absl::StrCat("was killed by signal ", signal));
  } else if (result.status.ok() && code != 0) {
    result.status = absl::UnknownError(absl::StrCat("exit code ", code));
  }
  EndIfComplete();
}

void ChildProcess::Run::OnRead(ssize_t size) {
  if (size < 0) {
    has_ended = true;
    return EndIfComplete();
  }
  result.output.append(buffer.data(), static_cast<size_t>(size));
  if (result.output.size() <= options.output_bytes_max) return;
  result.output.resize(options.output_bytes_max);
  Fail(absl::ResourceExhaustedError(
      absl::StrCat("wrote more than ", options.output_bytes_max, " octets")));
}

int ChildProcess::Run::Spawn(uv_loop_t* loop, int output) {
  const std::vector<std::string> environment = Environment(options.environment);
  std::vector<char*> arguments = Pointers(options.command);
  std::vector<char*> variables = Pointers(environment);
  std::array<uv_stdio_container_t, 3> stdio = {};
  stdio[0].flags = UV_IGNORE;
  stdio[1].flags = UV_INHERIT_FD;
  stdio[1].data.fd = output;
  stdio[2] = stdio[1];
  if (!options.with_errors) stdio[2].flags = UV_IGNORE;
  uv_process_options_t spawn = {};
  spawn.file = arguments[0];
  spawn.args = arguments.data();
  spawn.env = variables.data();
  spawn.flags = UV_PROCESS_DETACHED;  // setsid(): a group of its own.
  spawn.stdio_count = 3;
  spawn.stdio = stdio.data();
  spawn.exit_cb = [](uv_process_t* handle, int64_t code, int signal) {
    static_cast<Run*>(handle->data)->OnExit(code, signal);
  };
  return uv_spawn(loop, &process, &spawn);
}

void ChildProcess::Run::Start(uv_loop_t* loop) {
  uv_timer_init(loop, &timer);
  uv_pipe_init(loop, &pipe, 0);
  process.data = pipe.data = timer.data = this;
  open_handles = 3;
  int ends[2] = {-1, -1};
  int error = pipe2(ends, O_CLOEXEC) != 0 ? UV_EMFILE : 0;
  FileDescriptor our_end(ends[0]);
  FileDescriptor its_end(ends[1]);
  if (error == 0) error = uv_pipe_open(&pipe, our_end.get());
  if (error == 0) our_end.Release();               // The pipe closes it.
  const int spawned = Spawn(loop, its_end.get());  // Even without a pipe: it sets up the handle.
  process.data = this;
  its_end.Reset();
  if (error == 0) error = spawned;
  if (error != 0) {
    result.status = absl::UnavailableError(absl::StrCat("cannot start: ", uv_strerror(error)));
  }
  // A failed start is reported from the loop, like any other result.
  const absl::Duration wait = error != 0 ? absl::ZeroDuration() : options.timeout;
  uv_timer_start(
      &timer,
      [](uv_timer_t* handle) {
        static_cast<Run*>(handle->data)->Fail(absl::DeadlineExceededError("did not exit in time"));
      },
      static_cast<uint64_t>(absl::ToInt64Milliseconds(wait)), 0);
  has_exited = error != 0;
  if (has_exited) return;
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&pipe),
      [](uv_handle_t* handle, size_t, uv_buf_t* buf) {
        Run* run = static_cast<Run*>(handle->data);
        *buf = uv_buf_init(run->buffer.data(), static_cast<unsigned>(run->buffer.size()));
      },
      [](uv_stream_t* stream, ssize_t size, const uv_buf_t*) {
        static_cast<Run*>(stream->data)->OnRead(size);
      });
}

std::unique_ptr<ChildProcess> ChildProcess::Start(uv_loop_t* loop, Options options, Done done) {
  Run* run = new Run;
  run->options = std::move(options);
  run->done = std::move(done);
  std::unique_ptr<ChildProcess> child(new ChildProcess(run));
  run->owner = child.get();
  run->Start(loop);
  return child;
}

ChildProcess::~ChildProcess() {
  if (run_ == nullptr) return;
  run_->owner = nullptr;
  run_->done = nullptr;
  run_->Fail(absl::CancelledError("the caller has stopped waiting"));
}

}  // namespace hither
