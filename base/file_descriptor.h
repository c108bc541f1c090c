#ifndef HITHER_BASE_FILE_DESCRIPTOR_H_
#define HITHER_BASE_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace hither {

// Owns one open file descriptor, or none: the destructor closes it, and preserves errno, so that an
// error return may still read it.
//
// Ownership: moves hand it over, and copies do not exist. get() lends the number for as long as the
// owner lives. Release() gives the descriptor to the caller, who closes it or passes it on, for
// example to libuv; Reset() closes it immediately. Product code closes descriptors nowhere else
// (tests/tidy_rules.h). A libuv handle that watches a descriptor must be closed before it.
//
// Threads: those of the owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    Reset(other.Release());
    return *this;
  }
  ~FileDescriptor() { Reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    const int error = errno;
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
    errno = error;
  }

 private:
  int fd_ = -1;
};

}  // namespace hither

#endif  // HITHER_BASE_FILE_DESCRIPTOR_H_
