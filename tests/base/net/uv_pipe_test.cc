#include "base/net/uv_pipe.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hither {
namespace {

class UvPipeTest : public ::testing::Test {
 protected:
  UvPipeTest() { uv_loop_init(&loop_); }
  // A handle that is left would keep the loop from closing.
  ~UvPipeTest() override {
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }
  // Notes what is read; "|EOF" at the end.
  UvPipe::Function Noting() {
    return [this](std::span<const char> octets, int error) {
      seen_.append(octets.data(), octets.size());
      if (error != 0) absl::StrAppend(&seen_, "|", uv_err_name(error));
    };
  }
  // A pipe of the kernel's: our end is the pipe's, the other one is left.
  FileDescriptor OpenPipe(UvPipe& pipe) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    EXPECT_EQ(pipe.Open(loop_, FileDescriptor(ends[0]), Noting()), 0);
    return FileDescriptor(ends[1]);
  }

  uv_loop_t loop_;
  std::string seen_;
};

// A UNIX socket that listens.
class Server {
 public:
  Server() : path_(absl::StrCat(::testing::TempDir(), "/uv_pipe.", getpid())) {
    unlink(path_.c_str());
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    socket_.Reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(socket_.get(), 1), 0);
  }
  ~Server() { unlink(path_.c_str()); }
  FileDescriptor Accept() const { return FileDescriptor(accept(socket_.get(), nullptr, nullptr)); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  FileDescriptor socket_;
};

TEST_F(UvPipeTest, ReadsToTheEnd) {
  UvPipe pipe;
  {
    const FileDescriptor writer = OpenPipe(pipe);
    ASSERT_EQ(write(writer.get(), "abc", 3), 3);
  }
  ASSERT_EQ(pipe.StartReading(), 0);
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(seen_, "abc|EOF");
}

TEST_F(UvPipeTest, ReadsAtOnceWhatIsThere) {
  UvPipe pipe;
  const FileDescriptor writer = OpenPipe(pipe);
  EXPECT_EQ(pipe.ReadNow(100), "");
  ASSERT_EQ(write(writer.get(), "abc", 3), 3);
  EXPECT_EQ(pipe.ReadNow(2), "ab");
  EXPECT_EQ(pipe.ReadNow(100), "c");
  EXPECT_EQ(pipe.ReadNow(0), "");
}

TEST_F(UvPipeTest, ConnectsWritesAndReads) {
  const Server server;
  UvPipe pipe;
  int connected = 1;
  pipe.Connect(
      loop_, server.path(), [&](int error) { connected = error; }, Noting());
  EXPECT_EQ(connected, 1) << "Never before Connect() returns.";
  uv_run(&loop_, UV_RUN_DEFAULT);
  ASSERT_EQ(connected, 0);
  EXPECT_TRUE(pipe.Write("question"));
  EXPECT_FALSE(pipe.Write("another")) << "The first has not gone.";
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_TRUE(pipe.Write("!"));
  uv_run(&loop_, UV_RUN_DEFAULT);
  {
    const FileDescriptor other = server.Accept();
    char text[100];
    EXPECT_EQ(std::string(text, static_cast<size_t>(read(other.get(), text, sizeof text))),
              "question!");
    ASSERT_EQ(write(other.get(), "answer", 6), 6);
  }
  ASSERT_EQ(pipe.StartReading(), 0);
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(seen_, "answer|EOF");
}

TEST_F(UvPipeTest, NobodyListens) {
  UvPipe pipe;
  int connected = 0;
  pipe.Connect(
      loop_, "/nowhere/at/all", [&](int error) { connected = error; }, Noting());
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(connected, UV_ENOENT);
}

TEST_F(UvPipeTest, DestroyedIsNeverCalled) {
  const Server server;
  bool is_called = false;
  {
    UvPipe connecting;
    connecting.Connect(
        loop_, server.path(), [&](int) { is_called = true; }, Noting());
    UvPipe reading;
    const FileDescriptor writer = OpenPipe(reading);
    ASSERT_EQ(write(writer.get(), "abc", 3), 3);
    reading.StartReading();
  }
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_FALSE(is_called);
  EXPECT_EQ(seen_, "");
}

TEST_F(UvPipeTest, FunctionMayCloseIt) {
  UvPipe pipe;
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const FileDescriptor writer(ends[1]);
  ASSERT_EQ(pipe.Open(loop_, FileDescriptor(ends[0]),
                      [&](std::span<const char> octets, int) {
                        pipe.Close();
                        seen_.append(octets.data(), octets.size());  // Until the loop frees it.
                      }),
            0);
  ASSERT_EQ(write(writer.get(), "abc", 3), 3);
  pipe.StartReading();
  uv_run(&loop_, UV_RUN_DEFAULT);
  EXPECT_EQ(seen_, "abc");
}

TEST_F(UvPipeTest, NoDescriptorIsAnErrorAndEmpty) {
  UvPipe pipe;
  EXPECT_LT(pipe.Open(loop_, FileDescriptor(), Noting()), 0);
  EXPECT_FALSE(pipe);
}

}  // namespace
}  // namespace hither
