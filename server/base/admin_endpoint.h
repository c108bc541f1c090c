#ifndef HITHER_SERVER_BASE_ADMIN_ENDPOINT_H_
#define HITHER_SERVER_BASE_ADMIN_ENDPOINT_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/config.h"

namespace hither {

class AdminConnection;

// What a program offers beside the four pages that all have.
using AdminParameters = std::vector<std::pair<std::string, std::string>>;  // Of the query string.
struct AdminAnswer {
  int code = 200;
  std::string text;
  bool is_json = false;
  std::string type = "";  // Content-Type; empty: JSON's or that of plain text.
  // Not null: gives the octets that follow, piece by piece, each at most some seconds after the
  // last; false ends the answer. It holds one of the threads, so whoever offers it counts them.
  std::function<bool(std::string& piece)> stream = nullptr;
};
struct AdminAction {
  std::string method;  // "GET" or "POST"
  std::string path;    // "/drain"
  std::function<AdminAnswer(const AdminParameters& parameters)> answer;
};

// What the endpoint asks the server. Called on the endpoint's threads, several at once. Those that
// are null are not there.
struct AdminHandlers {
  std::function<std::string()> metrics;                 // GET /metrics
  std::function<absl::Status()> health;                 // GET /healthz: 200, or 503 and the reason.
  std::function<std::string()> status;                  // GET /status: JSON.
  std::function<absl::StatusOr<std::string>()> reload;  // POST /reload: 200 with the text, or 500.
  std::vector<AdminAction> more = {};
};

inline constexpr int kAdminThreads = 4;         // One request each, once its head has arrived.
inline constexpr size_t kAdminWaitingMax = 64;  // Connections whose head has not; as many queued.
inline constexpr int kAdminReloadsMax = 2;  // One that runs, one that waits for it: 503 for more.
inline constexpr size_t kAdminHeadBytesMax = 8'192;

struct AdminTimeouts {
  absl::Duration read = absl::Seconds(2);    // For the whole head of a request, from the accept.
  absl::Duration write = absl::Seconds(30);  // For the whole answer; of a stream, for each piece.
};

// For pages that a browser shows (`hither console`).
struct WebSettings {
  int threads = kAdminThreads;
  std::vector<std::string> hosts;  // Names that Host may have beside localhost and addresses.
  std::vector<std::pair<std::string, std::string>> headers;  // Of every answer.
  AdminTimeouts timeouts;
};

// HTTP for operators: on a loopback address or a UNIX socket (mode 0660), on threads of its own.
// One request a connection; no request has a body.
//
// Nobody is asked for a password: whoever may connect may look. POST /reload is refused without
// the header "X-Hither: 1", and by TCP every request whose Host is not this machine's, so that a
// web page in a browser on this host can neither order a reload nor read (DNS rebinding).
//
// Threads: all of its methods are the control thread's. One thread of ours accepts and reads the
// heads of all requests, so that who sends half of one holds up nobody; the others answer. Source:
// whoever is on this host; a connection has limits on size and on time.
class AdminEndpoint {
 public:
  // Opens the socket, so that it can be done before privileges are dropped. A socket file that
  // nobody answers on is replaced; any other file there is an error. Null for an address that is
  // off.
  static absl::StatusOr<std::unique_ptr<AdminEndpoint>> Bind(const AdminAddress& address,
                                                             const AdminTimeouts& timeouts = {});
  // On an address that other hosts reach, for what anybody may read: Serve() refuses handlers that
  // change something.
  static absl::StatusOr<std::unique_ptr<AdminEndpoint>> BindPublic(
      const SocketAddress& address, const AdminTimeouts& timeouts = {});
  // On any address, commands and all. A Host that is an address is believed, too: what leads a
  // browser here by another way is always a name.
  static absl::StatusOr<std::unique_ptr<AdminEndpoint>> BindWeb(const SocketAddress& address,
                                                                WebSettings settings);
  ~AdminEndpoint();  // Stops.
  AdminEndpoint(const AdminEndpoint&) = delete;
  AdminEndpoint& operator=(const AdminEndpoint&) = delete;

  absl::Status Serve(AdminHandlers handlers);  // Starts the threads; once.
  void Stop();  // Ends connections and threads, removes the socket file. A handler is waited for.

  const AdminAddress& address() const { return address_; }  // With the port that the kernel chose.

 private:
  class Http;
  AdminEndpoint(const AdminAddress& address, const AdminTimeouts& timeouts, int listener,
                int stop_event);
  static absl::StatusOr<std::unique_ptr<AdminEndpoint>> Open(const AdminAddress& address,
                                                             const AdminTimeouts& timeouts,
                                                             absl::string_view remedy);
  using Waiting = std::vector<std::unique_ptr<AdminConnection>>;  // Oldest first.
  void ReadLoop();
  bool PollOnce(Waiting& waiting);
  void Accept(Waiting& waiting);
  void HandOverReady(Waiting& waiting);
  void HandOver(std::unique_ptr<AdminConnection> connection);
  void AnswerLoop();

  AdminAddress address_;
  bool is_public_ = false;
  WebSettings web_;
  bool is_web_ = false;
  const AdminTimeouts timeouts_;
  int listener_;          // Ours; -1 once stopped.
  const int stop_event_;  // An eventfd that is readable once Stop() was called. Ours.
  std::unique_ptr<Http> http_;
  std::vector<std::thread> threads_;

  // Not zones/mutex.h: a condition variable wants std::mutex.
  std::mutex ready_mu_;  // Guards the next two.
  std::deque<std::unique_ptr<AdminConnection>> ready_;
  bool stopping_ = false;
  std::condition_variable ready_changed_;
};

}  // namespace hither

#endif  // HITHER_SERVER_BASE_ADMIN_ENDPOINT_H_
