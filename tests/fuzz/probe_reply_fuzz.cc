// Replies to a probe, and peer pages: what other hosts send to the sidecar.

#include <cstddef>
#include <cstdint>
#include <span>

#include "anycast/probe/probe_message.h"
#include "anycast/signals/peer_client.h"
#include "base/check.h"

namespace hither {
namespace {

void JudgeOne(std::span<const uint8_t> octets) {
  // The id of the message itself: to guess it is no part of the search.
  const auto id = static_cast<uint16_t>(octets.size() < 2 ? 0 : octets[0] << 8 | octets[1]);
  const ProbeExpectation expected = {"example.org", "SOA", id, {"ns2.fra1"}, 7};
  const ReplyVerdict verdict = JudgeReply(octets, expected);
  HITHER_CHECK(verdict.detail.size() < 200);
  if (verdict.reply != Reply::kRight) return;
  // RFC 1035 §4.1.1: QR and AA are set, the rcode is 0; or else it was not right.
  HITHER_CHECK(octets.size() > 12 && (octets[2] & 0x84) == 0x84 && (octets[3] & 0x0f) == 0);
  ProbeExpectation stranger = expected;
  stranger.nsids = {"ns1.ams1"};
  HITHER_CHECK(JudgeReply(octets, stranger).reply == Reply::kImpostor);
}

void ReadOne(absl::string_view text) {
  const PeerSelf sealed{.name = "", .run = "", .keys = {"0123456789abcdef"}};
  HITHER_CHECK(!ReadPageAnswer(text, sealed, "00").ok());  // Nobody guesses a seal.
  const auto page = ReadPageAnswer(text);
  if (!page.ok()) return;
  const auto again = DecodePeerPage(EncodePeerPage(*page));
  // What we have taken we can tell, but for what grew by being told.
  if (again.ok()) HITHER_CHECK(*again == *page);
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hither::JudgeOne({data, size});
  hither::ReadOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
