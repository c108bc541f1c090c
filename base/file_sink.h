#ifndef HITHER_BASE_FILE_SINK_H_
#define HITHER_BASE_FILE_SINK_H_

#include <spdlog/sinks/base_sink.h>

#include <cerrno>
#include <mutex>
#include <utility>

#include "base/file_descriptor.h"
#include "base/replace_file.h"

namespace hither {

// Writes lines to a file that is open for appending. (spdlog's own sink would reopen the path,
// which may lead to another file by then.) Errors: spdlog shows them on standard error, one a
// second.
class FileSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(FileDescriptor file) : file_(std::move(file)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    if (!WriteAll(file_.get(), text.data(), text.size())) {
      throw spdlog::spdlog_ex("cannot write the log", errno);
    }
  }
  void flush_() override {}

 private:
  const FileDescriptor file_;
};

}  // namespace hither

#endif  // HITHER_BASE_FILE_SINK_H_
