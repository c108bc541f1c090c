#include "daemon/admin/admin_router.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/admin/metrics_text.h"
#include "daemon/config/config.h"

namespace hither {
namespace {

using Reach = EndpointSettings::Reach;

constexpr char kText[] = "text/plain; charset=utf-8";

absl::string_view ReasonOf(int code) {
  switch (code) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    default:
      return "Answer";  // Clients ignore it (RFC 9112 §4).
  }
}

AdminAnswer Say(int code, std::string text) { return {.code = code, .text = std::move(text)}; }

// Does a Host header name this machine? Otherwise a foreign name led a browser here.
bool IsThisHost(absl::string_view host) {
  if (absl::StartsWithIgnoreCase(host, "localhost")) {
    const absl::string_view rest = host.substr(9);
    return rest.empty() || rest[0] == ':';
  }
  const absl::StatusOr<SocketAddress> address = SocketAddress::FromText(host, kAdminPort);
  return address.ok() && address->IsLoopback();
}

// Addresses are accepted: DNS rebinding always uses a name.
bool IsAddressOrNamed(absl::string_view host, const std::vector<std::string>& names) {
  if (IsThisHost(host) || SocketAddress::FromText(host, kAdminPort).ok()) return true;
  const absl::string_view name = host.substr(0, host.rfind(':'));
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return absl::EqualsIgnoreCase(one, name); });
}

// The first that `action` does not take.
std::optional<std::string> UnknownParameter(const AdminAction& action,
                                            const AdminParameters& parameters) {
  if (!action.takes.has_value()) return std::nullopt;
  for (const auto& [name, value] : parameters) {
    if (std::ranges::find(*action.takes, name) == action.takes->end()) return name;
  }
  return std::nullopt;
}

bool Fits(const AdminAction& action, const HttpHead& head) {
  return action.method == head.method || (head.method == "HEAD" && action.method == "GET");
}

}  // namespace

AdminRouter::AdminRouter(AdminHandlers handlers, const EndpointSettings& settings, bool has_no_host)
    : settings_(settings), has_no_host_(has_no_host) {
  AddPages(handlers);
  for (AdminAction& action : handlers.more) actions_.push_back(std::move(action));
}

void AdminRouter::AddPages(AdminHandlers& handlers) {
  const auto add = [this](const char* method, const char* path, auto answer) {
    actions_.push_back({method, path, [answer](const AdminParameters&) { return answer(); }});
  };
  if (handlers.metrics) {
    add("GET", "/metrics", [page = std::move(handlers.metrics)] {
      return AdminAnswer{.text = page(), .type = kMetricsContentType};
    });
  }
  if (handlers.health) {
    add("GET", "/healthz",
        [page = std::move(handlers.health), note = std::move(handlers.health_note)] {
          const absl::Status health = page();
          if (!health.ok()) return Say(503, absl::StrCat(health.message(), "\n"));
          const std::string but = note ? note() : "";
          return Say(200, but.empty() ? "ok\n" : absl::StrCat("ok, but ", but, "\n"));
        });
  }
  if (handlers.status) {
    add("GET", "/status", [page = std::move(handlers.status)] {
      return AdminAnswer{.text = page(), .is_json = true};
    });
  }
  if (!handlers.reload) return;
  AdminAction action{.method = "POST", .path = "/reload", .answer = nullptr};
  action.begin = std::move(handlers.reload);
  action.takes = std::vector<std::string>{"zone"};
  action.unwaited =
      "too many requests wait for a reload, so this one does not wait for its result; the next "
      "reload, which has been ordered, covers it: see the log\n";
  actions_.push_back(std::move(action));
}

const AdminAction* AdminRouter::Find(absl::string_view path) const {
  const auto found = std::find_if(actions_.begin(), actions_.end(),
                                  [&](const AdminAction& action) { return action.path == path; });
  return found == actions_.end() ? nullptr : &*found;
}

bool AdminRouter::IsOurHost(const HttpHead& head) const {
  if (has_no_host_) return true;
  const bool is_local = settings_.reach == Reach::kThisHost;
  // Browsers always send it; simple health checkers of load balancers do not.
  if (head.hosts.empty()) return head.is_http_1_0 && !is_local;
  if (head.hosts.size() > 1) return false;
  return is_local ? IsThisHost(head.hosts[0]) : IsAddressOrNamed(head.hosts[0], settings_.hosts);
}

AdminAnswer AdminRouter::RefuseHost() const {
  if (settings_.reach == Reach::kThisHost) {
    return Say(403, "the Host header does not name this machine; ask for localhost or 127.0.0.1\n");
  }
  return Say(403, absl::StrCat("the name in the Host header is not allowed for this page; use an "
                               "address, or add the name to ",
                               settings_.hosts_key, "\n"));
}

std::optional<AdminAnswer> AdminRouter::AnswerAtOnce(const std::optional<HttpHead>& head) const {
  if (!head.has_value()) return Say(400, "not an HTTP/1.1 request\n");
  if (!IsOurHost(*head)) return RefuseHost();
  const AdminAction* const action = Find(head->path);
  if (action == nullptr) {
    const auto path = [](std::string* out, const AdminAction& one) { out->append(one.path); };
    return Say(404,
               absl::StrCat("not found; available: ", absl::StrJoin(actions_, " ", path), "\n"));
  }
  if (!Fits(*action, *head)) {
    AdminAnswer answer = Say(405, absl::StrCat("only ", action->method, " is allowed here\n"));
    answer.allow = action->method == "GET" ? "GET, HEAD" : "POST";
    return answer;
  }
  if (action->method == "POST" && !head->is_command) {
    return Say(403, "the header 'X-Hither: 1' is missing\n");
  }
  if (const auto unknown = UnknownParameter(*action, head->parameters); unknown.has_value()) {
    return Say(400, absl::StrCat(action->path, " has no parameter '", *unknown,
                                 "'; it has: ", absl::StrJoin(*action->takes, " "), "\n"));
  }
  if (action->is_ready) return action->answer(head->parameters);
  return std::nullopt;
}

AdminAnswer AdminRouter::Work(const HttpHead& head) const {
  return Find(head.path)->answer(head.parameters);
}

const AdminAction* AdminRouter::BeginsWork(const HttpHead& head) const {
  const AdminAction* const action = Find(head.path);
  return action->begin != nullptr ? action : nullptr;
}

std::string AdminRouter::ToHttp(const AdminAnswer& answer, bool is_head_request) const {
  const absl::string_view type = !answer.type.empty() ? absl::string_view(answer.type)
                                 : answer.is_json     ? "application/json"
                                                      : kText;
  std::string out = absl::StrCat("HTTP/1.1 ", answer.code, " ", ReasonOf(answer.code),
                                 "\r\nConnection: close\r\nContent-Type: ", type, "\r\n");
  if (answer.stream == nullptr) {
    absl::StrAppend(&out, "Content-Length: ", answer.text.size(), "\r\n");
  }
  if (!answer.allow.empty()) absl::StrAppend(&out, "Allow: ", answer.allow, "\r\n");
  if (!settings_.program.empty()) absl::StrAppend(&out, "Server: ", settings_.program, "\r\n");
  for (const auto& [name, value] : settings_.headers) {
    absl::StrAppend(&out, name, ": ", value, "\r\n");
  }
  absl::StrAppend(&out, "\r\n", is_head_request ? "" : answer.text);
  return out;
}

}  // namespace hither
