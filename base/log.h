#ifndef HITHER_BASE_LOG_H_
#define HITHER_BASE_LOG_H_

#include <new>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/log_level.h"

namespace hither {

// The process's log: one line per event, "2026-11-23T07:40:37.123Z warning text". A text of several
// lines (all errors of a configuration) becomes one event per line, with time and level before
// each, so that nobody can forge one. Other control octets are shown as '?'.
//
// Threads: any thread may call Log(), which waits for the write to a file; so the packet path never
// calls it and has counters instead. It does not wait for a standard error that nobody reads (see
// stderr_sink.h). Call OpenLog() at the start, before there are threads.
//
// Until OpenLog(), info and above go to standard error. This is the one process-wide object of the
// server: errors must be reported from everywhere, and a logger in each constructor would obscure
// its purpose.

// Empty `file`: standard error. A file is appended to.
absl::Status OpenLog(LogLevel level, const std::string& file);

// Could OpenLog() open `file`? Does not create it.
absl::Status CheckLogFile(const std::string& file);

// Opens the file again after a rotation; keeps the open file if that fails.
absl::Status ReopenLog();

bool LogIsOn(LogLevel level);

namespace log_internal {
void Write(LogLevel level, absl::string_view text);
}

// Log(LogLevel::kInfo, "zone ", name, ": serial ", serial);
template <typename... Pieces>
void Log(LogLevel level, const Pieces&... pieces) {
  if (!LogIsOn(level)) return;
  try {
    log_internal::Write(level, absl::StrCat(pieces...));
  } catch (const std::bad_alloc&) {  // The line is lost; logging must not end the caller.
  }
}

}  // namespace hither

#endif  // HITHER_BASE_LOG_H_
