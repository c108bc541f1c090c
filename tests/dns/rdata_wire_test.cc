#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dns/rdata.h"
#include "dns/rdata_shape.h"
#include "gtest/gtest.h"
#include "zones/text/rdata_text.h"

namespace hither {
namespace {

Bytes FromHex(absl::string_view hex) {
  const std::string octets = absl::HexStringToBytes(hex);
  return Bytes(octets.begin(), octets.end());
}

const auto kNameOf = [](const auto& tested) { return std::string(tested.param.name); };

struct ValidCase {
  const char* name;
  const char* type;
  const char* hex;
  const char* want;  // "" if valid.
};
void PrintTo(const ValidCase& c, std::ostream* os) { *os << c.name; }

class RdataValid : public testing::TestWithParam<ValidCase> {};

TEST_P(RdataValid, Judged) {
  const Bytes rdata = FromHex(GetParam().hex);
  const absl::Status status = ValidateRdata(*TypeFromText(GetParam().type), rdata);
  EXPECT_EQ(status.message(), GetParam().want);
}

// clang-format off
constexpr ValidCase kWires[] = {
    {"A",                "A",      "c0000201",                 ""},
    {"AShort",           "A",      "c00002",                   "malformed A: it is too short"},
    {"ALong",            "A",      "c000020100",               "malformed A: it is too long"},
    {"AEmpty",           "A",      "",                         "malformed A: it is too short"},
    {"Unknown",          "TYPE65280", "00",                    ""},
    {"UnknownEmpty",     "TYPE65280", "",                      ""},
    {"NullEmpty",        "NULL",   "",                         ""},
    {"Ns",               "NS",     "016100",                   ""},
    {"NsCompressed",     "NS",     "c00c",                     "malformed NS: a name is compressed, or a label is over 63 octets"},
    {"NsNoRoot",         "NS",     "0161",                     "malformed NS: a name ends too early"},
    {"NsTwo",            "NS",     "01610000",                 "malformed NS: it is too long"},
    {"TxtEmptyString",   "TXT",    "00",                       ""},
    {"TxtNoString",      "TXT",    "",                         "malformed TXT: a string ends too early"},
    {"TxtShort",         "TXT",    "016102",                   "malformed TXT: a string ends too early"},
    {"IsdnOne",          "ISDN",   "0161",                     ""},
    {"IsdnThree",        "ISDN",   "016101620163",             "malformed ISDN: it is too long"},
    {"CaaEmptyTag",      "CAA",    "0000",                     "malformed CAA: it is too short"},
    {"CaaBadTag",        "CAA",    "00012d",                   "malformed CAA: a tag has characters other than letters and digits"},
    {"UriEmpty",         "URI",    "00010001",                 "malformed URI: an empty target"},
    {"DsEmptyDigest",    "DS",     "000108fa",                 "malformed DS: it is too short"},
    {"NsecNoTypes",      "NSEC",   "00",                       ""},
    {"NsecWindowTwice",  "NSEC",   "00" "000140" "000140",     "malformed NSEC: type bitmap windows are out of order"},
    {"NsecWindowEmpty",  "NSEC",   "00" "0000",                "malformed NSEC: a type bitmap window is not 1 to 32 octets long"},
    {"NsecWindow33",     "NSEC",   "00" "0021" "010101010101010101010101010101010101010101010101010101010101010101",
                                                               "malformed NSEC: a type bitmap window is not 1 to 32 octets long"},
    {"NsecWindowShort",  "NSEC",   "00" "000240",              "malformed NSEC: a type bitmap ends too early"},
    {"NsecTrailingZero", "NSEC",   "00" "00024000",            "malformed NSEC: a type bitmap window ends in an octet of 0"},
    {"Nsec3EmptyHash",   "NSEC3",  "01000000" "00" "00",       "malformed NSEC3: it is too short"},
    {"AplIp4",           "APL",    "000118" "03c00002",        ""},
    {"AplIp4Prefix",     "APL",    "000121" "01c0",            "malformed APL: not an IPv4 prefix"},
    {"AplIp6Prefix",     "APL",    "000281" "01c0",            "malformed APL: not an IPv6 prefix"},
    {"AplTrailingZero",  "APL",    "000118" "02c000",          "malformed APL: an address ends in an octet of 0"},
    {"AplShort",         "APL",    "000118" "03c000",          "malformed APL: it is too short"},
    {"HipShort",         "HIP",    "02020001" "0102",          "malformed HIP: it is too short"},
    {"HipNoKey",         "HIP",    "01020000" "01",            "malformed HIP: the HIT or the key is empty"},
    {"HipBadServer",     "HIP",    "01020001" "0101" "0161",   "malformed HIP: a name ends too early"},
    {"LocVersion",       "LOC",    "01",                       "malformed LOC: a version other than 0"},
    {"LocSize",          "LOC",    "00a0",                     "malformed LOC: a size that is not a digit and power of ten"},
    {"LocShort",         "LOC",    "00000000" "8000000080000000", "malformed LOC: it is too short"},
    {"IpseckeyGateway",  "IPSECKEY", "010400",                 "malformed IPSECKEY: a gateway of unknown type"},
    {"IpseckeyShort",    "IPSECKEY", "010100" "c00002",        "malformed IPSECKEY: it is too short"},
    {"AmtrelayNoType",   "AMTRELAY", "01",                     "malformed AMTRELAY: it is too short"},
    {"AmtrelayShort",    "AMTRELAY", "0102" "00",              "malformed AMTRELAY: it is too short"},
    {"WksShort",         "WKS",    "c0000201",                 "malformed WKS: no address, protocol and port bitmap"},
    {"SvcbAlias",        "SVCB",   "0000016100" "000300020035", ""},  // To be ignored: RFC 9460 §2.4.2.
    {"SvcbPort3",        "SVCB",   "000100" "00030003003500",  "malformed SVCB: port has a bad value"},
    {"SvcbAlpnShort",    "SVCB",   "000100" "00010002" "0268", "malformed SVCB: alpn has a bad value"},
    {"SvcbAlpnEmptyId",  "SVCB",   "000100" "00010001" "00",   "malformed SVCB: alpn has a bad value"},
    {"SvcbHint5",        "SVCB",   "000100" "00040005" "0102030405", "malformed SVCB: ipv4hint has a bad value"},
    {"SvcbMandatoryOdd", "SVCB",   "000100" "00000001" "00",   "malformed SVCB: mandatory is not a list of keys"},
    {"SvcbMandatoryNone","SVCB",   "000100" "00000000",        "malformed SVCB: mandatory is not a list of keys"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Wires, RdataValid, testing::ValuesIn(kWires), kNameOf);

TEST(RdataValid, NoTypeTakesOver65535Octets) {
  const Bytes rdata(65'536, 0);
  EXPECT_FALSE(ValidateRdata(static_cast<RrType>(65280), rdata).ok());
  EXPECT_TRUE(ValidateRdata(static_cast<RrType>(65280), ByteView(rdata).first(65'535)).ok());
}

TEST(RdataValid, NameOf255Octets) {
  Bytes longest;
  for (const size_t label : {63, 63, 63, 61}) {
    longest.push_back(static_cast<uint8_t>(label));
    longest.insert(longest.end(), label, 'x');
  }
  Bytes longer = longest;
  longer[192] = 62;
  longer.push_back('x');
  longest.push_back(0);
  longer.push_back(0);
  EXPECT_EQ(longest.size(), 255u);
  EXPECT_EQ(ValidateRdata(RrType::kNs, longest).message(), "");
  EXPECT_EQ(ValidateRdata(RrType::kNs, longer).message(),
            "malformed NS: a name is over 255 octets");
}

// Whatever is cut off, ValidateRdata neither reads past the end nor takes it for whole where the
// type has a fixed length.
TEST(RdataValid, EveryTypeSurvivesEveryCut) {
  Bytes rdata(64);
  for (size_t i = 0; i < rdata.size(); ++i) rdata[i] = static_cast<uint8_t>(i % 5);
  for (const RdataShape& shape : AllShapes()) {
    for (size_t size = 0; size <= rdata.size(); ++size) {
      const Bytes cut(rdata.begin(), rdata.begin() + static_cast<ptrdiff_t>(size));
      ValidateRdata(shape.type, cut).IgnoreError();
    }
    if (shape.fields[0] == RdataField::kIp4 && shape.fields[1] == RdataField::kEnd) {
      EXPECT_FALSE(ValidateRdata(shape.type, ByteView(rdata).first(3)).ok());
    }
  }
}

struct NamesCase {
  const char* name;
  const char* text;       // Type and fields.
  const char* names;      // What NameInRdata finds.
  const char* canonical;  // Canonical RDATA as names and rests would be written: hexadecimal.
};
void PrintTo(const NamesCase& c, std::ostream* os) { *os << c.name; }

class RdataNamed : public testing::TestWithParam<NamesCase> {};

TEST_P(RdataNamed, FindsAndLowersNames) {
  const std::string text = GetParam().text;
  const size_t space = text.find(' ');
  const RrType type = *TypeFromText(text.substr(0, space));
  const auto rdata = RdataFromText(type, text.substr(space + 1), NameView());
  ASSERT_TRUE(rdata.ok()) << rdata.status();
  std::vector<std::string> names;
  for (size_t i = 0; i < NamesOf(type).names; ++i) {
    names.push_back(NameInRdata(type, *rdata, i).ToText());
  }
  EXPECT_EQ(absl::StrJoin(names, " "), GetParam().names);
  Bytes canonical = {0xff};
  AppendCanonicalRdata(type, *rdata, canonical);
  const Bytes want = FromHex(absl::StrCat("ff", GetParam().canonical));
  EXPECT_EQ(canonical, want);
}

// RFC 4034 §6.2 has the list of types, RFC 6840 §5.1 takes NSEC off it.
// clang-format off
constexpr NamesCase kNamed[] = {
    {"Ns",       "NS A.B.",                    "A.B.",    "0161016200"},
    {"Soa",      "SOA A. B. 1 2 3 4 5",        "A. B.",   "016100016200" "0000000100000002000000030000000400000005"},
    {"Mx",       "MX 16705 C.",                "C.",      "4141016300"},
    {"Srv",      "SRV 16705 1 2 C.",           "C.",      "414100010002016300"},
    {"Px",       "PX 16705 C. D.",             "C. D.",   "4141016300016400"},
    {"Rp",       "RP A. B.",                   "A. B.",   "016100016200"},
    {"Minfo",    "MINFO A. B.",                "A. B.",   "016100016200"},
    {"Afsdb",    "AFSDB 1 A.",                 "A.",      "0001016100"},
    {"Kx",       "KX 1 A.",                    "A.",      "0001016100"},
    {"Dname",    "DNAME A.",                   "A.",      "016100"},
    {"Naptr",    "NAPTR 1 2 A B C D.",         "",        "00010002" "0141" "0142" "0143" "016400"},
    {"Rrsig",    "RRSIG A 8 1 2 3 4 5 A. QUFB", "A.",     "0001080100000002000000030000000400" "05" "016100" "414141"},
    {"Nsec",     "NSEC A. A",                  "A.",      "014100" "000140"},
    {"Svcb",     "SVCB 1 A. alpn=H2",          "A.",      "0001014100" "00010003024832"},
    {"Dsync",    "DSYNC CDS 1 2 A.",           "A.",      "003b010002014100"},
    {"Talink",   "TALINK A. B.",               "A. B.",   "014100014200"},
    {"Lp",       "LP 1 A.",                    "A.",      "0001014100"},
    {"Txt",      "TXT A",                      "",        "0141"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Named, RdataNamed, testing::ValuesIn(kNamed), kNameOf);

TEST(RdataNames, OnlyTypesOfRfc1035AreCompressible) {  // RFC 3597 §4
  std::string types;
  for (int value = 0; value <= UINT16_MAX; ++value) {
    if (!NamesOf(static_cast<RrType>(value)).compressible) continue;
    absl::StrAppend(&types, TypeToText(static_cast<RrType>(value)), " ");
  }
  EXPECT_EQ(types, "NS MD MF CNAME SOA MB MG MR PTR MINFO MX ");
}

// The table of names and the table of shapes must tell the same.
TEST(RdataNames, AgreeWithShapes) {
  for (const RdataShape& shape : AllShapes()) {
    if (shape.type == RrType::kNaptr) continue;  // Its name stands behind strings.
    size_t before = 0;
    size_t names = 0;
    for (const RdataField* field = shape.fields; *field != RdataField::kEnd; ++field) {
      if (*field == RdataField::kName) ++names;
      if (names > 0) continue;
      const bool octet = *field == RdataField::kU8 || *field == RdataField::kAlgorithm ||
                         *field == RdataField::kKeyProtocol ||
                         *field == RdataField::kDsyncScheme;
      const bool pair = *field == RdataField::kU16 || *field == RdataField::kType ||
                        *field == RdataField::kKeyFlags;
      before += octet ? 1 : pair ? 2 : 4;
    }
    EXPECT_EQ(NamesOf(shape.type).names, names) << TypeToText(shape.type);
    if (names == 0) before = 0;
    EXPECT_EQ(NamesOf(shape.type).fixed_before, before) << TypeToText(shape.type);
  }
}

}  // namespace
}  // namespace hither
