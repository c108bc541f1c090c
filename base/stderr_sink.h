#ifndef HITHER_BASE_STDERR_SINK_H_
#define HITHER_BASE_STDERR_SINK_H_

#include <spdlog/sinks/base_sink.h>

#include <cstdint>
#include <mutex>

#include "absl/strings/string_view.h"

namespace hither {

// Writes lines to a descriptor whose reader may stop reading: a pipe to a stuck collector, a
// terminal on hold, a full journal. A daemon that waited would hang, and its lease would expire. So
// a line waits for at most kPatience and is then lost; the number of lost lines is written when
// there is room again. After a lost line the next ones do not wait.
//
// Errors: none are reported, because there is nowhere to. Threads: any, one at a time. The caller
// keeps the descriptor.
class StderrSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  static constexpr int kPatienceMs = 50;
  static constexpr size_t kLineBytesMax = 4096;  // PIPE_BUF: written whole or not at all.

  explicit StderrSink(int fd);

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  bool Write(absl::string_view line);

  const int fd_;
  const bool is_socket_;
  uint64_t lost_ = 0;     // Since the last line that was written.
  bool is_torn_ = false;  // The last line was written in part.
};

}  // namespace hither

#endif  // HITHER_BASE_STDERR_SINK_H_
