#ifndef HITHER_DAEMON_ADMIN_ADMIN_CLIENT_H_
#define HITHER_DAEMON_ADMIN_ADMIN_CLIENT_H_

#include <cstddef>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daemon/config/config.h"

namespace hither {

// Another program may have the port. 10,000 zones make 3 MB.
inline constexpr size_t kAdminReplyBytesMax = 64u << 20;

struct AdminReply {
  int code = 0;  // The HTTP status.
  std::string body;
  AdminAddress from;
  std::string program = {};  // The answer's field Server. Empty: none, as of earlier versions.
};
// What an answer that is not good says, for a terminal: without its last line feed, never empty.
std::string RefusalOf(const AdminReply& reply);

// Who should answer, and the flag of `hither` with its address: for the words of errors.
struct AdminProgram {
  absl::string_view name;
  absl::string_view flag;
};
inline constexpr AdminProgram kAskHitherd = {"hitherd", "--admin"};
inline constexpr AdminProgram kAskSidecar = {"hither-anycast", "--anycast"};

// Queries a server's admin endpoint at the first of `addresses` that listens; `method` is "GET" or
// "POST". An error only if no answer came: kUnavailable if no program listens there, kDataLoss or
// kDeadlineExceeded if one does. Waits up to `timeout` for the whole answer: a reload answers when
// it has loaded. Threads: any.
absl::StatusOr<AdminReply> AskAdmin(std::span<const AdminAddress> addresses,
                                    absl::string_view method, const std::string& path,
                                    absl::Duration timeout = absl::Minutes(10),
                                    const AdminProgram& program = kAskHitherd);
inline absl::StatusOr<AdminReply> AskAdmin(const AdminAddress& address, absl::string_view method,
                                           const std::string& path,
                                           absl::Duration timeout = absl::Minutes(10)) {
  return AskAdmin(std::span(&address, 1), method, path, timeout);
}

// A program that does not hang shows within this time that it is there. The answer to a command may
// take longer.
inline constexpr absl::Duration kAdminSignOfLifeMax = absl::Seconds(10);

// The first of `addresses` that listens, if `program` does: it has said so, and has been asked to
// change nothing. kFailedPrecondition: another program does.
absl::StatusOr<AdminAddress> FindProgram(std::span<const AdminAddress> addresses,
                                         const AdminProgram& program,
                                         absl::Duration timeout = kAdminSignOfLifeMax);

// As AskAdmin(), but only an answer of `program` is one. A command ("POST") is sent to no other
// program.
absl::StatusOr<AdminReply> AskProgram(std::span<const AdminAddress> addresses,
                                      absl::string_view method, const std::string& path,
                                      absl::Duration timeout, const AdminProgram& program);

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_ADMIN_CLIENT_H_
