#ifndef HITHER_SERVER_BASE_ADMIN_CONNECTION_H_
#define HITHER_SERVER_BASE_ADMIN_CONNECTION_H_

// Debian's build of the library has these; its classes have another shape without.
#include <httplib.h>

#include <functional>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/base/admin_endpoint.h"

namespace hither {

// One accepted connection, as httplib wants to see it: a stream whose reads come from a head that
// has been read beforehand, within limits that httplib does not have (the size of the whole head,
// the time of the whole request). One thread's at a time.
class AdminConnection : public httplib::Stream {
 public:
  // `fd` is non-blocking and becomes ours. Waits end early when `stop_event` is readable.
  AdminConnection(int fd, int stop_event, const AdminTimeouts& timeouts)
      : fd_(fd),
        stop_event_(stop_event),
        timeouts_(timeouts),
        head_deadline_(absl::Now() + timeouts.read) {}
  ~AdminConnection() override;
  AdminConnection(const AdminConnection&) = delete;
  AdminConnection& operator=(const AdminConnection&) = delete;

  enum class Head { kPartial, kComplete, kTooLarge, kGone };
  Head ReadHead();  // Reads what is there, and never waits.
  Head head() const { return head_state_; }
  absl::Time head_deadline() const { return head_deadline_; }  // Counted from the accept.

  // For streams: the kernel keeps little of what the listener has not read (it would take
  // megabytes before a deaf one shows), and what follows RenewWriteDeadline() has its whole time.
  void BeginStream() const;
  void RenewWriteDeadline() { write_deadline_ = absl::InfiniteFuture(); }

  // Says that nothing follows, then reads what the client still sends (a body that nobody wants),
  // up to a limit: a close with unread octets would reset, and the client could lose the answer.
  // Ends soon once `is_hurried`.
  void Linger(const std::function<bool()>& is_hurried);

  bool is_readable() const override { return at_ < head_.size(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override;
  ssize_t write(const char* from, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return fd_; }
  using Stream::write;

 private:
  bool WaitFor(short events, absl::Time deadline) const;  // NOLINT: poll()'s type.

  const int fd_;
  const int stop_event_;
  const AdminTimeouts timeouts_;
  const absl::Time head_deadline_;
  Head head_state_ = Head::kPartial;
  std::string head_;
  size_t at_ = 0;                                       // How much of head_ httplib has read.
  absl::Time write_deadline_ = absl::InfiniteFuture();  // Set by the first write.
};

}  // namespace hither

#endif  // HITHER_SERVER_BASE_ADMIN_CONNECTION_H_
