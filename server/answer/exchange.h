#ifndef HITHER_SERVER_ANSWER_EXCHANGE_H_
#define HITHER_SERVER_ANSWER_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "absl/time/time.h"
#include "base/bytes.h"

namespace hither {

// What a transport and the Responder exchange.

enum class Transport : uint8_t { kUdp, kTcp };

// What a transport knows about a batch of queries besides their octets.
struct TransportFacts {
  Transport transport = Transport::kUdp;
  // What a TCP listener promises an idle client now (RFC 7828), sent only if the client asks.
  absl::Duration tcp_idle_timeout = absl::ZeroDuration();
  // When the batch was read, on the monotonic clock. The answering code reads no clock.
  uint64_t now_ns = 0;
};

// A query and the buffer for its answer; one of a batch.
struct Exchange {
  ByteView query;
  std::span<uint8_t> reply;  // As large as Responder::Answer() says.
  // The client's address: 4 or 16 octets in network order, in the transport's memory; empty in a
  // test or a benchmark.
  ByteView client = {};
  size_t reply_bytes = 0;  // 0: send nothing.
};

// Messages sent one after the other as the answer to one query: a zone transfer (RFC 5936 §2.2).
// Owned by the connection that sends it and used on its thread only; ends with the connection.
class MessageStream {
 public:
  virtual ~MessageStream() = default;
  // Writes the next message into `room` of 65,535 octets and returns its size; 0 after the last.
  // The client's reading paces the calls: there is none while too much is unsent.
  virtual size_t Next(std::span<uint8_t> room) = 0;
};

// The answer to a query: nothing, one message, or a stream of messages.
struct Response {
  size_t message_bytes = 0;               // The one message; 0: none.
  std::unique_ptr<MessageStream> stream;  // Over TCP only, and then message_bytes is 0.
};

}  // namespace hither

#endif  // HITHER_SERVER_ANSWER_EXCHANGE_H_
