#include "base/net/loop_calls.h"

#include <gtest/gtest.h>

#include <thread>

namespace hither {
namespace {

class LoopCallsTest : public ::testing::Test {
 protected:
  LoopCallsTest() {
    uv_loop_init(&loop_);
    calls_.Open(loop_);
  }
  ~LoopCallsTest() override {
    calls_.Close();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }
  uv_loop_t loop_;
  LoopCalls calls_;
};

TEST_F(LoopCallsTest, RunsOnTheLoopsThread) {
  std::optional<std::thread::id> ran_on;
  std::thread caller([&] {
    ran_on =
        calls_.Call<std::thread::id>([] { return std::this_thread::get_id(); }, absl::Seconds(30));
  });
  uv_run(&loop_, UV_RUN_ONCE);
  caller.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST_F(LoopCallsTest, LoopThatHangsIsNotWaitedForWithoutEnd) {
  EXPECT_EQ(calls_.Call<int>([] { return 1; }, absl::Milliseconds(10)), std::nullopt);
}

TEST_F(LoopCallsTest, ThatWaitAtTheEndGetNoAnswer) {
  std::optional<int> answer = 0;
  std::thread caller([&] { answer = calls_.Call<int>([] { return 1; }, absl::Minutes(5)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  calls_.Close();
  caller.join();
  EXPECT_EQ(answer, std::nullopt);
  EXPECT_EQ(calls_.Call<int>([] { return 1; }, absl::Minutes(5)), std::nullopt);
}

TEST_F(LoopCallsTest, NoMoreThanSoManyWait) {
  for (size_t i = 0; i < LoopCalls::kWaitingMax; ++i) {
    calls_.Call<int>([] { return 1; }, absl::ZeroDuration());
  }
  EXPECT_EQ(calls_.Call<int>([] { return 1; }, absl::Minutes(5)), std::nullopt);  // At once.
}

}  // namespace
}  // namespace hither
