#include "base/net/uv.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file_descriptor.h"

namespace hither {
namespace {

class UvTest : public ::testing::Test {
 protected:
  UvTest() { uv_loop_init(&loop_); }
  // A handle that is left would keep the loop from closing.
  ~UvTest() override {
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }
  uv_loop_t loop_;
};

TEST_F(UvTest, TimerRunsOnceOrAgainAndAgain) {
  int once_calls = 0;
  int calls = 0;
  UvTimer once(loop_, [&] { ++once_calls; });
  UvTimer timer(loop_, [&] {
    if (++calls == 3) timer.Close();
  });
  once.Start(absl::Milliseconds(1));
  timer.StartEvery(absl::Milliseconds(1));
  EXPECT_TRUE(timer.IsActive());
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(once_calls, 1);
  EXPECT_EQ(calls, 3);
  EXPECT_FALSE(timer);
  EXPECT_FALSE(once.IsActive());
}

TEST_F(UvTest, DestroyedIsNeverCalled) {
  int calls = 0;
  {
    UvTimer timer(loop_, [&] { ++calls; });
    timer.Start(absl::ZeroDuration());
    UvAsync async;
    ASSERT_EQ(async.Open(loop_, [&] { ++calls; }), 0);
    async.Send();
  }
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(calls, 0);
}

TEST_F(UvTest, FunctionMayDestroyItsHandleAndGoOn) {
  int seen = 0;
  auto timer = std::make_unique<UvTimer>();
  *timer = UvTimer(loop_, [&seen, &timer, captured = 7] {
    timer.reset();
    seen = captured;
  });
  timer->Start(absl::ZeroDuration());
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(seen, 7);
}

TEST_F(UvTest, MovedHandleGoesOn) {
  int calls = 0;
  UvTimer first(loop_, [&] { ++calls; });
  first.Start(absl::Milliseconds(1));
  const UvTimer second = std::move(first);
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(calls, 1);
}

TEST_F(UvTest, PollSeesWhatCanBeRead) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const FileDescriptor reader(ends[0]);
  const FileDescriptor writer(ends[1]);
  int seen = 0;
  UvPoll poll;
  ASSERT_EQ(poll.Open(loop_, reader.get(),
                      [&](int status, int events) {
                        EXPECT_EQ(status, 0);
                        seen = events;
                        poll.Close();
                      }),
            0);
  poll.Start(UV_READABLE);
  ASSERT_EQ(write(writer.get(), "x", 1), 1);
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(seen, UV_READABLE);
}

TEST_F(UvTest, PollOfNoDescriptorIsAnErrorAndEmpty) {
  UvPoll poll;
  EXPECT_LT(poll.Open(loop_, -1, [](int, int) {}), 0);
  EXPECT_FALSE(poll);
}

}  // namespace
}  // namespace hither
