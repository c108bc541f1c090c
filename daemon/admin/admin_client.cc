#include "daemon/admin/admin_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file_descriptor.h"
#include "base/json_reader.h"
#include "base/monotonic_clock.h"
#include "base/net/http_answer.h"
#include "base/printable.h"
#include "daemon/admin/admin_connection.h"

namespace hither {
namespace {

constexpr absl::Duration kConnectMax = absl::Seconds(10);  // A hung server's queue may be full.

// On this host: connects immediately, or not at all.
bool Connect(int fd, const AdminAddress& address) {
  if (address.tcp.has_value()) {
    const absl::StatusOr<SocketAddress> resolved = address.tcp->Resolve();
    if (!resolved.ok()) errno = ENODEV;
    return resolved.ok() && ::connect(fd, resolved->get(), resolved->size()) == 0;
  }
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  const size_t bytes = std::min(address.unix_path.size(), sizeof name.sun_path - 1);
  std::memcpy(name.sun_path, address.unix_path.data(), bytes);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
}

// Does it exist, but refuse us? Then no other address is tried: anybody may have opened it.
bool IsForbidden(int error) { return error == EACCES || error == EPERM; }

// connect() waited too long for a place in the server's queue.
bool IsFullQueue(int error) {
  return error == EAGAIN || error == EINPROGRESS || error == ETIMEDOUT;
}

// kUnavailable: nothing listens there, so that another address may be tried.
absl::Status NobodyThere(const AdminAddress& address, int error) {
  const std::string text = absl::StrCat(address.ToText(), ": ", std::strerror(error));
  return IsForbidden(error) ? absl::PermissionDeniedError(text) : absl::UnavailableError(text);
}

// The program has the connection, or the kernel holds it for the program, and nothing comes.
absl::Status HangsAt(const AdminAddress& address, const AdminProgram& program,
                     absl::Duration timeout) {
  return absl::DeadlineExceededError(absl::StrCat(
      program.name, " at ", address.ToText(), " has not answered within ",
      absl::FormatDuration(timeout), ": it hangs, or its host is too busy; check its log, and ",
      "restart it if it hangs"));
}

// Empty: success.
std::string Send(int fd, absl::string_view request) {
  while (!request.empty()) {
    const ssize_t sent = ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return std::strerror(errno);
    request.remove_prefix(static_cast<size_t>(sent));
  }
  return "";
}

constexpr absl::string_view kTooLate = "too late";

// The same; `reply` is what arrived until the answer was complete or the other side closed.
std::string Receive(int fd, absl::Time deadline, std::string& reply) {
  char block[65'536];
  for (;;) {
    const int64_t left_ms = absl::ToInt64Milliseconds(deadline - MonotonicNow());
    if (left_ms <= 0) return std::string(kTooLate);
    pollfd wait = {fd, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::min<int64_t>(left_ms, 60'000)));
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t got = ::recv(fd, block, sizeof block, 0);
    if (got < 0) return std::strerror(errno);
    reply.append(block, static_cast<size_t>(got));
    if (reply.size() > kAdminReplyBytesMax) {
      return absl::StrCat("it is over ", kAdminReplyBytesMax >> 20, " MiB");
    }
    const auto* const octets = reinterpret_cast<const uint8_t*>(reply.data());
    if (got == 0 || IsWholeHttpAnswer({octets, reply.size()})) return "";
  }
}

absl::StatusOr<AdminReply> AskOne(const AdminAddress& address, absl::string_view method,
                                  const std::string& path, absl::Duration timeout,
                                  const AdminProgram& program) {
  if (address.IsOff()) return absl::InvalidArgumentError("there is no admin address to ask");
  const int family = address.tcp.has_value() ? address.tcp->system_family() : AF_UNIX;
  const FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return absl::ResourceExhaustedError(std::strerror(errno));
  const int fd = socket.get();
  const absl::Time deadline = MonotonicNow() + timeout;
  // For connect(), too (socket(7)).
  const timeval send_timeout = absl::ToTimeval(std::min(timeout, kConnectMax));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_timeout, sizeof send_timeout);
  if (!Connect(fd, address)) {
    return IsFullQueue(errno) ? HangsAt(address, program, timeout) : NobodyThere(address, errno);
  }
  const std::string host = address.tcp.has_value() ? address.tcp->ToText() : "localhost";
  std::string reply;
  std::string error = Send(fd, HttpRequest(method, path, host));
  if (error.empty()) error = Receive(fd, deadline, reply);
  if (error == kTooLate) return HangsAt(address, program, timeout);
  if (error.empty()) {
    const absl::StatusOr<HttpAnswer> answer = ReadHttpAnswer(reply);
    if (answer.ok()) {
      return AdminReply{answer->code, std::string(answer->body), address,
                        Printable(std::string(answer->server))};
    }
    error = std::string(answer.status().message());
  }
  return absl::DataLossError(
      absl::StrCat(program.name, " at ", address.ToText(), " gave no complete answer (", error,
                   "); check its log, and that ", program.flag, " names its admin address"));
}

// Who answered. Earlier versions have no field Server; their page says "version": "hitherd 0.1.0".
std::string NameOf(const AdminReply& reply, absl::Duration timeout, const AdminProgram& program) {
  if (!reply.program.empty()) return reply.program;
  const absl::StatusOr<AdminReply> page =
      AskAdmin(std::span(&reply.from, 1), "GET", "/status", timeout, program);
  if (!page.ok()) return "";
  const absl::StatusOr<JsonDocument> json = JsonDocument::Parse(page->body);
  if (!json.ok()) return "";
  const std::string version(json->root().MaybeAt("version").TextOr(""));
  return version.substr(0, version.find(' '));
}

absl::Status CheckProgram(const AdminReply& reply, absl::Duration timeout,
                          const AdminProgram& program) {
  const std::string name = NameOf(reply, timeout, program);
  if (name == program.name) return absl::OkStatus();
  const bool is_ours = name == kAskHitherd.name || name == kAskSidecar.name;
  const std::string who =
      is_ours ? absl::StrCat(" (it is that of ", name, ")")
              : absl::StrCat(" (another program answers, with HTTP code ", reply.code, ")");
  return absl::FailedPreconditionError(absl::StrCat(reply.from.ToText(),
                                                    " is not the admin endpoint of ", program.name,
                                                    who, "; give its address with ", program.flag));
}

}  // namespace

std::string RefusalOf(const AdminReply& reply) {
  std::string text = PrintableLines(reply.body);
  text.erase(text.find_last_not_of(" \n\t") + 1);
  if (reply.code != 404 && !text.empty()) return text;
  return absl::StrCat(reply.from.ToText(), " answers with HTTP code ", reply.code,
                      text.empty() ? " and no text" : ": ", text);
}

absl::StatusOr<AdminAddress> FindProgram(std::span<const AdminAddress> addresses,
                                         const AdminProgram& program, absl::Duration timeout) {
  const absl::StatusOr<AdminReply> reply = AskAdmin(addresses, "GET", "/healthz", timeout, program);
  if (!reply.ok()) return reply.status();
  const absl::Status known = CheckProgram(*reply, timeout, program);
  if (!known.ok()) return known;
  return reply->from;
}

absl::StatusOr<AdminReply> AskProgram(std::span<const AdminAddress> addresses,
                                      absl::string_view method, const std::string& path,
                                      absl::Duration timeout, const AdminProgram& program) {
  if (method != "GET") {
    const absl::StatusOr<AdminAddress> there =
        FindProgram(addresses, program, std::min(timeout, kAdminSignOfLifeMax));
    if (!there.ok()) return there.status();
    return AskAdmin(std::span(&*there, 1), method, path, timeout, program);
  }
  absl::StatusOr<AdminReply> reply = AskAdmin(addresses, method, path, timeout, program);
  if (!reply.ok()) return reply;
  const absl::Status known = CheckProgram(*reply, timeout, program);
  if (!known.ok()) return known;
  return reply;
}

absl::StatusOr<AdminReply> AskAdmin(std::span<const AdminAddress> addresses,
                                    absl::string_view method, const std::string& path,
                                    absl::Duration timeout, const AdminProgram& program) {
  std::vector<std::string> tried;
  for (const AdminAddress& address : addresses) {
    absl::StatusOr<AdminReply> reply = AskOne(address, method, path, timeout, program);
    if (absl::IsPermissionDenied(reply.status())) {
      return absl::PermissionDeniedError(absl::StrCat(
          reply.status().message(), "; ask as root, or as a member of the socket's group"));
    }
    if (!absl::IsUnavailable(reply.status())) return reply;
    tried.emplace_back(reply.status().message());
  }
  return absl::UnavailableError(absl::StrCat(
      program.name, " does not answer on ", absl::StrJoin(tried, ", nor on "),
      "; check that it runs, or give its admin address with ", program.flag, " or --config"));
}

}  // namespace hither
