#ifndef HITHER_DAEMON_ADMIN_ADMIN_CONNECTION_H_
#define HITHER_DAEMON_ADMIN_ADMIN_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/file_descriptor.h"

namespace hither {

inline constexpr size_t kAdminHeadBytesMax = 8'192;

struct AdminTimeouts {
  absl::Duration read = absl::Seconds(2);    // For the whole head of a request, from the accept.
  absl::Duration stall = absl::Seconds(2);   // Until the client reads more of its answer.
  absl::Duration write = absl::Seconds(30);  // For the whole answer; for a stream, for each piece.
};

// One accepted connection: reads the head of a request, writes an answer, and lingers until the
// client closes. Step() never waits. One thread's at a time.
class AdminConnection {
 public:
  enum class State : uint8_t { kReading, kComplete, kTooLarge, kWriting, kLingering, kGone };

  // `fd` is non-blocking. `source` is the same for clients from one network.
  AdminConnection(FileDescriptor fd, std::string source, const AdminTimeouts& timeouts,
                  absl::Time now);
  AdminConnection(const AdminConnection&) = delete;
  AdminConnection& operator=(const AdminConnection&) = delete;

  State state() const { return state_; }
  int fd() const { return fd_.get(); }
  const std::string& source() const { return source_; }
  absl::string_view head() const { return head_; }  // Once kComplete: with its empty line.
  size_t unsent_bytes() const { return answer_.size() - sent_; }
  bool wants_to_write() const { return state_ == State::kWriting; }
  absl::Time deadline() const;  // After that the connection is useless.

  void Step(absl::Time now);                      // Does what is possible without waiting.
  void Answer(std::string text, absl::Time now);  // All of it; writes what the kernel takes.

  // For streams, which occupy a thread: writes `text` and waits for that, at most timeouts.write
  // and until `stop_event` is readable. False: the client is gone or too slow.
  bool WriteWaiting(absl::string_view text, int stop_event);
  void BeginStream() const;  // Makes the kernel buffer little, so that a stalled client shows.
  void EndStream(absl::Time now);

 private:
  void Read();
  void Write(absl::Time now);
  void Linger();
  void BeginLinger(absl::Time now);

  const FileDescriptor fd_;
  const std::string source_;
  const AdminTimeouts timeouts_;
  State state_ = State::kReading;
  absl::Time began_;     // The accept; then the answer; then the lingering.
  absl::Time progress_;  // When the client last read of the answer.
  std::string head_;
  std::string answer_;
  size_t sent_ = 0;
  size_t lingered_ = 0;  // Octets received and discarded.
};

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_ADMIN_CONNECTION_H_
