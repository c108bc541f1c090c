#include "tests/support/reply_text.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "tests/support/ldns.h"
#include "tests/support/packet_text.h"
#include "tests/support/reply_parser.h"

namespace hither {
namespace {

std::string Take(char* text) {  // ldns gives malloc'ed text.
  std::string taken = text == nullptr ? "?" : text;
  std::free(text);
  return taken;
}

struct Shown {
  std::string owner;
  uint32_t ttl_seconds;
  ldns_rr_type type;
  ldns_rr_type covered;  // Of an RRSIG.
  std::string rdata;
};

Shown Show(const ldns_rr* rr) {
  Shown shown{Take(ldns_rdf2str(ldns_rr_owner(rr))), ldns_rr_ttl(rr), ldns_rr_get_type(rr),
              static_cast<ldns_rr_type>(0), ""};
  for (size_t i = 0; i < ldns_rr_rd_count(rr); ++i) {
    // ldns ends some fields with a space.
    absl::StrAppend(&shown.rdata, " ", Take(ldns_rdf2str(ldns_rr_rdf(rr, i))));
    shown.rdata.resize(absl::StripTrailingAsciiWhitespace(shown.rdata).size());
  }
  if (shown.type == LDNS_RR_TYPE_RRSIG) {
    shown.covered = ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr));
  }
  return shown;
}

std::string Text(const Shown& rr, bool is_signed, bool authority) {
  const std::string type = Take(ldns_rr_type2str(rr.type));
  std::string text = absl::StrCat(rr.owner, " ", rr.ttl_seconds, " ", type, is_signed ? "+" : "");
  if (rr.type == LDNS_RR_TYPE_RRSIG) {
    return absl::StrCat(text, " ", Take(ldns_rr_type2str(rr.covered)));
  }
  if (rr.type == LDNS_RR_TYPE_SOA && authority) return text;
  return text + rr.rdata;
}

bool Signs(const Shown& signature, const Shown& rr) {
  return signature.covered == rr.type && signature.owner == rr.owner &&
         signature.ttl_seconds == rr.ttl_seconds;
}

std::string Section(const ldns_rr_list* list, bool authority, bool keep_order) {
  std::vector<Shown> all;
  for (size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
    all.push_back(Show(ldns_rr_list_rr(list, i)));
  }
  std::vector<std::string> texts;
  for (const Shown& rr : all) {
    const auto signs = [&](const Shown& other) { return Signs(other, rr); };
    const auto is_signed_by = [&](const Shown& other) { return Signs(rr, other); };
    if (rr.covered != 0 && std::any_of(all.begin(), all.end(), is_signed_by)) continue;
    texts.push_back(Text(rr, std::any_of(all.begin(), all.end(), signs), authority));
  }
  if (!keep_order) std::sort(texts.begin(), texts.end());
  return texts.empty() ? "" : absl::StrCat(" ", absl::StrJoin(texts, ", "));
}

std::string Flags(const ldns_pkt* packet) {
  std::string text;
  if (!ldns_pkt_qr(packet)) text += " query";
  if (ldns_pkt_aa(packet)) text += " aa";
  if (ldns_pkt_tc(packet)) text += " tc";
  if (ldns_pkt_rd(packet)) text += " rd";
  if (ldns_pkt_ra(packet)) text += " ra";
  if (ldns_pkt_ad(packet)) text += " ad";
  if (ldns_pkt_cd(packet)) text += " cd";
  return text;
}

std::string OptionText(uint16_t code, ByteView data) {
  const absl::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  if (code == 3) return absl::StrCat(" nsid=", text);
  if (code == 11 && data.size() == 2) return absl::StrCat(" keepalive=", LoadU16(data.data()));
  if (code == 15 && data.size() == 2) return absl::StrCat(" ede=", LoadU16(data.data()));
  if (code == 19 && data.size() == 6) {
    return absl::StrCat(" zoneversion=", int{data[0]}, "/", int{data[1]}, "/",
                        LoadU32(data.data() + 2));
  }
  return absl::StrCat(" opt=", code, ":", ToHex(data));
}

std::string Edns(const ldns_pkt* packet) {
  std::string text = absl::StrCat("edns ", ldns_pkt_edns_udp_size(packet));
  if (ldns_pkt_edns_version(packet) != 0) absl::StrAppend(&text, " version=?");
  if (ldns_pkt_edns_do(packet)) text += " do";
  const ldns_rdf* data = ldns_pkt_edns_data(packet);
  if (data == nullptr) return text;
  ByteReader options(ByteView(ldns_rdf_data(data), ldns_rdf_size(data)));
  while (!options.AtEnd()) {
    const uint16_t code = options.U16();
    text += OptionText(code, options.Take(options.U16()));
  }
  if (!options.ok()) text += " options-broken";
  return text;
}

std::string RcodeText(const ldns_pkt* packet) {
  const int rcode = ldns_pkt_edns_extended_rcode(packet) << 4 | ldns_pkt_get_rcode(packet);
  if (rcode == 16) return "BADVERS";
  if (rcode == LDNS_RCODE_NOTIMPL) return "NOTIMP";  // As IANA spells it.
  return Take(ldns_pkt_rcode2str(static_cast<ldns_pkt_rcode>(rcode)));
}

std::string TsigText(const ldns_rr* tsig) {
  // Algorithm, time, fudge, MAC, original ID, error, other (RFC 8945 §4.2).
  return absl::StrCat(" | tsig ", Take(ldns_rdf2str(ldns_rr_owner(tsig))), " ",
                      Take(ldns_rdf2str(ldns_rr_rdf(tsig, 0))),
                      " id=", Take(ldns_rdf2str(ldns_rr_rdf(tsig, 4))),
                      " error=", Take(ldns_rdf2str(ldns_rr_rdf(tsig, 5))));
}

// "question=..." unless the reply has just the query's own, in its very case.
std::string QuestionText(const ParsedMessage& reply, ByteView query) {
  if (reply.questions.empty()) return " question=none";
  const std::string& question = reply.questions[0];
  const bool same = reply.questions.size() == 1 && query.size() >= 12 + question.size() &&
                    std::equal(question.begin(), question.end(), query.begin() + 12,
                               [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
  return same ? "" : " question=other";
}

}  // namespace

std::string ReplyToText(ByteView reply, ByteView query) {
  if (reply.empty()) return "(none)";
  const ParsedMessage shape = ParseMessage(reply);
  if (!shape.error.empty()) return absl::StrCat("malformed: ", shape.error, ": ", ToHex(reply));
  ldns_pkt* raw = nullptr;
  const ldns_status status = ldns_wire2pkt(&raw, reply.data(), reply.size());
  if (status != LDNS_STATUS_OK) {
    return absl::StrCat("ldns: ", ldns_get_errorstr_by_id(status), ": ", ToHex(reply));
  }
  const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(raw, ldns_pkt_free);
  std::string text = RcodeText(raw) + Flags(raw);
  if ((reply[3] & 0x40) != 0) text += " z";
  if (query.size() >= 2 && LoadU16(query.data()) != shape.id) text += " id=other";
  if (ldns_pkt_get_opcode(raw) != LDNS_PACKET_QUERY) {
    absl::StrAppend(&text, " opcode=", static_cast<int>(ldns_pkt_get_opcode(raw)));
  }
  text += QuestionText(shape, query);
  std::string sections = absl::StrCat(Section(ldns_pkt_answer(raw), false, true), " ;",
                                      Section(ldns_pkt_authority(raw), true, false), " ;",
                                      Section(ldns_pkt_additional(raw), false, false));
  while (!sections.empty() && (sections.back() == ' ' || sections.back() == ';')) {
    sections.pop_back();
  }
  if (!sections.empty()) absl::StrAppend(&text, " | ", absl::StripAsciiWhitespace(sections));
  if (ldns_pkt_edns(raw)) absl::StrAppend(&text, " | ", Edns(raw));
  if (ldns_pkt_tsig(raw) != nullptr) text += TsigText(ldns_pkt_tsig(raw));
  return text;
}

}  // namespace hither
