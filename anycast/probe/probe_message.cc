#include "anycast/probe/probe_message.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "anycast/probe/dns_packet.h"
#include "base/printable.h"

namespace hither {
namespace {

constexpr size_t kShownBytesMax = 64;  // Of foreign text.

std::string Shown(absl::string_view text) {
  return Printable(std::string(text.substr(0, kShownBytesMax)));
}

ldns_rr_type TypeOf(const std::string& type) { return ldns_get_rr_type_by_name(type.c_str()); }

ReplyVerdict JudgeNsid(ldns_pkt* packet, const ProbeExpectation& expected) {
  if (expected.nsids.empty()) return {Reply::kRight, ""};
  const std::optional<std::string> nsid = NsidOf(packet);
  const auto& ours = expected.nsids;
  if (!nsid.has_value()) {
    return {Reply::kImpostor,
            absl::StrCat("another server answers, without an NSID; expected ", Shown(ours[0]))};
  }
  if (std::find(ours.begin(), ours.end(), *nsid) != ours.end()) return {Reply::kRight, ""};
  return {Reply::kImpostor, absl::StrCat("another server answers: NSID ", Shown(*nsid),
                                         ", expected ", Shown(ours[0]))};
}

// Of the first SOA in the answer section.
ReplyVerdict JudgeSerial(const ldns_rr* soa, const ProbeExpectation& expected) {
  const std::optional<uint32_t> told = SerialOf(soa);
  if (!told.has_value()) return {Reply::kWrong, "a malformed SOA"};
  if (!expected.serial_min.has_value() || !SerialIsBefore(*told, *expected.serial_min)) {
    return {Reply::kRight, ""};
  }
  return {Reply::kBehind, absl::StrCat("answers serial ", *told, ", but its heartbeat says ",
                                       *expected.serial_min)};
}

ReplyVerdict JudgeAnswer(const ldns_pkt* packet, const ProbeExpectation& expected) {
  const ldns_pkt_rcode rcode = ldns_pkt_get_rcode(packet);
  if (rcode != LDNS_RCODE_NOERROR) return {Reply::kWrong, RcodeText(packet)};
  if (!ldns_pkt_aa(packet)) return {Reply::kWrong, "NOERROR without AA"};
  if (ldns_pkt_tc(packet)) return {Reply::kRight, ""};  // The answer is for TCP to judge.
  const ldns_rr_list* answers = ldns_pkt_answer(packet);
  const size_t count = answers == nullptr ? 0 : ldns_rr_list_rr_count(answers);
  for (size_t i = 0; i < count; ++i) {
    const ldns_rr* answer = ldns_rr_list_rr(answers, i);
    if (ldns_rr_get_type(answer) != TypeOf(expected.type)) continue;
    if (ldns_rr_get_type(answer) != LDNS_RR_TYPE_SOA) return {Reply::kRight, ""};
    return JudgeSerial(answer, expected);
  }
  return {Reply::kWrong, absl::StrCat("NOERROR without a ", expected.type)};
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> BuildProbe(absl::string_view name, absl::string_view type,
                                                uint16_t id) {
  auto query = WriteQuery(std::string(name), TypeOf(std::string(type)), LDNS_RR_CLASS_IN, id);
  if (!absl::IsInvalidArgument(query.status())) return query;
  return absl::InvalidArgumentError(absl::StrCat(
      "probe ", name, " ", type, ": no name and type; write { name: example.org, ", "type: SOA }"));
}

ReplyVerdict JudgeReply(std::span<const uint8_t> octets, const ProbeExpectation& expected) {
  constexpr size_t kHeaderBytes = 12;  // RFC 1035 §4.1.1
  if (octets.size() < kHeaderBytes) return {Reply::kNotOurs, "shorter than a header"};
  if ((octets[0] << 8 | octets[1]) != expected.id) return {Reply::kNotOurs, "another id"};
  const Packet packet = ReadPacket(octets);
  if (packet == nullptr) return {Reply::kWrong, "not a DNS message"};
  if (!ldns_pkt_qr(packet.get())) return {Reply::kNotOurs, "not a response"};
  if (!IsQuestion(packet.get(), expected.name, TypeOf(expected.type), LDNS_RR_CLASS_IN)) {
    return {Reply::kNotOurs, "another question"};
  }
  const ReplyVerdict nsid = JudgeNsid(packet.get(), expected);
  const ReplyVerdict answer = JudgeAnswer(packet.get(), expected);
  // An error without an NSID counts as an error, not as another server's answer.
  if (nsid.reply == Reply::kRight || (answer.reply == Reply::kWrong && !NsidOf(packet.get()))) {
    return answer;
  }
  return nsid;
}

bool SerialIsBefore(uint32_t a, uint32_t b) { return a != b && b - a < 0x80000000u; }

}  // namespace hither
