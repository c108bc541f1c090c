#ifndef HITHER_ANYCAST_PROBE_DNS_PACKET_H_
#define HITHER_ANYCAST_PROBE_DNS_PACKET_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ldns_wrapper.h"

// What those who ask by DNS share: the sidecar's probes and `hither sites`. ldns reads and writes.
// Pure. Source of packets: any responder.
namespace hither {

struct PacketDeleter {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, PacketDeleter>;

// One question, as a stranger would send it: RD clear, EDNS with NSID (RFC 5001).
absl::StatusOr<std::vector<uint8_t>> WriteQuery(const std::string& name, ldns_rr_type type,
                                                ldns_rr_class rr_class, uint16_t id);

// Null: no DNS message.
Packet ReadPacket(std::span<const uint8_t> octets);

bool IsQuestion(const ldns_pkt* packet, const std::string& name, ldns_rr_type type,
                ldns_rr_class rr_class);
std::string RcodeText(const ldns_pkt* packet);
// The NSID option's octets, or nothing.
std::optional<std::string> NsidOf(ldns_pkt* packet);
// Of a SOA; nothing: a broken one.
std::optional<uint32_t> SerialOf(const ldns_rr* soa);

// RFC 1035 §4.2.2: over TCP a length goes before each message.
std::vector<uint8_t> Framed(const std::vector<uint8_t>& message);
// The message that a stream begins with; empty while it is not all there.
std::span<const uint8_t> MessageIn(std::span<const uint8_t> stream);
inline constexpr size_t kTcpReplyBytesMax = 2 + 65'535;

// Not to be guessed: who does might answer in another's place (RFC 5452 §4.4).
uint16_t RandomId();

}  // namespace hither

#endif  // HITHER_ANYCAST_PROBE_DNS_PACKET_H_
