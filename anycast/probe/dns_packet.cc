#include "anycast/probe/dns_packet.h"

#include <openssl/rand.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "anycast/probe/probe_message.h"
#include "base/check.h"

namespace hither {
namespace {

absl::Status AddNsid(ldns_pkt* packet) {
  ldns_pkt_set_edns_udp_size(packet, kProbePayloadBytesMax);
  ldns_edns_option_list* options = ldns_edns_option_list_new();
  ldns_edns_option* nsid = ldns_edns_new_from_data(LDNS_EDNS_NSID, 0, nullptr);
  if (options == nullptr || nsid == nullptr || !ldns_edns_option_list_push(options, nsid)) {
    return absl::ResourceExhaustedError("no memory for a query");
  }
  ldns_pkt_set_edns_option_list(packet, options);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> WriteQuery(const std::string& name, ldns_rr_type type,
                                                ldns_rr_class rr_class, uint16_t id) {
  ldns_rdf* owner = ldns_dname_new_frm_str(name.c_str());
  if (owner == nullptr || type == 0) {
    ldns_rdf_deep_free(owner);
    return absl::InvalidArgumentError(absl::StrCat("'", name, "': not a name and a type"));
  }
  const Packet packet(ldns_pkt_query_new(owner, type, rr_class, 0));  // Takes owner.
  if (packet == nullptr) return absl::ResourceExhaustedError("no memory for a query");
  ldns_pkt_set_id(packet.get(), id);
  if (auto added = AddNsid(packet.get()); !added.ok()) return added;
  uint8_t* wire = nullptr;
  size_t wire_bytes = 0;
  if (ldns_pkt2wire(&wire, packet.get(), &wire_bytes) != LDNS_STATUS_OK) {
    return absl::ResourceExhaustedError("a query could not be written");
  }
  std::vector<uint8_t> out(wire, wire + wire_bytes);
  LDNS_FREE(wire);
  return out;
}

Packet ReadPacket(std::span<const uint8_t> octets) {
  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, octets.data(), octets.size()) != LDNS_STATUS_OK) return nullptr;
  return Packet(parsed);
}

bool IsQuestion(const ldns_pkt* packet, const std::string& name, ldns_rr_type type,
                ldns_rr_class rr_class) {
  const ldns_rr_list* questions = ldns_pkt_question(packet);
  if (questions == nullptr || ldns_rr_list_rr_count(questions) != 1) return false;
  const ldns_rr* asked = ldns_rr_list_rr(questions, 0);
  ldns_rdf* owner = ldns_dname_new_frm_str(name.c_str());
  const bool same = owner != nullptr && ldns_dname_compare(ldns_rr_owner(asked), owner) == 0 &&
                    ldns_rr_get_type(asked) == type && ldns_rr_get_class(asked) == rr_class;
  ldns_rdf_deep_free(owner);
  return same;
}

std::string RcodeText(const ldns_pkt* packet) {
  char* text = ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
  const std::string out = text == nullptr ? "an unknown rcode" : text;
  LDNS_FREE(text);
  return out;
}

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

std::optional<uint32_t> SerialOf(const ldns_rr* soa) {
  const ldns_rdf* serial = ldns_rr_rdf(soa, 2);  // MNAME, RNAME, SERIAL: RFC 1035 §3.3.13.
  if (serial == nullptr || ldns_rdf_size(serial) != 4) return std::nullopt;
  return ldns_rdf2native_int32(serial);
}

std::vector<uint8_t> Framed(const std::vector<uint8_t>& message) {
  std::vector<uint8_t> out;
  out.reserve(2 + message.size());
  out.push_back(static_cast<uint8_t>(message.size() >> 8));
  out.push_back(static_cast<uint8_t>(message.size()));
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

std::span<const uint8_t> MessageIn(std::span<const uint8_t> stream) {
  if (stream.size() < 2) return {};
  const size_t bytes = static_cast<size_t>(stream[0]) << 8 | stream[1];
  if (stream.size() < 2 + bytes) return {};
  return stream.subspan(2, bytes);
}

uint16_t RandomId() {
  uint16_t id = 0;
  HITHER_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id) == 1);
  return id;
}

}  // namespace hither
