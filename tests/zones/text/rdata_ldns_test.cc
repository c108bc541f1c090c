// Our reading of RDATA beside that of ldns, type by type.

#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/ldns_wrapper.h"
#include "dns/rdata.h"
#include "dns/rdata_shape.h"
#include "gtest/gtest.h"
#include "zones/text/zone_file.h"

namespace hither {
namespace {

constexpr char kSample[] = HITHER_SOURCE_DIR "/tests/zones/data/every_type.zone";

// What Debian's ldns 1.8.3 has no text form for, or another: it takes NSAP-PTR's name (RFC 1348)
// for a string and leaves out ATMA's FORMAT octet. The comparisons with dnspython and BIND judge
// AMTRELAY, ATMA, AVC, NINFO, NSAP-PTR and SINK; rdata_test.cc has the octets of the rest.
const std::set<std::string> kNotJudged = {
    "ATMA",  "SINK", "AMTRELAY", "AVC", "NINFO",   "NSAP-PTR", "RKEY", "TA",
    "DSYNC", "HHIT", "BRID",     "DOA", "RESINFO", "WALLET",   "CLA",  "IPN",
};

std::string Hex(ByteView bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

// One record a line: "owner type ttl hex".
class Lines : public RecordSink {
 public:
  void Add(const RecordView& record) override {
    types.insert(TypeToText(record.type));
    if (kNotJudged.contains(TypeToText(record.type))) return;
    by_line[record.location.line] =
        absl::StrCat(record.owner.ToText(), " ", TypeToText(record.type), " ", record.ttl_seconds,
                     " ", Hex(record.rdata));
  }
  std::map<uint32_t, std::string> by_line;
  std::set<std::string> types;
};

std::string Drawn(const ldns_rr* record) {
  const ldns_rdf* owner = ldns_rr_owner(record);
  const Name name = *Name::FromWire({ldns_rdf_data(owner), ldns_rdf_size(owner)});
  Bytes rdata;
  for (size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(record, i);
    rdata.insert(rdata.end(), ldns_rdf_data(field), ldns_rdf_data(field) + ldns_rdf_size(field));
  }
  return absl::StrCat(name.ToText(), " ", TypeToText(static_cast<RrType>(ldns_rr_get_type(record))),
                      " ", ldns_rr_ttl(record), " ", Hex(rdata));
}

Lines ReadSample() {
  Lines lines;
  const auto result = ReadZoneFile(kSample, *Name::FromText("example.org."), lines);
  EXPECT_TRUE(result.ok) << (result.findings.empty() ? "" : ToText(result.findings[0]));
  return lines;
}

TEST(RdataBesideLdns, SameRecords) {
  const Lines ours = ReadSample();
  std::ifstream file(kSample);
  ldns_rdf* origin = ldns_dname_new_frm_str("example.org.");
  uint32_t number = 0;
  size_t compared = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const auto found = ours.by_line.find(number);
    if (found == ours.by_line.end()) continue;
    ldns_rr* record = nullptr;
    const ldns_status status = ldns_rr_new_frm_str(&record, line.c_str(), 3600, origin, nullptr);
    EXPECT_EQ(status, LDNS_STATUS_OK) << ldns_get_errorstr_by_id(status) << ": " << line;
    if (record == nullptr) continue;
    EXPECT_EQ(found->second, Drawn(record)) << line;
    ldns_rr_free(record);
    ++compared;
  }
  ldns_rdf_deep_free(origin);
  EXPECT_EQ(compared, ours.by_line.size());
}

TEST(RdataBesideLdns, SampleHasEveryType) {
  const Lines ours = ReadSample();
  for (const RdataShape& shape : AllShapes()) {
    if (shape.text == RdataText::kNone) continue;
    EXPECT_TRUE(ours.types.contains(TypeToText(shape.type))) << TypeToText(shape.type);
  }
}

}  // namespace
}  // namespace hither
