#include "zones/rr_type.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace hither {
namespace {

struct Mnemonic {
  uint16_t value;
  absl::string_view text;
};

// IANA "Resource Record (RR) TYPEs", 2026.
// clang-format off
constexpr Mnemonic kMnemonics[] = {
    {1, "A"},          {2, "NS"},        {3, "MD"},        {4, "MF"},         {5, "CNAME"},
    {6, "SOA"},        {7, "MB"},        {8, "MG"},        {9, "MR"},         {10, "NULL"},
    {11, "WKS"},       {12, "PTR"},      {13, "HINFO"},    {14, "MINFO"},     {15, "MX"},
    {16, "TXT"},       {17, "RP"},       {18, "AFSDB"},    {19, "X25"},       {20, "ISDN"},
    {21, "RT"},        {22, "NSAP"},     {23, "NSAP-PTR"}, {24, "SIG"},       {25, "KEY"},
    {26, "PX"},        {27, "GPOS"},     {28, "AAAA"},     {29, "LOC"},       {30, "NXT"},
    {31, "EID"},       {32, "NIMLOC"},   {33, "SRV"},      {34, "ATMA"},      {35, "NAPTR"},
    {36, "KX"},        {37, "CERT"},     {38, "A6"},       {39, "DNAME"},     {40, "SINK"},
    {41, "OPT"},       {42, "APL"},      {43, "DS"},       {44, "SSHFP"},     {45, "IPSECKEY"},
    {46, "RRSIG"},     {47, "NSEC"},     {48, "DNSKEY"},   {49, "DHCID"},     {50, "NSEC3"},
    {51, "NSEC3PARAM"},{52, "TLSA"},     {53, "SMIMEA"},   {55, "HIP"},       {56, "NINFO"},
    {57, "RKEY"},      {58, "TALINK"},   {59, "CDS"},      {60, "CDNSKEY"},   {61, "OPENPGPKEY"},
    {62, "CSYNC"},     {63, "ZONEMD"},   {64, "SVCB"},     {65, "HTTPS"},     {66, "DSYNC"},
    {67, "HHIT"},      {68, "BRID"},     {99, "SPF"},      {100, "UINFO"},    {101, "UID"},
    {102, "GID"},      {103, "UNSPEC"},  {104, "NID"},     {105, "L32"},      {106, "L64"},
    {107, "LP"},       {108, "EUI48"},   {109, "EUI64"},   {128, "NXNAME"},   {249, "TKEY"},
    {250, "TSIG"},     {251, "IXFR"},    {252, "AXFR"},    {253, "MAILB"},    {254, "MAILA"},
    {255, "ANY"},      {256, "URI"},     {257, "CAA"},     {258, "AVC"},      {259, "DOA"},
    {260, "AMTRELAY"}, {261, "RESINFO"}, {262, "WALLET"},  {263, "CLA"},      {264, "IPN"},
    {32768, "TA"},     {32769, "DLV"},
};
// clang-format on

}  // namespace

std::optional<RrType> TypeFromText(absl::string_view text) {
  static const auto* const by_text = [] {
    auto* map = new absl::flat_hash_map<std::string, uint16_t>;
    for (const Mnemonic& known : kMnemonics) map->emplace(std::string(known.text), known.value);
    return map;
  }();
  const std::string upper = absl::AsciiStrToUpper(text);
  if (const auto found = by_text->find(upper); found != by_text->end()) {
    return static_cast<RrType>(found->second);
  }
  uint32_t value = 0;  // RFC 3597 §5: TYPE and a number, without sign or spaces.
  if (upper.size() < 5 || upper.compare(0, 4, "TYPE") != 0) return std::nullopt;
  if (!absl::ascii_isdigit(static_cast<unsigned char>(upper[4]))) return std::nullopt;
  if (!absl::SimpleAtoi(upper.substr(4), &value) || value > UINT16_MAX) return std::nullopt;
  return static_cast<RrType>(value);
}

std::string TypeToText(RrType type) {
  for (const Mnemonic& known : kMnemonics) {
    if (known.value == static_cast<uint16_t>(type)) return std::string(known.text);
  }
  return absl::StrCat("TYPE", static_cast<uint16_t>(type));
}

}  // namespace hither
