#include "base/net/uv_pipe.h"

#include <unistd.h>

#include <utility>

namespace hither {
namespace {

uv_stream_t* StreamOf(UvPipeHandle* pipe) {
  return reinterpret_cast<uv_stream_t*>(static_cast<uv_pipe_t*>(pipe));
}
uv_handle_t* HandleOf(UvPipeHandle* pipe) {
  return reinterpret_cast<uv_handle_t*>(static_cast<uv_pipe_t*>(pipe));
}
UvPipeHandle* PipeOf(uv_stream_t* stream) {
  return static_cast<UvPipeHandle*>(reinterpret_cast<uv_pipe_t*>(stream));
}

}  // namespace

int UvPipe::Open(uv_loop_t& loop, FileDescriptor end, Function on_read) {
  const int made = Make(std::move(on_read),
                        [&loop](UvPipeHandle* pipe) { return uv_pipe_init(&loop, pipe, 0); });
  if (made != 0) return made;
  const int opened = uv_pipe_open(get(), end.get());
  if (opened != 0) {
    Close();
    return opened;
  }
  end.Release();  // The pipe closes it.
  return 0;
}

void UvPipe::Connect(uv_loop_t& loop, const std::string& path,
                     std::function<void(int)> on_connected, Function on_read) {
  const auto init = [&loop](UvPipeHandle* pipe) { return uv_pipe_init(&loop, pipe, 0); };
  HITHER_CHECK(Make(std::move(on_read), init) == 0);  // It cannot fail.
  get()->on_connected = std::move(on_connected);
  uv_pipe_connect(&get()->connect, get(), path.c_str(), [](uv_connect_t* connect, int error) {
    UvPipeHandle* const pipe = PipeOf(connect->handle);
    if (uv_is_closing(HandleOf(pipe)) == 0) pipe->on_connected(error);
  });
}

int UvPipe::StartReading() {
  const auto allocate = [](uv_handle_t* handle, size_t, uv_buf_t* room) {
    std::array<char, 16 * 1024>& buffer = PipeOf(reinterpret_cast<uv_stream_t*>(handle))->buffer;
    *room = uv_buf_init(buffer.data(), static_cast<unsigned>(buffer.size()));
  };
  return uv_read_start(StreamOf(get()), allocate, OnRead);
}

void UvPipe::OnRead(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
  if (size == 0) return;  // EAGAIN.
  if (size > 0) return Call(PipeOf(stream), {buffer->base, static_cast<size_t>(size)}, 0);
  uv_read_stop(stream);
  Call(PipeOf(stream), {}, static_cast<int>(size));
}

void UvPipe::StopReading() { uv_read_stop(StreamOf(get())); }

std::string UvPipe::ReadNow(size_t octets_max) {
  uv_os_fd_t fd = -1;
  if (uv_fileno(HandleOf(get()), &fd) != 0) return "";
  std::string text(octets_max, '\0');
  const ssize_t got = ::read(fd, text.data(), text.size());
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

bool UvPipe::Write(std::string text) {
  UvPipeHandle& pipe = *get();
  if (pipe.is_writing) return false;
  pipe.out = std::move(text);
  pipe.is_writing = true;
  const uv_buf_t octets = uv_buf_init(pipe.out.data(), static_cast<unsigned>(pipe.out.size()));
  uv_write(&pipe.write, StreamOf(&pipe), &octets, 1,
           [](uv_write_t* write, int) { PipeOf(write->handle)->is_writing = false; });
  return true;
}

}  // namespace hither
