#ifndef HITHER_SERVER_TRANSFER_CLIENT_QUERY_LANES_H_
#define HITHER_SERVER_TRANSFER_CLIENT_QUERY_LANES_H_

#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/net/uv.h"
#include "server/transfer/client/lane_query.h"
#include "server/transfer/client/primary_connection.h"

namespace hither {

// Distributes queries over the connections to one primary: one for each lane, opened when it is
// needed and closed when it was idle for a while (RFC 7766 §6.2.3).
//
// A connection on which more of an unwanted reply may come takes no more queries. It remains until
// those that have begun to be answered are complete, beside the next one: so at most six are open,
// and at most three take queries. While a large transfer occupies the IXFR lane, IXFR queries use
// the AXFR lane. Queries that have waited for a large transfer for a while are sent again on the
// lane's second connection, in case the primary answers one query after the other.
//
// A primary may close a connection at any time, and mean no query by it (RFC 7766 §6.2.4). A query
// is sent again on a fresh connection if no octet of its reply has come and either the primary has
// answered another query since, or it had answered some before; in this case only once.
//
// Time does not run while the loop does not, so that a host that hangs does not time out primaries.
//
// Ownership: the caller's. Queries outlive their time here. Threads: the loop's.
class QueryLanes {
 public:
  struct Limits {
    size_t waiting_max = 4'096;  // In each lane, for a connection with room.
    absl::Duration idle_timeout = absl::Seconds(10);
    absl::Duration check_period = absl::Milliseconds(200);
    uint64_t large_octets = uint64_t{1} << 20;   // From here on, a transfer is large.
    absl::Duration patience = absl::Seconds(3);  // With a large one before it.
  };
  // The query is no longer here: it has ended, or was lost. May add it again, but not destroy the
  // lanes. Possibly called within Add().
  using Released = std::function<void(LaneQuery& query)>;

  QueryLanes(uv_loop_t& loop, PrimaryConnection::Opener open, const Limits& limits,
             Released released);
  QueryLanes(const QueryLanes&) = delete;
  QueryLanes& operator=(const QueryLanes&) = delete;

  // False: too many wait.
  [[nodiscard]] bool Add(Lane lane, LaneQuery& query);
  // Wherever it is. `released` is not called for it.
  void Remove(const LaneQuery& query);

  TransferNow Now() const;
  size_t connections() const;

 private:
  struct Waiting {
    LaneQuery* query = nullptr;
    Lane lane = Lane::kSoa;
    int retries = 0;
  };
  struct Sent {
    Waiting waiting = {};
    uint64_t replies_before = 0;  // Of its line.
    uint64_t octets = 0;          // Of its reply.
    absl::Time at = absl::InfinitePast();
  };
  // A connection. Without one it is lost or closed, and the next Tick() removes it.
  struct Line {
    explicit Line(Lane its_lane) : lane(its_lane) {}
    const Lane lane;
    bool is_draining = false;
    uint64_t replies = 0;  // Complete ones.
    absl::Time progress = absl::InfinitePast();
    absl::Time idle_since = absl::InfinitePast();
    absl::flat_hash_map<uint16_t, Sent> sent = {};
    std::unique_ptr<PrimaryConnection> connection = nullptr;
  };

  std::deque<Waiting>& WaitingIn(Lane lane) { return waiting_[static_cast<size_t>(lane)]; }
  void Pump();
  Line* FindLine(Lane lane);
  Line* OpenLine(Lane lane);
  Lane Route(Lane lane) const;
  bool IsLarge(const Line& line) const;
  bool IsLarge(Lane lane) const;
  bool MakesOthersWait(const Line& line, absl::Time now) const;
  std::ptrdiff_t OpenLines(Lane lane) const;
  void Send(Line& line, const Waiting& waiting);
  void OnOctets(Line& line, uint16_t id, size_t octets);
  void OnMessage(Line& line, uint16_t id, std::span<uint8_t> message);
  void OnEnd(Line& line, const ConnectionLoss& loss);
  void Release(Line& line, uint16_t id, ReplyNext next);
  void Drop(Line& line, uint16_t id, bool may_have_more);
  void Drain(Line& line);
  static bool MayRetry(const Line& line, const Sent& sent);
  void Tick();
  void SkipLostTime();
  void CheckLine(Line& line);

  uv_loop_t& loop_;
  const PrimaryConnection::Opener open_;
  const Limits limits_;
  const Released released_;
  std::array<std::deque<Waiting>, kLanes> waiting_;
  std::vector<std::unique_ptr<Line>> lines_;
  bool is_pumping_ = false;
  uint64_t ticked_ms_ = 0;                         // Of uv_now().
  absl::Duration skipped_ = absl::ZeroDuration();  // In which the loop did not run.
  UvTimer timer_;                                  // Active while there is anything to check.
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_CLIENT_QUERY_LANES_H_
