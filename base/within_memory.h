#ifndef HITHER_BASE_WITHIN_MEMORY_H_
#define HITHER_BASE_WITHIN_MEMORY_H_

#include <new>
#include <stdexcept>
#include <system_error>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace hither {

// Returns the result of work(): a Status, or nothing, which is OK. A lack of memory is an error for
// operators, created once work() has freed its memory. `purpose`: "reload".
template <typename Work>
absl::Status WithinMemory(absl::string_view purpose, const Work& work) {
  try {
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      return absl::OkStatus();
    } else {
      return work();
    }
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {        // The same error under another name.
  } catch (const std::system_error& error) {  // From a thread or a lock: memory again.
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot ", purpose, ": ", error.code().message(),
                     "; raise the limits on memory and threads (ulimit -u, TasksMax of systemd)"));
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("not enough memory to ", purpose,
                   "; give the server more (a reload holds the old and the new zones together)"));
}

}  // namespace hither

#endif  // HITHER_BASE_WITHIN_MEMORY_H_
