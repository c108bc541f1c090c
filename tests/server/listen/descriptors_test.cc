#include "server/listen/descriptors.h"

#include <sys/resource.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace hither {
namespace {

Config WithConnections(int connections_max) {
  Config config;
  config.listen = {*ParseListen("127.0.0.1:5300")};
  config.tcp.connections_max = connections_max;
  return config;
}

// Runs in a child: a limit that was lowered cannot be raised again. Its exit code is `seen`.
template <typename Seen>
void InChild(rlim_t soft, rlim_t hard, Seen seen) {
  const rlimit limit = {soft, hard};
  ::_exit(::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? seen() : 99);
}

TEST(DescriptorsDeathTest, TheSoftLimitIsRaisedToWhatIsNeeded) {
  const auto seen = [] {
    const auto room = ReserveDescriptors(WithConnections(100), 1);
    rlimit limit = {};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const size_t needed = FixedDescriptors(WithConnections(100), 1) + 100;
    return room.ok() && *room == 100 && limit.rlim_cur == needed ? 0 : 1;
  };
  EXPECT_EXIT(InChild(64, 1024, seen), testing::ExitedWithCode(0), "");
}

// A crowd of clients may not take what a reload or /healthz needs.
TEST(DescriptorsDeathTest, ConnectionsGetWhatTheOthersLeave) {
  const auto seen = [] {
    const Config config = WithConnections(10'000);
    const auto room = ReserveDescriptors(config, 1);
    return room.ok() && *room == 512 - static_cast<int>(FixedDescriptors(config, 1)) ? 0 : 1;
  };
  EXPECT_EXIT(InChild(512, 512, seen), testing::ExitedWithCode(0), "room for .* instead of");
}

TEST(DescriptorsDeathTest, TooFewForTheServerItselfIsAnError) {
  const auto seen = [] { return ReserveDescriptors(WithConnections(10), 1).ok() ? 1 : 0; };
  EXPECT_EXIT(InChild(64, 64, seen), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace hither
