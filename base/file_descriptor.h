#ifndef HITHER_BASE_FILE_DESCRIPTOR_H_
#define HITHER_BASE_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace hither {

// A file descriptor that is closed with its owner. errno stays as it is.
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
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

}  // namespace hither

#endif  // HITHER_BASE_FILE_DESCRIPTOR_H_
