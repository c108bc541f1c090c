#include "server/privileges.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/log.h"
#include "base/log_file.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

// What cannot be undone is tried in a child. Its exit code: 0 if `body` says true.
bool InChild(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string ProcLine(const std::string& key) {
  std::ifstream file("/proc/thread-self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) == 0) return line.substr(key.size());
  }
  return "";
}

constexpr char kNoCapabilities[] = "\t0000000000000000";
constexpr char kReadAll[] = "\t0000000000000004";  // CAP_DAC_READ_SEARCH is bit 2.

class Privileges : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root has something to give up";
    std::string pattern = (std::filesystem::temp_directory_path() / "hither.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream(folder_ + "/a.zone") << "x";
    config_.zones.Add(*Name::FromText("a."), folder_ + "/a.zone");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  bool CanRead() const {
    return ::faccessat(AT_FDCWD, config_.zones[0].file().data(), R_OK, AT_EACCESS) == 0;
  }
  std::string folder_;
  Config config_;
};

TEST_F(Privileges, AreGoneForGood) {
  config_.user = "nobody";
  EXPECT_TRUE(InChild([&] {
    return DropPrivileges(config_).ok() && ::getuid() != 0 && ::geteuid() != 0 && ::getgid() != 0 &&
           ::setuid(0) != 0 && ::setgid(0) != 0 && ProcLine("CapPrm:") == kNoCapabilities &&
           ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  }));
}

// A SIGHUP opens it again, as that user; but a device is not ours to give away.
TEST_F(Privileges, TheLogGoesWithTheUser) {
  config_.user = "nobody";
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  for (const std::string& path : {folder_ + "/log", std::string("/dev/null")}) {
    std::ofstream(path) << "";
    config_.log.file = path;
    EXPECT_TRUE(InChild([&] {
      return OpenLogFor(ServiceOwner(config_), LogLevel::kInfo, path).ok() &&
             DropPrivileges(config_).ok() && ReopenLog().ok();
    }));
    struct stat found = {};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_uid == 0, path == "/dev/null") << path;
  }
}

int BindAt(const std::string& path) {
  sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  return fd;
}

// Its folder may be the user's own, who could put anything in its place.
TEST_F(Privileges, TheAdminSocketGoesWithTheUserAndNothingElseDoes) {
  config_.user = "nobody";
  std::ofstream(folder_ + "/precious") << "x";
  const int sockets[] = {BindAt(folder_ + "/socket"), BindAt(folder_ + "/other")};
  std::filesystem::create_symlink("other", folder_ + "/link");
  std::filesystem::create_symlink("precious", folder_ + "/file-link");
  std::filesystem::create_hard_link(folder_ + "/other", folder_ + "/hard-link");
  for (const char* name : {"/socket", "/link", "/file-link", "/hard-link", "/precious"}) {
    config_.admin.unix_path = folder_ + name;
    EXPECT_TRUE(InChild([&] { return DropPrivileges(config_).ok(); })) << name;
  }
  const auto owner = [&](const char* name) {
    struct stat found = {};
    EXPECT_EQ(::lstat((folder_ + name).c_str(), &found), 0) << name;
    return found.st_uid;
  };
  EXPECT_NE(owner("/socket"), 0u);
  EXPECT_EQ(owner("/other"), 0u);
  EXPECT_EQ(owner("/precious"), 0u);
  for (const int fd : sockets) ::close(fd);
}

TEST_F(Privileges, LeaveNoGroupOfRootBehind) {
  config_.user = "nobody";
  EXPECT_TRUE(InChild([&] {
    if (!DropPrivileges(config_).ok()) return false;
    std::istringstream groups(ProcLine("Groups:"));
    for (gid_t group; groups >> group;) {
      if (group == 0) return false;
    }
    return true;
  }));
}

// mkdtemp() makes folders for their owner alone, as operators do, too.
TEST_F(Privileges, TheDefaultUserKeepsReadingZonesAndNothingElse) {
  EXPECT_TRUE(InChild([&] {
    return DropPrivileges(config_).ok() && ::geteuid() != 0 && CanRead() &&
           ProcLine("CapPrm:") == kReadAll && ::setuid(0) != 0;
  }));
}

// As root is in a container: without CAP_DAC_READ_SEARCH.
bool LoseReadAll() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  data[0].effective &= ~(1u << CAP_DAC_READ_SEARCH);
  data[0].permitted &= ~(1u << CAP_DAC_READ_SEARCH);
  return ::syscall(SYS_capset, &header, data) == 0;
}

TEST_F(Privileges, WhatRootHasNotTheDefaultUserNeedNotKeep) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  EXPECT_TRUE(InChild([&] {
    return LoseReadAll() && DropPrivileges(config_).ok() && ::geteuid() != 0 && CanRead() &&
           ProcLine("CapPrm:") == kNoCapabilities;
  }));
}

// What a reload reads besides zone files. Each is root's alone, in a folder that all may enter.
TEST_F(Privileges, TheDefaultUserKeepsReadingAllThatAReloadReads) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  const std::string hidden = folder_ + "/hidden";
  std::ofstream(hidden) << "x";
  ASSERT_EQ(::chmod(hidden.c_str(), 0600), 0);
  Config configuration = config_;
  configuration.files = {hidden};
  Config image = config_;
  image.zones = {};
  image.zones.Add(*Name::FromText("b."), hidden, ZoneSource::Kind::kImage);
  Config beside_text = config_;
  beside_text.zones = {};
  beside_text.zones.Add(*Name::FromText("c."), folder_ + "/a.zone", ZoneSource::Kind::kTextOrImage,
                        "", hidden);
  for (Config* config : {&configuration, &image, &beside_text}) {
    const auto can_read = [&] { return ::faccessat(AT_FDCWD, hidden.c_str(), R_OK, AT_EACCESS); };
    EXPECT_TRUE(InChild([&] { return DropPrivileges(*config).ok() && can_read() == 0; }));
    config->user = "nobody";
    EXPECT_TRUE(InChild([&] { return DropPrivileges(*config).ok() && can_read() != 0; }));
    EXPECT_EQ(
        AsUser(*config, [&] { return CheckReadable(*config); }).message(),
        "as user nobody: " + hidden + ": Permission denied; let the user read it, or name another");
  }
}

TEST_F(Privileges, AsUserLooksAsThatUserAndStaysRoot) {
  config_.user = "nobody";
  EXPECT_TRUE(CanRead());
  EXPECT_EQ(
      AsUser(config_, [&] { return absl::UnknownError(CanRead() ? "can" : "cannot"); }).message(),
      "as user nobody: cannot");
  EXPECT_TRUE(AsUser(config_, [] { return absl::OkStatus(); }).ok());
  EXPECT_TRUE(CanRead());
}

TEST_F(Privileges, TheDefaultUserKeepsNothingItDoesNotNeed) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  EXPECT_TRUE(InChild([&] {
    return DropPrivileges(config_).ok() && CanRead() && ProcLine("CapPrm:") == kNoCapabilities;
  }));
}

TEST_F(Privileges, ANamedUserKeepsNothingInAnyCase) {
  config_.user = "nobody";
  EXPECT_TRUE(InChild([&] {
    return DropPrivileges(config_).ok() && !CanRead() && ProcLine("CapPrm:") == kNoCapabilities;
  }));
}

TEST_F(Privileges, WorkersKeepNothing) {
  EXPECT_TRUE(InChild([&] {
    if (!DropPrivileges(config_).ok()) return false;
    DropThreadCapabilities();
    return !CanRead() && ProcLine("CapPrm:") == kNoCapabilities;
  }));
}

TEST_F(Privileges, AnUnknownUserIsAnErrorAndChangesNothing) {
  config_.user = "no-such-user";
  EXPECT_TRUE(InChild([&] {
    const absl::Status status = DropPrivileges(config_);
    return status.message().find("no-such-user") != absl::string_view::npos && ::geteuid() == 0;
  }));
}

TEST(CheckUser, TellsOfAUserThatIsNotHere) {
  Config config;
  config.user = "nobody";
  EXPECT_TRUE(CheckUser(config).ok());
  config.user = "nonesuch";
  EXPECT_EQ(CheckUser(config).message(),
            "user: there is no user nonesuch here; create it (useradd --system nonesuch) or name "
            "another");
}

TEST_F(Privileges, RootStaysRootIfAskedTo) {
  config_.user = "root";
  EXPECT_TRUE(InChild([&] { return DropPrivileges(config_).ok() && ::geteuid() == 0; }));
}

}  // namespace
}  // namespace hither
