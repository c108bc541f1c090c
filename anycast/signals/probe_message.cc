#include "anycast/signals/probe_message.h"

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/printable.h"
#include "zones/ldns_wrapper.h"

namespace hither {
namespace {

struct PacketDeleter {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, PacketDeleter>;

constexpr size_t kShownBytesMax = 64;  // Of a foreign text.

std::string Shown(absl::string_view text) {
  return Printable(std::string(text.substr(0, kShownBytesMax)));
}

std::string RcodeText(const ldns_pkt* packet) {
  char* text = ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
  const std::string out = text == nullptr ? "an unknown rcode" : text;
  LDNS_FREE(text);
  return out;
}

ldns_rr_type TypeOf(const std::string& type) { return ldns_get_rr_type_by_name(type.c_str()); }

absl::Status AddNsid(ldns_pkt* packet) {
  ldns_pkt_set_edns_udp_size(packet, kProbePayloadBytesMax);
  ldns_edns_option_list* options = ldns_edns_option_list_new();
  ldns_edns_option* nsid = ldns_edns_new_from_data(LDNS_EDNS_NSID, 0, nullptr);
  if (options == nullptr || nsid == nullptr || !ldns_edns_option_list_push(options, nsid)) {
    return absl::ResourceExhaustedError("no memory for a probe");
  }
  ldns_pkt_set_edns_option_list(packet, options);
  return absl::OkStatus();
}

bool IsTheQuestion(const ldns_pkt* packet, const ProbeExpectation& expected) {
  const ldns_rr_list* questions = ldns_pkt_question(packet);
  if (questions == nullptr || ldns_rr_list_rr_count(questions) != 1) return false;
  const ldns_rr* asked = ldns_rr_list_rr(questions, 0);
  ldns_rdf* name = ldns_dname_new_frm_str(expected.name.c_str());
  const bool same = name != nullptr && ldns_dname_compare(ldns_rr_owner(asked), name) == 0 &&
                    ldns_rr_get_type(asked) == TypeOf(expected.type) &&
                    ldns_rr_get_class(asked) == LDNS_RR_CLASS_IN;
  ldns_rdf_deep_free(name);
  return same;
}

// The NSID option's text, or nothing.
std::optional<std::string> NsidOf(ldns_pkt* packet) {
  const ldns_edns_option_list* options = ldns_pkt_edns_get_option_list(packet);
  const size_t count = options == nullptr ? 0 : ldns_edns_option_list_get_count(options);
  for (size_t i = 0; i < count; ++i) {
    const ldns_edns_option* option = ldns_edns_option_list_get_option(options, i);
    if (ldns_edns_get_code(option) != LDNS_EDNS_NSID) continue;
    const auto* data = reinterpret_cast<const char*>(ldns_edns_get_data(option));
    return std::string(data, data == nullptr ? 0 : ldns_edns_get_size(option));
  }
  return std::nullopt;
}

ReplyVerdict JudgeNsid(ldns_pkt* packet, const ProbeExpectation& expected) {
  if (expected.nsids.empty()) return {Reply::kRight, ""};
  const std::optional<std::string> nsid = NsidOf(packet);
  if (!nsid.has_value()) return {Reply::kImpostor, "somebody else answers: without an NSID"};
  const auto& ours = expected.nsids;
  if (std::find(ours.begin(), ours.end(), *nsid) != ours.end()) return {Reply::kRight, ""};
  return {Reply::kImpostor, absl::StrCat("somebody else answers: NSID ", Shown(*nsid))};
}

// Of the first SOA among the answers.
ReplyVerdict JudgeSerial(const ldns_rr* soa, const ProbeExpectation& expected) {
  const ldns_rdf* serial = ldns_rr_rdf(soa, 2);  // MNAME, RNAME, SERIAL: RFC 1035 §3.3.13.
  if (serial == nullptr || ldns_rdf_size(serial) != 4) return {Reply::kWrong, "a broken SOA"};
  const uint32_t told = ldns_rdf2native_int32(serial);
  if (!expected.serial_min.has_value() || !SerialIsBefore(told, *expected.serial_min)) {
    return {Reply::kRight, ""};
  }
  return {Reply::kBehind, absl::StrCat("answers serial ", told, ", but its heartbeat tells ",
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
  const ldns_rr_type rr_type = TypeOf(std::string(type));
  ldns_rdf* owner = ldns_dname_new_frm_str(std::string(name).c_str());
  if (owner == nullptr || rr_type == 0) {
    ldns_rdf_deep_free(owner);
    return absl::InvalidArgumentError(
        absl::StrCat("probe ", name, " ", type, ": no name and type; write { name: example.org, ",
                     "type: SOA }"));
  }
  const Packet packet(ldns_pkt_query_new(owner, rr_type, LDNS_RR_CLASS_IN, 0));  // Takes owner.
  if (packet == nullptr) return absl::ResourceExhaustedError("no memory for a probe");
  ldns_pkt_set_id(packet.get(), id);
  if (auto added = AddNsid(packet.get()); !added.ok()) return added;
  uint8_t* wire = nullptr;
  size_t wire_bytes = 0;
  if (ldns_pkt2wire(&wire, packet.get(), &wire_bytes) != LDNS_STATUS_OK) {
    return absl::ResourceExhaustedError("a probe could not be written");
  }
  std::vector<uint8_t> out(wire, wire + wire_bytes);
  LDNS_FREE(wire);
  return out;
}

ReplyVerdict JudgeReply(std::span<const uint8_t> octets, const ProbeExpectation& expected) {
  constexpr size_t kHeaderBytes = 12;  // RFC 1035 §4.1.1
  if (octets.size() < kHeaderBytes) return {Reply::kNotOurs, "shorter than a header"};
  if ((octets[0] << 8 | octets[1]) != expected.id) return {Reply::kNotOurs, "another id"};
  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, octets.data(), octets.size()) != LDNS_STATUS_OK) {
    return {Reply::kWrong, "no DNS message"};
  }
  const Packet packet(parsed);
  if (!ldns_pkt_qr(parsed)) return {Reply::kNotOurs, "no response"};
  if (!IsTheQuestion(parsed, expected)) return {Reply::kNotOurs, "another question"};
  const ReplyVerdict nsid = JudgeNsid(parsed, expected);
  const ReplyVerdict answer = JudgeAnswer(parsed, expected);
  // An error that says nothing of who sent it is an error before it is a stranger's.
  if (nsid.reply == Reply::kRight || (answer.reply == Reply::kWrong && !NsidOf(parsed))) {
    return answer;
  }
  return nsid;
}

bool SerialIsBefore(uint32_t a, uint32_t b) { return a != b && b - a < 0x80000000u; }

}  // namespace hither
