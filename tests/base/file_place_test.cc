#include "base/file_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hither {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
constexpr uid_t kService = 12345;

// Folders and files as root finds them: `root` is root's alone, `users` the service's.
class FilePlaceTest : public testing::Test {
 protected:
  FilePlaceTest() {
    std::string name = (fs::temp_directory_path() / "hither-place-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    fs::permissions(folder_, static_cast<fs::perms>(0755));
    for (const char* folder : {"root", "users"}) fs::create_directory(folder_ / folder);
    Write("precious", "precious");
  }
  ~FilePlaceTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  std::string Read(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void GiveAway(const std::string& name, uid_t user = kService) const {
    ASSERT_EQ(::lchown(Path(name).c_str(), user, user), 0);
  }
  uid_t OwnerOf(const std::string& name) const {
    struct stat facts = {};
    EXPECT_EQ(::lstat(Path(name).c_str(), &facts), 0);
    return facts.st_uid;
  }
  // The place as a path, or what is wrong.
  std::string Find(const std::string& path) const {
    const absl::StatusOr<FilePlace> place = FindPlace(path);
    if (!place.ok()) return std::string(place.status().message());
    const std::string fd = "/proc/self/fd/" + std::to_string(place->folder.get());
    return fs::relative(fs::read_symlink(fd), folder_).string() + " " + place->name;
  }
  // As a log is: what is wrong, or "".
  std::string Append(const std::string& name,
                     std::optional<FileOwner> owner = FileOwner{kService, kService}) const {
    const absl::StatusOr<FileDescriptor> file = OpenToAppend(Path(name), 0640, owner);
    if (!file.ok()) return std::string(file.status().message());
    return ::write(file->get(), "line", 4) == 4 ? "" : "cannot write";
  }

  fs::path folder_;
};

class FilePlaceAsRoot : public FilePlaceTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be led where others may not go";
  }
};

TEST_F(FilePlaceTest, FindsFoldersLinksAndWhatIsNotThere) {
  fs::create_directory(folder_ / "root/deep");
  fs::create_symlink("../users/", folder_ / "root/link");
  fs::create_symlink(folder_ / "root/link/file", folder_ / "users/again");
  fs::create_symlink("loop", folder_ / "loop");
  EXPECT_EQ(Find(Path("root/file")), "root file");
  EXPECT_EQ(Find(Path("root//deep/../file")), "root file");
  EXPECT_EQ(Find(Path("users/again")), "users file");
  EXPECT_EQ(Find(Path("root/link/../root/deep/x")), "root/deep x");
  EXPECT_EQ(Find(Path("root/none/file")), "No such file or directory");
  EXPECT_EQ(Find(Path("precious/file")), "Not a directory");
  EXPECT_EQ(Find(Path("loop")), "Too many levels of symbolic links");
  EXPECT_EQ(FindPlace(Path("loop"), LastLink::kKeep)->name, "loop");
}

TEST_F(FilePlaceAsRoot, FollowsNoLinkOutOfAFolderThatOthersWriteIn) {
  fs::create_symlink("../precious", folder_ / "users/file");
  fs::create_symlink("../root", folder_ / "users/folder");
  fs::create_symlink("users/file", folder_ / "first");
  const auto refuses = [&] {
    EXPECT_THAT(Find(Path("users/file")),
                HasSubstr("file is a symbolic link in a folder that not"));
    EXPECT_THAT(Find(Path("users/folder/x")),
                HasSubstr("folder is a symbolic link in a folder that not"));
    EXPECT_THAT(Find(Path("first")), HasSubstr("file is a symbolic link in a folder that not"));
  };
  EXPECT_EQ(Find(Path("users/folder/x")), "root x");
  for (const int mode : {0775, 0757, 01777}) {
    fs::permissions(folder_ / "users", static_cast<fs::perms>(mode));
    refuses();
  }
  fs::permissions(folder_ / "users", static_cast<fs::perms>(0755));
  GiveAway("users");
  refuses();
}

TEST_F(FilePlaceAsRoot, OthersFollowAnyLink) {
  fs::create_symlink("../root", folder_ / "users/folder");
  GiveAway("users");
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::setuid(54321) == 0 && FindPlace(Path("users/folder/x")).ok() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(FilePlaceAsRoot, ALogIsItsOwnersFromTheStart) {
  GiveAway("users");
  EXPECT_EQ(Append("users/log"), "");
  EXPECT_EQ(OwnerOf("users/log"), kService);
  EXPECT_EQ(Append("users/log"), "");
  EXPECT_EQ(Read("users/log"), "lineline");
  Write("root/log", "");
  EXPECT_EQ(Append("root/log"), "");
  EXPECT_EQ(OwnerOf("root/log"), kService);
  EXPECT_EQ(OpenToAppend("/dev/null", 0640, FileOwner{kService, kService}).status().message(), "");
  struct stat facts;
  ASSERT_EQ(::stat("/dev/null", &facts), 0);
  EXPECT_EQ(facts.st_uid, 0u);
}

TEST_F(FilePlaceAsRoot, ALogLeadsToNoOthersFile) {
  GiveAway("users");
  fs::create_symlink("../precious", folder_ / "users/link");
  fs::create_symlink("../nothing", folder_ / "users/dangling");
  fs::create_hard_link(folder_ / "precious", folder_ / "users/hard");
  Write("users/foreign", "");
  GiveAway("users/foreign", 54321);
  EXPECT_THAT(Append("users/link"), HasSubstr("link is a symbolic link in a folder that not"));
  EXPECT_THAT(Append("users/dangling"), HasSubstr("dangling is a symbolic link"));
  EXPECT_THAT(Append("users/hard"), HasSubstr("more than one name"));
  EXPECT_THAT(Append("users/foreign"), HasSubstr("belongs to user 54321"));
  EXPECT_THAT(Append("users"), HasSubstr("Is a directory"));
  EXPECT_EQ(OwnerOf("precious"), 0u);
  EXPECT_EQ(Read("precious"), "precious");
  EXPECT_FALSE(fs::exists(folder_ / "nothing"));
}

TEST_F(FilePlaceTest, APipeWithoutAReaderIsAnErrorAndNoWait) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(Append("pipe", std::nullopt), "No such device or address");
}

TEST_F(FilePlaceTest, OnlyAWriteLockIsAWriter) {
  const FileDescriptor read(::open(Path("precious").c_str(), O_RDONLY | O_CLOEXEC));
  const FileDescriptor write(::open(Path("precious").c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_EQ(HasWriter(read.get()), false);
  struct flock lock = {};
  lock.l_type = F_RDLCK;
  ASSERT_EQ(::fcntl(write.get(), F_OFD_SETLK, &lock), 0);
  EXPECT_EQ(HasWriter(read.get()), false);
  ASSERT_TRUE(LockToWrite(write.get()));
  EXPECT_EQ(HasWriter(read.get()), true);
  EXPECT_FALSE(LockToWrite(read.get()));
}

}  // namespace
}  // namespace hither
