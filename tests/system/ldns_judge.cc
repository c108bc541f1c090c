// ldns_judge KEYFILE SPOOL: lets ldns judge signed answers, as a second opinion beside denial.py.
//
// Each line of SPOOL is what the answer is meant to be ("nodata", "nxdomain" and "insecure" ask for
// a proof, any other word only for good signatures) and the answer's octets in hexadecimal. Prints
// how many it judged; each answer that ldns refuses is a line on stderr, and the exit status 1.
#include <ldns/ldns.h>
#include <stdbool.h>  // Before ldns.h, which otherwise makes `bool` a macro.

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* value) const {
    Free(value);
  }
};
using Packet = std::unique_ptr<ldns_pkt, Freer<ldns_pkt_free>>;
using List = std::unique_ptr<ldns_rr_list, Freer<ldns_rr_list_deep_free>>;
using Shallow = std::unique_ptr<ldns_rr_list, Freer<ldns_rr_list_free>>;
using Record = std::unique_ptr<ldns_rr, Freer<ldns_rr_free>>;

std::vector<uint8_t> FromHex(const std::string& text) {
  std::vector<uint8_t> octets;
  for (size_t at = 0; at + 1 < text.size(); at += 2) {
    octets.push_back(static_cast<uint8_t>(std::stoul(text.substr(at, 2), nullptr, 16)));
  }
  return octets;
}

// Signatures in `section` that cover `type` of `owner`.
Shallow SignaturesFor(const ldns_rr_list* section, const ldns_rdf* owner, ldns_rr_type type) {
  Shallow found(ldns_rr_list_new());
  for (size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
    ldns_rr* rr = ldns_rr_list_rr(section, i);
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG &&
        ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == type &&
        ldns_dname_compare(ldns_rr_owner(rr), owner) == 0) {
      ldns_rr_list_push_rr(found.get(), rr);
    }
  }
  return found;
}

// Checks every RRset of a section that has signatures (validation.py knows which must have some).
ldns_status VerifySection(const ldns_rr_list* section, const ldns_rr_list* keys) {
  List rest(ldns_rr_list_clone(section));
  ldns_rr_list_sort(rest.get());
  for (List rrset(ldns_rr_list_pop_rrset(rest.get())); rrset;
       rrset.reset(ldns_rr_list_pop_rrset(rest.get()))) {
    const ldns_rr* first = ldns_rr_list_rr(rrset.get(), 0);
    if (ldns_rr_get_type(first) == LDNS_RR_TYPE_RRSIG) continue;
    const Shallow signatures =
        SignaturesFor(section, ldns_rr_owner(first), ldns_rr_get_type(first));
    if (ldns_rr_list_rr_count(signatures.get()) == 0) continue;
    const Shallow good(ldns_rr_list_new());
    const ldns_status status = ldns_verify(rrset.get(), signatures.get(), keys, good.get());
    if (status != LDNS_STATUS_OK) return status;
  }
  return LDNS_STATUS_OK;
}

Shallow OfType(const ldns_rr_list* section, ldns_rr_type type) {
  Shallow found(ldns_rr_list_new());
  for (size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
    ldns_rr* rr = ldns_rr_list_rr(section, i);
    if (ldns_rr_get_type(rr) == type) ldns_rr_list_push_rr(found.get(), rr);
  }
  return found;
}

// Does the authority section deny `rr` (its owner and type)?
ldns_status VerifyDenial(ldns_rr* rr, const ldns_pkt* packet) {
  const ldns_rr_list* authority = ldns_pkt_authority(packet);
  const Shallow signatures = OfType(authority, LDNS_RR_TYPE_RRSIG);
  const Shallow nsec3 = OfType(authority, LDNS_RR_TYPE_NSEC3);
  if (ldns_rr_list_rr_count(nsec3.get()) > 0) {
    return ldns_dnssec_verify_denial_nsec3(rr, nsec3.get(), signatures.get(),
                                           ldns_pkt_get_rcode(packet), ldns_rr_get_type(rr),
                                           ldns_pkt_ancount(packet) == 0);
  }
  const Shallow nsec = OfType(authority, LDNS_RR_TYPE_NSEC);
  return ldns_dnssec_verify_denial(rr, nsec.get(), signatures.get());
}

// The record whose absence this answer has to prove, or null where ldns has no function for it:
// after an alias, and that no closer name hides a wildcard.
Record DeniedBy(const std::string& expected, const ldns_pkt* packet) {
  if (ldns_pkt_ancount(packet) > 0) return nullptr;
  if (expected == "nxdomain" || expected == "nodata") {
    return Record(ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(packet), 0)));
  }
  if (expected != "insecure") return nullptr;
  const Shallow servers = OfType(ldns_pkt_authority(packet), LDNS_RR_TYPE_NS);
  if (ldns_rr_list_rr_count(servers.get()) == 0) return nullptr;
  Record ds(ldns_rr_new());
  ldns_rr_set_owner(ds.get(), ldns_rdf_clone(ldns_rr_owner(ldns_rr_list_rr(servers.get(), 0))));
  ldns_rr_set_type(ds.get(), LDNS_RR_TYPE_DS);
  ldns_rr_set_class(ds.get(), LDNS_RR_CLASS_IN);
  return ds;
}

ldns_status Judge(const std::string& expected, const ldns_pkt* packet, const ldns_rr_list* keys) {
  ldns_status status = VerifySection(ldns_pkt_answer(packet), keys);
  if (status == LDNS_STATUS_OK) status = VerifySection(ldns_pkt_authority(packet), keys);
  if (status != LDNS_STATUS_OK) return status;
  const Record denied = DeniedBy(expected, packet);
  return denied ? VerifyDenial(denied.get(), packet) : LDNS_STATUS_OK;
}

List ReadKeys(const char* path) {
  List keys(ldns_rr_list_new());
  const std::unique_ptr<FILE, Freer<fclose>> file(fopen(path, "r"));
  ldns_rr* rr = nullptr;
  if (file && ldns_rr_new_frm_fp(&rr, file.get(), nullptr, nullptr, nullptr) == LDNS_STATUS_OK) {
    ldns_rr_list_push_rr(keys.get(), rr);
  }
  return keys;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const List keys = ReadKeys(argv[1]);
  std::ifstream spool(argv[2]);
  if (ldns_rr_list_rr_count(keys.get()) == 0 || !spool) return 2;
  int judged = 0;
  int refused = 0;
  std::string expected;
  std::string hex;
  while (spool >> expected >> hex) {
    const std::vector<uint8_t> octets = FromHex(hex);
    ldns_pkt* parsed = nullptr;
    ldns_status status = ldns_wire2pkt(&parsed, octets.data(), octets.size());
    const Packet packet(parsed);
    if (status == LDNS_STATUS_OK) status = Judge(expected, packet.get(), keys.get());
    ++judged;
    if (status == LDNS_STATUS_OK) continue;
    ++refused;
    std::cerr << expected << ": " << ldns_get_errorstr_by_id(status);
    if (packet && ldns_pkt_qdcount(packet.get()) > 0) {
      const std::unique_ptr<char, Freer<free>> question(
          ldns_rr2str(ldns_rr_list_rr(ldns_pkt_question(packet.get()), 0)));
      std::cerr << ": " << question.get();
    } else {
      std::cerr << "\n";
    }
  }
  std::cout << judged << " judged, " << refused << " refused\n";
  return refused > 0 ? 1 : 0;
}
