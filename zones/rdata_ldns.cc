#include "zones/rdata_ldns.h"

#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"
#include "zones/ldns_wrapper.h"

namespace hither {

bool ReadRdataWithLdns(RrType type, absl::string_view fields, NameView origin, RdataBuffer& out,
                       std::string& why) {
  const std::string line = absl::StrCat(". 0 IN ", TypeToText(type), " ", fields);
  ldns_rdf* base = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin.size(), origin.data());
  ldns_rr* parsed = nullptr;
  const ldns_status status = ldns_rr_new_frm_str(&parsed, line.c_str(), 0, base, nullptr);
  ldns_rdf_deep_free(base);
  const std::unique_ptr<ldns_rr, void (*)(ldns_rr*)> record(parsed, ldns_rr_free);
  if (status != LDNS_STATUS_OK || record == nullptr) {
    why = ldns_get_errorstr_by_id(status);
    return false;
  }
  for (size_t i = 0; i < ldns_rr_rd_count(record.get()); ++i) {
    const ldns_rdf* const field = ldns_rr_rdf(record.get(), i);
    out.Append({ldns_rdf_data(field), ldns_rdf_size(field)});
  }
  return true;
}

}  // namespace hither
