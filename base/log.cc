#include "base/log.h"

#include <fcntl.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>

#include "absl/strings/str_split.h"
#include "base/file_descriptor.h"
#include "base/file_sink.h"
#include "base/log_file.h"
#include "base/mutex.h"
#include "base/printable.h"
#include "base/stderr_sink.h"

namespace hither {
namespace {

// %e: milliseconds. UTC, because a fleet's logs are read side by side.
constexpr char kPattern[] = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";

std::shared_ptr<spdlog::logger> NewLogger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("hither", std::move(sink));
  logger->set_pattern(kPattern, spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::trace);  // LogIsOn has decided before.
  logger->flush_on(spdlog::level::trace);   // A crash must not lose the last lines.
  return logger;
}

struct State {
  std::atomic<LogLevel> level{LogLevel::kInfo};
  Mutex mu;
  std::string file ABSL_GUARDED_BY(mu);
  std::shared_ptr<spdlog::logger> logger ABSL_GUARDED_BY(mu) =
      NewLogger(std::make_shared<spdlog::sinks::stderr_sink_mt>());
};

// Never destroyed: threads may log while the process exits.
State& TheLog() {
  static State& state = *new State;
  return state;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

absl::Status Refuse(const std::string& file, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("cannot open the log file ", file, ": ", why, "; check log.target"));
}

absl::Status Open(const std::string& file, std::optional<FileOwner> owner) {
  State& log = TheLog();
  FileDescriptor opened;
  if (!file.empty()) {
    absl::StatusOr<FileDescriptor> appended = OpenToAppend(file, 0644, owner);
    if (!appended.ok()) return Refuse(file, appended.status().message());
    opened = *std::move(appended);
  }
  try {
    auto logger = opened ? NewLogger(std::make_shared<FileSink>(std::move(opened)))
                         : NewLogger(std::make_shared<StderrSink>(STDERR_FILENO));
    MutexLock lock(log.mu);
    log.logger = std::move(logger);
    log.file = file;
  } catch (const std::exception& error) {
    return Refuse(file, error.what());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status OpenLogFor(std::optional<FileOwner> owner, LogLevel level, const std::string& file) {
  TheLog().level.store(level, std::memory_order_relaxed);
  return Open(file, owner);
}

absl::Status OpenLog(LogLevel level, const std::string& file) {
  return OpenLogFor(std::nullopt, level, file);
}

absl::Status CheckLogFile(const std::string& file) {
  if (file.empty()) return absl::OkStatus();
  const absl::Status place = FindPlace(file).status();
  if (absl::IsPermissionDenied(place)) return Refuse(file, place.message());
  const FileDescriptor probe(open(file.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC));
  if (probe) return absl::OkStatus();
  if (errno != ENOENT) return Refuse(file, std::strerror(errno));
  const size_t slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return absl::OkStatus();
  return Refuse(file, absl::StrCat("its folder: ", std::strerror(errno)));
}

absl::Status ReopenLog() {
  State& log = TheLog();
  std::string file;
  {
    MutexLock lock(log.mu);
    file = log.file;
  }
  return file.empty() ? absl::OkStatus() : Open(file, std::nullopt);
}

bool LogIsOn(LogLevel level) { return level >= TheLog().level.load(std::memory_order_relaxed); }

namespace log_internal {

void Write(LogLevel level, absl::string_view text) {
  State& log = TheLog();
  std::shared_ptr<spdlog::logger> logger;
  {
    MutexLock lock(log.mu);
    logger = log.logger;
  }
  for (const absl::string_view part : absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    const std::string line = Printable(std::string(part));
    logger->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }
}

}  // namespace log_internal
}  // namespace hither
