// changing_primary ADDRESS:PORT ZONES: the primary of the zones of changing_zones.h, over UDP and
// TCP: SOA, IXFR from any earlier serial, and AXFR. A zone costs it nothing until it is asked for.
//
// It sends a NOTIFY with each change, once, to the address that the last line of its input names:
// "127.0.0.1:5300" or "none". At the end of its input it prints how many it sent, and how many of
// which transfers, and ends.
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>

#include "tests/system/changing_zones.h"

namespace hither::changing {
namespace {

constexpr int kTickMilliseconds = 1;
constexpr uint32_t kHosts = 5;  // Besides www and ns1.
constexpr uint8_t kNotifyOpcode = 4 << 3;
constexpr uint8_t kAuthoritative = 0x04;
constexpr uint8_t kResponse = 0x80;

struct Question {
  uint32_t zone = 0;
  uint16_t type = 0;
  size_t end = 0;  // Of the question section.
  std::optional<uint32_t> held;
};

// All names of answers are suffixes of the question's, at offset 12.
class AnswerWriter {
 public:
  AnswerWriter(const uint8_t* query, const Question& question)
      : octets_(query, query + question.end) {
    octets_[2] = static_cast<uint8_t>((query[2] & 0x79) | kResponse | kAuthoritative);
    octets_[3] = 0;
    for (size_t i = 6; i < 12; ++i) octets_[i] = 0;
  }
  void Soa(uint32_t serial) {
    Record("", kSoa);
    Octets rdata;
    PutLabel(rdata, "ns1");
    PutU16(rdata, 0xc00c);
    PutLabel(rdata, "hostmaster");
    PutU16(rdata, 0xc00c);
    for (const uint32_t value : {serial, 3600u, 900u, 1209600u, 60u}) PutU32(rdata, value);
    Rdata(rdata);
  }
  void Address(const std::string& label, uint32_t address) {
    Record(label, kA);
    Octets rdata;
    PutU32(rdata, address);
    Rdata(rdata);
  }
  void Www(uint32_t serial) { Address("www", 10u << 24 | (serial & 0xffffff)); }
  void NameServer() {
    Record("", kNs);
    Octets rdata;
    PutLabel(rdata, "ns1");
    PutU16(rdata, 0xc00c);
    Rdata(rdata);
  }
  Octets Finish() {
    octets_[6] = static_cast<uint8_t>(records_ >> 8);
    octets_[7] = static_cast<uint8_t>(records_);
    return std::move(octets_);
  }

 private:
  void Record(const std::string& label, uint16_t type) {
    ++records_;
    if (!label.empty()) PutLabel(octets_, label);
    PutU16(octets_, 0xc00c);
    PutU16(octets_, type);
    PutU16(octets_, 1);
    PutU32(octets_, 300);
  }
  void Rdata(const Octets& rdata) {
    PutU16(octets_, static_cast<uint32_t>(rdata.size()));
    octets_.insert(octets_.end(), rdata.begin(), rdata.end());
  }

  Octets octets_;
  uint32_t records_ = 0;
};

struct Stream {
  int fd = -1;
  Octets received;
};

class Primary {
 public:
  Primary(const sockaddr_in& address, uint32_t zones) : zones_(zones), passed_(NowNs()) {
    udp_ = Bound(address, SOCK_DGRAM);
    listener_ = Bound(address, SOCK_STREAM);
    if (udp_ < 0 || listener_ < 0 || listen(listener_, 64) != 0) {
      std::perror("cannot listen");
      std::exit(1);
    }
  }

  void Run() {
    while (Turn()) Notify();
    std::printf("%llu NOTIFYs, %llu SOA, %llu IXFR, %llu AXFR\n", notifies_, soas_, ixfrs_, axfrs_);
  }

 private:
  static int Bound(const sockaddr_in& address, int kind) {
    const int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
    close(fd);
    return -1;
  }

  std::optional<Question> Read(const uint8_t* query, size_t size) const;
  std::optional<Octets> Answer(const uint8_t* query, size_t size);
  bool Turn();
  bool ReadInput();
  void ReadUdp();
  bool ReadStream(Stream& stream);
  void Notify();

  const uint32_t zones_;
  int64_t passed_;  // The changes until this time have been notified.
  int udp_ = -1;
  int listener_ = -1;
  std::vector<Stream> streams_;
  std::string input_;
  std::optional<sockaddr_in> notified_;
  unsigned long long notifies_ = 0, soas_ = 0, ixfrs_ = 0, axfrs_ = 0;
};

// Its question must be for an apex; the serial is that of the first record in the authority section
// (RFC 1995 §3), whose owner is a pointer or the name again.
std::optional<Question> Primary::Read(const uint8_t* query, size_t size) const {
  if (size < 12 || (query[2] & kResponse) != 0 || U16At(query + 4) != 1) return std::nullopt;
  size_t at = 12;
  if (at >= size || query[at] < 2 || (query[at + 1] | 0x20) != 'z') return std::nullopt;
  Question question;
  question.zone = static_cast<uint32_t>(
      std::atoi(std::string(query + at + 2, query + at + 1 + query[at]).c_str()));
  while (at < size && query[at] != 0) at += 1u + query[at];
  if (at + 5 > size || question.zone >= zones_) return std::nullopt;
  question.type = static_cast<uint16_t>(U16At(query + at + 1));
  question.end = at + 5;
  if (question.type != kIxfr || U16At(query + 8) == 0) return question;
  at = question.end;
  while (at < size && query[at] != 0 && query[at] < 0xc0) at += 1u + query[at];
  at += at < size && query[at] >= 0xc0 ? 2 : 1;
  if (at + 10 > size) return std::nullopt;
  const size_t end = at + 10 + U16At(query + at + 8);
  if (end > size || end < at + 30) return std::nullopt;
  question.held = U32At(query + end - 20);
  return question;
}

std::optional<Octets> Primary::Answer(const uint8_t* query, size_t size) {
  const std::optional<Question> question = Read(query, size);
  if (!question.has_value()) return std::nullopt;
  const uint32_t serial = SerialAt(question->zone, zones_, NowNs());
  AnswerWriter answer(query, *question);
  answer.Soa(serial);
  if (question->type == kSoa) {
    ++soas_;
  } else if (question->held.has_value() && *question->held <= serial) {
    ++ixfrs_;
    if (*question->held == serial) return answer.Finish();
    answer.Soa(*question->held);
    answer.Www(*question->held);
    answer.Soa(serial);
    answer.Www(serial);
    answer.Soa(serial);
  } else {
    ++axfrs_;
    answer.NameServer();
    answer.Address("ns1", 0x7f000001);
    answer.Www(serial);
    for (uint32_t i = 0; i < kHosts; ++i)
      answer.Address("host" + std::to_string(i), 0x0a000000 + i);
    answer.Soa(serial);
  }
  return answer.Finish();
}

// False: the input has ended.
bool Primary::Turn() {
  std::vector<pollfd> ready = {
      {STDIN_FILENO, POLLIN, 0}, {udp_, POLLIN, 0}, {listener_, POLLIN, 0}};
  for (const Stream& stream : streams_) ready.push_back({stream.fd, POLLIN, 0});
  if (poll(ready.data(), ready.size(), kTickMilliseconds) <= 0) return true;
  if (ready[0].revents != 0 && !ReadInput()) return false;
  if (ready[1].revents != 0) ReadUdp();
  for (size_t i = 3; i < ready.size(); ++i) {
    Stream& stream = streams_[i - 3];
    if (ready[i].revents == 0 || ReadStream(stream)) continue;
    close(stream.fd);
    stream.fd = -1;
  }
  std::erase_if(streams_, [](const Stream& stream) { return stream.fd < 0; });
  if (ready[2].revents != 0) {
    const int fd = accept(listener_, nullptr, nullptr);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (fd >= 0) streams_.push_back({fd, {}});
  }
  return true;
}

bool Primary::ReadInput() {
  char part[1024];
  const ssize_t size = read(STDIN_FILENO, part, sizeof(part));
  if (size <= 0) return false;
  input_.append(part, static_cast<size_t>(size));
  for (size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
    const std::string line = input_.substr(0, end);
    input_.erase(0, end + 1);
    notified_.reset();
    if (line != "none") notified_ = AddressFrom(line);
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }
  return true;
}

void Primary::ReadUdp() {
  uint8_t query[2048];
  sockaddr_in from = {};
  socklen_t from_size = sizeof(from);
  auto* sender = reinterpret_cast<sockaddr*>(&from);
  for (;;) {
    const ssize_t size = recvfrom(udp_, query, sizeof(query), MSG_DONTWAIT, sender, &from_size);
    if (size < 0) return;
    const std::optional<Octets> answer = Answer(query, static_cast<size_t>(size));
    if (answer.has_value()) sendto(udp_, answer->data(), answer->size(), 0, sender, from_size);
  }
}

// All whole queries that are there, answered in one piece. False: it has ended.
bool Primary::ReadStream(Stream& stream) {
  uint8_t part[65536];
  const ssize_t size = recv(stream.fd, part, sizeof(part), MSG_DONTWAIT);
  if (size <= 0) return false;
  Octets& received = stream.received;
  received.insert(received.end(), part, part + size);
  Octets answers;
  size_t at = 0;
  while (at + 2 <= received.size() && at + 2 + U16At(&received[at]) <= received.size()) {
    const size_t length = U16At(&received[at]);
    const std::optional<Octets> answer = Answer(&received[at] + 2, length);
    if (!answer.has_value()) return false;
    PutU16(answers, static_cast<uint32_t>(answer->size()));
    answers.insert(answers.end(), answer->begin(), answer->end());
    at += 2 + length;
  }
  received.erase(received.begin(), received.begin() + static_cast<ptrdiff_t>(at));
  for (size_t sent = 0; sent < answers.size();) {
    const ssize_t now = send(stream.fd, &answers[sent], answers.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += static_cast<size_t>(now);
  }
  return true;
}

// Of each zone that has changed since the last call (RFC 1996 §3.7: with the new SOA record).
void Primary::Notify() {
  const int64_t now = NowNs();
  const auto step_at = [this](int64_t time) {
    return static_cast<int64_t>(static_cast<__int128>(time) * zones_ / 1'000'000'000);
  };
  const int64_t last = step_at(now);
  for (int64_t step = std::max(step_at(passed_) + 1, last - zones_); step <= last; ++step) {
    if (!notified_.has_value()) break;
    const auto zone = static_cast<uint32_t>(step % zones_);
    Octets query;
    for (const uint32_t value : {static_cast<uint32_t>(notifies_), 0u, 1u, 0u, 0u, 0u}) {
      PutU16(query, value);
    }
    PutApex(query, zone);
    PutU16(query, kSoa);
    PutU16(query, 1);
    const Question question = {.zone = zone, .type = kSoa, .end = query.size(), .held = {}};
    AnswerWriter writer(query.data(), question);
    writer.Soa(SerialAt(zone, zones_, now));
    Octets notify = writer.Finish();
    notify[2] = kNotifyOpcode | kAuthoritative;
    sendto(udp_, notify.data(), notify.size(), 0, reinterpret_cast<const sockaddr*>(&*notified_),
           sizeof(*notified_));
    ++notifies_;
  }
  passed_ = now;
}

}  // namespace
}  // namespace hither::changing

int main(int argc, char** argv) {
  using hither::changing::AddressFrom;
  const int zones = argc == 3 ? std::atoi(argv[2]) : 0;
  if (zones < 1) {
    std::fprintf(stderr, "usage: changing_primary ADDRESS:PORT ZONES\n");
    return 2;
  }
  hither::changing::Primary(AddressFrom(argv[1]), static_cast<uint32_t>(zones)).Run();
}
