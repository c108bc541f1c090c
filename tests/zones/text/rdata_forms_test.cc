// The types whose text is more than a row of fields: LOC, APL, HIP, NSAP, ATMA, SINK.

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/zones/text/rdata_case.h"

namespace hither {
namespace {

using Case = RdataCase;  // Of an error, how it begins.

class RdataForm : public testing::TestWithParam<Case> {};

TEST_P(RdataForm, Parses) {
  const std::string& text = GetParam().text;
  const std::string got = ReadRdataText(text);
  const std::string advice = absl::StrCat("; write ", text.substr(0, text.find(' ')));
  EXPECT_EQ(got.substr(0, got.find(advice)), GetParam().want);
}

const std::string k255Octets = [] {
  std::string hex;
  for (int i = 0; i < 255; ++i) hex += "ab";
  return hex;
}();

// clang-format off
const Case kLoc[] = {
    // Version, three sizes, latitude, longitude, altitude.
    {"LocWhole",         "LOC 1 2 3.456 N 4 5 6.789 E 7.89m 1m 2m 3m", "00122232" "8038d0c0" "80e06865" "00989995"},
    {"LocDefaults",      "LOC 1 2 3 N 1 2 3 E 1",         "00121613" "8038cef8" "8038cef8" "009896e4"},
    {"LocSouthWest",     "LOC 1 2 3 S 1 2 3 W 1",         "00121613" "7fc73108" "7fc73108" "009896e4"},
    {"LocLowerCase",     "LOC 1 2 3 s 1 2 3 w 1M",        "00121613" "7fc73108" "7fc73108" "009896e4"},
    {"LocDegreesOnly",   "LOC 33 S 151 E 3m",             "00121613" "78eb4180" "a066ad80" "009897ac"},
    // The minutes of a longitude without seconds once lost their place to those of the latitude.
    {"LocMixed",         "LOC 33 40 10.5 S 151 10 E 3.2m", "00121613" "78c6797c" "a06fd540" "009897c0"},
    {"LocMixedBack",     "LOC 33 40 S 151 10 10.5 E 3.2m", "00121613" "78c6a280" "a06ffe44" "009897c0"},
    {"LocFarthest",      "LOC 90 N 180 E 42849672.95m",   "00121613" "934fd900" "a69fb200" "ffffffff"},
    {"LocFarthestBack",  "LOC 90 0 0 S 180 0 0.000 W -100000.00m", "00121613" "6cb02700" "59604e00" "00000000"},
    {"LocBelowZero",     "LOC 1 2 3 N 1 2 3 E -0.5",      "00121613" "8038cef8" "8038cef8" "0098964e"},
    {"LocPointAlone",    "LOC 1 2 .5 N 1 2 3. E .5",      "00121613" "8038c534" "8038cef8" "009896b2"},
    {"LocSizeZero",      "LOC 1 2 3 N 1 2 3 E 1 0 0.00 0.01m", "00000010" "8038cef8" "8038cef8" "009896e4"},
    {"LocSizeMost",      "LOC 1 2 3 N 1 2 3 E 1 90000000.00m", "00991613" "8038cef8" "8038cef8" "009896e4"},
    {"LocSizeLosesRest", "LOC 1 2 3 N 1 2 3 E 1 0.19 2.99 1999m", "00112215" "8038cef8" "8038cef8" "009896e4"},
    {"LocNothing",       "LOC",                           "! the record ends too early"},
    {"LocNoDirection",   "LOC 1 2 3",                     "! '3' ends the record too early"},
    {"LocNoLongitude",   "LOC 1 2 3 N",                   "! 'N' ends the record too early"},
    {"LocNoAltitude",    "LOC 1 2 3 N 1 2 3 E",           "! 'E' ends the record too early"},
    {"LocOneTooMany",    "LOC 1 2 3 N 1 2 3 E 1m 1m 1m 1m 1m", "! '1m' is one field too many"},
    {"LocDegrees91",     "LOC 91 N 1 E 1m",               "! '91' is not a latitude in whole degrees from 0 to 90"},
    {"LocDegrees181",    "LOC 1 N 181 E 1m",              "! '181' is not a longitude in whole degrees from 0 to 180"},
    {"LocDegreesSigned", "LOC -1 N 1 E 1m",               "! '-1' is not a latitude in whole degrees from 0 to 90"},
    {"LocDegreesBroken", "LOC 1.5 N 1 E 1m",              "! '1.5' is not a latitude in whole degrees from 0 to 90"},
    {"LocMinutes60",     "LOC 1 60 0 N 1 0 0 E 1m",       "! '60' is not a latitude's minutes from 0 to 59, nor N or S"},
    {"LocSeconds60",     "LOC 1 0 0 N 1 0 60 E 1m",       "! '60' is not a longitude's seconds from 0 to 59.999, nor E or W"},
    {"LocSeconds4Places", "LOC 1 0 0.1234 N 1 E 1m",      "! '0.1234' is not a latitude's seconds from 0 to 59.999, nor N or S"},
    {"LocOver90",        "LOC 90 0 0.001 N 1 E 1m",       "! 'N' is the end of a latitude of over 90 degrees"},
    {"LocOver180",       "LOC 1 N 180 1 E 1m",            "! 'E' is the end of a longitude of over 180 degrees"},
    {"LocWrongOrder",    "LOC 1 2 3 E 1 2 3 N 1m",        "! 'E' is not a direction; a latitude ends in N or S"},
    {"LocNoNumber",      "LOC 1 2 3 N 1 2 3 E abc",       "! 'abc' is not an altitude in metres from -100000.00 to 42849672.95"},
    {"LocPoint",         "LOC 1 2 3 N 1 2 3 E .",         "! '.' is not an altitude in metres from -100000.00 to 42849672.95"},
    {"LocTwoPoints",     "LOC 1 2 3 N 1 2 3 E 1.0.0",     "! '1.0.0' is not an altitude in metres from -100000.00 to 42849672.95"},
    {"LocKilometres",    "LOC 1 2 3 N 1 2 3 E 1km",       "! '1km' is not an altitude in metres from -100000.00 to 42849672.95"},
    {"LocTooHigh",       "LOC 1 2 3 N 1 2 3 E 42849672.96m", "! '42849672.96m' is not an altitude in metres from -100000.00 to 42849672.95"},
    {"LocTooLow",        "LOC 1 2 3 N 1 2 3 E -100000.01m", "! '-100000.01m' is not an altitude in metres from -100000.00 to 42849672.95"},
    {"LocWrapsAround",   "LOC 1 2 3 N 1 2 3 E 184467440737095516.16m", "! '184467440737095516.16m' is not an altitude in metres from -100000.00 to 42849672.95"},
    {"LocMillimetres",   "LOC 1 2 3 N 1 2 3 E 1.234m",    "! '1.234m' is not an altitude in metres from -100000.00 to 42849672.95"},
    {"LocSizeTooLarge",  "LOC 1 2 3 N 1 2 3 E 1 90000000.01m", "! '90000000.01m' is not a size or precision in metres from 0 to 90000000.00"},
    {"LocSizeSigned",    "LOC 1 2 3 N 1 2 3 E 1 1 -1m",   "! '-1m' is not a size or precision in metres from 0 to 90000000.00"},
    {"LocQuoted",        "LOC 1 2 3 \"N\" 1 2 3 E 1",     "! 'N' is quoted; write it without quotes"},
    {"LocEscaped",       "LOC \\049 N 1 E 1",             "! '\\049' is not a latitude in whole degrees from 0 to 90"},
};
INSTANTIATE_TEST_SUITE_P(Loc, RdataForm, testing::ValuesIn(kLoc),
                         [](const auto& tested) { return std::string(tested.param.name); });

const Case kApl[] = {
    {"AplNone",          "APL",                           ""},
    {"AplTwo",           "APL 1:192.0.2.0/24 !2:2001:db8::/32", "0001" "18" "03" "c00002" "0002" "20" "84" "20010db8"},
    {"AplAll",           "APL 1:0.0.0.0/0 !1:0.0.0.0/0",  "00010000" "00010080"},
    {"AplHostBits",      "APL 1:10.1.2.3/8",              "0001" "08" "04" "0a010203"},
    {"AplFull",          "APL 2:::1/128",                 "0002" "80" "10" "00000000000000000000000000000001"},
    {"AplGluedByComma",  "APL 1:10.0.0.0/8,1:11.0.0.0/8", "! '1:10.0.0.0/8,1:11.0.0.0/8' has no IPv4 address"},
    {"AplGoesOn",        "APL 1:10.0.0.0/8xyz",           "! '1:10.0.0.0/8xyz' has no prefix length from 0 to 32"},
    {"AplSecondIsWrong", "APL 1:10.0.0.0/8 1:10.0.0.0/8x", "! '1:10.0.0.0/8x' has no prefix length from 0 to 32"},
    {"AplPrefix33",      "APL 1:10.0.0.0/33",             "! '1:10.0.0.0/33' has no prefix length from 0 to 32"},
    {"AplPrefix129",     "APL 2:::/129",                  "! '2:::/129' has no prefix length from 0 to 128"},
    {"AplPrefixSigned",  "APL 1:10.0.0.0/-8",             "! '1:10.0.0.0/-8' has no prefix length from 0 to 32"},
    {"AplPrefixEmpty",   "APL 1:10.0.0.0/",               "! '1:10.0.0.0/' has no prefix length from 0 to 32"},
    {"AplNoPrefix",      "APL 1:10.0.0.0",                "! '1:10.0.0.0' is not a family:address/prefix"},
    {"AplNoFamily",      "APL 10.0.0.0/8",                "! '10.0.0.0/8' is not a family:address/prefix"},
    {"AplSlashFirst",    "APL 1/8:10.0.0.0",              "! '1/8:10.0.0.0' is not a family:address/prefix"},
    {"AplFamily3",       "APL 3:00/8",                    "! '3:00/8' is of a family other than 1 (IPv4) or 2 (IPv6)"},
    {"AplFamilyWraps",   "APL 65537:10.0.0.0/8",          "! '65537:10.0.0.0/8' is of a family other than 1 (IPv4) or 2 (IPv6)"},
    {"AplOtherFamily",   "APL 1:2001:db8::/32",           "! '1:2001:db8::/32' has no IPv4 address"},
    {"AplShortAddress",  "APL 1:10.1/8",                  "! '1:10.1/8' has no IPv4 address"},
    {"AplNotTwice",      "APL !!1:10.0.0.0/8",            "! '!!1:10.0.0.0/8' is of a family other than 1 (IPv4) or 2 (IPv6)"},
    {"AplNotAlone",      "APL ! 1:10.0.0.0/8",            "! '!' is not a family:address/prefix"},
    {"AplQuoted",        "APL \"1:10.0.0.0/8\"",          "! '1:10.0.0.0/8' is quoted; write it without quotes"},
};
INSTANTIATE_TEST_SUITE_P(Apl, RdataForm, testing::ValuesIn(kApl),
                         [](const auto& tested) { return std::string(tested.param.name); });

const Case kOthers[] = {
    // Length of the HIT, algorithm, length of the key.
    {"Hip",              "HIP 2 2001 AQID",               "02" "02" "0003" "2001" "010203"},
    {"HipServers",       "HIP 2 20 AQI= Rvs a.",          "01" "02" "0002" "20" "0102" "0352767307" "6578616d706c65036f726700" "016100"},
    {"HipLongestHit",    "HIP 2 " + k255Octets + " AQ==", "ff" "02" "0001" + k255Octets + "01"},
    {"HipHitTooLong",    "HIP 2 ab" + k255Octets + " AQ==", "! 'ab" + k255Octets.substr(0, 58) + "...' is not a HIT of 1 to 255 octets"},
    {"HipAlgorithm2x",   "HIP 2x 20 AQI=",                "! '2x' is not an algorithm, a number from 0 to 255"},
    {"HipAlgorithm256",  "HIP 256 20 AQI=",               "! '256' is not an algorithm, a number from 0 to 255"},
    {"HipHalfHit",       "HIP 2 200 AQI=",                "! '200' ends in half an octet of hexadecimal"},
    {"HipBadHit",        "HIP 2 2g AQI=",                 "! '2g' is not hexadecimal"},
    {"HipBadKey",        "HIP 2 20 AQI",                  "! 'AQI' is base64 that ends early"},
    {"HipNoKey",         "HIP 2 20",                      "! '20' ends the record too early"},
    {"HipNothing",       "HIP",                           "! the record ends too early"},
    {"HipBadServer",     "HIP 2 20 AQI= a..",             "! 'a..' has an empty label"},
    {"HipQuotedKey",     "HIP 2 20 \"AQI=\"",             "! 'AQI=' is quoted; write it without quotes"},
    {"Nsap",             "NSAP 0x47.0005.80",             "47000580"},
    {"NsapUpperCase",    "NSAP 0XAB",                     "ab"},
    {"NsapDots",         "NSAP 0x.4.7..05.",              "4705"},
    {"NsapHalf",         "NSAP 0x4",                      "! '0x4' ends in half an octet of hexadecimal"},
    {"NsapHalfAtEnd",    "NSAP 0x470005a",                "! '0x470005a' ends in half an octet of hexadecimal"},
    {"NsapNo0x",         "NSAP 47",                       "! '47' does not begin with 0x"},
    {"NsapEmpty",        "NSAP 0x",                       "! '0x' is empty"},
    {"NsapBadDigit",     "NSAP 0x4g",                     "! '0x4g' is not hexadecimal"},
    {"NsapInPieces",     "NSAP 0x47 05",                  "! '05' is one field too many"},
    {"AtmaAesa",         "ATMA 39.246f.00.0e7c9c.0312.0001.0001.000012345678.00", "00" "39246f000e7c9c031200010001" "00001234567800"},
    {"AtmaE164",         "ATMA +61.2.0000.0000",          "01" "36313230303030303030" "30"},
    {"AtmaHalf",         "ATMA 392",                      "! '392' ends in half an octet of hexadecimal"},
    {"AtmaDotFirst",     "ATMA .39",                      "! '.39' has a dot that is not between two digits"},
    {"AtmaDotLast",      "ATMA +39.",                     "! '+39.' has a dot that is not between two digits"},
    {"AtmaDotTwice",     "ATMA 39..39",                   "! '39..39' has a dot that is not between two digits"},
    {"AtmaPlusAlone",    "ATMA +",                        "! '+' has no digits after its +"},
    {"AtmaNoDigit",      "ATMA +6a",                      "! '+6a' has something other than digits after its +"},
    {"AtmaTwo",          "ATMA 39 39",                    "! '39' is one field too many"},
    {"AtmaWireE164",     "ATMA \\# 2 0141",               "! malformed ATMA: an E.164 number with octets other than digits; write the octets of a valid ATMA (RFC 3597 §5)"},
    {"AtmaWireEmpty",    "ATMA \\# 1 00",                 "! malformed ATMA: it is too short; write the octets of a valid ATMA (RFC 3597 §5)"},
    {"AtmaWireFormat2",  "ATMA \\# 2 0241",               "0241"},
    {"Sink",             "SINK 1 2 3 AQ ID",              "010203" "010203"},
    {"SinkNoData",       "SINK 64 255 0",                 "40ff00"},
    {"SinkTwoOctets",    "SINK 1 2",                      "! the record ends too early"},
    {"SinkLarge",        "SINK 256 2 3",                  "! '256' is not a number from 0 to 255"},
    // What BIND's reader knows of a type and ours did not.
    {"SshfpWrongSha1",   "SSHFP 1 1 01",                  "! a digest of the wrong length for its type"},
    {"SshfpWrongSha256", "SSHFP 1 2 123456789abcdef67890123456789abcdef67890", "! a digest of the wrong length for its type"},
    {"SshfpOtherType",   "SSHFP 1 3 01",                  "010301"},
    {"Nsec3WrongSha1",   "NSEC3 1 0 0 - 00 A",            "! a SHA-1 hash is not 20 octets long"},
    {"Nsec3OtherHash",   "NSEC3 2 0 0 - 00 A",            "02000000" "00" "0100" "000140"},
    {"Nsec3HashTooLong", "NSEC3 2 0 0 - " + std::string(64, '0') + " A", "! a hash of over 39 octets, which no label holds"},
    {"KeyOfNoKey",       "KEY 49152 3 5 AQ==",            "! a key, though its flags say that there is none"},
    {"KeyWithoutKey",    "KEY 0 3 5",                     "! no key, though its flags say that there is one"},
    {"KeyNone",          "KEY 49152 3 5",                 "c0000305"},
    {"IpseckeyNoKey",    "IPSECKEY 1 3 2 a.",             "! no key, though its algorithm is not 0"},
    {"IpseckeyNoKeyIp4", "IPSECKEY 1 1 2 192.0.2.1",      "! no key, though its algorithm is not 0"},
    {"IpseckeyNone",     "IPSECKEY 1 1 0 192.0.2.1",      "010100" "c0000201"},
    {"X25Short",         "X25 311",                       "! an address that is not four digits or more"},
    {"X25NoDigit",       "X25 3110a",                     "! an address that is not four digits or more"},
    {"ZonemdOtherScheme", "ZONEMD 1 2 1 0102030405060708090a0b0c", "! a SHA-384 digest is not 48 octets long"},
    {"Base64LooseBits",  "OPENPGPKEY AQJ=",               "! 'AQJ=' ends in base64 with bits left over"},
    {"Base64LooseBits2", "OPENPGPKEY AR==",               "! 'AR==' ends in base64 with bits left over"},
    {"AlgorithmsOfBind", "DNSKEY 0 3 NSEC3RSASHA1 AQ==",  "0000" "03" "07" "01"},
    {"RrsigTtlUnits",    "RRSIG A 8 1 1h 0 0 1 . AA==",   "! '1h' is not a number from 0 to 4294967295"},
    {"SoaUnitsUnfinished", "SOA . . 1 1h30 1 1 1",        "! '1h30' is not a time in seconds, or like 1d12h"},
    {"DohPathOtherName", "SVCB 1 . dohpath=/q{?dns2}",    "! 'dohpath=/q{?dns2}' begins invalid parameters: dohpath has a bad value"},
    {"DohPathUnclosed",  "SVCB 1 . dohpath=/q{?dns",      "! 'dohpath=/q{?dns' begins invalid parameters: dohpath has a bad value"},
    {"DohPathSecond",    "SVCB 1 . dohpath=/{a}{?b,dns*}", "000100" "0007000d" "2f7b617d7b3f622c646e732a7d"},
    // Quotes stand around text alone.
    {"QuotedNumber",     "MX \"10\" a.",                  "! '10' is quoted; write it without quotes"},
    {"QuotedName",       "MX 10 \"a.\"",                  "! 'a.' is quoted; write it without quotes"},
    {"QuotedAddress",    "A \"192.0.2.1\"",               "! '192.0.2.1' is quoted; write it without quotes"},
    {"QuotedHex",        "TLSA 3 1 1 ab \"cd\"",          "! 'cd' is quoted; write it without quotes"},
    {"QuotedType",       "NSEC . A \"NS\"",               "! 'NS' is quoted; write it without quotes"},
    {"QuotedUnknown",    "TYPE65280 \\# 1 \"ab\"",        "! 'ab' is quoted after \\#; write \\# length hex (RFC 3597 §5)"},
    {"QuotedTag",        "CAA 0 \"issue\" \"x\"",         "0005" "6973737565" "78"},
    // RFC 9460 §7: no escapes in these.
    {"SvcPortEscape",    "SVCB 1 . port=\\053",           "! 'port=\\053' has bad parameters: port has an escape; write it without (RFC 9460 §7)"},
    {"SvcIp4Escape",     "SVCB 1 . ipv4hint=192.0.2.\\049", "! 'ipv4hint=192.0.2.\\049' has bad parameters: ipv4hint has an escape; write it without (RFC 9460 §7)"},
    {"SvcIp6Escape",     "SVCB 1 . ipv6hint=\"2001:db8::\\1\"", "! 'ipv6hint=' has bad parameters: ipv6hint has an escape; write it without (RFC 9460 §7)"},
    {"SvcMandatoryEscape", "SVCB 1 . port=1 mandatory=po\\rt", "! 'port=1' has bad parameters: mandatory has an escape; write it without (RFC 9460 §7)"},
    {"SvcEchEscape",     "SVCB 1 . ech=AQI\\=",           "! 'ech=AQI\\=' has bad parameters: ech has an escape; write it without (RFC 9460 §7)"},
    {"SvcGroupsEscape",  "SVCB 1 . tls-supported-groups=2\\057", "! 'tls-supported-groups=2\\057' has bad parameters: tls-supported-groups has an escape; write it without (RFC 9460 §7)"},
    {"SvcAlpnEscape",    "SVCB 1 . alpn=\\104\\050",      "000100" "00010003" "026832"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Others, RdataForm, testing::ValuesIn(kOthers),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hither
