// The fields of RDATA that are written as words: times, algorithms, protocols.

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "zones/text/rdata_fields.h"

namespace hither {
namespace {

struct Word {
  absl::string_view text;
  uint16_t value;
};

// clang-format off
// IANA "DNS Security Algorithm Numbers", and the names that BIND and ldns gave three of them.
constexpr Word kAlgorithms[] = {
    {"RSAMD5", 1}, {"DH", 2}, {"DSA", 3}, {"ECC", 4}, {"RSASHA1", 5}, {"DSA-NSEC3-SHA1", 6},
    {"RSASHA1-NSEC3-SHA1", 7}, {"RSASHA256", 8}, {"RSASHA512", 10}, {"ECC-GOST", 12},
    {"ECDSAP256SHA256", 13}, {"ECDSAP384SHA384", 14}, {"ED25519", 15}, {"ED448", 16},
    {"SM2SM3", 17}, {"ECC-GOST12", 23}, {"INDIRECT", 252}, {"PRIVATEDNS", 253},
    {"PRIVATEOID", 254}, {"NSEC3DSA", 6}, {"NSEC3RSASHA1", 7}, {"ECCGOST", 12},
};
// RFC 4398 §2.1.
constexpr Word kCertTypes[] = {
    {"PKIX", 1}, {"SPKI", 2}, {"PGP", 3}, {"IPKIX", 4}, {"ISPKI", 5}, {"IPGP", 6},
    {"ACPKIX", 7}, {"IACPKIX", 8}, {"URI", 253}, {"OID", 254},
};
// RFC 9859 §3.
constexpr Word kDsyncSchemes[] = {{"NOTIFY", 1}};
// For WKS, the services of its time. Not getservbyname(), which is not thread-safe and depends on
// the host.
constexpr Word kServices[] = {
    {"ftp-data", 20}, {"ftp", 21}, {"ssh", 22}, {"telnet", 23}, {"smtp", 25}, {"time", 37},
    {"nameserver", 42}, {"domain", 53}, {"tftp", 69}, {"gopher", 70}, {"finger", 79},
    {"http", 80}, {"pop3", 110}, {"sunrpc", 111}, {"nntp", 119}, {"ntp", 123}, {"imap2", 143},
    {"snmp", 161}, {"irc", 194}, {"https", 443},
};
// clang-format on

// A number up to `max` or one of the words.
bool WordOrNumber(absl::string_view text, std::span<const Word> words, uint16_t max,
                  uint16_t& value) {
  uint64_t number = 0;
  if (ParseNumber(text, max, number)) {
    value = static_cast<uint16_t>(number);
    return true;
  }
  for (const Word& word : words) {
    if (!absl::EqualsIgnoreCase(word.text, text)) continue;
    value = word.value;
    return true;
  }
  return false;
}

// Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that
// the leap day is the last one of a year.
int64_t DaysFromCivil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = year / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

}  // namespace

Complaint ReadAlgorithm(absl::string_view text, RdataBuffer& out) {
  uint16_t value = 0;
  if (!WordOrNumber(text, kAlgorithms, UINT8_MAX, value)) return "is not a DNSSEC algorithm";
  out.U8(static_cast<uint8_t>(value));
  return nullptr;
}

Complaint ReadCertType(absl::string_view text, RdataBuffer& out) {
  uint16_t value = 0;
  if (!WordOrNumber(text, kCertTypes, UINT16_MAX, value)) return "is not a certificate type";
  out.U16(value);
  return nullptr;
}

Complaint ReadDsyncScheme(absl::string_view text, RdataBuffer& out) {
  uint16_t value = 0;
  if (!WordOrNumber(text, kDsyncSchemes, UINT8_MAX, value)) return "is not a DSYNC scheme";
  out.U8(static_cast<uint8_t>(value));
  return nullptr;
}

// YYYYMMDDHHmmSS in UTC, or seconds since 1970 in at most 10 digits, modulo 2^32 (RFC 4034 §3.1.5).
Complaint ReadTime(absl::string_view text, RdataBuffer& out) {
  constexpr Complaint kComplaint = "is not a time; write YYYYMMDDHHmmSS";
  uint64_t whole = 0;
  if (!ParseNumber(text, UINT64_MAX, whole)) return kComplaint;
  if (text.size() <= 10) {
    if (whole > UINT32_MAX) return kComplaint;
    out.U32(static_cast<uint32_t>(whole));
    return nullptr;
  }
  if (text.size() != 14) return kComplaint;
  const auto field = [&](size_t at, size_t digits) {
    int64_t value = 0;
    for (const char c : text.substr(at, digits)) value = value * 10 + (c - '0');
    return value;
  };
  constexpr int64_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int64_t year = field(0, 4), month = field(4, 2), day = field(6, 2);
  const int64_t hour = field(8, 2), minute = field(10, 2), second = field(12, 2);
  if (year < 1970 || month < 1 || month > 12) return kComplaint;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int64_t days = kDays[month - 1] + (month == 2 && leap ? 1 : 0);
  if (day < 1 || day > days || hour > 23 || minute > 59 || second > 60) return kComplaint;
  const int64_t seconds =
      DaysFromCivil(year, month, day) * 86'400 + hour * 3'600 + minute * 60 + second;
  out.U32(static_cast<uint32_t>(seconds));
  return nullptr;
}

Complaint ReadWks(std::span<const Token> tokens, RdataBuffer& out) {
  if (tokens.size() < 2) return "is the only field of a WKS record";
  if (const Complaint wrong = ReadIp4(tokens[0].text(), out)) return wrong;
  const absl::string_view protocol = tokens[1].text();
  uint64_t number = 0;
  if (absl::EqualsIgnoreCase(protocol, "tcp")) number = 6;
  if (absl::EqualsIgnoreCase(protocol, "udp")) number = 17;
  if (number == 0 && !ParseNumber(protocol, UINT8_MAX, number))
    return "is not followed by a protocol";
  std::string bits;
  for (const Token& token : tokens.subspan(2)) {
    uint16_t port = 0;
    if (!WordOrNumber(token.text(), kServices, UINT16_MAX, port)) {
      return "is followed by an unknown service; give its port";
    }
    if (bits.size() <= port / 8u) bits.resize(port / 8u + 1);
    bits[port / 8] = static_cast<char>(bits[port / 8] | 0x80 >> port % 8);
  }
  out.U8(static_cast<uint8_t>(number));
  out.Append(AsBytes(bits));
  return nullptr;
}

}  // namespace hither
