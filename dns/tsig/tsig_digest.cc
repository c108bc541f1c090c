#include "dns/tsig/tsig_digest.h"

#include <algorithm>
#include <cstring>

#include "dns/query.h"

namespace hither {
namespace {

constexpr size_t kAdditionalCountAt = 10;  // In the header (RFC 1035 §4.1.1).

void AddU16(size_t value, Hmac& hmac) {
  uint8_t octets[2];
  StoreU16(octets, static_cast<uint16_t>(value));
  hmac.Add(octets);
}

// RFC 8945 §4.3.3: in canonical form (RFC 4034 §6.1), that is, in lower case.
void AddName(ByteView name, Hmac& hmac) {
  uint8_t lower[kNameBytesMax];
  const size_t bytes = std::min(name.size(), sizeof lower);
  std::transform(name.begin(), name.begin() + static_cast<ptrdiff_t>(bytes), lower, ToLowerOctet);
  hmac.Add({lower, bytes});
}

}  // namespace

void AddPriorMac(ByteView mac, Hmac& hmac) {
  if (mac.empty()) return;
  AddU16(mac.size(), hmac);
  hmac.Add(mac);
}

void AddTsigVariables(const Tsig& tsig, Hmac& hmac) {
  AddName(tsig.key_name.view().wire(), hmac);
  AddU16(static_cast<uint16_t>(RrClass::kAny), hmac);
  constexpr uint8_t kTtl[4] = {};
  hmac.Add(kTtl);
  AddName(tsig.algorithm, hmac);
  AddTsigTimers(tsig, hmac);
  AddU16(tsig.error, hmac);
  AddU16(tsig.other.size(), hmac);
  hmac.Add(tsig.other);
}

void AddTsigTimers(const Tsig& tsig, Hmac& hmac) {
  uint8_t time[kTsigTimeBytes];
  StoreU48(time, tsig.time_signed);
  hmac.Add(time);
  AddU16(tsig.fudge_seconds, hmac);
}

void AddSignedMessage(const SignedMessage& message, Hmac& hmac) {
  uint8_t header[kHeaderBytes];
  std::memcpy(header, message.octets.data(), sizeof header);
  StoreU16(header, message.tsig.original_id);
  StoreU16(header + kAdditionalCountAt,
           static_cast<uint16_t>(LoadU16(header + kAdditionalCountAt) - 1));
  hmac.Add(header);
  hmac.Add(message.WithoutTsig().subspan(sizeof header));
}

bool IsWithinFudge(const Tsig& tsig, uint64_t now_seconds) {
  const uint64_t difference =
      std::max(tsig.time_signed, now_seconds) - std::min(tsig.time_signed, now_seconds);
  return difference <= tsig.fudge_seconds;
}

size_t AppendTsig(const Tsig& tsig, std::span<uint8_t> buffer, size_t message_bytes) {
  const size_t tsig_bytes = TsigBytes(tsig);
  uint8_t* const count = buffer.data() + kAdditionalCountAt;
  if (message_bytes + tsig_bytes > buffer.size() || LoadU16(count) == UINT16_MAX) return 0;
  WriteTsig(tsig, buffer.data() + message_bytes);
  StoreU16(count, static_cast<uint16_t>(LoadU16(count) + 1));
  return message_bytes + tsig_bytes;
}

}  // namespace hither
