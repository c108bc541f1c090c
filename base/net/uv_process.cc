#include "base/net/uv_process.h"

#include <signal.h>

#include <array>
#include <utility>

namespace hither {
namespace {

// As execvp() wants them; it does not write to them.
std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

struct UvProcess::State {
  uv_process_t handle = {};
  Function function;
  bool has_ended = false;
  bool has_owner = true;

  void Kill() const {
    if (handle.pid > 0) kill(-handle.pid, SIGKILL);
  }
  void Free() {
    uv_close(reinterpret_cast<uv_handle_t*>(&handle), [](uv_handle_t* closed) {
      const std::unique_ptr<State> freed(static_cast<State*>(closed->data));
    });
  }
  void OnExit(int64_t code, int signal) {
    has_ended = true;
    if (!has_owner) return Free();
    function(code, signal);
  }
};

int UvProcess::Spawn(uv_loop_t& loop, const Command& command, Function on_exit) {
  std::vector<char*> words = Pointers(command.words);
  std::vector<char*> environment = Pointers(command.environment);
  std::array<uv_stdio_container_t, 3> streams = {};
  for (uv_stdio_container_t& stream : streams) stream.flags = UV_IGNORE;
  for (size_t i = 1; i < (command.with_errors ? 3u : 2u) && command.output >= 0; ++i) {
    streams[i].flags = UV_INHERIT_FD;
    streams[i].data.fd = command.output;
  }
  uv_process_options_t options = {};
  options.file = words[0];
  options.args = words.data();
  options.env = command.environment.empty() ? nullptr : environment.data();
  options.flags = UV_PROCESS_DETACHED;  // setsid(): a group of its own.
  options.stdio_count = static_cast<int>(streams.size());
  options.stdio = streams.data();
  options.exit_cb = [](uv_process_t* process, int64_t code, int signal) {
    static_cast<State*>(process->data)->OnExit(code, signal);
  };
  auto state = std::make_unique<State>();
  state->function = std::move(on_exit);
  state->handle.data = state.get();
  const int error = uv_spawn(&loop, &state->handle, &options);
  // Also after an error: uv_spawn() has made the handle.
  state_.reset(state.release());
  if (error != 0) {
    state_->has_ended = true;
    state_.reset();
  }
  return error;
}

void UvProcess::KillGroup() {
  if (state_ != nullptr) state_->Kill();
}

void UvProcess::Closer::operator()(State* state) const {
  if (state->has_ended) return state->Free();
  state->has_owner = false;
  state->Kill();
}

}  // namespace hither
