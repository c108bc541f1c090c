#include "base/net/conversation.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/file_descriptor.h"

namespace hither {
namespace {

class ConversationTest : public ::testing::Test {
 protected:
  ConversationTest() {
    uv_loop_init(&loop_);
    server_.Reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage bound = {};
    reinterpret_cast<sockaddr_in&>(bound).sin_family = AF_INET;
    reinterpret_cast<sockaddr_in&>(bound).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(sockaddr_in);
    EXPECT_EQ(::bind(server_.get(), reinterpret_cast<sockaddr*>(&bound), size), 0);
    EXPECT_EQ(::getsockname(server_.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
    address_ = SocketAddress::FromSystem(bound);
  }
  // What a conversation leaves behind would keep the loop from closing.
  ~ConversationTest() override {
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  std::unique_ptr<Conversation> Ask(absl::Duration timeout) {
    Conversation::Order order{.transport = Conversation::Transport::kUdp,
                              .to = address_,
                              .request = {'?'},
                              .timeout = timeout,
                              .reply_bytes_max = 10,
                              .is_complete = [](std::span<const uint8_t>) { return true; }};
    return Conversation::Start(loop_, std::move(order), [this](Conversation::Result result) {
      ++ends_;
      last_ = std::move(result);
      if (destroys_) asking_.reset();
    });
  }
  void Answer() {
    char question = 0;
    sockaddr_in from = {};
    socklen_t size = sizeof from;
    ASSERT_EQ(::recvfrom(server_.get(), &question, 1, 0, reinterpret_cast<sockaddr*>(&from), &size),
              1);
    ASSERT_EQ(
        ::sendto(server_.get(), "!", 1, 0, reinterpret_cast<const sockaddr*>(&from), sizeof from),
        1);
  }

  uv_loop_t loop_;
  FileDescriptor server_;
  SocketAddress address_;
  std::unique_ptr<Conversation> asking_;
  bool destroys_ = false;
  int ends_ = 0;
  Conversation::Result last_;
};

TEST_F(ConversationTest, GivesTheReply) {
  asking_ = Ask(absl::Seconds(30));
  uv_run(&loop_, UV_RUN_ONCE);  // Sends.
  Answer();
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(last_.end, Conversation::End::kDone);
  EXPECT_EQ(last_.reply, std::vector<uint8_t>{'!'});
}

TEST_F(ConversationTest, DestroyedIsCancelled) {
  asking_ = Ask(absl::Seconds(30));
  uv_run(&loop_, UV_RUN_ONCE);
  Answer();
  asking_.reset();
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(ends_, 0);
}

TEST_F(ConversationTest, MayBeDestroyedByItsEnd) {
  destroys_ = true;
  asking_ = Ask(absl::Seconds(30));
  uv_run(&loop_, UV_RUN_ONCE);
  Answer();
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(last_.end, Conversation::End::kDone);
  EXPECT_EQ(asking_, nullptr);
}

TEST_F(ConversationTest, MayBeDestroyedByItsTimeout) {
  destroys_ = true;
  asking_ = Ask(absl::Milliseconds(5));
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(last_.end, Conversation::End::kTimeout);
}

}  // namespace
}  // namespace hither
