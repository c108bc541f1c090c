#ifndef HITHER_BASE_NET_TCP_STREAM_H_
#define HITHER_BASE_NET_TCP_STREAM_H_

#include <uv.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/bytes.h"
#include "base/file_descriptor.h"
#include "base/net/byte_stream.h"
#include "base/net/uv.h"
#include "base/socket_address.h"

namespace hither {

// A ByteStream over plain TCP.
//
// In one turn of the loop it reads at most 1 MiB, or what the order says, so that one fast sender
// keeps no other connection waiting.
class TcpStream : public ByteStream {
 public:
  struct Order {
    SocketAddress to;
    std::optional<SocketAddress> from = std::nullopt;  // Port 0: the kernel chooses.
    absl::Duration open_timeout = absl::Seconds(5);
    int reads_per_turn = 16;  // Each of at most 64 KiB.
  };

  // Calls `handler.on_end` on the loop, even if it fails at once.
  static std::unique_ptr<TcpStream> Open(uv_loop_t& loop, const Order& order, Handler handler);

  void Write(ByteView octets) override;
  size_t unsent_bytes() const override { return unsent_.size() - sent_bytes_; }
  // Sends now, rather than from the loop, what the kernel takes: last words, before the stream is
  // destroyed. Failures are left for the loop.
  void SendNow();

 private:
  TcpStream(Handler handler, int reads_per_turn)
      : handler_(std::make_shared<Handler>(std::move(handler))), reads_per_turn_(reads_per_turn) {}
  // 0, or the errno.
  int Connect(const Order& order);
  void Watch(uv_loop_t& loop, int error, absl::Duration open_timeout);
  // Each of these returns false if the stream has ended, and may be destroyed.
  [[nodiscard]] bool OnReady(int events);
  [[nodiscard]] bool OnConnected();
  [[nodiscard]] bool Send();
  [[nodiscard]] bool Receive();
  bool Fail(int error);
  bool Finish(End end, const std::string& detail);
  int WantedEvents() const;

  const std::shared_ptr<Handler> handler_;  // Outlives the stream while it is called.
  const int reads_per_turn_;
  FileDescriptor fd_;
  Bytes unsent_;
  size_t sent_bytes_ = 0;  // Of unsent_.
  bool is_open_ = false;
  // Expires with the stream: a handler may have destroyed it.
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  UvPoll poll_;    // Closed before fd_.
  UvTimer timer_;  // Until it is open; or that fails, to tell so later.
};

}  // namespace hither

#endif  // HITHER_BASE_NET_TCP_STREAM_H_
