#include "dns/rr_type.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
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

// A mnemonic of less than 16 characters and its length as a number, in upper case: compared in one
// step, because a zone file has one on every line.
struct Key {
  uint64_t first = 0;
  uint64_t second = 0;
  constexpr bool operator==(const Key& other) const {
    return first == other.first && second == other.second;
  }
};

constexpr size_t kKeyBytes = 16;  // Mnemonics are shorter; TYPE and a number may be longer.

// Up to eight characters as a number, whatever the order of octets here: the first ones are the
// lowest. Three overlapping loads replace a loop.
constexpr uint64_t Word(const char* text, size_t size) {
  const auto at = [&](size_t i) { return uint64_t{static_cast<uint8_t>(text[i])}; };
  const auto four = [&](size_t i) {
    return at(i) | at(i + 1) << 8 | at(i + 2) << 16 | at(i + 3) << 24;
  };
  if (size >= 4) return four(0) | four(size - 4) << 8 * (size - 4);
  return at(0) | at(size / 2) << 8 * (size / 2) | at(size - 1) << 8 * (size - 1);
}

// a..z in upper case, all eight characters at once: the top bit of an octet is set where its lower
// seven are, by sum, at or past 'a' but not past 'z'.
constexpr uint64_t ToUpper(uint64_t word) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const uint64_t low = word & kEach * 0x7f;
  const uint64_t from_a = low + kEach * (0x80 - 'a');
  const uint64_t past_z = low + kEach * (0x80 - 'z' - 1);
  const uint64_t lower_case = from_a & ~past_z & ~word & kEach * 0x80;
  return word ^ lower_case >> 2;
}

constexpr Key MakeKey(absl::string_view text) {  // Not empty.
  const uint64_t size = uint64_t{text.size()} << 56;
  if (text.size() <= 8) return {ToUpper(Word(text.data(), text.size())), size};
  return {ToUpper(Word(text.data(), 8)), ToUpper(Word(text.data() + 8, text.size() - 8)) | size};
}

constexpr size_t kSlots = 512;  // A quarter full.

constexpr size_t SlotOf(const Key& key) {
  return ((key.first ^ key.second * 31) * 0x9e3779b97f4a7c15) >> 55;
}

struct Index {
  Key keys[kSlots] = {};
  uint16_t values[kSlots] = {};  // 0: free.
};

constexpr Index MakeIndex() {
  Index index;
  for (const Mnemonic& known : kMnemonics) {
    const Key key = MakeKey(known.text);
    size_t slot = SlotOf(key);
    while (index.values[slot] != 0) slot = (slot + 1) % kSlots;
    index.keys[slot] = key;
    index.values[slot] = known.value;
  }
  return index;
}
constexpr Index kIndex = MakeIndex();

// The types that large zones mostly have. Comparisons, because the processor predicts them and
// continues, while it must wait for a table lookup.
RrType FrequentType(absl::string_view text) {
  const auto lower = [&](size_t i) { return static_cast<char>(text[i] | 0x20); };
  if (text.size() == 1) return lower(0) == 'a' ? RrType::kA : RrType{0};
  if (text.size() == 2 && lower(1) == 's') {
    if (lower(0) == 'n') return RrType::kNs;
    if (lower(0) == 'd') return RrType::kDs;
  }
  return RrType{0};
}

}  // namespace

std::optional<RrType> TypeFromText(absl::string_view text) {
  if (const RrType type = FrequentType(text); type != RrType{0}) return type;
  if (text.empty() || text.size() > kKeyBytes) return std::nullopt;
  const Key key = MakeKey(text);
  for (size_t slot = SlotOf(key); kIndex.values[slot] != 0; slot = (slot + 1) % kSlots) {
    if (kIndex.keys[slot] == key) return static_cast<RrType>(kIndex.values[slot]);
  }
  uint32_t value = 0;  // RFC 3597 §5: TYPE and a number, without sign or spaces.
  if (text.size() < 5 || !absl::EqualsIgnoreCase(text.substr(0, 4), "TYPE")) return std::nullopt;
  if (!absl::ascii_isdigit(static_cast<unsigned char>(text[4]))) return std::nullopt;
  if (!absl::SimpleAtoi(text.substr(4), &value) || value > UINT16_MAX) return std::nullopt;
  return static_cast<RrType>(value);
}

std::string TypeToText(RrType type) {
  for (const Mnemonic& known : kMnemonics) {
    if (known.value == static_cast<uint16_t>(type)) return std::string(known.text);
  }
  return absl::StrCat("TYPE", static_cast<uint16_t>(type));
}

}  // namespace hither
