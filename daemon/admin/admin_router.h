#ifndef HITHER_DAEMON_ADMIN_ADMIN_ROUTER_H_
#define HITHER_DAEMON_ADMIN_ADMIN_ROUTER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "daemon/admin/admin_handlers.h"
#include "daemon/admin/http_head.h"

namespace hither {

// From a request to its answer, and from an answer to the octets of HTTP/1.1. An answer is always
// the whole page: no ranges, no content codings, no persistent connections.
//
// Threads: any, several at once.
class AdminRouter {
 public:
  // `has_no_host`: the endpoint is a UNIX socket, which no browser reaches.
  AdminRouter(AdminHandlers handlers, const EndpointSettings& settings, bool has_no_host);

  // A refusal, or a ready answer; nothing if Work() must be called, which may take long. `head` is
  // from ParseHttpHead().
  std::optional<AdminAnswer> AnswerAtOnce(const std::optional<HttpHead>& head) const;
  AdminAnswer Work(const HttpHead& head) const;
  // Of a request that AnswerAtOnce() gave nothing for: its answer comes later; null: of Work().
  const AdminAction* BeginsWork(const HttpHead& head) const;

  // Head and text. For a stream: the head; the answer ends with the connection.
  std::string ToHttp(const AdminAnswer& answer, bool is_head_request) const;

 private:
  void AddPages(AdminHandlers& handlers);
  const AdminAction* Find(absl::string_view path) const;
  bool IsOurHost(const HttpHead& head) const;
  AdminAnswer RefuseHost() const;

  const EndpointSettings& settings_;
  const bool has_no_host_;
  std::vector<AdminAction> actions_;
};

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_ADMIN_ROUTER_H_
