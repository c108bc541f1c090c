#ifndef HITHER_DAEMON_ADMIN_ADMIN_ENDPOINT_H_
#define HITHER_DAEMON_ADMIN_ADMIN_ENDPOINT_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/file_descriptor.h"
#include "base/reminder.h"
#include "daemon/admin/admin_connections.h"
#include "daemon/admin/admin_handlers.h"
#include "daemon/admin/admin_router.h"
#include "daemon/admin/admin_socket.h"
#include "daemon/admin/endpoint_state.h"

namespace hither {

// Requests that wait for a thread, or for work that has begun; more get 503.
inline constexpr size_t kAdminQueuedMax = 64;
// Work that has begun, with a client or without. What is without one takes no descriptor.
inline constexpr size_t kAdminBegunMax = 4'096;

// HTTP for operators: on a loopback address or a UNIX socket (mode 0660), for readers on other
// hosts, or for browsers; on its own threads. One request per connection; bodies are not read.
//
// There is no password: every client that can connect can read. Requests that change something are
// refused without the header "X-Hither: 1", and over TCP every request whose Host is a foreign
// name, so that a web page in a browser can neither cause a reload nor read (DNS rebinding).
//
// Threads: all methods are the control thread's, except state(), which any thread may call. One
// thread of ours accepts, reads the heads of all requests and writes all answers, without waiting
// for any client; the others make the answers. So a slow client delays nobody else.
// Source: any client; a connection has limits on size and on time.
class AdminEndpoint {
 public:
  // Opens the socket, before privileges are dropped if need be. Null for an address that is off.
  static absl::StatusOr<std::unique_ptr<AdminEndpoint>> Bind(const AdminAddress& address,
                                                             EndpointSettings settings = {});
  // The same for an optional endpoint: if the address cannot be bound, that is logged, and retried
  // from Serve() on. An error only if the system has no descriptors.
  static absl::StatusOr<std::unique_ptr<AdminEndpoint>> BindOrRetry(const AdminAddress& address,
                                                                    EndpointSettings settings);
  ~AdminEndpoint();  // Stops.
  AdminEndpoint(const AdminEndpoint&) = delete;
  AdminEndpoint& operator=(const AdminEndpoint&) = delete;

  absl::Status Serve(AdminHandlers handlers);  // Starts the threads; once.
  void Stop();  // Ends connections and threads, removes the socket file. Waits for handlers.

  // With the port that the kernel chose, once bound.
  const AdminAddress& address() const { return socket_.address; }
  EndpointState state() const;

 private:
  struct Task {
    std::unique_ptr<AdminConnection> connection;
    HttpHead head;
  };
  AdminEndpoint(const AdminAddress& address, EndpointSettings settings, FileDescriptor stop_event,
                FileDescriptor done_event);
  static absl::StatusOr<std::unique_ptr<AdminEndpoint>> Make(const AdminAddress& address,
                                                             EndpointSettings settings);
  absl::Status Open(bool is_first);
  void TryAgain(absl::Time now);
  void ReadLoop();
  bool PollOnce();
  int PollTimeout() const;
  void Accept(absl::Time now);
  void TakeHead(std::unique_ptr<AdminConnection> connection, absl::Time now);
  bool Queue(Task& task);
  bool Begin(const AdminAction& action, Task& task);
  AdminAnswer BeginUnwaited(const AdminAction& action, const Task& task);
  void TakeDone();
  void AnswerLoop();
  void AnswerTask(Task& task);
  void Stream(AdminConnection& connection, const AdminAnswer& answer);

  const EndpointSettings settings_;
  AdminSocket socket_;  // Without fd until it is open. The reading thread's, once that runs.
  const FileDescriptor stop_event_;  // Eventfds of ours: readable once Stop() was called;
  const FileDescriptor done_event_;  // readable when done_ is not empty.
  absl::Time retry_at_ = absl::InfiniteFuture();
  Reminder not_open_;
  AdminConnections open_;  // The reading thread's.
  std::unique_ptr<AdminRouter> router_;
  std::vector<std::thread> threads_;

  // Not base/mutex.h: a condition variable needs std::mutex.
  mutable std::mutex mu_;  // Guards the next five.
  std::deque<Task> ready_;
  struct Begun {        // Of AdminAction::begin, without an answer yet.
    size_t waited = 0;  // With a client.
    size_t unwaited = 0;
  } begun_;
  std::vector<std::unique_ptr<AdminConnection>> done_;
  bool stopping_ = false;
  std::string error_;  // Why it does not listen.
  std::condition_variable ready_changed_;
};

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_ADMIN_ENDPOINT_H_
