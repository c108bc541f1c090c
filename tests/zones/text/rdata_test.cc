#include "dns/rdata.h"

#include <random>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/zones/text/rdata_case.h"
#include "zones/text/rdata_text.h"

namespace hither {
namespace {

std::string Repeated(absl::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) absl::StrAppend(&all, text);
  return all;
}

using Case = RdataCase;

class RdataText : public testing::TestWithParam<Case> {};

TEST_P(RdataText, Parses) { EXPECT_EQ(ReadRdataText(GetParam().text), GetParam().want); }

const auto kNameOf = [](const auto& tested) { return std::string(tested.param.name); };

const std::string k255 = std::string(255, 'x');
const std::string kLabel63 = std::string(63, 'x');
// 65,535 octets: 257 strings of 254 octets and their lengths.
const std::string kFullTxt = Repeated("\"" + std::string(254, 'x') + "\" ", 257);
const std::string kFullTxtHex = Repeated("fe" + Repeated("78", 254), 257);

// clang-format off
const Case kFields[] = {
    // The octets of types that no other parser of Debian 12 reads; the forms are the RFCs' own.
    {"Dsync",            "DSYNC CDS NOTIFY 5359 a.",          "003b0114ef016100"},
    {"DsyncNumbers",     "DSYNC TYPE62 128 53 .",             "003e80003500"},
    {"Hhit",             "HHIT AQI DBA==",                    "01020304"},
    {"Brid",             "BRID AQID",                         "010203"},
    {"Doa",              "DOA 1 2 3 \"text/html\" AQID",      "0000000100000002" "03" "09746578742f68746d6c" "010203"},
    {"DoaEmpty",         "DOA 1 2 3 \"\" -",                  "0000000100000002" "03" "00"},
    {"Resinfo",          "RESINFO qnamemin exterr=15-17",     "08716e616d656d696e" "0c6578746572723d31352d3137"},
    {"Wallet",           "WALLET BTC 1Boat",                  "03425443" "0531426f6174"},
    {"Cla",              "CLA TCP-v4",                        "065443502d7634"},
    {"Ipn",              "IPN 18446744073709551615",          "ffffffffffffffff"},
    {"Ninfo",            "NINFO a b",                         "01610162"},
    {"Rkey",             "RKEY 0 3 8 AQID",                   "00000308010203"},
    {"Ta",               "TA 1 8 1 0102030405060708090a0b0c0d0e0f1011121314", "000108010102030405060708090a0b0c0d0e0f1011121314"},
    // Names.
    {"NameAbsolute",     "NS a.",                             "016100"},
    {"NameRelative",     "NS a",                              "0161076578616d706c65036f726700"},
    {"NameOrigin",       "NS @",                              "076578616d706c65036f726700"},
    {"NameEscapedAt",    "NS \\@.",                           "014000"},
    {"NameRoot",         "NS .",                              "00"},
    {"NameEscapedDot",   "NS a\\.b.",                         "03612e6200"},
    {"NameDecimal",      "NS \\000\\255.",                    "0200ff00"},
    {"NameLabel63",      "NS " + kLabel63 + ".",              "3f" + Repeated("78", 63) + "00"},
    {"NameLabel64",      "NS x" + kLabel63 + ".",             "! 'x" + std::string(59, 'x') + "...' has a label of over 63 octets; write NS nameserver (RFC 1035 §3.3.11)"},
    {"NameEscaped64",    "NS \\120" + kLabel63 + ".",         "! '\\120" + std::string(56, 'x') + "...' has a label of over 63 octets; write NS nameserver (RFC 1035 §3.3.11)"},
    {"NameEmptyLabel",   "NS a..",                            "! 'a..' has an empty label; write NS nameserver (RFC 1035 §3.3.11)"},
    {"NameDotFirst",     "NS .a",                             "! '.a' has an empty label; write NS nameserver (RFC 1035 §3.3.11)"},
    {"NameTooLong",      "NS " + Repeated("aaaaaaaaa.", 25) + "aaaa.",  "! '" + Repeated("aaaaaaaaa.", 6) + "...' is a name of over 255 octets; write NS nameserver (RFC 1035 §3.3.11)"},
    {"NameTooLongBelow", "NS " + Repeated("aaaaaaaaa.", 24) + "aa",     "! '" + Repeated("aaaaaaaaa.", 6) + "...' makes, with its origin, a name of over 255 octets; write NS nameserver (RFC 1035 §3.3.11)"},
    {"NameBadEscape",    "NS a\\256.",                        "! 'a\\256.' has a bad escape; use \\X or \\DDD with DDD up to 255; write NS nameserver (RFC 1035 §3.3.11)"},
    {"NameShortEscape",  "NS a\\12.",                         "! 'a\\12.' has a bad escape; use \\X or \\DDD with DDD up to 255; write NS nameserver (RFC 1035 §3.3.11)"},
    {"NameQuoted",       "NS \"a\"",                          "! 'a' is quoted; write it without quotes; write NS nameserver (RFC 1035 §3.3.11)"},
    // Numbers and times.
    {"NumberMax",        "MX 65535 .",                        "ffff00"},
    {"NumberZeros",      "MX 00010 .",                        "000a00"},
    {"NumberTooLarge",   "MX 65536 .",                        "! '65536' is not a number from 0 to 65535; write MX preference exchange (RFC 1035 §3.3.9)"},
    {"NumberSigned",     "MX -1 .",                           "! '-1' is not a number from 0 to 65535; write MX preference exchange (RFC 1035 §3.3.9)"},
    {"NumberOf8Bits",    "TLSA 256 0 0 00",                   "! '256' is not a number from 0 to 255; write TLSA usage selector matching-type hex (RFC 6698 §2.2)"},
    {"NumberOf32Bits",   "CSYNC 4294967296 0",                "! '4294967296' is not a number from 0 to 4294967295; write CSYNC soa-serial flags type... (RFC 7477 §2.1.2)"},
    {"NumberOf64Bits",   "IPN 18446744073709551616",          "! '18446744073709551616' is not a number below 2^64; write IPN number (draft-johnson-dns-ipn-cla §3.2)"},
    {"SoaUnits",         "SOA . . 1 1h30m 1W 2d3s 4294967295", "0000" "00000001" "00001518" "00093a80" "0002a303" "ffffffff"},
    {"SoaTooLong",       "SOA . . 1 1 1 1 4294967296",        "! '4294967296' is not a time in seconds, or like 1d12h; write SOA primary mailbox serial refresh retry expire minimum (RFC 1035 §3.3.13)"},
    {"SoaWeeksTooMany",  "SOA . . 1 7102w 1 1 1",             "! '7102w' is not a time in seconds, or like 1d12h; write SOA primary mailbox serial refresh retry expire minimum (RFC 1035 §3.3.13)"},
    {"SoaBadUnit",       "SOA . . 1 1y 1 1 1",                "! '1y' is not a time in seconds, or like 1d12h; write SOA primary mailbox serial refresh retry expire minimum (RFC 1035 §3.3.13)"},
    {"SoaUnitAlone",     "SOA . . 1 h 1 1 1",                 "! 'h' is not a time in seconds, or like 1d12h; write SOA primary mailbox serial refresh retry expire minimum (RFC 1035 §3.3.13)"},
    // Addresses.
    {"Ip4TooFew",        "A 192.0.2",                         "! '192.0.2' is not an IPv4 address; write A address (RFC 1035 §3.4.1)"},
    {"Ip4TooMany",       "A 192.0.2.1.",                      "! '192.0.2.1.' is not an IPv4 address; write A address (RFC 1035 §3.4.1)"},
    {"Ip4TooLarge",      "A 192.0.2.256",                     "! '192.0.2.256' is not an IPv4 address; write A address (RFC 1035 §3.4.1)"},
    {"Ip4Octal",         "A 192.0.2.010",                     "! '192.0.2.010' is not an IPv4 address; write A address (RFC 1035 §3.4.1)"},
    {"Ip6Full",          "AAAA 1:2:3:4:5:6:7:8",              "00010002000300040005000600070008"},
    {"Ip6GapOfOne",      "AAAA 1:2:3:4:5:6:7::",              "00010002000300040005000600070000"},
    {"Ip6GapFirst",      "AAAA ::2:3:4:5:6:7:8",              "00000002000300040005000600070008"},
    {"Ip6GapOfNone",     "AAAA 1:2:3:4::5:6:7:8",             "! '1:2:3:4::5:6:7:8' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"Ip6TwoGaps",       "AAAA 1::2::3",                      "! '1::2::3' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"Ip6ThreeColons",   "AAAA :::",                          "! ':::' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"Ip6OneColonFirst", "AAAA :1::",                         "! ':1::' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"Ip6OneColonLast",  "AAAA 1::2:",                        "! '1::2:' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"Ip6TooFew",        "AAAA 1:2:3:4:5:6:7",                "! '1:2:3:4:5:6:7' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"Ip6TooMany",       "AAAA 1:2:3:4:5:6:7:8:9",            "! '1:2:3:4:5:6:7:8:9' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"Ip6FiveDigits",    "AAAA 12345::",                      "! '12345::' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"Ip6WithIp4",       "AAAA 64:ff9b::192.0.2.33",          "0064ff9b0000000000000000c0000221"},
    {"Ip6Ip4NotLast",    "AAAA ::192.0.2.33:1",               "! '::192.0.2.33:1' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"Ip6Ip4TooLate",    "AAAA 1:2:3:4:5:6:7:192.0.2.33",     "! '1:2:3:4:5:6:7:192.0.2.33' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    {"Ip6WithZone",      "AAAA fe80::1%eth0",                 "! 'fe80::1%eth0' is not an IPv6 address; write AAAA address (RFC 3596 §2.4)"},
    // Strings.
    {"Txt255",           "TXT " + k255,                       "ff" + Repeated("78", 255)},
    {"Txt256",           "TXT " + k255 + "y",                 "! '" + std::string(60, 'x') + "...' is a string of over 255 octets; split it into several; write TXT \"text\"... (RFC 1035 §3.3.14)"},
    {"TxtEscapes",       "TXT \"\\\"\\\\\\065\\;\"",          "04225c413b"},
    {"TxtBadEscape",     "TXT \\999",                         "! '\\999' has a bad escape; use \\X or \\DDD with DDD up to 255; write TXT \"text\"... (RFC 1035 §3.3.14)"},
    {"TxtNothing",       "TXT",                               "! the record ends too early; write TXT \"text\"... (RFC 1035 §3.3.14)"},
    {"TxtFull",          "TXT " + kFullTxt,                   kFullTxtHex},
    {"TxtTooMuch",       "TXT " + kFullTxt + "\"\"",          "! RDATA of over 65,535 octets; write TXT \"text\"... (RFC 1035 §3.3.14)"},
    {"IsdnThree",        "ISDN a b c",                        "! 'b' is followed by one field too many; write ISDN \"address\" [\"subaddress\"] (RFC 1183 §3.2)"},
    {"CaaLongValue",     "CAA 0 issue \"" + k255 + "y\"",     "00056973737565" + Repeated("78", 255) + "79"},
    {"CaaEmptyValue",    "CAA 0 issue \"\"",                  "00056973737565"},
    {"CaaBadTag",        "CAA 0 is-sue x",                    "! a tag has characters other than letters and digits; write CAA flags tag \"value\" (RFC 8659 §4.1.1)"},
    {"CaaEmptyTag",      "CAA 0 \"\" x",                      "! '' is an empty tag; write CAA flags tag \"value\" (RFC 8659 §4.1.1)"},
    {"UriEmpty",         "URI 1 1 \"\"",                      "! an empty target; write URI priority weight \"target\" (RFC 7553 §4.1)"},
    // Hexadecimal and base64, in as many pieces as one likes.
    {"HexInPieces",      "SMIMEA 0 0 0 a b CD",               "000000abcd"},
    {"HexHalf",          "SMIMEA 0 0 0 abc",                  "! 'abc' ends in half an octet of hexadecimal; write SMIMEA usage selector matching-type hex (RFC 8162 §2)"},
    {"HexBad",           "SMIMEA 0 0 0 ag",                   "! 'ag' is not hexadecimal; write SMIMEA usage selector matching-type hex (RFC 8162 §2)"},
    {"HexEmpty",         "SMIMEA 0 0 0 \"\"",                 "! '' is quoted; write it without quotes; write SMIMEA usage selector matching-type hex (RFC 8162 §2)"},
    {"Base64InPieces",   "OPENPGPKEY A Q I D BA = =",         "01020304"},
    {"Base64NoPadding",  "OPENPGPKEY AQIDBA",                 "! 'AQIDBA' is base64 that ends early; write OPENPGPKEY base64 (RFC 7929 §2.3)"},
    {"Base64PadTooSoon", "OPENPGPKEY A===",                   "! 'A===' has base64 padding in the wrong place; write OPENPGPKEY base64 (RFC 7929 §2.3)"},
    {"Base64GoesOn",     "OPENPGPKEY AQ==AQ==",               "! 'AQ==AQ==' continues after the base64 padding; write OPENPGPKEY base64 (RFC 7929 §2.3)"},
    {"Base64Bad",        "OPENPGPKEY AQ*=",                   "! 'AQ*=' is not base64; write OPENPGPKEY base64 (RFC 7929 §2.3)"},
    // DNSSEC.
    {"DsWrongLength",    "DS 1 8 2 00",                       "! a digest of the wrong length for its type; write DS key-tag algorithm digest-type digest (RFC 4034 §5.3)"},
    {"DsBadAlgorithm",   "DS 1 RSASHA 2 00",                  "! 'RSASHA' is not a DNSSEC algorithm; write DS key-tag algorithm digest-type digest (RFC 4034 §5.3)"},
    {"RrsigBefore1970",  "RRSIG A 8 1 1 19691231235959 19000101000000 1 . AA==", "0001080100000001ffffffff7c558180000100" "00"},
    {"RrsigBadTime",     "RRSIG A 8 1 1 20240230000000 0 1 . AA==", "! '20240230000000' is not a time; write YYYYMMDDHHmmSS; write RRSIG type algorithm labels ttl expiration inception key-tag signer signature (RFC 4034 §3.2)"},
    {"RrsigBadType",     "RRSIG FOO 8 1 1 0 0 1 . AA==",      "! 'FOO' is not a record type; write RRSIG type algorithm labels ttl expiration inception key-tag signer signature (RFC 4034 §3.2)"},
    {"RrsigAfter2106",   "RRSIG A 8 1 1 21060207062816 4294967295 1 . AA==", "0001" "08" "01" "00000001" "00000000" "ffffffff" "0001" "00" "00"},
    {"NsecBadType",      "NSEC a. A FOO",                     "! 'A' is a list with an unknown record type; write NSEC next-name type... (RFC 4034 §4.2)"},
    {"NsecTwiceUnsorted","NSEC . TYPE256 A A TYPE255",        "00" "00204000000000000000000000000000000000000000000000000000000000000001" "010180"},
    {"Nsec3BadHash",     "NSEC3 1 0 0 - w A",                 "! 'w' is not base32 with extended hex alphabet (RFC 4648 §7); write NSEC3 hash-algorithm flags iterations salt next-hash type... (RFC 5155 §3.3)"},
    {"Nsec3ShortHash",   "NSEC3 1 0 0 - 0 A",                 "! '0' is not base32 for 1 to 255 whole octets; write NSEC3 hash-algorithm flags iterations salt next-hash type... (RFC 5155 §3.3)"},
    {"Nsec3LooseBits",   "NSEC3 1 0 0 - 01 A",                "! '01' is not base32 for 1 to 255 whole octets; write NSEC3 hash-algorithm flags iterations salt next-hash type... (RFC 5155 §3.3)"},
    {"Nsec3HalfSalt",    "NSEC3PARAM 1 0 0 abc",              "! 'abc' ends in half an octet of hexadecimal; write NSEC3PARAM hash-algorithm flags iterations salt (RFC 5155 §4.3)"},
    {"Nsec3EmptySalt",   "NSEC3PARAM 1 0 0 \"\"",             "! '' is quoted; write it without quotes; write NSEC3PARAM hash-algorithm flags iterations salt (RFC 5155 §4.3)"},
    {"ZonemdShort",      "ZONEMD 1 240 240 0102030405060708090a0b", "! a digest shorter than 12 octets; write ZONEMD serial scheme hash-algorithm digest (RFC 8976 §2.3)"},
    {"ZonemdWrong384",   "ZONEMD 1 1 1 0102030405060708090a0b0c", "! a SHA-384 digest is not 48 octets long; write ZONEMD serial scheme hash-algorithm digest (RFC 8976 §2.3)"},
    {"ZonemdWrong512",   "ZONEMD 1 1 2 0102030405060708090a0b0c", "! a SHA-512 digest is not 64 octets long; write ZONEMD serial scheme hash-algorithm digest (RFC 8976 §2.3)"},
    // Others with forms of their own.
    {"CertBadType",      "CERT FOO 1 1 AA==",                 "! 'FOO' is not a certificate type; write CERT type key-tag algorithm base64 (RFC 4398 §2.2)"},
    {"DsyncBadScheme",   "DSYNC CDS FOO 1 .",                 "! 'FOO' is not a DSYNC scheme; write DSYNC type scheme port target (RFC 9859 §2.1)"},
    {"NidShortGroups",   "NID 1 1:2:3:4",                     "00010001000200030004"},
    {"NidTooFew",        "NID 1 1:2:3",                       "! '1:2:3' is not four groups of hexadecimal digits; write NID preference xxxx:xxxx:xxxx:xxxx (RFC 6742 §2.1.2)"},
    {"NidLongGroup",     "NID 1 1:2:3:00004",                 "! '1:2:3:00004' is not four groups of hexadecimal digits; write NID preference xxxx:xxxx:xxxx:xxxx (RFC 6742 §2.1.2)"},
    {"Eui48Colons",      "EUI48 00:00:5e:00:53:2a",           "! '00:00:5e:00:53:2a' is not in its hexadecimal form; write EUI48 xx-xx-xx-xx-xx-xx (RFC 7043 §3.2)"},
    {"Eui48Short",       "EUI48 00-00-5e-00-53",              "! '00-00-5e-00-53' is not in its hexadecimal form; write EUI48 xx-xx-xx-xx-xx-xx (RFC 7043 §3.2)"},
    {"Eui64BadDigit",    "EUI64 00-00-5e-ef-10-00-00-2g",     "! '00-00-5e-ef-10-00-00-2g' is not in its hexadecimal form; write EUI64 xx-xx-xx-xx-xx-xx-xx-xx (RFC 7043 §4.2)"},
    {"IpseckeyNoGateway","IPSECKEY 1 0 0 a.",                 "! 'a.' is not a gateway of type 0; write \".\"; write IPSECKEY precedence gateway-type algorithm gateway key (RFC 4025 §3.1)"},
    {"IpseckeyType4",    "IPSECKEY 1 4 0 a.",                 "! 'a.' is a gateway of unknown type; write IPSECKEY precedence gateway-type algorithm gateway key (RFC 4025 §3.1)"},
    {"IpseckeyNoKey",    "IPSECKEY 1 0 0 .",                  "010000"},
    {"AmtrelayDBit",     "AMTRELAY 1 2 0 .",                  "! '2' is not a D bit, 0 or 1; write AMTRELAY precedence d-bit type relay (RFC 8777 §4.3)"},
    {"AmtrelayType",     "AMTRELAY 1 1 128 .",                "! '1' is not followed by a relay type from 0 to 3; write AMTRELAY precedence d-bit type relay (RFC 8777 §4.3)"},
    {"AmtrelayShort",    "AMTRELAY 1 1",                      "! '1' begins a relay that is not three fields; write AMTRELAY precedence d-bit type relay (RFC 8777 §4.3)"},
    {"WksNames",         "WKS 192.0.2.1 TCP SMTP domain",     "c000020106" "00000040000004"},
    {"WksOldServices",   "WKS 192.0.2.1 udp echo rlp",        "c000020111" "0100000001"},
    {"WksOtherProtocol", "WKS 192.0.2.1 IPv6-ICMP 7",         "c00002013a" "01"},
    {"WksProtocolZero",  "WKS 192.0.2.1 hopopt echo",         "c000020100" "01"},
    {"WksProtocolNumber","WKS 192.0.2.1 0 echo",              "c000020100" "01"},
    {"KeyFlags",         "KEY NOAUTH|ZONE|SIG15 ALL RSASHA1 AQ==", "810fff0501"},
    {"KeyNoKey",         "KEY nokey DNSSEC DSA",              "c0000303"},
    {"KeyFlagsNumber",   "DNSKEY 257 DNSSEC RSASHA256 AQ==",  "0101030801"},
    {"KeyBadFlags",      "KEY NOAUTH|FOO 3 5 AQ==",           "! 'NOAUTH|FOO' is neither a number up to 65535 nor flags, as in NOAUTH|ZONE; write KEY flags protocol algorithm key (RFC 2535 §7.1)"},
    {"KeyFlagsMixed",    "KEY NOAUTH|256 3 5 AQ==",           "! 'NOAUTH|256' is neither a number up to 65535 nor flags, as in NOAUTH|ZONE; write KEY flags protocol algorithm key (RFC 2535 §7.1)"},
    {"KeyFlagsOpen",     "KEY NOAUTH| 3 5 AQ==",              "! 'NOAUTH|' is neither a number up to 65535 nor flags, as in NOAUTH|ZONE; write KEY flags protocol algorithm key (RFC 2535 §7.1)"},
    {"DnskeyBadFlags",   "DNSKEY KSK 3 8 AQ==",               "! 'KSK' is not a number from 0 to 65535, such as 256, or 257 for a key-signing key; write DNSKEY flags protocol algorithm key (RFC 4034 §2.2)"},
    {"RkeyBadFlags",     "RKEY 65536 3 8 AQ==",               "! '65536' is not a number from 0 to 65535; write RKEY flags protocol algorithm key (draft-reid-dnsext-rkey)"},
    {"KeyBadProtocol",   "KEY 0 SMTP 5 AQ==",                 "! 'SMTP' is not a number from 0 to 255 or a protocol, as DNSSEC; write KEY flags protocol algorithm key (RFC 2535 §7.1)"},
    {"WksShort",         "WKS 192.0.2.1",                     "! '192.0.2.1' is the only field of a WKS record; write WKS address protocol service... (RFC 1035 §3.4.2)"},
    {"WksBadAddress",    "WKS 192.0.2 tcp",                   "! '192.0.2' is not an IPv4 address; write WKS address protocol service... (RFC 1035 §3.4.2)"},
    {"WksBadProtocol",   "WKS 192.0.2.1 foo",                 "! 'foo' is not a protocol; write tcp, udp or its number; write WKS address protocol service... (RFC 1035 §3.4.2)"},
    {"WksBadService",    "WKS 192.0.2.1 tcp foo",             "! 'foo' is not a known service; give its port; write WKS address protocol service... (RFC 1035 §3.4.2)"},
    // What concerns the line as a whole.
    {"TooFew",           "MX 10",                             "! the record ends too early; write MX preference exchange (RFC 1035 §3.3.9)"},
    {"TooMany",          "A 192.0.2.1 x",                     "! 'x' is one field too many; write A address (RFC 1035 §3.4.1)"},
    {"TwoLines",         "A 192.0.2.1\nx",                    "! a second line; put it into parentheses (RFC 1035 §5.1)"},
    {"Unclosed",         "TXT \"",                            "! a quoted string is not closed on its line; close it with \" (RFC 1035 §5.1)"},
    {"ControlsInError",  "A \x01\xff",                        "! '\\001\\255' is not an IPv4 address; write A address (RFC 1035 §3.4.1)"},
    {"NoTextForm",       "NULL x",                            "! NULL has no text form of its own; write \\# length hex (RFC 3597 §5)"},
    {"NoTextFormKnown",  "TYPE65280 x",                       "! TYPE65280 has no text form of its own; write \\# length hex (RFC 3597 §5)"},
    // RFC 3597 §5.
    {"Unknown",          "TYPE65280 \\# 3 ab cd ( ef )",      "abcdef"},
    {"UnknownEmpty",     "TYPE65280 \\# 0",                   ""},
    {"UnknownNull",      "NULL \\# 1 00",                     "00"},
    {"UnknownOfKnown",   "A \\# 4 c0000201",                  "c0000201"},
    {"UnknownQuotedHash","TXT \"\\#\" 1",                     "01230131"},
    {"UnknownTooShort",  "TYPE65280 \\# 3 abcd",              "! \\# 3 is followed by 2 octets; correct the length (RFC 3597 §5)"},
    {"UnknownTooLong",   "TYPE65280 \\# 1 abcd",              "! \\# 1 is followed by 2 octets; correct the length (RFC 3597 §5)"},
    {"UnknownNoLength",  "TYPE65280 \\#",                     "! \\# without a length of 0 to 65535; write \\# length hex (RFC 3597 §5)"},
    {"UnknownBadHex",    "TYPE65280 \\# 1 xy",                "! after \\#: is not hexadecimal; write \\# length hex (RFC 3597 §5)"},
    {"UnknownBadA",      "A \\# 3 c00002",                    "! malformed A: it is too short; write the octets of a valid A (RFC 3597 §5)"},
    {"UnknownBadLoc",    "LOC \\# 1 01",                      "! malformed LOC: a version other than 0; write the octets of a valid LOC (RFC 3597 §5)"},
    {"UnknownOver65535", "TYPE65280 \\# 65535 " + Repeated("00", 65'536), "! \\# 65535 is followed by more than 65535 octets; correct the length (RFC 3597 §5)"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Fields, RdataText, testing::ValuesIn(kFields), kNameOf);

// clang-format off
const Case kServices[] = {
    // RFC 9460 §D.
    {"D1Alias",          "HTTPS 0 foo.example.com.",                     "000003666f6f076578616d706c6503636f6d00"},
    {"D2Dot",            "SVCB 1 .",                                     "000100"},
    {"D2Port",           "SVCB 16 a. port=53",                           "0010016100" "000300020035"},
    {"D2Key667",         "SVCB 1 a. key667=hello",                       "0001016100" "029b000568656c6c6f"},
    {"D2Key667Quoted",   "SVCB 1 a. key667=\"hello\\210qoo\"",           "0001016100" "029b000968656c6c6fd2716f6f"},
    {"D2TwoIp6Hints",    "SVCB 1 a. ipv6hint=\"2001:db8::1,2001:db8::53:1\"", "0001016100" "0006002020010db800000000000000000000000120010db8000000000000000000530001"},
    {"D2Ip4InIp6",       "SVCB 1 . ipv6hint=\"2001:db8:122:344::192.0.2.33\"", "000100" "0006001020010db8012203440000" "0000c0000221"},
    {"D2Sorted",         "SVCB 16 . alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1", "001000" "0000000400010004" "00010009026832" "0568332d3139" "00040004c0000201"},
    {"D2AlpnQuoted",     "SVCB 16 . alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",    "001000" "0001000c08665c6f6f2c626172026832"},
    {"D2AlpnDecimal",    "SVCB 16 . alpn=f\\\\\\092oo\\092,bar,h2",      "001000" "0001000c08665c6f6f2c626172026832"},
    {"D3Twice",          "SVCB 1 . key123=abc key123=def",               "! 'key123=abc' begins invalid parameters: key123 appears twice; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"D3NoValue",        "SVCB 1 . mandatory",                           "! 'mandatory' has bad parameters: mandatory has an invalid value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"D3EmptyHint",      "SVCB 1 . ipv4hint=",                           "! 'ipv4hint=' has bad parameters: ipv4hint has an invalid value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"D3NeedlessValue",  "SVCB 1 . alpn=a no-default-alpn=abc",          "! 'alpn=a' has bad parameters: no-default-alpn has an invalid value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"D3MandatoryAbsent","SVCB 1 . mandatory=key123",                    "! 'mandatory=key123' begins invalid parameters: mandatory lists key123, which is missing; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"D3MandatorySelf",  "SVCB 1 . mandatory=mandatory",                 "! 'mandatory=mandatory' begins invalid parameters: mandatory lists itself; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"D3MandatoryTwice", "SVCB 1 . mandatory=key123,key123 key123=abc",  "! 'mandatory=key123,key123' begins invalid parameters: mandatory lists a key twice or out of order; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"NoDefaultAlone",   "SVCB 1 . no-default-alpn",                     "! 'no-default-alpn' begins invalid parameters: no-default-alpn without alpn; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"AliasWithParams",  "SVCB 0 a. port=53",                            "0000016100000300020035"},
    {"UnknownKey",       "SVCB 1 . foo=bar",                             "! 'foo=bar' has bad parameters: 'foo' is not a key; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"KeyLeadingZero",   "SVCB 1 . key0123=a",                           "! 'key0123=a' has bad parameters: 'key0123' is not a key; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"KeyTooLarge",      "SVCB 1 . key65536=a",                          "! 'key65536=a' has bad parameters: 'key65536' is not a key; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"KeyInvalid",       "SVCB 1 . key65535=a",                          "! 'key65535=a' begins invalid parameters: key65535 has a bad value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"KeyWithoutValue",  "SVCB 1 . key667",                              "000100" "029b0000"},
    {"KeyAsWire",        "SVCB 1 . key1=\\002h2 key3=\\000\\053",        "000100" "00010003026832" "000300020035"},
    {"KeyAsBadWire",     "SVCB 1 . key3=53x",                            "! 'key3=53x' begins invalid parameters: port has a bad value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"QuotedWhole",      "SVCB 1 . \"port=53\"",                         "! 'port=53' has bad parameters: 'port' is not a key; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"BlankBeforeValue", "SVCB 1 . key667= \"a\"",                       "! 'key667=' has bad parameters: 'a' is not a key; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"GluedToQuote",     "SVCB 1 . key667=\"a\"key668=b",                "! 'key667=' has bad parameters: 'key668' is not a key; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"BadEscape",        "SVCB 1 . key667=\\999",                        "! 'key667=\\999' has bad parameters: key667 has a bad escape; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"AlpnEmptyItem",    "SVCB 1 . alpn=h2,,h3",                         "! 'alpn=h2,,h3' has bad parameters: alpn has an invalid value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"PortTooLarge",     "SVCB 1 . port=65536",                          "! 'port=65536' has bad parameters: port has an invalid value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"HintBad",          "SVCB 1 . ipv4hint=1.2.3.4,::",                 "! 'ipv4hint=1.2.3.4,::' has bad parameters: ipv4hint has an invalid value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"EchBad",           "SVCB 1 . ech=A",                               "! 'ech=A' has bad parameters: ech has an invalid value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"DohPath",          "SVCB 1 . alpn=h2 dohpath=/q{?dns}",            "000100" "00010003026832" "000700082f717b3f646e737d"},
    {"DohPathNoDns",     "SVCB 1 . alpn=h2 dohpath=/q",                  "! 'alpn=h2' begins invalid parameters: dohpath has a bad value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"Ohttp",            "HTTPS 1 . ohttp",                              "000100" "00080000"},
    {"OhttpValue",       "HTTPS 1 . ohttp=1",                            "! 'ohttp=1' has bad parameters: ohttp has an invalid value; write HTTPS priority target key=value... (RFC 9460 §2.1)"},
    {"DocPath",          "SVCB 1 . docpath=dns,q",                       "000100" "000a000603646e730171"},
    {"DocPathRoot",      "SVCB 1 . docpath",                             "000100" "000a0000"},
    {"DocPathEmptyPart", "SVCB 1 . docpath=dns,,q",                      "! 'docpath=dns,,q' has bad parameters: docpath has an invalid value; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"Pvd",              "HTTPS 1 . pvd",                                "000100" "000b0000"},
    {"PvdValue",         "HTTPS 1 . pvd=1",                              "! 'pvd=1' has bad parameters: pvd has an invalid value; write HTTPS priority target key=value... (RFC 9460 §2.1)"},
    {"Oots",             "SVCB 1 . oots=dot",                            "000100" "000c0003646f74"},
    {"Groups",           "HTTPS 1 . tls-supported-groups=29,4588",       "000100" "00090004001d11ec"},
    {"ValueTooLong",     "SVCB 1 . key667=" + std::string(65'536, 'x'),   "! 'key667=" + std::string(53, 'x') + "...' begins parameters of over 65,535 octets; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"ValuesTooLong",    "SVCB 1 . key667=" + std::string(65'535, 'x'),   "! RDATA of over 65,535 octets; write SVCB priority target key=value... (RFC 9460 §2.1)"},
    {"WireOutOfOrder",   "SVCB \\# 13 000100 00030002003500010000",      "! malformed SVCB: their keys are out of order; write the octets of a valid SVCB (RFC 3597 §5)"},
    {"WireShort",        "SVCB \\# 8 000100 0003000200",                 "! malformed SVCB: they end too early; write the octets of a valid SVCB (RFC 3597 §5)"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Services, RdataText, testing::ValuesIn(kServices), kNameOf);

// Name::FromText() reads character by character and shares no code with the reader of zone files.
// The README has this list.
TEST(RdataForms, TypesWithoutOne) {
  std::string without;
  for (int number = 1; number <= UINT16_MAX; ++number) {
    const RrType type{static_cast<uint16_t>(number)};
    const std::string name = TypeToText(type);
    if (name.starts_with("TYPE") || IsMetaType(type)) continue;
    const auto rdata = RdataFromText(type, "x", NameView());
    if (rdata.ok() || !absl::StrContains(rdata.status().message(), "no text form")) continue;
    absl::StrAppend(&without, name, " ");
  }
  EXPECT_EQ(without, "NULL NXT A6 UINFO UID GID UNSPEC ");
}

TEST(RdataForms, NamesOfAllShapes) {
  std::minstd_rand random(1);
  const Name origin = *Name::FromText("example.org.");
  int good = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text(1 + random() % (i % 10 == 0 ? 260 : 70), 'a');
    for (char& c : text) {
      const auto dice = random() % 40;
      c = dice == 0 ? '.' : static_cast<char>("aBz09-_*"[dice % 8]);
    }
    const auto rdata = RdataFromText(RrType::kNs, text, origin);
    const auto want = Name::FromText(text, origin);
    ASSERT_EQ(rdata.ok(), want.ok()) << text;
    if (!rdata.ok()) continue;
    ++good;
    ASSERT_EQ(Hex(*rdata), Hex(want->view().wire())) << text;
  }
  EXPECT_GT(good, 5'000);
  EXPECT_LT(good, 19'000);
}

// Octets of every length, in hexadecimal and in base64 as Abseil writes them, whole and cut by
// blanks anywhere.
TEST(RdataForms, EncodedOctetsOfAllLengths) {
  std::minstd_rand random(1);
  for (size_t length = 1; length < 300; ++length) {
    std::string octets(length, '\0');
    for (char& c : octets) c = static_cast<char>(random());
    const Bytes want(octets.begin(), octets.end());
    for (int cuts = 0; cuts < 4; ++cuts) {
      std::string base64 = absl::Base64Escape(octets);
      std::string hex = absl::BytesToHexString(octets);
      if (length % 2 == 0) hex = absl::AsciiStrToUpper(hex);
      for (int i = 0; i < cuts; ++i) {
        base64.insert(random() % base64.size(), " ");
        hex.insert(random() % hex.size(), " ");
      }
      const auto from_base64 = RdataFromText(RrType{49}, base64, NameView());  // DHCID
      ASSERT_TRUE(from_base64.ok()) << base64 << ": " << from_base64.status();
      ASSERT_EQ(Hex(*from_base64), Hex(want)) << base64;
      const auto from_hex = RdataFromText(RrType{31}, hex, NameView());  // EID
      ASSERT_TRUE(from_hex.ok()) << hex << ": " << from_hex.status();
      ASSERT_EQ(Hex(*from_hex), Hex(want)) << hex;
    }
    // One character that is no digit of either, anywhere.
    std::string wrong = absl::Base64Escape(octets);
    wrong[random() % wrong.size()] = '!';
    EXPECT_FALSE(RdataFromText(RrType{49}, wrong, NameView()).ok()) << wrong;
    wrong = absl::BytesToHexString(octets);
    wrong[random() % wrong.size()] = 'g';
    EXPECT_FALSE(RdataFromText(RrType{31}, wrong, NameView()).ok()) << wrong;
  }
}

// The longest that there is, with padding behind it, is not too long.
TEST(RdataForms, EncodedOctetsToTheLimit) {
  for (const size_t length : {65'533, 65'534, 65'535, 65'536, 65'537}) {
    const std::string octets(length, 'x');
    EXPECT_EQ(RdataFromText(RrType{49}, absl::Base64Escape(octets), NameView()).ok(),
              length <= 65'535);
    EXPECT_EQ(RdataFromText(RrType{31}, absl::BytesToHexString(octets), NameView()).ok(),
              length <= 65'535);
  }
}

}  // namespace
}  // namespace hither
