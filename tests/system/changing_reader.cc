// changing_reader ADDRESS:PORT ZONES HOSTS SECONDS RATE LAG: asks a secondary of changing_primary
// RATE times a second, whether it has answered or not, and judges every answer. In turn it asks for
// www and the SOA record of a zone that changes, and for one of the HOSTS names h0.static.,
// h1.static., ... of a zone that does not. Of the former
//
// - the serial is one that was current within the last LAG seconds (0: not judged),
// - no zone goes back to an older version.
//
// Prints counts and times, as "name value" lines. A query's time is from when it was due, so that a
// server that stops counts for all queries that were due meanwhile. Age: how long ago a version
// that was seen had been replaced at the primary. Exit status 1: an answer was lost or wrong.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "tests/system/changing_zones.h"

namespace hither::changing {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kLostAfter = 5 * kSecond;
constexpr int kFaultsShownMax = 10;

struct Plan {
  uint32_t zones = 0;
  uint32_t hosts = 0;
  int64_t seconds = 0;
  int64_t rate = 0;
  uint32_t lag_seconds = 0;
};

struct Query {
  int64_t due_ns = 0;
  int64_t sent_ns = 0;
  std::optional<uint32_t> zone = std::nullopt;  // None: of the static zone.
  uint32_t host = 0;
  uint16_t type = 0;
  size_t size = 0;
  bool waits = false;
};

class Reader {
 public:
  Reader(const sockaddr_in& server, const Plan& plan)
      : plan_(plan), newest_(plan.zones, 0), queries_(65536) {
    fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int room = 4 << 20;
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof(server)) != 0) {
      std::perror("connect");
      std::exit(2);
    }
  }

  void Run();
  int Report();

 private:
  void Send(uint64_t step, int64_t due_ns);
  void Receive();
  void Judge(Query& query, const uint8_t* answer, size_t size);
  void JudgeSerial(const Query& query, uint32_t serial, int64_t now_ns);
  const uint8_t* OnlyRdata(const Query& query, const uint8_t* answer, size_t size,
                           size_t& rdata_size) const;
  void Show(const char* fault, const Query& query, uint32_t serial) {
    if (++shown_ > kFaultsShownMax) return;
    if (!query.zone.has_value()) {
      std::fprintf(stderr, "h%u.static.: %s\n", query.host, fault);
      return;
    }
    std::fprintf(stderr, "z%u.load.: %s: serial %u after %u, now %u\n", *query.zone, fault, serial,
                 newest_[*query.zone], SerialAt(*query.zone, plan_.zones, NowNs()));
  }

  const Plan plan_;
  std::vector<uint32_t> newest_;
  std::vector<Query> queries_;  // By ID.
  int fd_ = -1;
  size_t waiting_ = 0;
  size_t asked_ = 0, lost_ = 0, wrong_ = 0, old_ = 0, backwards_ = 0, changes_ = 0;
  int shown_ = 0;
  std::vector<int64_t> times_ns_;
  std::vector<int64_t> ages_ms_;
};

void Reader::Run() {
  prctl(PR_SET_TIMERSLACK, 1);
  times_ns_.reserve(static_cast<size_t>(plan_.seconds * plan_.rate));
  const int64_t start = NowNs();
  const int64_t steps = plan_.seconds * plan_.rate;
  for (int64_t step = 0;;) {
    const int64_t now = NowNs();
    int64_t due = start + step * kSecond / plan_.rate;
    for (; step < steps && due <= now; due = start + ++step * kSecond / plan_.rate) {
      Send(static_cast<uint64_t>(step), due);
    }
    if (step == steps && (waiting_ == 0 || now > due + kLostAfter)) break;
    const int64_t wait_ns = step == steps ? kSecond / 100 : std::max<int64_t>(due - NowNs(), 0);
    const timespec wait = {0, std::min(wait_ns, kSecond / 100)};
    pollfd ready = {fd_, POLLIN, 0};
    if (ppoll(&ready, 1, &wait, nullptr) > 0) Receive();
  }
  for (const Query& query : queries_) {
    if (!query.waits) continue;
    ++lost_;
    Show("no answer", query, 0);
  }
}

// All zones once for each type in turn. 7919 is a prime, so that each comes although neighbours in
// time are not neighbours in the order of the changes.
void Reader::Send(uint64_t step, int64_t due_ns) {
  const auto id = static_cast<uint16_t>(step);
  Query& query = queries_[id];
  if (query.waits) {  // Of 65536 queries ago.
    ++lost_;
    --waiting_;
    Show("no answer", query, 0);
  }
  ++waiting_;
  query = {.due_ns = due_ns, .sent_ns = NowNs(), .type = kA, .waits = true};
  Octets octets;
  for (const uint32_t value : {uint32_t{id}, 0u, 1u, 0u, 0u, 0u}) PutU16(octets, value);
  const uint64_t turn = step / 2;
  if (step % 2 == 0) {
    query.host = static_cast<uint32_t>(turn * 7919 % plan_.hosts);
    PutLabel(octets, "h" + std::to_string(query.host));
    PutLabel(octets, "static");
    octets.push_back(0);
  } else {
    query.zone = static_cast<uint32_t>(turn * 7919 % plan_.zones);
    if (turn / plan_.zones % 2 == 0) query.type = kSoa;
    if (query.type == kA) PutLabel(octets, "www");
    PutApex(octets, *query.zone);
  }
  PutU16(octets, query.type);
  PutU16(octets, 1);
  query.size = octets.size();
  send(fd_, octets.data(), octets.size(), 0);
  ++asked_;
}

void Reader::Receive() {
  uint8_t answer[2048];
  for (;;) {
    const ssize_t size = recv(fd_, answer, sizeof(answer), MSG_DONTWAIT);
    if (size < 2) return;
    Query& query = queries_[U16At(answer)];
    if (!query.waits) continue;
    query.waits = false;
    --waiting_;
    Judge(query, answer, static_cast<size_t>(size));
  }
}

// Of NOERROR with AA and one answer of the type asked for; else null.
const uint8_t* Reader::OnlyRdata(const Query& query, const uint8_t* answer, size_t size,
                                 size_t& rdata_size) const {
  if (size < query.size + 16 || (answer[2] & 0x84) != 0x84 || (answer[3] & 15) != 0) return nullptr;
  if (U16At(answer + 6) != 1) return nullptr;
  const uint8_t* record = answer + query.size + 2;  // After a pointer to the question's name.
  rdata_size = U16At(record + 8);
  const bool fits = U16At(record) == query.type && record + 10 + rdata_size <= answer + size;
  return fits ? record + 10 : nullptr;
}

void Reader::Judge(Query& query, const uint8_t* answer, size_t size) {
  const int64_t now_ns = NowNs();
  times_ns_.push_back(now_ns - query.due_ns);
  size_t rdata_size = 0;
  const uint8_t* rdata = OnlyRdata(query, answer, size, rdata_size);
  const bool is_soa = query.type == kSoa;
  const bool is_right = rdata != nullptr && (is_soa ? rdata_size > 20 : rdata_size == 4) &&
                        (is_soa || rdata[0] == 10);
  const uint32_t value = is_right ? U32At(is_soa ? rdata + rdata_size - 20 : rdata) : 0;
  if (!is_right || (!query.zone.has_value() && (value & 0xffffff) != query.host)) {
    ++wrong_;
    return Show("not the answer", query, 0);
  }
  if (!query.zone.has_value()) return;
  // www has the last three octets.
  const uint32_t high = SerialAt(*query.zone, plan_.zones, now_ns) & 0xff000000;
  JudgeSerial(query, is_soa ? value : high | (value & 0xffffff), now_ns);
}

void Reader::JudgeSerial(const Query& query, uint32_t serial, int64_t now_ns) {
  const uint32_t zone = *query.zone;
  const int64_t replaced_ns = kSecond * (serial + 1) + kSecond * zone / plan_.zones;
  ages_ms_.push_back(std::max<int64_t>(0, (query.sent_ns - replaced_ns) / 1'000'000));
  if (serial > SerialAt(zone, plan_.zones, now_ns)) {
    ++wrong_;
    Show("no such version yet", query, serial);
  } else if (plan_.lag_seconds > 0 &&
             serial + plan_.lag_seconds < SerialAt(zone, plan_.zones, query.sent_ns)) {
    ++old_;
    Show("an old version", query, serial);
  }
  if (serial < newest_[zone]) {
    ++backwards_;
    Show("went back", query, serial);
  }
  changes_ += newest_[zone] != 0 && serial > newest_[zone];
  newest_[zone] = std::max(newest_[zone], serial);
}

int Reader::Report() {
  const auto print = [](const char* name, std::vector<int64_t>& values, int64_t unit) {
    std::sort(values.begin(), values.end());
    for (const auto& [of, share] :
         {std::pair("p50", 0.5), {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}}) {
      if (values.empty()) continue;
      const auto at = static_cast<size_t>(share * static_cast<double>(values.size() - 1));
      std::printf("%s_%s %lld\n", name, of, static_cast<long long>(values[at] / unit));
    }
  };
  std::printf("asked %zu\nlost %zu\nwrong %zu\nold %zu\nbackwards %zu\nchanges %zu\n", asked_,
              lost_, wrong_, old_, backwards_, changes_);
  print("us", times_ns_, 1000);
  print("age_ms", ages_ms_, 1);
  return lost_ + wrong_ + old_ + backwards_ == 0 ? 0 : 1;
}

int Main(char** argv) {
  const Plan plan = {.zones = static_cast<uint32_t>(std::atoi(argv[2])),
                     .hosts = static_cast<uint32_t>(std::atoi(argv[3])),
                     .seconds = std::atoi(argv[4]),
                     .rate = std::atoi(argv[5]),
                     .lag_seconds = static_cast<uint32_t>(std::atoi(argv[6]))};
  if (plan.zones == 0 || plan.hosts == 0 || plan.seconds < 1 || plan.rate < 1) return 2;
  Reader reader(AddressFrom(argv[1]), plan);
  reader.Run();
  return reader.Report();
}

}  // namespace
}  // namespace hither::changing

int main(int argc, char** argv) {
  if (argc == 7) return hither::changing::Main(argv);
  std::fprintf(stderr, "usage: changing_reader ADDRESS:PORT ZONES HOSTS SECONDS RATE LAG\n");
  return 2;
}
