#ifndef HITHER_SERVER_BASE_ADMIN_ENDPOINT_H_
#define HITHER_SERVER_BASE_ADMIN_ENDPOINT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/config.h"

namespace hither {

// What the endpoint asks the server. Called on the endpoint's threads, several at once.
struct AdminHandlers {
  std::function<std::string()> metrics;                 // GET /metrics
  std::function<absl::Status()> health;                 // GET /healthz: 200, or 503 and the reason.
  std::function<std::string()> status;                  // GET /status: JSON.
  std::function<absl::StatusOr<std::string>()> reload;  // POST /reload: 200 with the text, or 500.
};

inline constexpr int kAdminThreads = 4;  // One connection each; more wait in the kernel's queue.
inline constexpr size_t kAdminHeadBytesMax = 8'192;

struct AdminTimeouts {
  absl::Duration read = absl::Seconds(5);    // For the whole head of a request.
  absl::Duration write = absl::Seconds(30);  // For the whole answer.
};

// HTTP for operators: on a loopback address or a UNIX socket (mode 0660), on threads of its own.
// One request a connection; no request has a body.
//
// Nobody is asked for a password: whoever may connect may look. POST /reload is refused without
// the header "X-Hither: 1", and by TCP every request whose Host is not this machine's, so that a
// web page in a browser on this host can neither order a reload nor read (DNS rebinding).
//
// Threads: all of its methods are the control thread's. Source: whoever is on this host; a
// connection has limits on size and on time, and cannot hold up the others for longer.
class AdminEndpoint {
 public:
  // Opens the socket, so that it can be done before privileges are dropped. A socket file that
  // nobody answers on is replaced; any other file there is an error.
  static absl::StatusOr<std::unique_ptr<AdminEndpoint>> Bind(const AdminAddress& address,
                                                             const AdminTimeouts& timeouts = {});
  ~AdminEndpoint();  // Stops.
  AdminEndpoint(const AdminEndpoint&) = delete;
  AdminEndpoint& operator=(const AdminEndpoint&) = delete;

  void Serve(AdminHandlers handlers);  // Starts the threads; once.
  void Stop();  // Ends connections and threads, removes the socket file. A handler is waited for.

  const AdminAddress& address() const { return address_; }  // With the port that the kernel chose.

 private:
  class Http;
  AdminEndpoint(const AdminAddress& address, const AdminTimeouts& timeouts, int listener,
                int stop_event);
  void AcceptLoop();

  AdminAddress address_;
  const AdminTimeouts timeouts_;
  int listener_;          // Ours; -1 once stopped.
  const int stop_event_;  // An eventfd that is readable once Stop() was called. Ours.
  std::unique_ptr<Http> http_;
  std::vector<std::thread> threads_;
};

}  // namespace hither

#endif  // HITHER_SERVER_BASE_ADMIN_ENDPOINT_H_
