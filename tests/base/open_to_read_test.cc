#include "base/open_to_read.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "zones/image/image_file.h"
#include "zones/text/zone_file.h"

namespace hither {
namespace {

namespace fs = std::filesystem;
constexpr uid_t kServer = 54321;
constexpr uid_t kAlice = 12345;

std::string Opened(const std::string& path) {
  const absl::StatusOr<FileDescriptor> fd = OpenToRead(path);
  if (!fd.ok())
    return absl::IsPermissionDenied(fd.status()) ? "refused" : WhyNotOpened(fd.status());
  char text[64];
  const ssize_t bytes = ::read(fd->get(), text, sizeof text);
  return std::string(text, bytes < 0 ? 0 : static_cast<size_t>(bytes));
}

// `key` is the server's, `alice` is a folder of a user who writes zones.
class OpenToReadTest : public testing::Test {
 protected:
  OpenToReadTest() {
    std::string name = (fs::temp_directory_path() / "hither-read-XXXXXX").string();
    folder_ = fs::canonical(mkdtemp(name.data()));
    fs::permissions(folder_, static_cast<fs::perms>(0755));
    fs::create_directories(folder_ / "alice/v1");
    Write("key", "key");
    Write("alice/v1/zone", "zone");
  }
  ~OpenToReadTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  void Link(const std::string& target, const std::string& name) const {
    fs::create_symlink(target, folder_ / name);
  }

  fs::path folder_;
};

class OpenToReadAsRoot : public OpenToReadTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make files of several users";
    for (const char* name : {"alice", "alice/v1", "alice/v1/zone"}) Give(name, kAlice);
    Give("key", kServer);
    fs::permissions(folder_ / "key", static_cast<fs::perms>(0600));
    AliceLinks("../key", "alice/key");
    AliceLinks("..", "alice/up");
    AliceLinks("v1", "alice/now");
    AliceLinks("now/zone", "alice/zone");
    Link("v1", "alice/by-root");
  }

  void Give(const std::string& name, uid_t user) const {
    ASSERT_EQ(::lchown(Path(name).c_str(), user, user), 0);
  }
  void AliceLinks(const std::string& target, const std::string& name) const {
    Link(target, name);
    Give(name, kAlice);
  }
  // With the server's rights; `keeps`: and that to read every file.
  static void AsServer(bool keeps, const std::function<bool()>& is_good) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_KEEPCAPS, keeps ? 1 : 0);
      if (::setresgid(kServer, kServer, kServer) != 0) ::_exit(2);
      if (::setresuid(kServer, kServer, kServer) != 0) ::_exit(2);
      __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
      __user_cap_data_struct data[2] = {};
      data[0].effective = data[0].permitted = keeps ? 1u << CAP_DAC_READ_SEARCH : 0;
      if (::syscall(SYS_capset, &head, data) != 0) ::_exit(3);
      ::_exit(is_good() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
};

TEST_F(OpenToReadTest, OpensFilesAndLinksOfOurOwn) {
  Link("alice/v1", "now");
  Link(Path("now/zone"), "zone");
  Link("loop", "loop");
  EXPECT_EQ(Opened(Path("key")), "key");
  EXPECT_EQ(Opened(Path("now/zone")), "zone");
  EXPECT_EQ(Opened(Path("zone")), "zone");
  EXPECT_EQ(Opened(Path("now/../v1/zone")), "zone");
  EXPECT_EQ(Opened(Path("none")),
            "cannot open: No such file or directory; check the path and its permissions");
  EXPECT_EQ(Opened(Path("key/zone")),
            "cannot open: Not a directory; check the path and its permissions");
  EXPECT_EQ(Opened(Path("loop")),
            "cannot open: Too many levels of symbolic links; check the path and its permissions");
  EXPECT_TRUE(absl::IsNotFound(OpenToRead(Path("now/none")).status()));
  EXPECT_EQ(*ResolveFolder(Path("now")), Path("alice/v1"));
}

TEST_F(OpenToReadAsRoot, ALinkLeadsToItsOwnersFilesAlone) {
  AsServer(/*keeps=*/false, [&] {
    return Opened(Path("key")) == "key" && Opened(Path("alice/key")) == "refused" &&
           Opened(Path("alice/up/key")) == "refused" && Opened(Path("alice/now/zone")) == "zone" &&
           Opened(Path("alice/zone")) == "zone" && Opened(Path("alice/by-root/zone")) == "zone" &&
           !ResolveFolder(Path("alice/up")).ok() && ResolveFolder(Path("alice/now")).ok();
  });
}

// As /dev/stdin does. The link to an open file is the kernel's; one to it may be anybody's.
TEST_F(OpenToReadAsRoot, OpenFilesOfProcAreOpenedAndNotForOthers) {
  AliceLinks("/proc/self/fd/77", "alice/open");
  AsServer(false, [&] {
    const FileDescriptor key(::open(Path("key").c_str(), O_RDONLY));
    return ::dup2(key.get(), 77) == 77 && Opened("/proc/self/fd/77") == "key" &&
           Opened(Path("alice/open")) == "refused";
  });
}

TEST_F(OpenToReadAsRoot, WhoReadsEveryFileFollowsNoLinkOfOthers) {
  const auto is_good = [&] {
    return Opened(Path("alice/key")) == "refused" && Opened(Path("alice/zone")) == "refused" &&
           Opened(Path("alice/up/key")) == "refused" &&
           Opened(Path("alice/by-root/zone")) == "zone" && Opened(Path("alice/v1/zone")) == "zone";
  };
  AsServer(/*keeps=*/true, is_good);
  EXPECT_TRUE(is_good());
}

TEST_F(OpenToReadAsRoot, FoldersOfAGroupAndOfEverybodyCountAsOthers) {
  Give("alice", kServer);
  AsServer(false, [&] { return Opened(Path("alice/key")) == "key"; });
  for (const int mode : {0775, 01777}) {
    fs::permissions(folder_ / "alice", static_cast<fs::perms>(mode));
    AsServer(false, [&] { return Opened(Path("alice/key")) == "refused"; });
  }
}

TEST_F(OpenToReadAsRoot, ZonesAndImagesAreOpenedSo) {
  AsServer(false, [&] {
    class : public RecordSink {
      void Add(const RecordView&) override {}
    } nowhere;
    const auto read = ReadZoneFile(Path("alice/key"), NameView(), nowhere);
    const absl::Status image = ImageFile::Open(Path("alice/key")).status();
    const std::string why =
        "not opened: key is a symbolic link in a folder that others can write to";
    return read.findings.size() == 1 && read.findings[0].text.find(why) != std::string::npos &&
           absl::StrContains(image.message(), why);
  });
}

TEST_F(OpenToReadAsRoot, IncludedFilesAreOpenedSo) {
  std::ofstream(folder_ / "main") << "$INCLUDE alice/key\n$INCLUDE alice/zone\n";
  AsServer(false, [&] {
    class : public RecordSink {
      void Add(const RecordView&) override {}
    } nowhere;
    const auto read = ReadZoneFile(Path("main"), NameView(), nowhere);
    const std::string why =
        "not opened: key is a symbolic link in a folder that others can write to";
    const auto is_refused = [&](const Finding& finding) {
      return finding.line == 1 && finding.text.find(why) != std::string::npos;
    };
    const auto is_opened = [](const Finding& finding) { return finding.line != 2; };
    return std::ranges::count_if(read.findings, is_refused) == 1 &&
           std::ranges::all_of(read.findings, is_opened);
  });
}

}  // namespace
}  // namespace hither
