#ifndef HITHER_DAEMON_ADMIN_ADMIN_CONNECTIONS_H_
#define HITHER_DAEMON_ADMIN_ADMIN_CONNECTIONS_H_

#include <poll.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "daemon/admin/admin_connection.h"

namespace hither {

inline constexpr size_t kAdminOpenMax = 64;  // Connections that send a head or read an answer.
// Answers that clients have not read yet, of all connections; a single one may be larger.
inline constexpr size_t kAdminUnreadBytesMax = 16u << 20;

// The connections that the reading thread waits for, oldest first. If there are too many, one is
// closed: one that has its answer, else the oldest from the network with the most, so that a client
// that opens many displaces its own. One thread's.
class AdminConnections {
 public:
  using Connection = std::unique_ptr<AdminConnection>;

  bool empty() const { return open_.empty(); }
  size_t size() const { return open_.size(); }
  void Add(Connection connection);  // This may close another one.
  bool MakeRoom();                  // False: there is none to close.
  void Clear() { open_.clear(); }

  // For poll(): one for each connection, in their order, appended.
  void AddPolls(std::vector<pollfd>& polls) const;
  // The earliest deadline, or InfiniteFuture().
  absl::Time Deadline() const;
  // Steps those that are ready, closes those that are gone or too slow, and returns those whose
  // head has arrived. `polls` is what AddPolls() appended.
  std::vector<Connection> Step(const pollfd* polls, absl::Time now);

 private:
  void Close(bool only_writing);

  std::vector<Connection> open_;
};

}  // namespace hither

#endif  // HITHER_DAEMON_ADMIN_ADMIN_CONNECTIONS_H_
