#ifndef HITHER_BASE_NET_CONVERSATION_H_
#define HITHER_BASE_NET_CONVERSATION_H_

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/file_descriptor.h"
#include "base/net/uv.h"
#include "base/socket_address.h"

namespace hither {

// One request and its reply, over a socket of its own: connect, send, receive, close. A new socket
// has a new source port, so that over time the requests reach every worker behind SO_REUSEPORT.
//
// Ownership: the caller's. Destroying a conversation cancels it: `on_end` is never called after
// that. `on_end` may destroy the conversation that calls it.
//
// Threads: the loop's. Nothing blocks. Source: any process at the address; over UDP only datagrams
// from there (a connected socket), in all at most `reply_bytes_max`, for `timeout`.
class Conversation {
 public:
  enum class Transport : uint8_t { kUdp, kTcp };
  enum class End : uint8_t {
    kDone,         // `is_complete` said so.
    kClosed,       // TCP: the other side closed or reset the connection before that.
    kTimeout,      // Also if `is_complete` refused all that came.
    kRefused,      // Nothing listens there.
    kUnreachable,  // No route there.
    kTooLong,
    kOwnFault,  // We could not send: no descriptor, no memory, or our own packet filter.
  };
  struct Result {
    End end = End::kOwnFault;
    std::string detail;          // In words; empty with kDone.
    std::vector<uint8_t> reply;  // The datagram, or all that the stream gave.
    absl::Duration took;
  };
  struct Order {
    Transport transport = Transport::kUdp;
    SocketAddress to;
    std::vector<uint8_t> request;
    absl::Duration timeout;
    size_t reply_bytes_max = 0;
    // For a datagram: is it the reply? If not, it is ignored. For a stream: is it complete?
    std::function<bool(std::span<const uint8_t>)> is_complete;
  };

  // Calls `on_end` once. Null: it has been called already.
  static std::unique_ptr<Conversation> Start(uv_loop_t& loop, Order order,
                                             std::function<void(Result)> on_end);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

 private:
  Conversation(Order order, std::function<void(Result)> on_end)
      : order_(std::move(order)), on_end_(std::move(on_end)) {}
  // 0, or the errno.
  int Open(uv_loop_t& loop);
  int Watch(uv_loop_t& loop);
  void OnReady(int events);
  void OnTimeout();
  // False: it has ended, and may be destroyed.
  [[nodiscard]] bool Send();
  [[nodiscard]] bool Receive();
  [[nodiscard]] bool Take(std::span<const uint8_t> octets);
  void Fail(int error);  // This and Finish() may destroy it, too.
  void Finish(End end, std::string detail);

  const Order order_;
  std::function<void(Result)> on_end_;
  FileDescriptor fd_;
  size_t sent_bytes_ = 0;
  std::vector<uint8_t> received_;
  uint64_t began_ns_ = 0;
  UvPoll poll_;  // Closed before fd_.
  UvTimer timer_;
};

}  // namespace hither

#endif  // HITHER_BASE_NET_CONVERSATION_H_
