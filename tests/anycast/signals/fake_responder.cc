#include "tests/anycast/signals/fake_responder.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/bytes.h"

namespace hither {
namespace {

void Must(bool good) {
  if (!good) std::abort();
}

SocketAddress Bind(int fd, const SocketAddress& to) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  Must(::bind(fd, to.get(), to.size()) == 0);
  sockaddr_storage bound = {};
  socklen_t bytes = sizeof bound;
  Must(::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &bytes) == 0);
  return SocketAddress::FromSystem(bound);
}

// Where the question ends: RFC 1035 §4.1.2; our own queries only.
size_t QuestionEnd(std::span<const uint8_t> query) {
  size_t at = 12;
  while (at < query.size() && query[at] != 0) at += 1 + query[at];
  return std::min(at + 5, query.size());  // Peers' clients send HTTP here, too.
}

void Sleep(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

}  // namespace

std::vector<uint8_t> MakeReply(std::span<const uint8_t> query, const Manners& m) {
  Bytes out;
  ByteWriter to(out);
  to.U16(static_cast<uint16_t>(LoadU16(query.data()) + (m.other_id ? 1 : 0)));
  to.U16(static_cast<uint16_t>((m.qr ? 0x8000 : 0) | (m.aa ? 0x0400 : 0) | (m.tc ? 0x0200 : 0) |
                               m.rcode));
  to.U16(1);                      // QDCOUNT
  to.U16(m.with_answer ? 1 : 0);  // ANCOUNT
  to.U16(0);                      // NSCOUNT
  to.U16(1);                      // ARCOUNT
  to.Append(query.subspan(12, QuestionEnd(query) - 12));
  if (m.other_question) out[13] ^= 1;  // The first letter of its name.
  if (m.with_answer) {
    to.U16(0xc00c);  // The question's name.
    to.U16(m.answer_type);
    to.U16(1);   // IN
    to.U32(60);  // TTL
    to.U16(22);
    to.U8(0);  // MNAME
    to.U8(0);  // RNAME
    for (const uint32_t value : {m.serial, 7200u, 900u, 1209600u, 300u}) to.U32(value);
  }
  to.U8(0);  // OPT: RFC 6891 §6.1.2
  to.U16(41);
  to.U16(1232);
  to.U32(0);
  to.U16(static_cast<uint16_t>(m.with_nsid ? 4 + m.nsid.size() : 0));
  if (!m.with_nsid) return out;
  to.U16(3);  // NSID
  to.U16(static_cast<uint16_t>(m.nsid.size()));
  to.Append(AsBytes(m.nsid));
  return out;
}

FakeResponder::FakeResponder(const char* address) {
  address_ = *SocketAddress::FromText(address, 0);
  for (int tries = 0; tries < 100 && tcp_ < 0; ++tries) {  // One port, free for both.
    udp_ = ::socket(address_.system_family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const SocketAddress bound = Bind(udp_, address_);
    tcp_ = ::socket(address_.system_family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(tcp_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(tcp_, bound.get(), bound.size()) == 0) {
      address_ = bound;
      break;
    }
    ::close(std::exchange(tcp_, -1));
    ::close(std::exchange(udp_, -1));
  }
  Must(tcp_ >= 0 && ::listen(tcp_, 16) == 0);
  Must(::pipe(stop_) == 0);
  thread_ = std::thread([this] { Run(); });
}

void FakeResponder::Behave(const Manners& udp, const Manners& tcp) {
  const std::lock_guard lock(mu_);
  over_udp_ = udp;
  over_tcp_ = tcp;
}

void FakeResponder::Stop() {
  if (!thread_.joinable()) return;
  Must(::write(stop_[1], "x", 1) == 1);
  thread_.join();
  for (const int fd : {udp_, tcp_, stop_[0], stop_[1]}) {
    if (fd >= 0) ::close(fd);
  }
}

void FakeResponder::StopTcp() {
  Must(::write(stop_[1], "x", 1) == 1);
  thread_.join();
  char octet;
  Must(::read(stop_[0], &octet, 1) == 1);
  ::close(std::exchange(tcp_, -1));
  thread_ = std::thread([this] { Run(); });
}

std::vector<uint16_t> FakeResponder::Ports() {
  const std::lock_guard lock(mu_);
  return ports_;
}

void FakeResponder::Run() {
  for (;;) {
    pollfd ready[3] = {{stop_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    ::poll(ready, 3, -1);
    if (ready[0].revents) return;
    if (ready[1].revents) AnswerUdp();
    if (ready[2].revents) AnswerTcp();
  }
}

void FakeResponder::AnswerUdp() {
  uint8_t query[1'500];
  sockaddr_storage from = {};
  socklen_t from_bytes = sizeof from;
  auto* peer = reinterpret_cast<sockaddr*>(&from);
  const ssize_t got = ::recvfrom(udp_, query, sizeof query, 0, peer, &from_bytes);
  if (got < 12) return;
  Manners manners;
  {
    const std::lock_guard lock(mu_);
    manners = over_udp_;
    ports_.push_back(SocketAddress::FromSystem(from).port());
  }
  if (manners.silent) return;
  Sleep(manners.delay_ms);
  const auto reply = MakeReply({query, static_cast<size_t>(got)}, manners);
  ::sendto(udp_, reply.data(), reply.size(), 0, peer, from_bytes);
}

void FakeResponder::AnswerTcp() {
  const int fd = ::accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  Manners manners;
  {
    const std::lock_guard lock(mu_);
    manners = over_tcp_;
  }
  uint8_t query[1'500];
  const ssize_t got = manners.close_tcp ? 0 : ::recv(fd, query, sizeof query, 0);
  if (manners.silent) Sleep(700);  // Longer than a probe waits.
  const linger at_once = {1, 0};
  if (manners.reset_tcp) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  if (got > 14 && !manners.silent && !manners.reset_tcp) {
    Sleep(manners.delay_ms);
    auto reply = MakeReply({query + 2, static_cast<size_t>(got) - 2}, manners);
    reply.insert(reply.begin(),
                 {static_cast<uint8_t>(reply.size() >> 8), static_cast<uint8_t>(reply.size())});
    ::send(fd, reply.data(), 5, MSG_NOSIGNAL);  // In two parts.
    Sleep(5);
    ::send(fd, reply.data() + 5, reply.size() - 5, MSG_NOSIGNAL);
  }
  ::close(fd);
}

}  // namespace hither
