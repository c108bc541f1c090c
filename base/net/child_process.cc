#include "base/net/child_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file_descriptor.h"

extern char** environ;

namespace hither {
namespace {

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

std::unique_ptr<ChildProcess> ChildProcess::Start(uv_loop_t* loop, Options options, Done done) {
  std::unique_ptr<ChildProcess> child(new ChildProcess(std::move(options), std::move(done)));
  child->Begin(*loop);
  return child;
}

// Also when only its output has not ended: what holds that open is of the group.
ChildProcess::~ChildProcess() {
  if (done_) process_.KillGroup();
}

void ChildProcess::Begin(uv_loop_t& loop) {
  timer_ = UvTimer(loop, [this] { Fail(absl::DeadlineExceededError("did not exit in time")); });
  const int error = Spawn(loop);
  if (error == 0) return timer_.Start(options_.timeout);
  has_exited_ = true;
  result_.status = absl::UnavailableError(absl::StrCat("cannot start: ", uv_strerror(error)));
  timer_.Start(absl::ZeroDuration());  // Reported from the loop, like any other result.
}

int ChildProcess::Spawn(uv_loop_t& loop) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return UV_EMFILE;
  FileDescriptor our_end(ends[0]);
  const FileDescriptor its_end(ends[1]);
  const auto on_read = [this](std::span<const char> octets, int e) { OnRead(octets, e); };
  int error = output_.Open(loop, std::move(our_end), on_read);
  if (error == 0) {
    error = process_.Spawn(loop,
                           {.words = options_.command,
                            .environment = Environment(options_.environment),
                            .output = its_end.get(),
                            .with_errors = options_.with_errors},
                           [this](int64_t code, int signal) { OnExit(code, signal); });
  }
  return error == 0 ? output_.StartReading() : error;
}

void ChildProcess::OnExit(int64_t code, int signal) {
  has_exited_ = true;
  if (result_.status.ok() && signal != 0) {
    result_.status = absl::UnknownError(absl::StrCat("was killed by signal ", signal));
  } else if (result_.status.ok() && code != 0) {
    result_.status = absl::UnknownError(absl::StrCat("exit code ", code));
  }
  EndIfComplete();
}

void ChildProcess::OnRead(std::span<const char> octets, int error) {
  if (error != 0) {
    has_output_ended_ = true;
    return EndIfComplete();
  }
  result_.output.append(octets.data(), octets.size());
  if (result_.output.size() <= options_.output_bytes_max) return;
  result_.output.resize(options_.output_bytes_max);
  Fail(absl::ResourceExhaustedError(
      absl::StrCat("wrote more than ", options_.output_bytes_max, " octets")));
}

void ChildProcess::EndIfComplete() {
  if (has_exited_ && has_output_ended_) Tell();
}

// Reported immediately, because a process that hangs in the kernel survives even SIGKILL.
void ChildProcess::Fail(absl::Status status) {
  if (result_.status.ok()) result_.status = std::move(status);
  process_.KillGroup();
  Tell();
}

void ChildProcess::Tell() {
  timer_.Close();
  output_.Close();
  process_.Close();
  const Done done = std::exchange(done_, nullptr);
  const Result result = std::move(result_);
  if (done) done(result);  // May destroy this.
}

}  // namespace hither
