#ifndef HITHER_BASE_LOG_H_
#define HITHER_BASE_LOG_H_

#include <new>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/log_level.h"

namespace hither {

// The process's log: one line an event, "2026-11-23T07:40:37.123Z warning text". Where a text has
// several lines (all errors of a configuration), each becomes an event: time and level stand before
// it, so that nobody can forge one. Other control octets are shown as '?'.
//
// Threads: Log() may be called from any, and waits for the write to a file; so it is never called
// on the packet path, where there are counters. A standard error that nobody reads is not waited
// for (see stderr_sink.h). OpenLog() is for the start, before there are threads.
//
// Until OpenLog(), info and above go to standard error. This is the one process-wide object of the
// server: an error must find its way out from everywhere, and a logger in each constructor would
// hide what the constructor is about.

// Empty `file`: standard error. A file is appended to.
absl::Status OpenLog(LogLevel level, const std::string& file);

// Could OpenLog() open `file`? Makes none.
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
  } catch (const std::bad_alloc&) {  // A line is lost; who tells of something must not end by it.
  }
}

}  // namespace hither

#endif  // HITHER_BASE_LOG_H_
