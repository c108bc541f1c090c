#include "server/listen/tcp_connection.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "base/check.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

constexpr size_t kMessageBytes = 60'000;
constexpr int kMessages = 200;  // 12 MB: more than the sockets between the two can hold.
constexpr size_t kUnsentBytesMax = 64 << 10;

// Messages that hold nothing but their number.
class Numbers : public MessageStream {
 public:
  explicit Numbers(int& made) : made_(made) {}
  size_t Next(std::span<uint8_t> room) override {
    if (made_ == kMessages) return 0;
    std::fill_n(room.begin(), kMessageBytes, static_cast<uint8_t>(made_++));
    return kMessageBytes;
  }

 private:
  int& made_;
};

// Answers its first query with a stream, all others with a message of 12 octets of 0xff.
class Host : public TcpConnectionHost {
 public:
  Response Answer(const Exchange& exchange, uint64_t /*now_ns*/) override {
    clients.emplace_back(exchange.client.begin(), exchange.client.end());
    if (clients.size() == 1) return {0, std::make_unique<Numbers>(made)};
    std::fill_n(exchange.reply.begin(), 12, 0xff);
    return {12, nullptr};
  }
  bool MayAnswer() const override { return true; }
  std::span<uint8_t> read_room() override { return read_room_; }
  std::span<uint8_t> write_room() override { return write_room_; }
  const TcpLimits& limits() const override { return limits_; }
  Counters& counters() override { return counters_; }
  LatencyHistogram& latency() override { return latency_; }
  void OnActive(TcpConnection& /*connection*/) override {}
  void OnWaiting(TcpConnection& connection) override { waiting = &connection; }
  void OnClosing(TcpConnection& /*connection*/) override { waiting = nullptr; }
  void OnClosed(TcpConnection& /*connection*/) override { closed = true; }

  std::vector<Bytes> clients;
  int made = 0;  // Messages of the stream.
  TcpConnection* waiting = nullptr;
  bool closed = false;

 private:
  const TcpLimits limits_{.unsent_bytes_max = kUnsentBytesMax};
  Counters counters_;
  LatencyHistogram latency_;
  std::vector<uint8_t> read_room_ = std::vector<uint8_t>(4096);
  std::vector<uint8_t> write_room_ = std::vector<uint8_t>(128 << 10);
};

struct Ends {
  FileDescriptor server, client;
};

Ends Connect() {
  FileDescriptor listening(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in at = {};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  HITHER_CHECK(::bind(listening.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
  HITHER_CHECK(::listen(listening.get(), 1) == 0);
  HITHER_CHECK(::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
  FileDescriptor client(::socket(AF_INET, SOCK_STREAM, 0));
  HITHER_CHECK(::connect(client.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
  FileDescriptor server(::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK));
  HITHER_CHECK(static_cast<bool>(server));
  return {std::move(server), std::move(client)};
}

class TcpConnectionTest : public testing::Test {
 protected:
  TcpConnectionTest() {
    HITHER_CHECK(uv_loop_init(&loop_) == 0);
    Ends ends = Connect();
    client_ = std::move(ends.client);
    connection_ = std::make_unique<TcpConnection>(host_, kAddress, uv_now(&loop_));
    HITHER_CHECK(connection_->Start(loop_, std::move(ends.server)));
  }
  ~TcpConnectionTest() override {
    connection_->Close();
    while (!host_.closed) uv_run(&loop_, UV_RUN_NOWAIT);
    HITHER_CHECK(uv_loop_close(&loop_) == 0);
  }

  void Ask(int count) {
    Bytes queries;
    for (int i = 0; i < count; ++i) {
      const uint8_t query[14] = {0, 12};
      queries.insert(queries.end(), std::begin(query), std::end(query));
    }
    ASSERT_EQ(::send(client_.get(), queries.data(), queries.size(), 0),
              static_cast<ssize_t>(queries.size()));
  }

  void Turn() {
    uv_run(&loop_, UV_RUN_NOWAIT);
    if (TcpConnection* const next = std::exchange(host_.waiting, nullptr); next != nullptr) {
      next->TakeTurn();
    }
  }
  // So many turns that nothing happens any more.
  void Settle() {
    int quiet = 0;
    for (int last = -1; quiet < 200; last = host_.made) {
      Turn();
      quiet = host_.made == last ? quiet + 1 : 0;
    }
  }

  // The next message to the client; the server has turns until it is complete.
  Bytes Receive() {
    const Bytes length = Take(2);
    return Take(LoadU16(length.data()));
  }

  const Bytes kAddress = {192, 0, 2, 7};
  uv_loop_t loop_;
  Host host_;
  FileDescriptor client_;
  std::unique_ptr<TcpConnection> connection_;

 private:
  Bytes Take(size_t bytes) {
    Bytes got(bytes);
    for (size_t at = 0; at < bytes;) {
      const ssize_t read = ::recv(client_.get(), got.data() + at, bytes - at, MSG_DONTWAIT);
      if (read > 0) at += static_cast<size_t>(read);
      if (read <= 0) Turn();
    }
    return got;
  }
};

TEST_F(TcpConnectionTest, AStreamIsPacedByTheClientAndTheNextQueryWaitsForItsEnd) {
  Ask(2);
  Settle();
  ASSERT_GT(host_.made, 0);
  EXPECT_LT(host_.made, kMessages) << "made faster than the client reads";
  EXPECT_EQ(host_.clients.size(), 1u) << "the second query was answered before the stream's end";
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_EQ(Receive(), Bytes(kMessageBytes, static_cast<uint8_t>(i)));
  }
  EXPECT_EQ(Receive(), Bytes(12, 0xff));
  EXPECT_EQ(host_.clients.size(), 2u);
}

TEST_F(TcpConnectionTest, AStreamEndsWithItsConnection) {
  Ask(1);
  Settle();
  connection_->Close();
  const int made = host_.made;
  Settle();
  EXPECT_EQ(host_.made, made);
}

TEST_F(TcpConnectionTest, AClientThatSendsNoMoreGetsTheWholeStream) {
  Ask(1);
  ASSERT_EQ(::shutdown(client_.get(), SHUT_WR), 0);
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(Receive().size(), kMessageBytes);
  while (!host_.closed) Turn();
}

TEST_F(TcpConnectionTest, EachExchangeNamesTheClient) {
  Ask(1);
  Settle();
  ASSERT_EQ(host_.clients.size(), 1u);
  EXPECT_EQ(host_.clients[0], kAddress);
}

}  // namespace
}  // namespace hither
