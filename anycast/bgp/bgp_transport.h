#ifndef HITHER_ANYCAST_BGP_BGP_TRANSPORT_H_
#define HITHER_ANYCAST_BGP_BGP_TRANSPORT_H_

#include <uv.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/bytes.h"
#include "base/file_descriptor.h"
#include "base/net/uv.h"
#include "base/socket_address.h"

namespace hither {

// One TCP connection to one neighbor, made again on each request.
//
// Threads: the loop's. Owns its socket, which no child process inherits (SOCK_CLOEXEC): however
// this process dies, the kernel closes the connection and the neighbor withdraws immediately.
// Limits: keeps up to kOutputBytesMax that the neighbor has not read, and reads at most
// kReadBytesMax per loop iteration, so that a flood does not keep the loop from the others.
// Errors: by Owner::OnClosed(), in words; after that there is no connection.
class BgpTransport {
 public:
  static constexpr size_t kOutputBytesMax = 256 * 1024;
  static constexpr size_t kReadBytesMax = 16 * 1024;
  static constexpr absl::Duration kFinishMax = absl::Seconds(1);

  struct Options {
    SocketAddress neighbor;
    std::optional<SocketAddress> local;
    std::string device = {};    // SO_BINDTODEVICE: an interface or a VRF; empty: any.
    std::string password;       // RFC 2385; empty: none.
    bool ttl_security = false;  // RFC 5082
    int ttl = 64;               // Without ttl_security.
    absl::Duration user_timeout = absl::Seconds(3);
  };

  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnTransportConnected() = 0;
    virtual void OnTransportBytes(ByteView bytes) = 0;
    virtual void OnTransportClosed(absl::string_view why) = 0;  // Not after Finish() or Abort().
  };

  BgpTransport(uv_loop_t* loop, Options options, Owner& owner);
  ~BgpTransport();
  BgpTransport(const BgpTransport&) = delete;
  BgpTransport& operator=(const BgpTransport&) = delete;

  // Begins to connect, from `local` if given; an older connection is aborted. The neighbor's
  // interface is looked up by name each time.
  absl::Status Connect(const std::optional<SocketAddress>& local = std::nullopt);
  // False: the neighbor reads too slowly, and nothing of `bytes` was taken.
  [[nodiscard]] bool Send(ByteView bytes);
  // Reads what has arrived before timers are checked: the loop may have been stopped.
  void ReadNow();
  // Sends the rest, then closes our side and waits for the neighbor's, so that a reset does not
  // overtake a last NOTIFICATION (RFC 1122 §4.2.2.13). At most kFinishMax, which OnTick() watches.
  void Finish(absl::Time now);
  void Abort();
  void OnTick(absl::Time now);

  bool IsOpen() const { return bool{socket_}; }
  const SocketAddress& local() const { return local_; }  // Of the last connection.

 private:
  enum class Phase : uint8_t { kConnecting, kConnected, kFinishing };
  void OnPoll(int status, int events);

  absl::Status Prepare();
  void OnConnectDone();
  void OnError();
  void Read();
  void Write();
  void UpdateEvents();
  void Lost(absl::string_view why);

  uv_loop_t* const loop_;
  const Options options_;
  Owner& owner_;
  FileDescriptor socket_;
  UvPoll poll_;  // Closed before socket_.
  Phase phase_ = Phase::kConnecting;
  absl::Time finish_by_ = absl::InfiniteFuture();
  SocketAddress local_;
  Bytes output_;
  size_t output_sent_ = 0;  // From the front of it.
};

}  // namespace hither

#endif  // HITHER_ANYCAST_BGP_BGP_TRANSPORT_H_
