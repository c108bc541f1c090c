#include "base/thread.h"

#include <pthread.h>
#include <signal.h>

#include <new>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace hither {
namespace {

absl::Status NoThread(absl::string_view purpose, absl::string_view why) {
  return absl::ResourceExhaustedError(
      absl::StrCat("cannot start a thread to ", purpose, ": ", why,
                   "; raise the limits on threads (ulimit -u, TasksMax of systemd) and memory"));
}

}  // namespace

absl::StatusOr<std::thread> StartThread(absl::string_view purpose, std::function<void()> run) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const absl::Cleanup restore = [&] { pthread_sigmask(SIG_SETMASK, &before, nullptr); };
  try {
    return std::thread(std::move(run));
  } catch (const std::system_error& error) {
    return NoThread(purpose, error.code().message());
  } catch (const std::bad_alloc&) {
    return NoThread(purpose, "not enough memory");
  }
}

}  // namespace hither
