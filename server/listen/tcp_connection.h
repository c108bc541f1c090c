#ifndef HITHER_SERVER_LISTEN_TCP_CONNECTION_H_
#define HITHER_SERVER_LISTEN_TCP_CONNECTION_H_

#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>

#include "absl/time/time.h"
#include "base/bytes.h"
#include "daemon/config/config.h"
#include "server/answer/counters.h"
#include "server/answer/exchange.h"
#include "server/listen/latency.h"
#include "server/listen/socket.h"

namespace hither {

// Limits on TCP, of one worker: a share of the server's, whose defaults are in Config. Each has a
// test in tcp_listener_test.cc.
struct TcpLimits {
  size_t connections_max = static_cast<size_t>(Config::Tcp().connections_max);
  // Of one IPv4 /24 or IPv6 /56: one customer's.
  size_t connections_per_prefix_max = static_cast<size_t>(Config::Tcp().connections_per_prefix_max);
  // Without a complete query. Shrinks as connections fill up (RFC 7766 §6.2.3, RFC 9210 §4.2).
  absl::Duration idle_timeout = Config::Tcp().idle_timeout;
  absl::Duration lifetime_max = Config::Tcp().lifetime_max;
  absl::Duration unread_timeout = absl::Seconds(5);  // Answers wait and the peer takes none.
  // Beyond it no more queries of this peer are read until it has read its answers.
  size_t unsent_bytes_max = Config::Tcp().unsent_bytes_max;
};

class TcpConnection;

// All connections of one client: of a network, see PrefixOf().
struct TcpClient {
  uint64_t prefix = 0;
  size_t connections = 0;
  uint64_t served_at = 0;  // When one of them last had a turn; a count, not a time.
};

// Who accepts connections: what they share, and what it must know of them.
class TcpConnectionHost {
 public:
  virtual ~TcpConnectionHost() = default;
  virtual Response Answer(const Exchange& exchange, uint64_t now_ns) = 0;
  virtual bool MayAnswer() const = 0;           // One more query in this turn of the loop?
  virtual std::span<uint8_t> read_room() = 0;   // For one read; shared by all connections.
  virtual std::span<uint8_t> write_room() = 0;  // For the answers to one read; likewise.
  virtual const TcpLimits& limits() const = 0;
  virtual Counters& counters() = 0;
  virtual LatencyHistogram& latency() = 0;
  virtual void OnActive(TcpConnection& connection) = 0;   // A query came or the last answer went.
  virtual void OnWaiting(TcpConnection& connection) = 0;  // Has queries left; TakeTurn() it later.
  virtual void OnClosing(TcpConnection& connection) = 0;  // It counts no more.
  virtual void OnClosed(TcpConnection& connection) = 0;   // The loop lets go; delete it.
};

// One client's stream of queries, each after its length in two octets (RFC 1035 §4.2.2). Queries
// may be pipelined; answers go out in their order, those to one read together (RFC 7766 §6.2.1.1).
// Of many queries some are answered a turn, so that other clients have theirs; nothing more is read
// until all are. A message of a stream (exchange.h) counts as an answer, and the queries after it
// wait for its end.
//
// Threads: a worker's. Ownership: the host's, from the constructor to OnClosed(). Every octet in
// is a stranger's.
class TcpConnection {
 public:
  // `address` is the client's, of 4 or 16 octets; it is copied.
  TcpConnection(TcpConnectionHost& host, ByteView address, uint64_t now_ms);
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  // Takes `socket` over. False: it is of no use, and OnClosing/OnClosed come as after Close().
  bool Start(uv_loop_t& loop, FileDescriptor socket);

  static constexpr int kQueriesPerTurnMax = 8;

  // Answers queries that were read in an earlier turn.
  void TakeTurn();
  bool IsWaiting() const { return waiting_; }

  // Closes what has been idle, unread or alive too long, and counts it.
  void CheckTime(uint64_t now_ms, absl::Duration idle_timeout);
  // Reads no more; closes when the last answer has been sent.
  void Finish();
  void Close();

  bool HasUnsent() const { return UnsentBytes() > 0; }
  uint64_t active_at_ms() const { return active_at_ms_; }

  // The host's bookkeeping: its place in the host's list, and whom it is counted for.
  std::list<std::unique_ptr<TcpConnection>>::iterator place;
  TcpClient* client = nullptr;

 private:
  static void OnRoom(uv_handle_t* handle, size_t hint, uv_buf_t* room);
  static void OnRead(uv_stream_t* stream, ssize_t bytes, const uv_buf_t* room);
  static void OnWritten(uv_write_t* request, int status);

  // Answers that wait to be sent together.
  struct Answers {
    uint64_t read_at_ns;  // The queries.
    size_t bytes = 0;
    size_t count = 0;
    int answered = 0;  // Of this turn, sent or not.
  };

  void OnOctets(ByteView octets);
  size_t AnswerFrom(ByteView input);
  size_t AnswerQueries(ByteView input, Answers& filled);
  ByteView NextQuery(ByteView input);
  bool MakeRoom(Answers& filled);
  size_t AnswerOne(ByteView query, std::span<uint8_t> room);
  void Flush(Answers& answers);
  void Send(ByteView octets);
  void WriteQueued();
  void ReadOn();
  void AnswerInput();
  void CloseFor(Counter why);
  size_t UnsentBytes() const;
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp_); }

  TcpConnectionHost& host_;
  std::array<uint8_t, 16> address_ = {};
  const uint8_t address_bytes_;
  std::unique_ptr<MessageStream> stream_;  // The answer to the last query, while it is being sent.
  uv_tcp_t tcp_;  // Raw, as no owner of base/net/uv.h is a stream; freed with this in OnClosed().
  uv_write_t write_;
  Bytes input_;     // Octets of a query that is not complete or must wait (paused_, waiting_).
  Bytes in_write_;  // With libuv until OnWritten.
  Bytes queued_;    // For the write after it.
  const uint64_t started_at_ms_;
  uint64_t active_at_ms_;
  uint64_t read_at_ns_ = 0;  // The queries that wait.
  uint64_t progress_at_ms_;  // The peer last took something, or nothing waited for it.
  size_t unsent_at_progress_ = 0;
  bool paused_ = false;     // Too much is unsent: reading has stopped.
  bool waiting_ = false;    // For another turn with queries that are complete: likewise.
  bool finishing_ = false;  // Close after the last answer.
  bool closing_ = false;
};

}  // namespace hither

#endif  // HITHER_SERVER_LISTEN_TCP_CONNECTION_H_
