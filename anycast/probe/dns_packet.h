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

// Shared by the DNS clients: the sidecar's probes and `hither sites`. ldns reads and writes. Pure.
// Source of packets: any responder.
namespace hither {

struct PacketDeleter {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, PacketDeleter>;

// One query, as any client would send it: RD clear, EDNS with NSID (RFC 5001).
absl::StatusOr<std::vector<uint8_t>> WriteQuery(const std::string& name, ldns_rr_type type,
                                                ldns_rr_class rr_class, uint16_t id);

// Null: not a DNS message.
Packet ReadPacket(std::span<const uint8_t> octets);

bool IsQuestion(const ldns_pkt* packet, const std::string& name, ldns_rr_type type,
                ldns_rr_class rr_class);
std::string RcodeText(const ldns_pkt* packet);
// The NSID option's octets, or nothing.
std::optional<std::string> NsidOf(ldns_pkt* packet);
// Of a SOA; nothing: malformed.
std::optional<uint32_t> SerialOf(const ldns_rr* soa);

// RFC 1035 §4.2.2: over TCP a length precedes each message.
std::vector<uint8_t> Framed(const std::vector<uint8_t>& message);
// The message at the start of a stream; empty while it is incomplete.
std::span<const uint8_t> MessageIn(std::span<const uint8_t> stream);
inline constexpr size_t kTcpReplyBytesMax = 2 + 65'535;

// Unpredictable: a host that guesses it could forge an answer (RFC 5452 §4.4).
uint16_t RandomId();

}  // namespace hither

#endif  // HITHER_ANYCAST_PROBE_DNS_PACKET_H_
