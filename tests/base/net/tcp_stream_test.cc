#include "base/net/tcp_stream.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "absl/time/clock.h"

namespace hither {
namespace {

class TcpStreamTest : public ::testing::Test {
 protected:
  TcpStreamTest() {
    uv_loop_init(&loop_);
    listener_.Reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage bound = {};
    reinterpret_cast<sockaddr_in&>(bound).sin_family = AF_INET;
    reinterpret_cast<sockaddr_in&>(bound).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(sockaddr_in);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&bound), size), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    address_ = SocketAddress::FromSystem(bound);
  }
  ~TcpStreamTest() override {
    stream_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  void Open(TcpStream::Order order) {
    stream_ = TcpStream::Open(loop_, order,
                              {.on_open =
                                   [this] {
                                     ++opens_;
                                     if (destroys_at_open_) stream_.reset();
                                   },
                               .on_octets =
                                   [this](ByteView octets) {
                                     received_.append(octets.begin(), octets.end());
                                     if (destroys_at_octets_) stream_.reset();
                                   },
                               .on_end =
                                   [this](ByteStream::End end, const std::string& detail) {
                                     ++ends_;
                                     end_ = end;
                                     detail_ = detail;
                                     stream_.reset();
                                   }});
  }
  void Open() { Open({.to = address_}); }
  FileDescriptor Accept() {
    return FileDescriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  template <typename Condition>
  bool TurnUntil(Condition is_met) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (!is_met() && absl::Now() < deadline) uv_run(&loop_, UV_RUN_NOWAIT);
    return is_met();
  }

  uv_loop_t loop_;
  FileDescriptor listener_;
  SocketAddress address_;
  std::unique_ptr<TcpStream> stream_;
  bool destroys_at_open_ = false;
  bool destroys_at_octets_ = false;
  int opens_ = 0;
  int ends_ = 0;
  std::string received_;
  ByteStream::End end_ = ByteStream::End::kOwnFault;
  std::string detail_;
};

TEST_F(TcpStreamTest, CarriesOctetsBothWays) {
  Open();
  stream_->Write(AsBytes("before it is open"));
  ASSERT_TRUE(TurnUntil([this] { return opens_ == 1 && stream_->unsent_bytes() == 0; }));
  const FileDescriptor server = Accept();
  std::string got(17, '\0');
  ASSERT_EQ(::recv(server.get(), got.data(), got.size(), MSG_WAITALL), 17);
  EXPECT_EQ(got, "before it is open");
  ASSERT_EQ(::send(server.get(), "hello", 5, 0), 5);
  EXPECT_TRUE(TurnUntil([this] { return received_ == "hello"; }));
  EXPECT_EQ(ends_, 0);
}

// More than the kernel's buffers take: the rest waits, and nothing is lost.
TEST_F(TcpStreamTest, KeepsWhatCannotBeSentYet) {
  Open();
  std::string sent;
  for (int part = 0; part < 200; ++part) {
    const std::string text(100'000, static_cast<char>('a' + part % 26));
    stream_->Write(AsBytes(text));
    sent += text;
  }
  ASSERT_TRUE(TurnUntil([this] { return opens_ == 1; }));
  for (int turn = 0; turn < 10; ++turn) uv_run(&loop_, UV_RUN_NOWAIT);
  EXPECT_GT(stream_->unsent_bytes(), 0u);
  const FileDescriptor server = Accept();
  std::string got;
  std::string part(1 << 20, '\0');
  ASSERT_TRUE(TurnUntil([&] {
    const ssize_t size = ::recv(server.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (size > 0) got.append(part, 0, static_cast<size_t>(size));
    return got.size() == sent.size();
  }));
  EXPECT_EQ(got, sent);
  EXPECT_EQ(stream_->unsent_bytes(), 0u);
}

TEST_F(TcpStreamTest, EndsOnceWhenTheOtherSideCloses) {
  Open();
  ASSERT_TRUE(TurnUntil([this] { return opens_ == 1; }));
  {
    const FileDescriptor server = Accept();
    ASSERT_EQ(::send(server.get(), "last", 4, 0), 4);
  }
  EXPECT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(received_, "last");
  EXPECT_EQ(end_, ByteStream::End::kClosed);
  EXPECT_EQ(detail_, "closed by the other side");
}

TEST_F(TcpStreamTest, SaysThatNothingListens) {
  listener_.Reset();
  Open();
  EXPECT_EQ(ends_, 0) << "told on the loop";
  EXPECT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(end_, ByteStream::End::kRefused);
  EXPECT_EQ(opens_, 0);
}

TEST_F(TcpStreamTest, SaysThatItsOwnAddressIsGone) {
  Open({.to = address_, .from = *SocketAddress::FromText("192.0.2.1", 0)});
  EXPECT_EQ(ends_, 0);
  EXPECT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(end_, ByteStream::End::kOwnFault);
  EXPECT_EQ(detail_, "Cannot assign requested address");
}

TEST_F(TcpStreamTest, SendsFromTheAddressThatIsWanted) {
  Open({.to = address_, .from = *SocketAddress::FromText("127.0.0.9", 0)});
  ASSERT_TRUE(TurnUntil([this] { return opens_ == 1; }));
  sockaddr_storage from = {};
  socklen_t size = sizeof from;
  const FileDescriptor server(
      ::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC));
  EXPECT_EQ(SocketAddress::FromSystem(from).AddressText(), "127.0.0.9");
}

// The listener's queue is full: the kernel drops further SYNs.
TEST_F(TcpStreamTest, GivesUpIfItIsNotOpenInTime) {
  std::vector<FileDescriptor> others;
  for (int count = 0; count < 4; ++count) {
    others.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(others.back().get(), address_.get(), address_.size());
  }
  Open({.to = address_, .open_timeout = absl::Milliseconds(50)});
  EXPECT_TRUE(TurnUntil([this] { return ends_ == 1; }));
  EXPECT_EQ(end_, ByteStream::End::kTimeout);
  EXPECT_EQ(detail_, "not open within 50ms");
}

TEST_F(TcpStreamTest, MayBeDestroyedByWhatItCalls) {
  destroys_at_open_ = true;
  Open();
  ASSERT_TRUE(TurnUntil([this] { return opens_ == 1; }));
  EXPECT_EQ(stream_, nullptr);
  destroys_at_open_ = false;
  destroys_at_octets_ = true;
  const FileDescriptor first = Accept();
  Open();
  ASSERT_TRUE(TurnUntil([this] { return opens_ == 2; }));
  const FileDescriptor server = Accept();
  ASSERT_EQ(::send(server.get(), "hello", 5, 0), 5);
  ASSERT_TRUE(TurnUntil([this] { return stream_ == nullptr; }));
  for (int turn = 0; turn < 5; ++turn) uv_run(&loop_, UV_RUN_NOWAIT);
  EXPECT_EQ(ends_, 0) << "who destroys it needs no word of its end";
}

}  // namespace
}  // namespace hither
