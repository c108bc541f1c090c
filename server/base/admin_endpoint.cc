#include "server/base/admin_endpoint.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "server/base/admin_connection.h"
#include "server/base/metrics_text.h"
#include "server/base/thread.h"
#include "zones/check.h"

#if defined(__SANITIZE_THREAD__)
// Debian's cpp-httplib is not compiled for TSan, which so does not see that its local statics are
// guarded, and takes them for races.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "called_from_lib:libcpp-httplib.so"; }
#endif

namespace hither {
namespace {

constexpr int kBacklog = 64;
constexpr mode_t kUnixSocketMode = 0660;
constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kTooLarge[] =
    "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: "
    "0\r\n\r\n";

absl::Status Failed(const AdminAddress& address, absl::string_view what, absl::string_view todo) {
  return absl::FailedPreconditionError(absl::StrCat("admin endpoint ", address.ToText(), ": ", what,
                                                    ": ", std::strerror(errno), "; ", todo));
}

// Removes the socket file that an earlier process left behind. Nobody answers on such a one.
absl::Status RemoveStale(const AdminAddress& address, const sockaddr_un& name) {
  struct stat facts;
  if (lstat(name.sun_path, &facts) != 0) return absl::OkStatus();  // bind() will tell.
  if (!S_ISSOCK(facts.st_mode)) {
    errno = EEXIST;
    return Failed(address, "there is a file that is no socket", "remove it or choose another path");
  }
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool refused = connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 &&
                       errno == ECONNREFUSED;
  if (probe >= 0) close(probe);
  if (!refused) {
    errno = EADDRINUSE;
    return Failed(address, "a server seems to answer on it", "stop that, or choose another path");
  }
  if (unlink(name.sun_path) != 0) return Failed(address, "cannot remove it", "check permissions");
  return absl::OkStatus();
}

absl::Status BindUnix(const AdminAddress& address, int fd) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  if (address.unix_path.size() >= sizeof name.sun_path) {
    errno = ENAMETOOLONG;
    return Failed(address, "cannot use it", "choose a shorter path");
  }
  std::memcpy(name.sun_path, address.unix_path.data(), address.unix_path.size());
  if (absl::Status status = RemoveStale(address, name); !status.ok()) return status;
  // Before bind(), so that the file never has more rights (unix(7)); after it, since the process's
  // umask may have taken some away.
  if (fchmod(fd, kUnixSocketMode) != 0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      chmod(name.sun_path, kUnixSocketMode) != 0) {
    return Failed(address, "cannot make the socket", "check that its folder exists and is ours");
  }
  return absl::OkStatus();
}

absl::Status BindTcp(AdminAddress& address, int fd, absl::string_view remedy) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // A restart need not wait a minute.
  const absl::StatusOr<SocketAddress> resolved = address.tcp->Resolve();
  if (!resolved.ok()) return resolved.status();
  if (bind(fd, resolved->get(), resolved->size()) != 0) {
    return Failed(address, "cannot bind", remedy);
  }
  if (address.tcp->port() != 0) return absl::OkStatus();
  sockaddr_in6 bound = {};  // Both families have their port at the same place.
  socklen_t size = sizeof bound;
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  address.tcp = address.tcp->WithPort(ntohs(bound.sin6_port));
  return absl::OkStatus();
}

// Does a Host header name this machine? Otherwise a browser was led here by a foreign name.
bool IsLocalHost(absl::string_view host) {
  if (absl::StartsWithIgnoreCase(host, "localhost")) {
    const absl::string_view rest = host.substr(9);
    return rest.empty() || rest[0] == ':';
  }
  const absl::StatusOr<SocketAddress> address = SocketAddress::FromText(host, kAdminPort);
  return address.ok() && address->IsLoopback();
}

// A name with or without a port, an address, or this machine.
bool IsWebHost(absl::string_view host, const std::vector<std::string>& names) {
  if (IsLocalHost(host) || SocketAddress::FromText(host, kAdminPort).ok()) return true;
  const absl::string_view name = host.substr(0, host.rfind(':'));
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return absl::EqualsIgnoreCase(one, name); });
}

void Say(httplib::Response& response, int code, const std::string& text) {
  response.status = code;
  response.set_content(text, kText);
}

}  // namespace

// httplib parses the request and writes the answer; we route, for its own routes are regular
// expressions over what a client sent, and would read a body.
class AdminEndpoint::Http : public httplib::Server {
 public:
  Http(AdminHandlers handlers, bool check_host, const WebSettings* web, int listener)
      : handlers_(std::move(handlers)), check_host_(check_host), web_(web) {
    svr_sock_ = listener;  // Without one httplib believes that it is ending, and cuts streams.
    if (web != nullptr) {
      set_default_headers({web->headers.begin(), web->headers.end()});
    }
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      Route(request, response);
      return HandlerResponse::Handled;
    });
  }

  void ServeOne(AdminConnection& connection) {
    switch (connection.head()) {
      case AdminConnection::Head::kPartial:
      case AdminConnection::Head::kGone:
        return;
      case AdminConnection::Head::kTooLarge:
        connection.write(kTooLarge, sizeof kTooLarge - 1);
        break;
      case AdminConnection::Head::kComplete:
        bool closed = false;
        current_ = &connection;
        process_request(connection, /*close_connection=*/true, closed, nullptr);
        break;
    }
  }

 private:
  struct Place {
    absl::string_view path;
    absl::string_view method;
    void (Http::*answer)(httplib::Response& response);
  };
  static const Place kPlaces[4];

  void Route(const httplib::Request& request, httplib::Response& response) {
    if (check_host_ && (request.get_header_value_count("Host") != 1 ||
                        !IsOurHost(request.get_header_value("Host")))) {
      return Say(response, 403, "the Host header does not name this machine\n");
    }
    for (const Place& place : kPlaces) {
      if (place.path != request.path || !Has(place)) continue;
      if (IsAllowed(place.method, request, response)) (this->*place.answer)(response);
      return;
    }
    for (const AdminAction& action : handlers_.more) {
      if (action.path == request.path) return Act(action, request, response);
    }
    Say(response, 404, absl::StrCat("not here; there are ", Paths(), "\n"));
  }

  bool IsOurHost(absl::string_view host) const {
    return web_ == nullptr ? IsLocalHost(host) : IsWebHost(host, web_->hosts);
  }

  // False: the answer says why not.
  bool IsAllowed(absl::string_view method, const httplib::Request& request,
                 httplib::Response& response) const {
    const bool head = request.method == "HEAD" && method == "GET";
    if (method != request.method && !head) {
      response.set_header("Allow", method == "GET" ? "GET, HEAD" : "POST");
      Say(response, 405, absl::StrCat("only ", method, " is possible here\n"));
      return false;
    }
    if (method == "POST" && request.get_header_value("X-Hither") != "1") {
      Say(response, 403, "the header 'X-Hither: 1' is missing\n");
      return false;
    }
    return true;
  }

  void Act(const AdminAction& action, const httplib::Request& request,
           httplib::Response& response) const {
    if (!IsAllowed(action.method, request, response)) return;
    const AdminAnswer answer = action.answer({request.params.begin(), request.params.end()});
    response.status = answer.code;
    const std::string type = !answer.type.empty() ? answer.type
                             : answer.is_json     ? "application/json"
                                                  : kText;
    if (answer.stream == nullptr) return response.set_content(answer.text, type);
    current_->BeginStream();
    response.set_chunked_content_provider(
        type, [stream = answer.stream, connection = current_](size_t, httplib::DataSink& sink) {
          std::string piece;
          if (!stream(piece)) return sink.done(), true;
          connection->RenewWriteDeadline();
          return sink.write(piece.data(), piece.size());
        });
  }

  bool Has(const Place& place) const {
    return (place.answer == &Http::Metrics && handlers_.metrics) ||
           (place.answer == &Http::Health && handlers_.health) ||
           (place.answer == &Http::Status && handlers_.status) ||
           (place.answer == &Http::Reload && handlers_.reload);
  }

  std::string Paths() const {
    std::vector<absl::string_view> paths;
    for (const Place& place : kPlaces) {
      if (Has(place)) paths.push_back(place.path);
    }
    for (const AdminAction& action : handlers_.more) paths.push_back(action.path);
    return absl::StrJoin(paths, " ");
  }

  void Metrics(httplib::Response& response) {
    response.set_content(handlers_.metrics(), kMetricsContentType);
  }
  void Health(httplib::Response& response) {
    const absl::Status health = handlers_.health();
    if (health.ok()) return Say(response, 200, "ok\n");
    Say(response, 503, absl::StrCat(health.message(), "\n"));
  }
  void Status(httplib::Response& response) {
    response.set_content(handlers_.status(), "application/json");
  }
  // A reload takes as long as the zones do, and holds its thread meanwhile; the other threads stay
  // free for /healthz. The one that waits will see all files as they are now, so more are no use.
  void Reload(httplib::Response& response) {
    const absl::Cleanup leave = [this] { reloads_.fetch_sub(1, std::memory_order_relaxed); };
    if (reloads_.fetch_add(1, std::memory_order_relaxed) >= kAdminReloadsMax) {
      return Say(response, 503,
                 "one reload runs and one more waits; ask again when they are done\n");
    }
    const absl::StatusOr<std::string> done = handlers_.reload();
    if (done.ok()) return Say(response, 200, absl::StrCat(*done, "\n"));
    Say(response, 500, absl::StrCat(done.status().message(), "\n"));
  }

  const AdminHandlers handlers_;
  const bool check_host_;         // No browser reaches a UNIX socket.
  const WebSettings* const web_;  // Null: an admin endpoint.
  std::atomic<int> reloads_ = 0;
  static thread_local AdminConnection* current_;  // A thread answers one at a time.
};

thread_local AdminConnection* AdminEndpoint::Http::current_ = nullptr;

const AdminEndpoint::Http::Place AdminEndpoint::Http::kPlaces[4] = {
    {"/metrics", "GET", &Http::Metrics},
    {"/healthz", "GET", &Http::Health},
    {"/status", "GET", &Http::Status},
    {"/reload", "POST", &Http::Reload},
};

absl::StatusOr<std::unique_ptr<AdminEndpoint>> AdminEndpoint::Bind(const AdminAddress& address,
                                                                   const AdminTimeouts& timeouts) {
  return Open(address, timeouts, "choose another one with --admin, or --admin none");
}

absl::StatusOr<std::unique_ptr<AdminEndpoint>> AdminEndpoint::Open(const AdminAddress& address,
                                                                   const AdminTimeouts& timeouts,
                                                                   absl::string_view remedy) {
  AdminAddress bound = address;
  if (bound.IsOff()) return nullptr;
  const int family = bound.tcp.has_value() ? bound.tcp->family() : AF_UNIX;
  const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  absl::Status status = fd < 0 || stop_event < 0
                            ? Failed(bound, "cannot make a socket", "raise the limit on open files")
                            : absl::OkStatus();
  if (status.ok())
    status = bound.tcp.has_value() ? BindTcp(bound, fd, remedy) : BindUnix(bound, fd);
  if (status.ok() && listen(fd, kBacklog) != 0) {
    status = Failed(bound, "cannot listen", "choose another address");
  }
  if (status.ok())
    return std::unique_ptr<AdminEndpoint>(new AdminEndpoint(bound, timeouts, fd, stop_event));
  if (fd >= 0) close(fd);
  if (stop_event >= 0) close(stop_event);
  return status;
}

absl::StatusOr<std::unique_ptr<AdminEndpoint>> AdminEndpoint::BindPublic(
    const SocketAddress& address, const AdminTimeouts& timeouts) {
  AdminAddress admin;
  admin.tcp = address;
  absl::StatusOr<std::unique_ptr<AdminEndpoint>> bound = Bind(admin, timeouts);
  if (bound.ok()) (*bound)->is_public_ = true;
  return bound;
}

absl::StatusOr<std::unique_ptr<AdminEndpoint>> AdminEndpoint::BindWeb(const SocketAddress& address,
                                                                      WebSettings settings) {
  AdminAddress web;
  web.tcp = address;
  absl::StatusOr<std::unique_ptr<AdminEndpoint>> bound =
      Open(web, settings.timeouts, "choose another one with --listen");
  if (!bound.ok()) return bound;
  (*bound)->is_web_ = true;
  (*bound)->web_ = std::move(settings);
  return bound;
}

AdminEndpoint::AdminEndpoint(const AdminAddress& address, const AdminTimeouts& timeouts,
                             int listener, int stop_event)
    : address_(address), timeouts_(timeouts), listener_(listener), stop_event_(stop_event) {}

AdminEndpoint::~AdminEndpoint() {
  Stop();
  close(stop_event_);
}

absl::Status AdminEndpoint::Serve(AdminHandlers handlers) {
  for (const AdminAction& action : handlers.more) {
    HITHER_CHECK(!is_public_ || action.method == "GET");
  }
  HITHER_CHECK(!is_public_ || !handlers.reload);
  http_ = std::make_unique<Http>(std::move(handlers), address_.tcp.has_value() && !is_public_,
                                 is_web_ ? &web_ : nullptr, listener_);
  for (int i = 0; i <= web_.threads; ++i) {
    absl::StatusOr<std::thread> thread = StartThread(
        "serve the admin endpoint", [this, i] { return i == 0 ? ReadLoop() : AnswerLoop(); });
    if (!thread.ok()) return thread.status();
    threads_.push_back(*std::move(thread));
  }
  return absl::OkStatus();
}

void AdminEndpoint::ReadLoop() {
  Waiting waiting;
  for (bool more = true; more;) {
    try {
      more = PollOnce(waiting);
    } catch (const std::bad_alloc&) {  // Whoever waits makes room.
      waiting.clear();
    }
  }
}

// Waits until something arrives or the oldest has had its time. False: the endpoint stops.
bool AdminEndpoint::PollOnce(Waiting& waiting) {
  std::vector<pollfd> polls = {{stop_event_, POLLIN, 0}, {listener_, POLLIN, 0}};
  for (const auto& connection : waiting) polls.push_back({connection->socket(), POLLIN, 0});
  int timeout_ms = -1;
  if (!waiting.empty()) {  // Rounded up, so as not to spin through the last millisecond.
    const absl::Duration left = waiting.front()->head_deadline() - absl::Now();
    timeout_ms =
        static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(left) + 1, 0, 60'000));
  }
  if (poll(polls.data(), polls.size(), timeout_ms) < 0) return errno == EINTR;
  if (polls[0].revents != 0) return false;
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (polls[i + 2].revents != 0) waiting[i]->ReadHead();
  }
  HandOverReady(waiting);
  if (polls[1].revents != 0) Accept(waiting);
  return true;
}

void AdminEndpoint::HandOverReady(Waiting& waiting) {
  const absl::Time now = absl::Now();
  for (std::unique_ptr<AdminConnection>& connection : waiting) {
    if (connection->head() != AdminConnection::Head::kPartial) {
      HandOver(std::move(connection));
    } else if (connection->head_deadline() <= now) {
      connection.reset();
    }
  }
  std::erase(waiting, nullptr);
}

// One at a time: between two of them all others are read, so none is closed whose head is here.
void AdminEndpoint::Accept(Waiting& waiting) {
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  const bool is_out_of_files =
      fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED;  // Most likely.
  if (is_out_of_files && waiting.empty()) {
    pollfd stop = {stop_event_, POLLIN, 0};
    poll(&stop, 1, 100);  // The connection stays queued, so do not spin on it.
  }
  if (fd >= 0) waiting.push_back(std::make_unique<AdminConnection>(fd, stop_event_, timeouts_));
  if (waiting.size() > kAdminWaitingMax || (is_out_of_files && !waiting.empty())) {
    waiting.erase(waiting.begin());  // The oldest makes room.
  }
}

void AdminEndpoint::HandOver(std::unique_ptr<AdminConnection> connection) {
  if (connection->head() == AdminConnection::Head::kGone) return;
  {
    std::lock_guard lock(ready_mu_);
    if (ready_.size() >= kAdminWaitingMax) return;  // Closes it.
    ready_.push_back(std::move(connection));
  }
  ready_changed_.notify_one();
}

void AdminEndpoint::AnswerLoop() {
  for (;;) {
    std::unique_ptr<AdminConnection> connection;
    {
      std::unique_lock lock(ready_mu_);
      ready_changed_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
      if (stopping_) return;
      connection = std::move(ready_.front());
      ready_.pop_front();
    }
    try {
      http_->ServeOne(*connection);
      connection->Linger([this] {
        std::lock_guard lock(ready_mu_);
        return stopping_ || !ready_.empty();
      });
    } catch (const std::exception&) {  // httplib ran out of memory: the others go on.
    }
  }
}

void AdminEndpoint::Stop() {
  if (listener_ < 0) return;
  {
    std::lock_guard lock(ready_mu_);
    stopping_ = true;
  }
  eventfd_write(stop_event_, 1);
  ready_changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  ready_.clear();
  close(listener_);
  listener_ = -1;
  if (!address_.unix_path.empty()) unlink(address_.unix_path.c_str());
}

}  // namespace hither
