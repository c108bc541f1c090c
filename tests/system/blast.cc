// blast ADDRESS PORT udp|tcp COUNT SEED ORIGIN...: sends COUNT hostile packets and judges what
// comes back.
//
// Each answer must be one: readable by ldns, with the ID of something sent, QR set and, over UDP,
// no longer than 1232 octets. Prints counts; a fault prints its octets and makes the exit status 1,
// a server that is gone 2.
#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>  // Before ldns.h, which otherwise makes `bool` a macro.
#include <sys/socket.h>
#include <unistd.h>

#include <bitset>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "tests/system/hostile_packets.h"

namespace hither {
namespace {

constexpr size_t kUdpReplyBytesMax = 1232;
constexpr size_t kBurst = 64;
constexpr uint8_t kSentinel = 0xff;  // Both octets of an ID that no hostile packet has.
constexpr int kFaultsShownMax = 10;
constexpr int kTcpCloseSecondsMax = 20;

void PrintHex(const char* what, const uint8_t* octets, size_t size) {
  std::fprintf(stderr, "  %s: ", what);
  for (size_t i = 0; i < size; ++i) std::fprintf(stderr, "%02x", octets[i]);
  std::fprintf(stderr, "\n");
}

class Blaster {
 public:
  Blaster(const sockaddr_in& server, HostilePackets packets)
      : server_(server), packets_(std::move(packets)) {}

  int Udp(size_t count);
  int Tcp(size_t count);
  void Report() const {
    std::printf("%zu sent, %zu answered, longest answer %zu octets, %d faults\n", sent_, answered_,
                longest_, faults_);
  }

 private:
  int Open(int kind) const;
  void Judge(const uint8_t* reply, size_t size, bool udp);
  bool DrainUntilSentinel(int fd);
  bool OneConnection(size_t frames);
  bool ReadToEnd(int fd);
  void Note(const Octets& packet);

  const sockaddr_in server_;
  HostilePackets packets_;
  std::bitset<65536> asked_;
  size_t sent_ = 0;
  size_t answered_ = 0;
  size_t longest_ = 0;
  int faults_ = 0;
};

int Blaster::Open(int kind) const {
  const int fd = socket(AF_INET, kind, 0);
  const timeval limit = {.tv_sec = kTcpCloseSecondsMax, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  if (connect(fd, reinterpret_cast<const sockaddr*>(&server_), sizeof(server_)) == 0) return fd;
  close(fd);
  return -1;
}

void Blaster::Note(const Octets& packet) {
  if (packet.size() >= 2) asked_.set(static_cast<size_t>(packet[0] << 8 | packet[1]));
  ++sent_;
}

void Blaster::Judge(const uint8_t* reply, size_t size, bool udp) {
  ++answered_;
  longest_ = std::max(longest_, size);
  const char* fault = nullptr;
  if (size < 12) {
    fault = "no whole header";
  } else if ((reply[2] & 0x80) == 0) {
    fault = "not an answer";
  } else if (!asked_.test(static_cast<size_t>(reply[0] << 8 | reply[1]))) {
    fault = "nobody asked with this ID";
  } else if (udp && size > kUdpReplyBytesMax) {
    fault = "too long for UDP";
  } else {
    ldns_pkt* packet = nullptr;
    const ldns_status status = ldns_wire2pkt(&packet, reply, size);
    if (status != LDNS_STATUS_OK) fault = ldns_get_errorstr_by_id(status);
    ldns_pkt_free(packet);
  }
  if (fault == nullptr || ++faults_ > kFaultsShownMax) return;
  std::fprintf(stderr, "%s\n", fault);
  PrintHex("answer", reply, size);
}

// Sends one good query behind a burst and takes answers until its own comes: nothing is lost in
// queues, and the server is seen to answer all the time. False if it does not.
bool Blaster::DrainUntilSentinel(int fd) {
  static constexpr uint8_t kQuery[] = {
      kSentinel, kSentinel, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
      0,                            // The root,
      0,         6,         0, 1};  // SOA IN: an answer or a refusal.
  asked_.set(kSentinel << 8 | kSentinel);
  uint8_t reply[65536];
  for (int tries = 0; tries < 10; ++tries) {
    if (send(fd, kQuery, sizeof(kQuery), 0) < 0) return false;
    for (pollfd ready = {.fd = fd, .events = POLLIN, .revents = 0}; poll(&ready, 1, 1000) > 0;) {
      const ssize_t size = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);
      if (size < 0) return false;
      Judge(reply, static_cast<size_t>(size), /*udp=*/true);
      if (size >= 2 && reply[0] == kSentinel && reply[1] == kSentinel) return true;
    }
  }
  return false;
}

int Blaster::Udp(size_t count) {
  const int fd = Open(SOCK_DGRAM);
  while (sent_ < count) {
    for (size_t i = 0; i < kBurst && sent_ < count; ++i) {
      Octets packet = packets_.Next();
      if (packet.size() >= 2 && packet[0] == kSentinel) packet[1] = 0;
      Note(packet);
      if (send(fd, packet.data(), packet.size(), 0) < 0 && errno == ECONNREFUSED) return 2;
    }
    if (!DrainUntilSentinel(fd)) return 2;
  }
  close(fd);
  return faults_ > 0 ? 1 : 0;
}

// Reads frames until the server closes. False if it does not.
bool Blaster::ReadToEnd(int fd) {
  Octets stream;
  uint8_t part[65536];
  for (ssize_t size = recv(fd, part, sizeof(part), 0); size != 0;
       size = recv(fd, part, sizeof(part), 0)) {
    if (size < 0) return errno == ECONNRESET || errno == EPIPE;
    stream.insert(stream.end(), part, part + size);
  }
  size_t at = 0;
  while (at + 2 <= stream.size()) {
    const size_t length = static_cast<size_t>(stream[at] << 8 | stream[at + 1]);
    if (at + 2 + length > stream.size()) break;  // Cut by a reset.
    Judge(stream.data() + at + 2, length, /*udp=*/false);
    at += 2 + length;
  }
  return true;
}

// Some connections end in a lie about a length, some are reset with answers under way.
bool Blaster::OneConnection(size_t frames) {
  const int fd = Open(SOCK_STREAM);
  if (fd < 0) return false;
  Octets stream;
  for (size_t i = 0; i < frames; ++i) {
    const Octets packet = packets_.Next();
    Note(packet);
    const size_t length = packets_.Below(20) == 0 ? packets_.Below(65536) : packet.size();
    stream.push_back(static_cast<uint8_t>(length >> 8));
    stream.push_back(static_cast<uint8_t>(length));
    stream.insert(stream.end(), packet.begin(), packet.end());
    // Frames that lie shift all that follows: any two octets may be an ID then.
    if (length != packet.size()) asked_.set();
  }
  bool closed = true;
  const size_t cut = packets_.Below(4) == 0 ? packets_.Below(stream.size()) : stream.size();
  for (size_t at = 0; at < cut;) {
    const size_t size = std::min(cut - at, 1 + packets_.Below(4096));
    const ssize_t sent = send(fd, stream.data() + at, size, MSG_NOSIGNAL);
    if (sent <= 0) break;
    at += static_cast<size_t>(sent);
  }
  if (packets_.Below(5) == 0) {
    const linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  } else {
    shutdown(fd, SHUT_WR);
    closed = ReadToEnd(fd);
    if (!closed) {
      ++faults_;
      std::fprintf(stderr, "a connection is not closed after %d s\n", kTcpCloseSecondsMax);
    }
  }
  close(fd);
  return true;
}

int Blaster::Tcp(size_t count) {
  while (sent_ < count) {
    if (!OneConnection(1 + packets_.Below(20))) return 2;
  }
  return faults_ > 0 ? 1 : 0;
}

std::vector<std::string> WireNames(int count, char** texts) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    ldns_rdf* name = ldns_dname_new_frm_str(texts[i]);
    if (name == nullptr) continue;
    names.emplace_back(reinterpret_cast<const char*>(ldns_rdf_data(name)), ldns_rdf_size(name));
    ldns_rdf_deep_free(name);
  }
  return names;
}

int Main(int argc, char** argv) {
  if (argc < 7) return 2;
  sockaddr_in server = {};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[2])));
  if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) return 2;
  Blaster blaster(
      server, HostilePackets(std::strtoull(argv[5], nullptr, 10), WireNames(argc - 6, argv + 6)));
  const size_t count = std::strtoull(argv[4], nullptr, 10);
  const int status = std::strcmp(argv[3], "udp") == 0 ? blaster.Udp(count) : blaster.Tcp(count);
  blaster.Report();
  return status;
}

}  // namespace
}  // namespace hither

int main(int argc, char** argv) { return hither::Main(argc, argv); }
