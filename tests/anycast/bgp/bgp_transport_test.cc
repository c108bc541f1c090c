#include "anycast/bgp/bgp_transport.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"

namespace hither {
namespace {

class TransportTest : public testing::Test, public BgpTransport::Owner {
 protected:
  TransportTest() {
    uv_loop_init(&loop_);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const SocketAddress any = *SocketAddress::FromText("127.0.0.1", 0);
    EXPECT_EQ(bind(listener_, any.get(), any.size()), 0);
    EXPECT_EQ(listen(listener_, 4), 0);
    sockaddr_storage bound = {};
    socklen_t size = sizeof bound;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size);
    options_.neighbor = SocketAddress::FromSystem(bound);
  }
  ~TransportTest() override {
    while (uv_loop_close(&loop_) == UV_EBUSY) uv_run(&loop_, UV_RUN_ONCE);
    close(listener_);
  }
  void OnTransportConnected() override { connected_ = true; }
  void OnTransportBytes(ByteView) override {}
  void OnTransportClosed(absl::string_view why) override { why_ = std::string(why); }

  uv_loop_t loop_;
  int listener_ = -1;
  BgpTransport::Options options_;
  bool connected_ = false;
  std::string why_;
};

TEST_F(TransportTest, KeepsSoMuchForWhoDoesNotRead) {
  BgpTransport transport(&loop_, options_, *this);
  ASSERT_TRUE(transport.Connect().ok());
  for (int i = 0; i < 100 && !connected_; ++i) uv_run(&loop_, UV_RUN_ONCE);
  ASSERT_TRUE(connected_);
  const Bytes message(4096, 0xff);
  int taken = 0;
  while (taken < 20'000 && transport.Send(message)) ++taken;  // The kernel takes some MB of it.
  EXPECT_LT(taken, 20'000);
  EXPECT_FALSE(transport.Send(message));
  EXPECT_EQ(why_, "");
}

TEST_F(TransportTest, TellsThatNobodyListens) {
  close(listener_);
  listener_ = -1;
  BgpTransport transport(&loop_, options_, *this);
  if (transport.Connect().ok()) {
    for (int i = 0; i < 100 && why_.empty(); ++i) uv_run(&loop_, UV_RUN_ONCE);
    EXPECT_NE(why_.find("Connection refused"), std::string::npos) << why_;
  }
  EXPECT_FALSE(transport.IsOpen());
  EXPECT_FALSE(connected_);
}

// As where the host allows no more watches (fs.epoll.max_user_watches): this try fails, no more.
TEST_F(TransportTest, WhatCannotBeWatchedIsAnError) {
  uv_loop_t loop;
  ASSERT_EQ(uv_loop_init(&loop), 0);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  ASSERT_EQ(dup3(null, uv_backend_fd(&loop), O_CLOEXEC), uv_backend_fd(&loop));
  close(null);
  {
    BgpTransport transport(&loop, options_, *this);
    EXPECT_NE(transport.Connect().message().find("cannot watch a socket"), absl::string_view::npos);
    EXPECT_FALSE(transport.IsOpen());
  }
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

TEST_F(TransportTest, RefusesAPasswordThatNoKernelTakes) {
  options_.password = std::string(81, 'x');
  BgpTransport transport(&loop_, options_, *this);
  EXPECT_NE(transport.Connect().message().find("more than 80 octets"), absl::string_view::npos);
}

TEST_F(TransportTest, RefusesALocalAddressOfTheOtherFamily) {
  options_.local = *SocketAddress::FromText("::1", 0);
  BgpTransport transport(&loop_, options_, *this);
  EXPECT_NE(transport.Connect().message().find("other address family"), absl::string_view::npos);
}

}  // namespace
}  // namespace hither
