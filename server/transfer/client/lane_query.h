#ifndef HITHER_SERVER_TRANSFER_CLIENT_LANE_QUERY_H_
#define HITHER_SERVER_TRANSFER_CLIENT_LANE_QUERY_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/time/time.h"
#include "base/bytes.h"
#include "base/net/byte_stream.h"
#include "server/transfer/refresh_timer.h"

namespace hither {

// Queries of one kind share a connection. Primaries may answer the queries of a connection one
// after the other, so a SOA query or a small IXFR must not be sent after an AXFR of a large zone.
enum class Lane : uint8_t { kSoa, kIxfr, kAxfr };
inline constexpr size_t kLanes = 3;

// What a query says after each event.
enum class ReplyNext : uint8_t {
  kMore,        // It stays under way.
  kEnded,       // Its reply is complete.
  kUnfinished,  // It ends here, but more messages of its reply may come.
};

// Why the connection of a query is lost.
struct ConnectionLoss {
  ByteStream::End end = ByteStream::End::kClosed;
  bool broke_rules = false;  // We closed it: the primary sent what is no reply to any query.
  std::string detail = {};   // In words.
};

// One query on its way, as QueryLanes drives it. No function may call the lanes, or destroy them.
class LaneQuery {
 public:
  virtual ~LaneQuery() = default;

  // The message with this ID, signed; it is sent now. Empty: it cannot be made. Called again if the
  // connection is lost, or has to be closed, before an octet of the reply has come.
  virtual Bytes Write(uint16_t id, TransferNow now) = 0;
  // Octets of the reply have come, whether they become a message or not.
  virtual ReplyNext OnOctets(uint64_t octets, TransferNow now) = 0;
  // The next message of the reply, which is the query's to change.
  virtual ReplyNext OnMessage(std::span<uint8_t> message, TransferNow now) = 0;
  // A few times a second. `progress`: when the connection last brought anything for a query, be it
  // another one. It may be before this one was sent.
  virtual ReplyNext Check(absl::Time progress, TransferNow now) = 0;
  // It is not sent, or gets no more messages.
  virtual void OnLost(const ConnectionLoss& loss, TransferNow now) = 0;
};

}  // namespace hither

#endif  // HITHER_SERVER_TRANSFER_CLIENT_LANE_QUERY_H_
