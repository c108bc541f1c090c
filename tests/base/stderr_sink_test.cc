#include "base/stderr_sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class StderrSinkTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);  // As the daemons do.
    const bool is_socket = GetParam();
    ASSERT_EQ(is_socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()) : pipe(ends_.data()),
              0);
    if (!is_socket) std::swap(ends_[0], ends_[1]);  // We write to the first.
    logger_ = std::make_shared<spdlog::logger>("test", std::make_shared<StderrSink>(ends_[0]));
    logger_->set_pattern("%v");
  }
  void TearDown() override {
    for (const int end : ends_) close(end);
  }

  std::string ReadAll() {
    std::string text;
    std::array<char, 65536> buffer;
    for (pollfd ready = {ends_[1], POLLIN, 0}; poll(&ready, 1, 0) == 1;) {
      text.append(buffer.data(), static_cast<size_t>(read(ends_[1], buffer.data(), buffer.size())));
    }
    return text;
  }
  // Until nothing more goes in; each line says its number.
  int Fill() {
    for (int i = 0; i < 20'000; ++i) {
      logger_->info(absl::StrCat("line ", i, " ", std::string(100, 'x')));
    }
    return 20'000;
  }

  std::array<int, 2> ends_;
  std::shared_ptr<spdlog::logger> logger_;
};

TEST_P(StderrSinkTest, WritesLines) {
  logger_->info("one");
  logger_->info("two");
  EXPECT_EQ(ReadAll(), "one\ntwo\n");
}

// It returns at all, though nobody reads; and says afterwards what is missing.
TEST_P(StderrSinkTest, LosesWhatNobodyReads) {
  const int written = Fill();
  const std::string read = ReadAll();
  EXPECT_THAT(read, StartsWith("line 0 "));
  EXPECT_THAT(read, testing::Not(HasSubstr(absl::StrCat("line ", written - 1, " "))));
  logger_->info("read again");
  const std::string after = ReadAll();
  EXPECT_THAT(after, HasSubstr("earlier log lines are lost"));
  EXPECT_THAT(after, EndsWith("\nread again\n"));
  logger_->info("and on");
  EXPECT_EQ(ReadAll(), "and on\n");
}

TEST_P(StderrSinkTest, CutsALineThatAPipeWouldTear) {
  logger_->info(std::string(10'000, 'x'));
  const std::string read = ReadAll();
  EXPECT_EQ(read.size(), StderrSink::kLineBytesMax);
  EXPECT_THAT(read, EndsWith("...\n"));
}

TEST_P(StderrSinkTest, OutlivesItsReader) {
  close(ends_[1]);
  logger_->info("to nobody");
  ends_[1] = open("/dev/null", O_RDONLY);
}

INSTANTIATE_TEST_SUITE_P(, StderrSinkTest, testing::Bool(),
                         [](const auto& made) { return made.param ? "Socket" : "Pipe"; });

}  // namespace
}  // namespace hither
