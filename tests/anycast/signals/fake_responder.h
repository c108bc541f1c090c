#ifndef HITHER_TESTS_ANYCAST_SIGNALS_FAKE_RESPONDER_H_
#define HITHER_TESTS_ANYCAST_SIGNALS_FAKE_RESPONDER_H_

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/socket_address.h"

namespace hither {

// How a responder answers a query for SOA: rightly, but for what is said here.
struct Manners {
  bool silent = false;
  int delay_ms = 0;
  int rcode = 0;
  bool aa = true;
  bool qr = true;
  bool tc = false;
  bool other_id = false;
  bool other_question = false;
  bool with_answer = true;
  uint16_t answer_type = 6;  // SOA
  uint32_t serial = 7;
  bool with_nsid = true;
  std::string nsid = "ns2.fra1";
  bool close_tcp = false;  // Accepts, then closes: a FIN or a reset, as the query was read or not.
  bool reset_tcp = false;  // Reads the query, then resets.
};

// The octets of its answer. Tested code reads them, none writes them.
std::vector<uint8_t> MakeReply(std::span<const uint8_t> query, const Manners& manners);

// Sockets on a loopback address, UDP and TCP on one port, with a thread that answers.
class FakeResponder {
 public:
  explicit FakeResponder(const char* address = "127.0.0.1");
  ~FakeResponder() { Stop(); }

  const SocketAddress& address() const { return address_; }
  void Behave(const Manners& udp, const Manners& tcp);
  void Behave(const Manners& both) { Behave(both, both); }
  void Stop();     // Closes both.
  void StopTcp();  // Closes TCP alone.
  // The source ports that asked over UDP.
  std::vector<uint16_t> Ports();

 private:
  void Run();
  void AnswerUdp();
  void AnswerTcp();

  SocketAddress address_;
  int udp_ = -1;
  int tcp_ = -1;
  int stop_[2] = {-1, -1};
  std::mutex mu_;  // Guards the next three.
  Manners over_udp_;
  Manners over_tcp_;
  std::vector<uint16_t> ports_;
  std::thread thread_;
};

}  // namespace hither

#endif  // HITHER_TESTS_ANYCAST_SIGNALS_FAKE_RESPONDER_H_
