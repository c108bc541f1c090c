#ifndef HITHER_TESTS_SYSTEM_HOSTILE_PACKETS_H_
#define HITHER_TESTS_SYSTEM_HOSTILE_PACKETS_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace hither {

using Octets = std::vector<uint8_t>;

// Makes queries that nobody should send: sound ones with odd parts, sound ones broken in a few
// places, and noise. The same seed makes the same packets.
class HostilePackets {
 public:
  HostilePackets(uint64_t seed, std::vector<std::string> names);

  Octets Next();
  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

 private:
  bool Chance(size_t one_in) { return Below(one_in) == 0; }
  void AppendU16(Octets& to, size_t value);
  void AppendName(Octets& to);
  void AppendOpt(Octets& to);
  void AppendRecord(Octets& to);
  Octets Query();
  Octets Noise();
  void Break(Octets& packet);

  std::mt19937_64 random_;
  std::vector<std::string> names_;  // In wire form.
};

}  // namespace hither

#endif  // HITHER_TESTS_SYSTEM_HOSTILE_PACKETS_H_
