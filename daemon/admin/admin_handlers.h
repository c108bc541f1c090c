#ifndef HITHER_DAEMON_ADMIN_ADMIN_HANDLERS_H_
#define HITHER_DAEMON_ADMIN_ADMIN_HANDLERS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daemon/admin/admin_connection.h"
#include "daemon/admin/http_head.h"

// What a program gives its AdminEndpoint: the pages, and who may read them.
namespace hither {

inline constexpr int kAdminThreads =
    4;  // Each makes one answer at a time; reading clients occupy none.

struct AdminAnswer {
  int code = 200;
  std::string text = "";
  bool is_json = false;
  std::string type = "";  // Content-Type; empty: JSON or plain text.
  // Not null: gives the rest piece by piece, each at most a few seconds after the last; false ends
  // the answer. It occupies one of the threads, so its owner counts them.
  std::function<bool(std::string& piece)> stream = nullptr;
  std::string allow = "";  // Of a 405: the allowed methods.
};
// Gives an answer that takes a while, once, on any thread. If the endpoint has been stopped:
// nothing.
using AdminReplier = std::function<void(const AdminAnswer& answer)>;

struct AdminAction {
  std::string method;  // "GET" or "POST"
  std::string path;    // "/drain"
  std::function<AdminAnswer(const AdminParameters& parameters)> answer = {};
  // The answer exists and only needs copying: the thread that reads requests gives it, and no other
  // request can delay it.
  bool is_ready = false;
  // In place of `answer`: begins the work, and returns without waiting for it. Called on the thread
  // that reads requests; while the work is done, the client occupies no thread.
  std::function<void(const AdminParameters& parameters, AdminReplier reply)> begin = nullptr;
  // Of `begin`, for a client that may not wait for the answer, because kAdminQueuedMax do: says
  // that the work is done for it nevertheless.
  std::string unwaited = "";
  // If set: a request with any other parameter is refused. It is meant for another program, or a
  // later version, and what it asks for may be the opposite ("dry_run").
  std::optional<std::vector<std::string>> takes = std::nullopt;
};

// Empty if there is none of that name.
inline std::string Parameter(const AdminParameters& parameters, absl::string_view name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return "";
}

// The endpoint's questions to the server. Called on the endpoint's threads, several in parallel.
// Null ones have no page.
struct AdminHandlers {
  std::function<std::string()> metrics = {};      // GET /metrics
  std::function<absl::Status()> health = {};      // GET /healthz: 200, or 503 and the reason.
  std::function<std::string()> health_note = {};  // Beside "ok": what is wrong, or "".
  std::function<std::string()> status = {};       // GET /status: JSON.
  // POST /reload: as AdminAction::begin.
  std::function<void(const AdminParameters& parameters, AdminReplier reply)> reload = {};
  std::vector<AdminAction> more = {};
};

struct EndpointSettings {
  std::string program = "";  // In the field Server of every answer, so that clients know who it is.
  std::string key = "admin.listen";  // The operator's name for its address, in errors and advice.
  enum class Reach : uint8_t {
    kThisHost,  // A Host header must be an address or name of this host, but not over a UNIX
                // socket.
    kReadOnly,  // For other hosts. No handler may change anything. Host: an address or of `hosts`.
    kWeb,       // For browsers, including commands. Host: as before.
  } reach = Reach::kThisHost;
  std::vector<std::string> hosts = {};
  std::string hosts_key = "";  // The operator's name for `hosts`: "metrics.hosts".
  int threads = kAdminThreads;
  std::vector<std::pair<std::string, std::string>> headers = {  // Of every answer.
      {"X-Content-Type-Options", "nosniff"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cache-Control", "no-store"}};
  AdminTimeouts timeouts = {};
  absl::Duration retry = absl::Seconds(5);  // Until an address that could not be bound is retried.
  bool waits_for_address = true;  // An address that this host does not have yet is no error.
};

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_ADMIN_HANDLERS_H_
