#include "tests/system/hostile_packets.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hither {
namespace {

// A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, DNAME, OPT, DS, RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM,
// HTTPS, NXNAME, TKEY, TSIG, IXFR, AXFR, MAILB, MAILA, ANY.
constexpr uint16_t kTypes[] = {1,  2,  5,  6,  12,  15,  16,  28,  39,  41,  43,  46, 47,
                               48, 50, 51, 65, 128, 249, 250, 251, 252, 253, 254, 255};
// LLQ, NSID, DAU, client subnet, EXPIRE, cookie, keepalive, padding, chain, EDE, ZONEVERSION.
constexpr uint16_t kOptions[] = {1, 3, 5, 8, 9, 10, 11, 12, 13, 15, 19};

}  // namespace

HostilePackets::HostilePackets(uint64_t seed, std::vector<std::string> names)
    : random_(seed), names_(std::move(names)) {}

void HostilePackets::AppendU16(Octets& to, size_t value) {
  to.push_back(static_cast<uint8_t>(value >> 8));
  to.push_back(static_cast<uint8_t>(value));
}

void HostilePackets::AppendName(Octets& to) {
  for (size_t labels = Below(4); labels > 0; --labels) {  // Below a name of the zone, or not.
    const size_t length = Chance(8) ? 63 : 1 + Below(12);
    to.push_back(static_cast<uint8_t>(length));
    for (size_t i = 0; i < length; ++i) {
      to.push_back(static_cast<uint8_t>(Chance(6) ? Below(256) : 'a' + Below(26)));
    }
  }
  const std::string& name = names_[Below(names_.size())];
  to.insert(to.end(), name.begin(), name.end());
}

void HostilePackets::AppendOpt(Octets& to) {
  Octets options;
  for (size_t count = Below(4); count > 0; --count) {
    AppendU16(options, Chance(4) ? Below(65536) : kOptions[Below(std::size(kOptions))]);
    const size_t length = Chance(2) ? 0 : Below(24);
    AppendU16(options, length);
    for (size_t i = 0; i < length; ++i) options.push_back(static_cast<uint8_t>(Below(256)));
  }
  to.push_back(0);
  AppendU16(to, 41);
  AppendU16(to, Chance(3) ? Below(65536) : 1232);
  to.push_back(0);
  to.push_back(static_cast<uint8_t>(Chance(10) ? Below(256) : 0));
  AppendU16(to, Chance(2) ? 0x8000 : Below(65536));
  AppendU16(to, options.size());
  to.insert(to.end(), options.begin(), options.end());
}

void HostilePackets::AppendRecord(Octets& to) {
  AppendName(to);
  AppendU16(to, kTypes[Below(std::size(kTypes))]);
  AppendU16(to, 1);
  AppendU16(to, 0);
  AppendU16(to, 300);
  const size_t length = Below(40);
  AppendU16(to, length);
  for (size_t i = 0; i < length; ++i) to.push_back(static_cast<uint8_t>(Below(256)));
}

Octets HostilePackets::Query() {
  Octets packet;
  AppendU16(packet, Below(65536));
  AppendU16(packet, Chance(4) ? Below(65536) : Below(2) << 8);  // RD or not.
  const size_t authorities = Chance(16) ? Below(4) : 0;
  const bool has_opt = !Chance(3);
  const bool has_more = Chance(16);
  AppendU16(packet, 1);
  AppendU16(packet, 0);
  AppendU16(packet, authorities);
  AppendU16(packet, (has_opt ? 1u : 0u) + (has_more ? 1u : 0u));
  AppendName(packet);
  AppendU16(packet, Chance(5) ? Below(65536) : kTypes[Below(std::size(kTypes))]);
  AppendU16(packet, Chance(10) ? Below(65536) : Chance(10) ? 3 : 1);
  for (size_t i = 0; i < authorities; ++i) AppendRecord(packet);
  if (has_more) AppendRecord(packet);
  if (has_opt) AppendOpt(packet);
  return packet;
}

Octets HostilePackets::Noise() {
  Octets packet(Chance(10) ? Below(4000) : Below(80));
  for (uint8_t& octet : packet) octet = static_cast<uint8_t>(Below(256));
  if (packet.size() > 2 && Chance(2)) packet[2] &= 0x07;  // At least a query, opcode QUERY.
  return packet;
}

void HostilePackets::Break(Octets& packet) {
  for (size_t times = 1 + Below(4); times > 0 && !packet.empty(); --times) {
    const size_t at = Below(packet.size());
    switch (Below(7)) {
      case 0:
        packet[at] ^= static_cast<uint8_t>(1u << Below(8));
        break;
      case 1:
        packet[at] = static_cast<uint8_t>(Below(256));
        break;
      case 2:
        packet.resize(at);
        break;
      case 3:  // A pointer, to wherever.
        packet[at] = static_cast<uint8_t>(0xc0 | Below(2));
        break;
      case 4:  // A count or a length at its limits.
        packet[at] = Chance(2) ? 0xff : 0x00;
        break;
      case 5: {
        const Octets copy(packet.begin() + static_cast<ptrdiff_t>(at), packet.end());
        packet.insert(packet.end(), copy.begin(), copy.end());
        break;
      }
      case 6:
        packet.insert(packet.begin() + static_cast<ptrdiff_t>(at), 1 + Below(9),
                      static_cast<uint8_t>(Below(256)));
        break;
    }
  }
}

Octets HostilePackets::Next() {
  if (Chance(8)) return Noise();
  Octets packet = Query();
  if (!Chance(3)) Break(packet);
  packet.resize(std::min<size_t>(packet.size(), 8000));
  return packet;
}

}  // namespace hither
