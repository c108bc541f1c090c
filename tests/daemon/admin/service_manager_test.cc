#include "daemon/admin/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

// A manager that listens on an abstract socket.
class ServiceManagerTest : public ::testing::Test {
 protected:
  ServiceManagerTest() : name_(absl::StrCat("@hither-notify-", getpid())) {
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name_.data(), name_.size());
    address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  }
  ~ServiceManagerTest() override {
    close(socket_);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }
  std::string Heard() {
    char text[512];
    const ssize_t size = recv(socket_, text, sizeof text, 0);
    return size < 0 ? "nothing" : std::string(text, static_cast<size_t>(size));
  }

  std::string name_;
  int socket_ = -1;
};

TEST_F(ServiceManagerTest, TellsStates) {
  ServiceManager manager;
  manager.Ready("3 zones\nREADY=0");  // A text cannot forge a line.
  EXPECT_EQ(Heard(), "READY=1\nSTATUS=3 zones?READY=0");
  manager.StillAlive();
  EXPECT_EQ(Heard(), "WATCHDOG=1");
  manager.Stopping();
  EXPECT_EQ(Heard(), "STOPPING=1");
  manager.ExtendTimeout(absl::Seconds(2));
  EXPECT_EQ(Heard(), "EXTEND_TIMEOUT_USEC=2000000");
  manager.Reloading();
  EXPECT_EQ(Heard().find("RELOADING=1\nMONOTONIC_USEC="), 0);
}

TEST_F(ServiceManagerTest, WatchdogIsOfThisProcessOnly) {
  EXPECT_EQ(ServiceManager().watchdog_period(), std::nullopt);
  setenv("WATCHDOG_USEC", "3000000", 1);
  EXPECT_EQ(ServiceManager().watchdog_period(), absl::Seconds(3));
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceManager().watchdog_period(), std::nullopt);
  setenv("WATCHDOG_PID", absl::StrCat(getpid()).c_str(), 1);
  EXPECT_EQ(ServiceManager().watchdog_period(), absl::Seconds(3));
  setenv("WATCHDOG_USEC", "x", 1);
  EXPECT_EQ(ServiceManager().watchdog_period(), std::nullopt);
}

TEST_F(ServiceManagerTest, LoopThatTurnsOftenReportsThreeTimesAPeriod) {
  const absl::Time begin = absl::FromUnixSeconds(1'000);
  ServiceManager none;
  none.StillAliveAt(begin);
  EXPECT_EQ(Heard(), "nothing");
  setenv("WATCHDOG_USEC", "3000000", 1);
  ServiceManager manager;
  manager.StillAliveAt(begin);
  EXPECT_EQ(Heard(), "WATCHDOG=1");
  manager.StillAliveAt(begin + absl::Milliseconds(999));
  EXPECT_EQ(Heard(), "nothing");
  manager.StillAliveAt(begin + absl::Seconds(1));
  EXPECT_EQ(Heard(), "WATCHDOG=1");
}

TEST_F(ServiceManagerTest, WithoutAManagerNothingHappens) {
  unsetenv("NOTIFY_SOCKET");
  ServiceManager().Ready("");
  EXPECT_EQ(Heard(), "nothing");
}

}  // namespace
}  // namespace hither
