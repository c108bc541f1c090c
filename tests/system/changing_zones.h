#ifndef HITHER_TESTS_SYSTEM_CHANGING_ZONES_H_
#define HITHER_TESTS_SYSTEM_CHANGING_ZONES_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

// Zones z0.load., z1.load., ... Each changes once a second, one after the other: zone i of N at i/N
// of each second. A version follows from the wall clock alone, so a reader of a secondary
// knows which serials it may see, without asking the primary.
//
// Serial: the second in which the version began. The address of www is 10.x.y.z, whose last three
// octets are those of the serial: records of two versions in one answer are noticed.
namespace hither::changing {

using Octets = std::vector<uint8_t>;

constexpr uint16_t kA = 1, kNs = 2, kSoa = 6, kIxfr = 251, kAxfr = 252;

inline int64_t NowNs() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// The last second in which this zone has changed.
inline uint32_t SerialAt(uint32_t zone, uint32_t zones, int64_t now_ns) {
  return static_cast<uint32_t>((now_ns - int64_t{1'000'000'000} * zone / zones) / 1'000'000'000);
}

inline void PutU16(Octets& to, uint32_t value) {
  to.push_back(static_cast<uint8_t>(value >> 8));
  to.push_back(static_cast<uint8_t>(value));
}
inline void PutU32(Octets& to, uint32_t value) {
  PutU16(to, value >> 16);
  PutU16(to, value);
}
inline uint32_t U16At(const uint8_t* at) { return static_cast<uint32_t>(at[0] << 8 | at[1]); }
inline uint32_t U32At(const uint8_t* at) { return U16At(at) << 16 | U16At(at + 2); }

inline void PutLabel(Octets& to, const std::string& label) {
  to.push_back(static_cast<uint8_t>(label.size()));
  to.insert(to.end(), label.begin(), label.end());
}
inline void PutApex(Octets& to, uint32_t zone) {
  PutLabel(to, "z" + std::to_string(zone));
  PutLabel(to, "load");
  to.push_back(0);
}

// "127.0.0.1:5300"; ends the program if it is something else.
inline sockaddr_in AddressFrom(const std::string& text) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  const size_t colon = text.find(':');
  const std::string host = text.substr(0, colon);
  if (colon == std::string::npos || inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    std::fprintf(stderr, "%s: ADDRESS:PORT is needed\n", text.c_str());
    std::exit(2);
  }
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(text.c_str() + colon + 1)));
  return address;
}

}  // namespace hither::changing

#endif  // HITHER_TESTS_SYSTEM_CHANGING_ZONES_H_
