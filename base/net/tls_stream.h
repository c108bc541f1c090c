#ifndef HITHER_BASE_NET_TLS_STREAM_H_
#define HITHER_BASE_NET_TLS_STREAM_H_

#include <uv.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/bytes.h"
#include "base/net/byte_stream.h"
#include "base/net/tcp_stream.h"
#include "base/net/tls_context.h"
#include "base/net/uv.h"

namespace hither {

// A ByteStream over TLS 1.3, over TCP. It is open once the server is authenticated and has selected
// our protocol; until then it hands nothing over, and keeps what is written. There is no fall-back.
//
// A server that requires a client certificate judges ours after the stream is open (RFC 8446
// §4.4.2): its refusal is an early on_end.
//
// In one turn of the loop it decrypts at most 256 KiB, and it keeps no decrypted octets: between
// turns it holds at most one incomplete record. A server that closes TCP without close_notify ends
// the stream like any other, but `detail` says so: what it sent may be incomplete.
class TlsStream : public ByteStream {
 public:
  struct Order {
    SocketAddress to = {};
    std::optional<SocketAddress> from = std::nullopt;  // Port 0: the kernel chooses.
    std::shared_ptr<const TlsContext> context = nullptr;
    absl::Duration open_timeout = absl::Seconds(5);  // Of TCP and the handshake together.
  };

  // Calls `handler.on_end` on the loop, even if it fails at once.
  static std::unique_ptr<TlsStream> Open(uv_loop_t& loop, const Order& order, Handler handler);
  ~TlsStream() override;

  void Write(ByteView octets) override;
  size_t unsent_bytes() const override;

 private:
  struct Ending {
    End end;
    std::string detail;
  };
  TlsStream(std::shared_ptr<const TlsContext> context, Handler handler);
  void Begin(uv_loop_t& loop, const Order& order);
  void OnTimer(absl::Duration open_timeout);
  void OnTcpOctets(ByteView octets);
  void OnTcpEnd(End end, const std::string& detail);
  // Each of these returns false if the stream has ended, and may be destroyed.
  [[nodiscard]] bool Advance();
  [[nodiscard]] bool Shake();
  [[nodiscard]] bool Receive();
  [[nodiscard]] bool Deliver(ByteView octets);
  bool Finish(End end, const std::string& detail);

  // Of the error of the last call of OpenSSL. None: it wants more octets.
  std::optional<Ending> EndingOf(int ssl_error);
  // False: OpenSSL has failed.
  [[nodiscard]] bool Encrypt();
  // Hands what OpenSSL has made to TCP.
  void SendRecords();
  void SayGoodbye();

  const std::shared_ptr<const TlsContext> context_;
  const std::shared_ptr<Handler> handler_;  // Outlives the stream while it is called.
  std::string refusal_;                     // Why the server is not accepted.
  SslPointer session_;
  Bytes plain_;  // Not encrypted yet.
  bool is_tcp_open_ = false;
  bool is_open_ = false;
  bool has_failed_ = false;  // The session, for good.
  // Expires with the stream: a handler may have destroyed it.
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  std::unique_ptr<TcpStream> tcp_;
  UvTimer timer_;  // Until it is open; or that OpenSSL fails, to report it later.
};

}  // namespace hither

#endif  // HITHER_BASE_NET_TLS_STREAM_H_
