#ifndef HITHER_TESTS_SERVER_LOOPBACK_H_
#define HITHER_TESTS_SERVER_LOOPBACK_H_

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "gtest/gtest.h"
#include "server/listen/socket.h"
#include "server/listen/worker.h"
#include "zones/load/zone_loader.h"
#include "zones/set/zone_set.h"

// Real sockets on the loopback addresses for the tests of listeners and workers.
namespace hither {

inline constexpr int kBigTxtCount = 200;

// The zone of this text alone.
inline std::shared_ptr<const ZoneSet> ZoneOf(const Name& apex, const std::string& text) {
  auto set = std::make_shared<ZoneSet>();
  ServedZone served = set->Make(apex);
  served.zone = LoadZoneText(text, "test", apex).zone;
  EXPECT_NE(served.zone, nullptr);
  set->Add(std::move(served));
  return set;
}

// example.org with a small name, www, and a big one: big TXT is about 53,000 octets.
inline std::shared_ptr<const ZoneSet> TestZones(uint32_t serial = 1) {
  std::string text = absl::StrCat("@ 3600 IN SOA ns1 hostmaster ", serial,
                                  " 7200 900 1209600 300\n@ 3600 IN NS ns1\n"
                                  "ns1 3600 IN A 192.0.2.1\nwww 3600 IN A 192.0.2.80\n");
  for (int i = 0; i < kBigTxtCount; ++i) {
    absl::StrAppend(&text, "big 3600 IN TXT \"", i, std::string(250, 'x'), "\"\n");
  }
  return ZoneOf(*Name::FromText("example.org."), text);
}

// A query without EDNS, or with room for `edns_bytes`.
inline Bytes MakeQuery(uint16_t id, absl::string_view name, RrType type, uint16_t edns_bytes = 0) {
  Bytes out;
  ByteWriter to(out);
  to.U16(id);
  to.U16(0);  // A standard query.
  to.U16(1);  // QDCOUNT
  to.U16(0);
  to.U16(0);
  to.U16(edns_bytes > 0 ? 1 : 0);  // ARCOUNT
  to.Append(Name::FromText(name)->view().wire());
  to.U16(static_cast<uint16_t>(type));
  to.U16(1);  // IN
  if (edns_bytes == 0) return out;
  to.U8(0);  // The root.
  to.U16(41);
  to.U16(edns_bytes);
  to.U32(0);
  to.U16(0);
  return out;
}
inline Bytes WwwQuery(uint16_t id) { return MakeQuery(id, "www.example.org.", RrType::kA); }
inline Bytes BigQuery(uint16_t id) { return MakeQuery(id, "big.example.org.", RrType::kTxt); }

inline Bytes Framed(const Bytes& message) {
  Bytes out;
  ByteWriter to(out);
  to.U16(static_cast<uint16_t>(message.size()));
  to.Append(message);
  return out;
}

// Of a reply; -1 where there is none.
inline int IdOf(const Bytes& message) { return message.size() < 12 ? -1 : LoadU16(message.data()); }
inline int AnswersIn(const Bytes& message) {
  return message.size() < 12 ? -1 : LoadU16(message.data() + 6);
}
inline int RcodeOf(const Bytes& message) { return message.size() < 12 ? -1 : message[3] & 0x0f; }
inline bool IsTruncated(const Bytes& message) {
  return message.size() >= 12 && (message[2] & 0x02) != 0;
}

// Long enough for a loaded machine under a sanitizer; a passing test never waits for it.
inline constexpr int kPatienceSeconds = 20;

inline bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kPatienceSeconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// A client's socket, connected, so that it takes answers from that very address alone.
class Client {
 public:
  Client(SocketKind kind, const SocketAddress& server, int receive_buffer_bytes = 0)
      : fd_(::socket(server.system_family(),
                     (kind == SocketKind::kUdp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0)) {
    const timeval patience = {.tv_sec = kPatienceSeconds, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (receive_buffer_bytes > 0) {
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                   sizeof(receive_buffer_bytes));
    }
    const int on = 1;  // Without effect on UDP.
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    connected_ = ::connect(fd_.get(), server.get(), server.size()) == 0;
    EXPECT_TRUE(connected_) << server.ToText();
  }

  bool Send(ByteView octets) {
    return ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(octets.size());
  }
  void HalfClose() { ::shutdown(fd_.get(), SHUT_WR); }

  Bytes ReceiveDatagram() {  // Empty: none came.
    Bytes octets(65'536);
    const ssize_t got = ::recv(fd_.get(), octets.data(), octets.size(), 0);
    octets.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return octets;
  }
  bool HasDatagram() {
    uint8_t octet;
    return ::recv(fd_.get(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  }
  Bytes ReceiveMessage() {  // Over TCP. Empty: the server has closed.
    const Bytes length = ReceiveExactly(2);
    return length.empty() ? Bytes() : ReceiveExactly(LoadU16(length.data()));
  }
  // True once the server has closed, after whatever it still says.
  bool IsClosedByServer() {
    uint8_t octets[4096];
    for (;;) {
      const ssize_t got = ::recv(fd_.get(), octets, sizeof(octets), 0);
      if (got > 0) continue;
      return got == 0 || errno == ECONNRESET;
    }
  }
  int fd() const { return fd_.get(); }

 private:
  Bytes ReceiveExactly(size_t size) {
    Bytes octets(size);
    const ssize_t got = ::recv(fd_.get(), octets.data(), size, MSG_WAITALL);
    return got == static_cast<ssize_t>(size) ? octets : Bytes();
  }

  FileDescriptor fd_;
  bool connected_ = false;
};

inline bool HasIpv6() {
  const FileDescriptor probe(::socket(AF_INET6, SOCK_DGRAM, 0));
  const SocketAddress loopback = *SocketAddress::FromText("::1", 9);
  return probe && ::connect(probe.get(), loopback.get(), loopback.size()) == 0;
}

// Workers on one address with a port that the kernel chooses.
class TestServer {
 public:
  explicit TestServer(const WorkerOptions& options = {}, absl::string_view address = "127.0.0.1",
                      size_t workers = 1)
      : zones_(TestZones()), addresses_{*SocketAddress::FromText(address, 0)} {
    ::signal(SIGPIPE, SIG_IGN);  // As hitherd does.
    auto sockets = OpenWorkerSockets(addresses_, workers, {});
    EXPECT_TRUE(sockets.ok()) << sockets.status();
    for (WorkerSockets& own : *sockets) {
      workers_.push_back(std::make_unique<Worker>(options, std::move(own), zones_));
      const absl::Status started = workers_.back()->Start();
      EXPECT_TRUE(started.ok()) << started;
    }
  }

  Client Udp() { return Client(SocketKind::kUdp, addresses_[0]); }
  Client Tcp(int receive_buffer_bytes = 0) {
    return Client(SocketKind::kTcp, addresses_[0], receive_buffer_bytes);
  }
  uint16_t port() const { return addresses_[0].port(); }
  Snapshot<ZoneSet>& zones() { return zones_; }
  Worker& worker(size_t i = 0) { return *workers_[i]; }
  uint64_t Count(Counter which) const {
    uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->counters().Get(which);
    return sum;
  }
  // Answers in the workers' histograms.
  uint64_t Measured(LatencyHistogram AnswerLatency::*transport) const {
    LatencySummary summary;
    for (const auto& worker : workers_) summary.Add(worker->latency().*transport);
    return summary.answers();
  }

 private:
  Snapshot<ZoneSet> zones_;
  std::vector<SocketAddress> addresses_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace hither

#endif  // HITHER_TESTS_SERVER_LOOPBACK_H_
