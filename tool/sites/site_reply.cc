#include "tool/sites/site_reply.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "anycast/probe/dns_packet.h"

namespace hither {
namespace {

constexpr size_t kHeaderBytes = 12;  // RFC 1035 §4.1.1
constexpr size_t kWordBytesMax = 63;

ldns_rr_type TypeOf(const SiteQuestion& question) {
  return ldns_get_rr_type_by_name(question.type.c_str());
}

ldns_rr_class ClassOf(const SiteQuestion& question) {
  return question.is_chaos ? LDNS_RR_CLASS_CH : LDNS_RR_CLASS_IN;
}

// RFC 1035 §3.3.14: one or more character-strings, each with its length before it.
std::optional<std::string> FirstString(const ldns_rr* txt) {
  const ldns_rdf* rdf = ldns_rr_rd_count(txt) > 0 ? ldns_rr_rdf(txt, 0) : nullptr;
  if (rdf == nullptr || ldns_rdf_size(rdf) < 1) return std::nullopt;
  const uint8_t* data = ldns_rdf_data(rdf);
  const size_t bytes = std::min<size_t>(data[0], ldns_rdf_size(rdf) - 1);
  return std::string(reinterpret_cast<const char*>(data) + 1, bytes);
}

void ReadAnswers(const ldns_pkt* packet, SiteReply& reply) {
  const ldns_rr_list* answers = ldns_pkt_answer(packet);
  const size_t count = answers == nullptr ? 0 : ldns_rr_list_rr_count(answers);
  for (size_t i = 0; i < count; ++i) {
    const ldns_rr* answer = ldns_rr_list_rr(answers, i);
    const ldns_rr_type type = ldns_rr_get_type(answer);
    if (type == LDNS_RR_TYPE_SOA && !reply.serial.has_value()) reply.serial = SerialOf(answer);
    if (type == LDNS_RR_TYPE_TXT && !reply.text.has_value()) reply.text = FirstString(answer);
  }
}

bool HasRecord(const ldns_pkt* packet, ldns_rr_type type) {
  const ldns_rr_list* answers = ldns_pkt_answer(packet);
  const size_t count = answers == nullptr ? 0 : ldns_rr_list_rr_count(answers);
  for (size_t i = 0; i < count; ++i) {
    const ldns_rr_type each = ldns_rr_get_type(ldns_rr_list_rr(answers, i));
    if (each == type || each == LDNS_RR_TYPE_CNAME || type == LDNS_RR_TYPE_ANY) return true;
  }
  return false;
}

// Why it is not an authoritative answer for an existing name; "" if it is. Nobody owns names in
// class CH, so AA means nothing there.
std::string ProblemOf(const ldns_pkt* packet, const SiteQuestion& question) {
  if (ldns_pkt_get_rcode(packet) != LDNS_RCODE_NOERROR) return RcodeText(packet);
  if (ldns_pkt_tc(packet)) return "truncated answer";
  if (question.is_chaos) return "";
  if (!ldns_pkt_aa(packet)) return "not an authoritative answer";
  return HasRecord(packet, TypeOf(question)) ? "" : "no record of that type";
}

bool IsWord(absl::string_view text) {
  return !text.empty() && text.size() <= kWordBytesMax &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> WriteSiteQuery(const SiteQuestion& question) {
  auto query = WriteQuery(question.name, TypeOf(question), ClassOf(question), question.id);
  if (!absl::IsInvalidArgument(query.status())) return query;
  return absl::InvalidArgumentError(
      absl::StrCat("'", question.name, " ", question.type,
                   "' cannot be queried; give a domain name and a type, for example --name "
                   "example.org --type SOA"));
}

std::optional<SiteReply> ReadSiteReply(std::span<const uint8_t> octets,
                                       const SiteQuestion& question) {
  if (octets.size() < kHeaderBytes) return std::nullopt;
  if ((octets[0] << 8 | octets[1]) != question.id) return std::nullopt;
  const Packet packet = ReadPacket(octets);
  if (packet == nullptr || !ldns_pkt_qr(packet.get()) ||
      !IsQuestion(packet.get(), question.name, TypeOf(question), ClassOf(question))) {
    return std::nullopt;
  }
  SiteReply reply;
  reply.problem = ProblemOf(packet.get(), question);
  reply.nsid = NsidOf(packet.get());
  ReadAnswers(packet.get(), reply);
  return reply;
}

std::optional<SiteName> ParseSiteName(absl::string_view nsid) {
  const size_t dot = nsid.find('.');
  if (dot == absl::string_view::npos) return std::nullopt;
  const absl::string_view node = nsid.substr(0, dot);
  const absl::string_view site = nsid.substr(dot + 1);
  if (!IsWord(node) || !IsWord(site)) return std::nullopt;
  return SiteName{std::string(site), std::string(node)};
}

}  // namespace hither
