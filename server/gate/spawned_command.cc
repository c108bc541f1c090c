#include "server/gate/spawned_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace hither {
namespace {

constexpr int kTurnMs = 20;

absl::Status ErrorOf(absl::string_view what, int error) {
  return absl::UnavailableError(absl::StrCat("cannot start ", what, ": ", std::strerror(error)));
}

// This process's environment, with the variables in `changed` replaced.
std::vector<std::string> Environment(const std::vector<std::string>& changed) {
  std::vector<std::string> all = changed;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const absl::string_view text = *entry;
    const absl::string_view name = text.substr(0, text.find('=') + 1);
    if (std::ranges::none_of(
            changed, [&](const std::string& other) { return absl::StartsWith(other, name); })) {
      all.emplace_back(text);
    }
  }
  return all;
}

// As posix_spawnp() wants them; it does not write to them.
std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// A child inherits ignored signals: it must get SIGPIPE as its authors expect.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setpgroup(&attributes_, 0);  // A group of its own.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// All other descriptors of the process have O_CLOEXEC.
class SpawnFiles {
 public:
  SpawnFiles(int input, int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
  }
  ~SpawnFiles() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnFiles(const SpawnFiles&) = delete;
  SpawnFiles& operator=(const SpawnFiles&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

void SetNonBlocking(const FileDescriptor& fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

}  // namespace

SpawnedCommand::~SpawnedCommand() {
  constexpr int kTurnsMax = 1'000 / kTurnMs;
  KillGroup();
  for (int i = 0; i < kTurnsMax && !Reap(); ++i) poll(nullptr, 0, kTurnMs);
}

absl::Status SpawnedCommand::Start(const std::vector<std::string>& command,
                                   const std::vector<std::string>& environment) {
  int to[2];
  int from[2];
  if (pipe2(to, O_CLOEXEC) != 0) return ErrorOf(command[0], errno);
  const FileDescriptor its_input(to[0]);
  input_.Reset(to[1]);
  if (pipe2(from, O_CLOEXEC) != 0) return ErrorOf(command[0], errno);
  from_command_.Reset(from[0]);
  const FileDescriptor its_output(from[1]);
  SetNonBlocking(input_);
  SetNonBlocking(from_command_);

  const SpawnAttributes attributes;
  const SpawnFiles files(its_input.get(), its_output.get());
  const std::vector<std::string> variables = Environment(environment);
  const int error = posix_spawnp(&pid_, command[0].c_str(), files.get(), attributes.get(),
                                 Pointers(command).data(), Pointers(variables).data());
  if (error != 0) {
    pid_ = -1;
    return ErrorOf(command[0], error);
  }
  return absl::OkStatus();
}

void SpawnedCommand::WaitForPipes() {
  // poll() ignores a descriptor of -1.
  std::array<pollfd, 2> waited = {{{.fd = from_command_.get(), .events = POLLIN, .revents = 0},
                                   {.fd = input_.get(), .events = POLLOUT, .revents = 0}}};
  poll(waited.data(), waited.size(), kTurnMs);
}

bool SpawnedCommand::Exchange(absl::string_view& input) {
  if (!input_) return false;
  WaitForPipes();
  ReadOutput();
  const ssize_t written = write(input_.get(), input.data(), input.size());
  if (written >= 0) {
    input.remove_prefix(static_cast<size_t>(written));
  } else if (errno != EAGAIN && errno != EINTR) {  // EPIPE: it reads no more.
    CloseInput();
  }
  return static_cast<bool>(input_);
}

std::optional<int> SpawnedCommand::Poll() {
  if (!Reap()) {
    WaitForPipes();
    if (!from_command_) poll(nullptr, 0, kTurnMs);  // It has closed its output, and goes on.
  }
  ReadOutput();
  if (!Reap()) return std::nullopt;
  ReadOutput();  // What it wrote just before its end.
  return status_;
}

// Reads at most a few buffers at a time: a command that writes without end must not keep us here.
void SpawnedCommand::ReadOutput() {
  constexpr int kReadsMax = 16;
  char buffer[4'096];
  for (int i = 0; i < kReadsMax && from_command_; ++i) {
    const ssize_t bytes = read(from_command_.get(), buffer, sizeof buffer);
    if (bytes < 0) return;
    if (bytes == 0) return from_command_.Reset();
    const size_t room = kOutputBytesMax - output_.size();
    output_.append(buffer, std::min(static_cast<size_t>(bytes), room));
  }
}

// The group dies before its leader is reaped: until then, no other group can have its number.
bool SpawnedCommand::Reap() {
  if (pid_ < 0) return true;
  siginfo_t exited = {};
  if (waitid(P_PID, static_cast<id_t>(pid_), &exited, WEXITED | WNOHANG | WNOWAIT) == 0 &&
      exited.si_pid != pid_) {
    return false;
  }
  KillGroup();
  waitpid(pid_, &status_, 0);
  pid_ = -1;
  return true;
}

void SpawnedCommand::KillGroup() {
  if (pid_ > 0) kill(-pid_, SIGKILL);
}

}  // namespace hither
