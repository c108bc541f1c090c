#ifndef HITHER_ANYCAST_PROBE_PROBE_MESSAGE_H_
#define HITHER_ANYCAST_PROBE_PROBE_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hither {

// The largest UDP answer that a probe takes; no probe asks for more than an RRset of a few records.
inline constexpr uint16_t kProbePayloadBytesMax = 1'232;

// A probe's query, as any client would send it: RD clear, EDNS with NSID (RFC 5001).
absl::StatusOr<std::vector<uint8_t>> BuildProbe(absl::string_view name, absl::string_view type,
                                                uint16_t id);

// What a correct answer to a probe looks like.
struct ProbeExpectation {
  std::string name;
  std::string type;
  uint16_t id = 0;
  std::vector<std::string> nsids;      // Ours: one of these. Empty: any, or none.
  std::optional<uint32_t> serial_min;  // Of SOA, by RFC 1982.
};

enum class Reply : uint8_t {
  kRight,
  kNotOurs,   // To another query: not from a server that we queried, or late.
  kWrong,     // Ours, but wrong.
  kImpostor,  // From another server, right or wrong: the NSID is not ours.
  kBehind,    // Correct, but with a serial older than the one that the server reports.
};

struct ReplyVerdict {
  Reply reply = Reply::kWrong;
  std::string detail;
};

// Judges a datagram or a message from a stream. Pure. Source: any responder at the address; ldns
// reads it.
ReplyVerdict JudgeReply(std::span<const uint8_t> octets, const ProbeExpectation& expected);

// RFC 1982 §3.2: is `a` before `b`? False where that is undefined.
bool SerialIsBefore(uint32_t a, uint32_t b);

}  // namespace hither

#endif  // HITHER_ANYCAST_PROBE_PROBE_MESSAGE_H_
