// echo ADDRESS:PORT [OCTETS]: sends each datagram back with QR set, so that a load generator takes
// it for an answer. It makes two system calls for up to 32 datagrams and nothing in between, which
// measures the cost of UDP sockets alone, the minimum for every server that uses them. With OCTETS
// each answer is that long, as a server's would be. Exits on a signal.

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "absl/strings/numbers.h"
#include "server/listen/socket.h"

namespace hither {
namespace {

constexpr size_t kDatagramsMax = 32;  // As in hitherd; cheaper than a batch of 64.
constexpr size_t kDatagramBytesMax = 4096;
// Not a multiple of 4,096: the starts of all datagrams would share lines of the L1 cache.
constexpr size_t kDatagramStrideBytes = kDatagramBytesMax + 3 * 64;
constexpr size_t kHeaderBytes = 12;
constexpr size_t kFlagsAt = 2;  // RFC 1035 §4.1.1: QR is the first bit behind the ID.
constexpr uint8_t kQr = 0x80;

class Echo {
 public:
  // `answer_bytes` 0: as long as the received datagram.
  Echo(FileDescriptor socket, size_t answer_bytes);
  int Run();

 private:
  void Turn(unsigned count);
  void Send(unsigned count);

  FileDescriptor socket_;
  const size_t answer_bytes_;
  std::array<mmsghdr, kDatagramsMax> messages_{};
  std::array<iovec, kDatagramsMax> parts_{};
  std::array<sockaddr_storage, kDatagramsMax> peers_{};
  std::array<std::array<uint8_t, kDatagramStrideBytes>, kDatagramsMax> octets_{};
};

Echo::Echo(FileDescriptor socket, size_t answer_bytes)
    : socket_(std::move(socket)), answer_bytes_(answer_bytes) {
  for (size_t i = 0; i < kDatagramsMax; ++i) {
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &peers_[i];
    parts_[i].iov_base = octets_[i].data();
  }
}

int Echo::Run() {
  while (true) {
    for (size_t i = 0; i < kDatagramsMax; ++i) {
      messages_[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
      parts_[i].iov_len = kDatagramBytesMax;
    }
    // WAITFORONE: sleeps until something arrives, then takes all of it.
    const int received =
        ::recvmmsg(socket_.get(), messages_.data(), kDatagramsMax, MSG_WAITFORONE, nullptr);
    if (received < 0 && errno != EINTR) {
      std::fprintf(stderr, "echo: recvmmsg: %s\n", std::strerror(errno));
      return 1;
    }
    if (received > 0) Turn(static_cast<unsigned>(received));
  }
}

void Echo::Turn(unsigned count) {
  for (size_t i = 0; i < count; ++i) {
    parts_[i].iov_len = answer_bytes_ != 0 ? answer_bytes_ : messages_[i].msg_len;
    octets_[i][kFlagsAt] |= kQr;
  }
  Send(count);
}

void Echo::Send(unsigned count) {
  for (unsigned at = 0; at < count;) {
    const int sent = ::sendmmsg(socket_.get(), &messages_[at], count - at, 0);
    at += sent > 0 ? static_cast<unsigned>(sent) : 1;  // Unsendable datagrams are skipped.
  }
}

absl::StatusOr<FileDescriptor> Open(const char* where) {
  auto address = SocketAddress::FromText(where, 0);
  if (!address.ok()) return address.status();
  auto socket = OpenSocket(SocketKind::kUdp, *address, {});
  if (!socket.ok()) return socket.status();
  const int flags = ::fcntl(socket->get(), F_GETFL);
  ::fcntl(socket->get(), F_SETFL, flags & ~O_NONBLOCK);  // It has nothing else to do.
  return socket;
}

int Main(int argc, char** argv) {
  size_t answer_bytes = 0;
  if (argc < 2 || argc > 3 ||
      (argc == 3 && (!absl::SimpleAtoi(argv[2], &answer_bytes) || answer_bytes < kHeaderBytes ||
                     answer_bytes > kDatagramBytesMax))) {
    std::fprintf(stderr, "Usage: echo ADDRESS:PORT [OCTETS]\n");
    return 2;
  }
  auto socket = Open(argv[1]);
  if (!socket.ok()) {
    std::fprintf(stderr, "echo: %s\n", std::string(socket.status().message()).c_str());
    return 1;
  }
  static Echo echo(std::move(*socket), answer_bytes);  // Too large for the stack.
  return echo.Run();
}

}  // namespace
}  // namespace hither

int main(int argc, char** argv) { return hither::Main(argc, argv); }
