#include "dns/rdata_shape.h"

#include <array>

namespace hither {
namespace {

using enum RdataField;
constexpr RdataText kOwn = RdataText::kOwn;
constexpr RdataText kNone = RdataText::kNone;

constexpr RrType T(uint16_t value) { return static_cast<RrType>(value); }

// By rising type.
// clang-format off
constexpr RdataShape kShapes[] = {
    {T(1),   kOwn,  "address",                            "RFC 1035 §3.4.1",  {kIp4}},
    {T(2),   kOwn,  "nameserver",                         "RFC 1035 §3.3.11", {kName}},
    {T(3),   kOwn,  "host",                               "RFC 1035 §3.3.4",  {kName}},
    {T(4),   kOwn,  "host",                               "RFC 1035 §3.3.5",  {kName}},
    {T(5),   kOwn,  "target",                             "RFC 1035 §3.3.1",  {kName}},
    {T(6),   kOwn,  "primary mailbox serial refresh retry expire minimum", "RFC 1035 §3.3.13",
             {kName, kName, kU32, kDuration, kDuration, kDuration, kDuration}},
    {T(7),   kOwn,  "host",                               "RFC 1035 §3.3.3",  {kName}},
    {T(8),   kOwn,  "mailbox",                            "RFC 1035 §3.3.6",  {kName}},
    {T(9),   kOwn,  "mailbox",                            "RFC 1035 §3.3.8",  {kName}},
    {T(10),  kNone, "",                                   "RFC 1035 §3.3.10", {kAnything}},
    {T(11),  kOwn,  "address protocol service...",        "RFC 1035 §3.4.2",  {kWks}},
    {T(12),  kOwn,  "name",                               "RFC 1035 §3.3.12", {kName}},
    {T(13),  kOwn,  "cpu os",                             "RFC 1035 §3.3.2",  {kString, kString}},
    {T(14),  kOwn,  "responsible-mailbox error-mailbox",  "RFC 1035 §3.3.7",  {kName, kName}},
    {T(15),  kOwn,  "preference exchange",                "RFC 1035 §3.3.9",  {kU16, kName}},
    {T(16),  kOwn,  "\"text\"...",                        "RFC 1035 §3.3.14", {kStrings}},
    {T(17),  kOwn,  "mailbox text-name",                  "RFC 1183 §2.2",    {kName, kName}},
    {T(18),  kOwn,  "subtype host",                       "RFC 1183 §1",      {kU16, kName}},
    {T(19),  kOwn,  "\"address\"",                        "RFC 1183 §3.1",    {kString}},
    {T(20),  kOwn,  "\"address\" [\"subaddress\"]",       "RFC 1183 §3.2",    {kString, kOptionalString}},
    {T(21),  kOwn,  "preference host",                    "RFC 1183 §3.3",    {kU16, kName}},
    {T(22),  kOwn,  "0xhex",                              "RFC 1706 §6",      {kNsap}},
    {T(23),  kOwn,  "name",                               "RFC 1348",         {kName}},
    {T(24),  kOwn,  "type algorithm labels ttl expiration inception key-tag signer signature", "RFC 2931 §3",
             {kType, kAlgorithm, kU8, kU32, kTime, kTime, kU16, kName, kBase64}},
    {T(25),  kOwn,  "flags protocol algorithm key",       "RFC 2535 §7.1",    {kKeyFlags, kKeyProtocol, kAlgorithm, kOptionalBase64}},
    {T(26),  kOwn,  "preference rfc822-name x400-name",   "RFC 2163 §4",      {kU16, kName, kName}},
    {T(27),  kOwn,  "longitude latitude altitude",        "RFC 1712 §3",      {kString, kString, kString}},
    {T(28),  kOwn,  "address",                            "RFC 3596 §2.4",    {kIp6}},
    {T(29),  kOwn,  "d [m [s]] N|S d [m [s]] E|W altitude [size [horizontal [vertical]]]", "RFC 1876 §3",
             {kLoc}},
    {T(30),  kNone, "",                                   "RFC 2535 §5.2",    {kName, kAnything}},
    {T(31),  kOwn,  "hex",                                "draft-ietf-nimrod-dns §2", {kHex}},
    {T(32),  kOwn,  "hex",                                "draft-ietf-nimrod-dns §3", {kHex}},
    {T(33),  kOwn,  "priority weight port target",        "RFC 2782",         {kU16, kU16, kU16, kName}},
    {T(34),  kOwn,  "hex, or +digits",                    "af-dans-0152.000", {kAtma}},
    {T(35),  kOwn,  "order preference \"flags\" \"services\" \"regexp\" replacement", "RFC 3403 §4.1",
             {kU16, kU16, kString, kString, kString, kName}},
    {T(36),  kOwn,  "preference exchanger",               "RFC 2230 §3.1",    {kU16, kName}},
    {T(37),  kOwn,  "type key-tag algorithm base64",      "RFC 4398 §2.2",    {kCertType, kU16, kAlgorithm, kBase64}},
    {T(38),  kNone, "",                                   "RFC 6563",         {kAnything}},
    {T(39),  kOwn,  "target",                             "RFC 6672 §2.1",    {kName}},
    {T(40),  kOwn,  "meaning coding subcoding base64",    "draft-eastlake-kitchen-sink", {kU8, kU8, kU8, kOptionalBase64}},
    {T(42),  kOwn,  "[!]family:address/prefix...",        "RFC 3123 §5",      {kApl}},
    {T(43),  kOwn,  "key-tag algorithm digest-type digest", "RFC 4034 §5.3",  {kU16, kAlgorithm, kU8, kHex}},
    {T(44),  kOwn,  "algorithm type fingerprint",         "RFC 4255 §3.2",    {kU8, kU8, kHex}},
    {T(45),  kOwn,  "precedence gateway-type algorithm gateway key", "RFC 4025 §3.1",
             {kU8, kU8, kU8, kGateway, kOptionalBase64}},
    {T(46),  kOwn,  "type algorithm labels ttl expiration inception key-tag signer signature", "RFC 4034 §3.2",
             {kType, kAlgorithm, kU8, kU32, kTime, kTime, kU16, kName, kBase64}},
    {T(47),  kOwn,  "next-name type...",                  "RFC 4034 §4.2",    {kName, kTypes}},
    {T(48),  kOwn,  "flags protocol algorithm key",       "RFC 4034 §2.2",    {kKeyFlags, kKeyProtocol, kAlgorithm, kBase64}},
    {T(49),  kOwn,  "base64",                             "RFC 4701 §3.2",    {kBase64}},
    {T(50),  kOwn,  "hash-algorithm flags iterations salt next-hash type...", "RFC 5155 §3.3",
             {kU8, kU8, kU16, kSalt, kHash, kTypes}},
    {T(51),  kOwn,  "hash-algorithm flags iterations salt", "RFC 5155 §4.3",  {kU8, kU8, kU16, kSalt}},
    {T(52),  kOwn,  "usage selector matching-type hex",   "RFC 6698 §2.2",    {kU8, kU8, kU8, kHex}},
    {T(53),  kOwn,  "usage selector matching-type hex",   "RFC 8162 §2",      {kU8, kU8, kU8, kHex}},
    {T(55),  kOwn,  "algorithm hit key [server...]",      "RFC 8005 §6",      {kHip}},
    {T(56),  kOwn,  "\"text\"...",                        "draft-lewis-dns-undocumented-types", {kStrings}},
    {T(57),  kOwn,  "flags protocol algorithm key",       "draft-reid-dnsext-rkey", {kKeyFlags, kKeyProtocol, kAlgorithm, kBase64}},
    {T(58),  kOwn,  "previous-name next-name",            "draft-wijngaards-dnsop-trust-history", {kName, kName}},
    {T(59),  kOwn,  "key-tag algorithm digest-type digest", "RFC 7344 §3.1",  {kU16, kAlgorithm, kU8, kHex}},
    {T(60),  kOwn,  "flags protocol algorithm key",       "RFC 7344 §3.2",    {kKeyFlags, kKeyProtocol, kAlgorithm, kBase64}},
    {T(61),  kOwn,  "base64",                             "RFC 7929 §2.3",    {kBase64}},
    {T(62),  kOwn,  "soa-serial flags type...",           "RFC 7477 §2.1.2",  {kU32, kU16, kTypes}},
    {T(63),  kOwn,  "serial scheme hash-algorithm digest", "RFC 8976 §2.3",   {kU32, kU8, kU8, kHex}},
    {T(64),  kOwn,  "priority target key=value...",       "RFC 9460 §2.1",    {kU16, kName, kSvcParams}},
    {T(65),  kOwn,  "priority target key=value...",       "RFC 9460 §2.1",    {kU16, kName, kSvcParams}},
    {T(66),  kOwn,  "type scheme port target",            "RFC 9859 §2.1",    {kType, kDsyncScheme, kU16, kName}},
    {T(67),  kOwn,  "base64",                             "RFC 9886 §5.1",    {kBase64}},
    {T(68),  kOwn,  "base64",                             "RFC 9886 §5.2",    {kBase64}},
    {T(99),  kOwn,  "\"text\"...",                        "RFC 4408 §3.1.1",  {kStrings}},
    {T(104), kOwn,  "preference xxxx:xxxx:xxxx:xxxx",     "RFC 6742 §2.1.2",  {kU16, kNodeId}},
    {T(105), kOwn,  "preference locator",                 "RFC 6742 §2.2.2",  {kU16, kIp4}},
    {T(106), kOwn,  "preference xxxx:xxxx:xxxx:xxxx",     "RFC 6742 §2.3.2",  {kU16, kNodeId}},
    {T(107), kOwn,  "preference name",                    "RFC 6742 §2.4.2",  {kU16, kName}},
    {T(108), kOwn,  "xx-xx-xx-xx-xx-xx",                  "RFC 7043 §3.2",    {kEui48}},
    {T(109), kOwn,  "xx-xx-xx-xx-xx-xx-xx-xx",            "RFC 7043 §4.2",    {kEui64}},
    {T(256), kOwn,  "priority weight \"target\"",         "RFC 7553 §4.1",    {kU16, kU16, kLongString}},
    {T(257), kOwn,  "flags tag \"value\"",                "RFC 8659 §4.1.1",  {kU8, kTag, kLongString}},
    {T(258), kOwn,  "\"text\"...",                        "IANA AVC template", {kStrings}},
    {T(259), kOwn,  "enterprise type location \"media-type\" base64", "draft-durand-doa-over-dns §3.2",
             {kU32, kU32, kU8, kString, kDoaData}},
    {T(260), kOwn,  "precedence d-bit type relay",        "RFC 8777 §4.3",    {kU8, kAmtRelay}},
    {T(261), kOwn,  "\"key=value\"...",                   "RFC 9606 §4",      {kStrings}},
    {T(262), kOwn,  "\"text\"...",                        "IANA WALLET template", {kStrings}},
    {T(263), kOwn,  "\"text\"...",                        "draft-johnson-dns-ipn-cla §3.1", {kStrings}},
    {T(264), kOwn,  "number",                             "draft-johnson-dns-ipn-cla §3.2", {kU64}},
    {T(32768), kOwn, "key-tag algorithm digest-type digest", "IANA TA template", {kU16, kAlgorithm, kU8, kHex}},
    {T(32769), kOwn, "key-tag algorithm digest-type digest", "RFC 4431 §3",   {kU16, kAlgorithm, kU8, kHex}},
};
// clang-format on

constexpr size_t kLowTypes = 272;  // Each type below this has a slot in the index.
constexpr uint8_t kNoShape = 0xff;

constexpr std::array<uint8_t, kLowTypes> MakeIndex() {
  std::array<uint8_t, kLowTypes> index{};
  for (auto& slot : index) slot = kNoShape;
  for (size_t i = 0; i < std::size(kShapes); ++i) {
    const auto type = static_cast<uint16_t>(kShapes[i].type);
    if (type < kLowTypes) index[type] = static_cast<uint8_t>(i);
  }
  return index;
}
constexpr std::array<uint8_t, kLowTypes> kIndex = MakeIndex();

}  // namespace

const RdataShape* ShapeOf(RrType type) {
  const auto value = static_cast<uint16_t>(type);
  if (value < kLowTypes) return kIndex[value] == kNoShape ? nullptr : &kShapes[kIndex[value]];
  for (size_t i = std::size(kShapes) - 2; i < std::size(kShapes); ++i) {  // TA and DLV.
    if (kShapes[i].type == type) return &kShapes[i];
  }
  return nullptr;
}

std::span<const RdataShape> AllShapes() { return kShapes; }

}  // namespace hither
