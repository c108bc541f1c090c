// A packet of a stranger. The first octet of an input says over what transport and with what
// limits it comes, the rest is the packet. The judge of replies is ldns, with a parser of the
// tests' own for what ldns forgives.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "base/check.h"
#include "server/answer/counters.h"
#include "server/answer/responder.h"
#include "tests/fuzz/packet_zones.h"
#include "tests/support/ldns.h"
#include "tests/support/reply_parser.h"

namespace hither {
namespace {

constexpr uint16_t kPayloads[] = {512, 1232, 1400, 4096};

// One configuration, for all inputs that ask for it.
struct Server {
  explicit Server(uint16_t payload_bytes_max, bool hidden) {
    ResponderOptions options;
    options.udp_payload_bytes_max = payload_bytes_max;
    if (!hidden) {
      options.nsid = std::string(60, 'n');
      options.version = "hither";
    }
    responder = std::make_unique<Responder>(options, counters);
  }
  Counters counters;
  std::unique_ptr<Responder> responder;
};

size_t LimitOf(const Edns& edns, const TransportFacts& facts, uint16_t payload_bytes_max) {
  if (facts.transport == Transport::kTcp) return UINT16_MAX;
  if (!edns.present || edns.payload_bytes < 512) return 512;
  return std::min(edns.payload_bytes, payload_bytes_max);
}

void CheckQuestion(ByteView query, const ParsedMessage& reply) {
  if (reply.questions.empty()) {
    // Only where the query's could not be read, or was not one.
    HITHER_CHECK((reply.flags & 15) != 0);
    return;
  }
  HITHER_CHECK(reply.questions.size() == 1);
  const std::string& question = reply.questions[0];
  HITHER_CHECK(query.size() >= kHeaderBytes + question.size());
  HITHER_CHECK(std::memcmp(query.data() + kHeaderBytes, question.data(), question.size()) == 0);
}

bool HasOpt(const ParsedMessage& message) {
  return std::any_of(message.additional().begin(), message.additional().end(),
                     [](const ParsedRecord& record) { return record.type == 41; });
}

void CheckReply(ByteView query, ByteView reply, const TransportFacts& facts,
                uint16_t payload_bytes_max) {
  ldns_pkt* packet = nullptr;
  HITHER_CHECK(ldns_wire2pkt(&packet, reply.data(), reply.size()) == LDNS_STATUS_OK);
  ldns_pkt_free(packet);
  const ParsedMessage parsed = ParseMessage(reply);
  if (!parsed.error.empty()) std::fprintf(stderr, "%s\n", parsed.error.c_str());
  HITHER_CHECK(parsed.error.empty());
  HITHER_CHECK(query.size() >= kHeaderBytes && parsed.id == LoadU16(query.data()));
  const uint16_t query_flags = LoadU16(query.data() + 2);
  HITHER_CHECK((query_flags & kFlagQr) == 0 && (parsed.flags & kFlagQr) != 0);
  HITHER_CHECK((parsed.flags & 0x00f0) == 0);  // RA, Z, AD, CD.
  const uint16_t copied = kOpcodeMask | kFlagRd;
  HITHER_CHECK((parsed.flags & copied) == (query_flags & copied));
  CheckQuestion(query, parsed);
  Query read;
  const Parsed form = ParseQuery(query, read);
  HITHER_CHECK(reply.size() <= LimitOf(read.edns, facts, payload_bytes_max));
  HITHER_CHECK(HasOpt(parsed) == read.edns.present);
  const bool has_records = !parsed.answer().empty() || !parsed.authority().empty();
  HITHER_CHECK(form == Parsed::kQuery || !has_records);
  // Over TCP all of these zones' answers fit; and TC leaves nothing in the answer (RFC 2181 §9).
  const bool is_truncated = (parsed.flags & kFlagTc) != 0;
  HITHER_CHECK(!is_truncated || facts.transport == Transport::kUdp);
  HITHER_CHECK(!is_truncated || parsed.answer().empty() || !parsed.authority().empty());
}

void Run(const uint8_t* data, size_t size) {
  static const ZoneSet& zones = *new ZoneSet(PacketZones());
  static Server* const servers[] = {new Server(512, false), new Server(1232, false),
                                    new Server(1400, true), new Server(4096, false)};
  const uint8_t how = size == 0 ? 0 : data[0];
  const ByteView query = size == 0 ? ByteView() : ByteView(data + 1, size - 1);
  const size_t which = how >> 1 & 3;
  const TransportFacts facts{(how & 1) != 0 ? Transport::kTcp : Transport::kUdp, absl::Seconds(10)};
  // Just as large as the responder asks for, so that a sanitizer sees what goes beyond.
  const size_t room = facts.transport == Transport::kTcp ? UINT16_MAX : kPayloads[which];
  const std::unique_ptr<uint8_t[]> reply(new uint8_t[room]);
  const size_t bytes =
      servers[which]->responder->Answer({query, {reply.get(), room}}, facts, zones).message_bytes;
  HITHER_CHECK(bytes <= room);
  if (bytes == 0) {
    HITHER_CHECK(query.size() < kHeaderBytes || (query[2] & 0x80) != 0);
    return;
  }
  CheckReply(query, ByteView(reply.get(), bytes), facts, kPayloads[which]);
}

}  // namespace
}  // namespace hither

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hither::Run(data, size);
  return 0;
}
