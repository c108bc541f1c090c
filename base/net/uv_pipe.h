#ifndef HITHER_BASE_NET_UV_PIPE_H_
#define HITHER_BASE_NET_UV_PIPE_H_

#include <uv.h>

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "base/file_descriptor.h"
#include "base/net/uv.h"

namespace hither {

// What libuv needs of a pipe until its close callback.
struct UvPipeHandle : uv_pipe_t {
  uv_connect_t connect = {};
  uv_write_t write = {};
  bool is_writing = false;
  std::string out;
  std::function<void(int)> on_connected;
  std::array<char, 16 * 1024> buffer;
};

// One end of a pipe or of a UNIX socket; see UvHandle. Its function gets what was read, and 0; or
// libuv's error (UV_EOF at the end), after which it is not called again.
//
// Threads: the loop's.
class UvPipe : public UvHandle<UvPipeHandle, std::span<const char>, int> {
 public:
  // Takes over `end`. 0, or libuv's error: then this is empty.
  int Open(uv_loop_t& loop, FileDescriptor end, Function on_read);
  // `on_connected` gets 0 or libuv's error, never before this returns.
  void Connect(uv_loop_t& loop, const std::string& path, std::function<void(int)> on_connected,
               Function on_read);

  int StartReading();
  void StopReading();
  // What can be read at this moment, at most `octets_max`, whether it reads or not.
  std::string ReadNow(size_t octets_max);
  // False: what was written before has not gone yet. An error shows when reading.
  bool Write(std::string text);

 private:
  static void OnRead(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer);
};

}  // namespace hither

#endif  // HITHER_BASE_NET_UV_PIPE_H_
