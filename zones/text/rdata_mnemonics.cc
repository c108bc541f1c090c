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
// RFC 2535 §7.1, which shows them for KEY; BIND takes them for DNSKEY as well.
constexpr Word kKeyFlags[] = {
    {"NOCONF", 0x4000}, {"NOAUTH", 0x8000}, {"NOKEY", 0xc000}, {"FLAG2", 0x2000},
    {"EXTEND", 0x1000}, {"FLAG4", 0x0800}, {"FLAG5", 0x0400}, {"USER", 0x0000}, {"ZONE", 0x0100},
    {"HOST", 0x0200}, {"NTYP3", 0x0300}, {"FLAG8", 0x0080}, {"FLAG9", 0x0040}, {"FLAG10", 0x0020},
    {"FLAG11", 0x0010}, {"SIG0", 0}, {"SIG1", 1}, {"SIG2", 2}, {"SIG3", 3}, {"SIG4", 4},
    {"SIG5", 5}, {"SIG6", 6}, {"SIG7", 7}, {"SIG8", 8}, {"SIG9", 9}, {"SIG10", 10}, {"SIG11", 11},
    {"SIG12", 12}, {"SIG13", 13}, {"SIG14", 14}, {"SIG15", 15},
};
constexpr Word kKeyProtocols[] = {
    {"NONE", 0}, {"TLS", 1}, {"EMAIL", 2}, {"DNSSEC", 3}, {"IPSEC", 4}, {"ALL", 255},
};
// RFC 9859 §3.
constexpr Word kDsyncSchemes[] = {{"NOTIFY", 1}};
// For WKS: IANA's "Service Name and Transport Protocol Port Number Registry" as far as hosts'
// /etc/services have it below port 1024, with the names of RFC 1010. Not getservbyname(), which is
// not thread-safe and depends on the host.
constexpr Word kServices[] = {
    {"tcpmux", 1}, {"rje", 5}, {"echo", 7}, {"discard", 9}, {"sink", 9}, {"systat", 11},
    {"users", 11}, {"daytime", 13}, {"netstat", 15}, {"qotd", 17}, {"quote", 17}, {"msp", 18},
    {"chargen", 19}, {"ftp-data", 20}, {"ftp", 21}, {"ssh", 22}, {"telnet", 23}, {"smtp", 25},
    {"mail", 25}, {"nsw-fe", 27}, {"msg-icp", 29}, {"msg-auth", 31}, {"dsp", 33}, {"time", 37},
    {"timserver", 37}, {"rlp", 39}, {"graphics", 41}, {"nameserver", 42}, {"name", 42},
    {"nicname", 43}, {"whois", 43}, {"mpm-flags", 44}, {"mpm", 45}, {"mpm-snd", 46},
    {"ni-ftp", 47}, {"tacacs", 49}, {"re-mail-ck", 50}, {"la-maint", 51}, {"xns-time", 52},
    {"domain", 53}, {"xns-ch", 54}, {"isi-gl", 55}, {"xns-auth", 56}, {"xns-mail", 58},
    {"ni-mail", 61}, {"via-ftp", 63}, {"tacacs-ds", 65}, {"bootps", 67}, {"bootpc", 68},
    {"tftp", 69}, {"gopher", 70}, {"netrjs-1", 71}, {"netrjs-2", 72}, {"netrjs-3", 73},
    {"netrjs-4", 74}, {"finger", 79}, {"http", 80}, {"www", 80}, {"hosts2-ns", 81}, {"mit-ml-dev", 83},
    {"link", 87}, {"kerberos", 88}, {"su-mit-tg", 89}, {"mit-dov", 91}, {"dcp", 93},
    {"supdup", 95}, {"swift-rvf", 97}, {"tacnews", 98}, {"metagram", 99}, {"hostname", 101},
    {"hostnames", 101}, {"iso-tsap", 102}, {"tsap", 102}, {"x400", 103}, {"x400-snd", 104},
    {"acr-nema", 104}, {"csnet-ns", 105}, {"rtelnet", 107}, {"pop2", 109}, {"pop-2", 109},
    {"pop3", 110}, {"pop-3", 110}, {"sunrpc", 111}, {"portmapper", 111}, {"auth", 113},
    {"authentication", 113}, {"sftp", 115}, {"uucp-path", 117}, {"nntp", 119}, {"erpc", 121},
    {"ntp", 123}, {"locus-map", 125}, {"locus-con", 127}, {"pwdgen", 129}, {"cisco-fna", 130},
    {"loc-srv", 135}, {"epmap", 135}, {"profile", 136}, {"netbios-ns", 137}, {"netbios-dgm", 138},
    {"netbios-ssn", 139}, {"imap2", 143}, {"imap", 143}, {"news", 144}, {"sql-net", 150},
    {"bftp", 152}, {"sgmp", 153}, {"snmp", 161}, {"snmp-trap", 162}, {"snmptrap", 162},
    {"cmip-man", 163}, {"cmip-agent", 164}, {"mailq", 174}, {"xdmcp", 177}, {"bgp", 179},
    {"irc", 194}, {"smux", 199}, {"at-rtmp", 201}, {"at-nbp", 202}, {"at-echo", 204},
    {"at-zis", 206}, {"qmtp", 209}, {"z3950", 210}, {"ipx", 213}, {"rsync", 873}, {"ptp-event", 319},
    {"ptp-general", 320}, {"pawserv", 345}, {"zserv", 346}, {"rpc2portmap", 369},
    {"codaauth2", 370}, {"clearcase", 371}, {"ldap", 389}, {"svrloc", 427}, {"https", 443},
    {"snpp", 444}, {"microsoft-ds", 445}, {"kpasswd", 464}, {"submissions", 465}, {"smtps", 465},
    {"saft", 487}, {"isakmp", 500}, {"exec", 512}, {"biff", 512}, {"login", 513}, {"who", 513},
    {"shell", 514}, {"syslog", 514}, {"printer", 515}, {"talk", 517}, {"ntalk", 518},
    {"route", 520}, {"uucp", 540}, {"klogin", 543}, {"kshell", 544}, {"dhcpv6-client", 546},
    {"dhcpv6-server", 547}, {"rtsp", 554}, {"nntps", 563}, {"submission", 587}, {"nqs", 607},
    {"asf-rmcp", 623}, {"ipp", 631}, {"ldaps", 636}, {"ldp", 646}, {"tinc", 655}, {"silc", 706},
    {"kerberos-adm", 749}, {"domain-s", 853}, {"ftps-data", 989}, {"ftps", 990}, {"telnets", 992},
    {"imaps", 993}, {"pop3s", 995},
};
// For WKS: the names and aliases of hosts' /etc/protocols, which are IANA's "Protocol Numbers". Not
// getprotobyname(), for the same reasons.
constexpr Word kProtocols[] = {
    {"tcp", 6}, {"udp", 17}, {"ip", 0}, {"hopopt", 0}, {"icmp", 1}, {"igmp", 2}, {"ggp", 3},
    {"ipencap", 4}, {"ip-encap", 4}, {"st", 5}, {"egp", 8}, {"igp", 9}, {"pup", 12}, {"hmp", 20},
    {"xns-idp", 22}, {"rdp", 27}, {"iso-tp4", 29}, {"dccp", 33}, {"xtp", 36}, {"ddp", 37},
    {"idpr-cmtp", 38}, {"ipv6", 41}, {"ipv6-route", 43}, {"ipv6-frag", 44}, {"idrp", 45},
    {"rsvp", 46}, {"gre", 47}, {"esp", 50}, {"ipsec-esp", 50}, {"ah", 51}, {"ipsec-ah", 51},
    {"skip", 57}, {"ipv6-icmp", 58}, {"ipv6-nonxt", 59}, {"ipv6-opts", 60}, {"rspf", 73}, {"cphb", 73},
    {"vmtp", 81}, {"eigrp", 88}, {"ospf", 89}, {"ospfigp", 89}, {"ax.25", 93}, {"ipip", 94},
    {"etherip", 97}, {"encap", 98}, {"pim", 103}, {"ipcomp", 108}, {"vrrp", 112}, {"l2tp", 115},
    {"isis", 124}, {"sctp", 132}, {"fc", 133}, {"mobility-header", 135}, {"udplite", 136},
    {"mpls-in-ip", 137}, {"manet", 138}, {"hip", 139}, {"shim6", 140}, {"wesp", 141},
    {"rohc", 142}, {"ethernet", 143},
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

// YYYYMMDDHHmmSS in UTC, or seconds since 1970 in at most 10 digits, both modulo 2^32 (RFC 4034
// §3.1.5).
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
  if (year < 1 || month < 1 || month > 12) return kComplaint;  // Before 1970, too: see above.
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int64_t days = kDays[month - 1] + (month == 2 && leap ? 1 : 0);
  if (day < 1 || day > days || hour > 23 || minute > 59 || second > 60) return kComplaint;
  const int64_t seconds =
      DaysFromCivil(year, month, day) * 86'400 + hour * 3'600 + minute * 60 + second;
  out.U32(static_cast<uint32_t>(seconds));
  return nullptr;
}

Complaint ReadKeyFlags(absl::string_view text, RdataBuffer& out) {
  uint16_t value = 0;
  if (WordOrNumber(text, {}, UINT16_MAX, value)) {
    out.U16(value);
    return nullptr;
  }
  uint16_t flags = 0;
  while (true) {
    const size_t end = std::min(text.find('|'), text.size());
    const absl::string_view word = text.substr(0, end);
    const bool is_number = !word.empty() && word[0] >= '0' && word[0] <= '9';
    if (is_number || !WordOrNumber(word, kKeyFlags, 0, value)) {
      return "is neither a number up to 65535 nor flags, as in NOAUTH|ZONE";
    }
    flags |= value;
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  out.U16(flags);
  return nullptr;
}

Complaint ReadKeyProtocol(absl::string_view text, RdataBuffer& out) {
  uint16_t value = 0;
  if (!WordOrNumber(text, kKeyProtocols, UINT8_MAX, value)) {
    return "is not a number from 0 to 255 or a protocol, as DNSSEC";
  }
  out.U8(static_cast<uint8_t>(value));
  return nullptr;
}

Complaint ReadWks(std::span<const Token> tokens, RdataBuffer& out, const Token*& blamed) {
  if (tokens.size() < 2) return "is the only field of a WKS record";
  if (const Complaint wrong = ReadIp4(tokens[0].text(), out)) return wrong;
  uint16_t protocol = 0;
  if (!WordOrNumber(tokens[1].text(), kProtocols, UINT8_MAX, protocol)) {
    blamed = &tokens[1];
    return "is not a protocol; write tcp, udp or its number";
  }
  std::string bits;
  for (const Token& token : tokens.subspan(2)) {
    uint16_t port = 0;
    if (!WordOrNumber(token.text(), kServices, UINT16_MAX, port)) {
      blamed = &token;
      return "is not a known service; give its port";
    }
    if (bits.size() <= port / 8u) bits.resize(port / 8u + 1);
    bits[port / 8] = static_cast<char>(bits[port / 8] | 0x80 >> port % 8);
  }
  out.U8(static_cast<uint8_t>(protocol));
  out.Append(AsBytes(bits));
  return nullptr;
}

}  // namespace hither
