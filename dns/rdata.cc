#include "dns/rdata.h"

#include <array>

namespace hither {
namespace {

constexpr size_t kNamedTypesEnd = 108;  // One past the last type that has names in its RDATA.

// clang-format off
constexpr std::array<RdataNames, kNamedTypesEnd> MakeNames() {
  std::array<RdataNames, kNamedTypesEnd> names{};
  //                     before, names, compressible, lowercase, additional
  names[2]   = /* NS */       {0, 1, true,  true,  true};
  names[3]   = /* MD */       {0, 1, true,  true,  true};
  names[4]   = /* MF */       {0, 1, true,  true,  true};
  names[5]   = /* CNAME */    {0, 1, true,  true,  false};
  names[6]   = /* SOA */      {0, 2, true,  true,  false};
  names[7]   = /* MB */       {0, 1, true,  true,  true};
  names[8]   = /* MG */       {0, 1, true,  true,  false};
  names[9]   = /* MR */       {0, 1, true,  true,  false};
  names[12]  = /* PTR */      {0, 1, true,  true,  false};
  names[14]  = /* MINFO */    {0, 2, true,  true,  false};
  names[15]  = /* MX */       {2, 1, true,  true,  true};
  names[17]  = /* RP */       {0, 2, false, true,  false};
  names[18]  = /* AFSDB */    {2, 1, false, true,  true};
  names[21]  = /* RT */       {2, 1, false, true,  true};
  names[23]  = /* NSAP-PTR */ {0, 1, false, false, false};
  names[24]  = /* SIG */      {18, 1, false, true, false};
  names[26]  = /* PX */       {2, 2, false, true,  false};
  names[30]  = /* NXT */      {0, 1, false, true,  false};
  names[33]  = /* SRV */      {6, 1, false, true,  true};
  names[36]  = /* KX */       {2, 1, false, true,  true};
  names[39]  = /* DNAME */    {0, 1, false, true,  false};
  names[46]  = /* RRSIG */    {18, 1, false, true, false};   // RFC 6840 §5.1: lower-cased,
  names[47]  = /* NSEC */     {0, 1, false, false, false};   // and this one not.
  names[58]  = /* TALINK */   {0, 2, false, false, false};
  names[64]  = /* SVCB */     {2, 1, false, false, true};
  names[65]  = /* HTTPS */    {2, 1, false, false, true};
  names[66]  = /* DSYNC */    {5, 1, false, false, false};
  names[107] = /* LP */       {2, 1, false, false, false};
  return names;
}
// clang-format on
constexpr std::array<RdataNames, kNamedTypesEnd> kNames = MakeNames();
constexpr RdataNames kNoNames;

void LowerCase(uint8_t* octets, size_t count) {
  for (size_t i = 0; i < count; ++i) octets[i] = ToLowerOctet(octets[i]);
}

size_t NameBytes(ByteView at) {
  size_t size = 0;
  while (at[size] != 0) size += 1u + at[size];
  return size + 1;
}

}  // namespace

const RdataNames& NamesOf(RrType type) {
  const auto value = static_cast<uint16_t>(type);
  return value < kNamedTypesEnd ? kNames[value] : kNoNames;
}

NameView NameInRdata(RrType type, ByteView rdata, size_t i) {
  ByteView at = rdata.subspan(NamesOf(type).fixed_before);
  for (; i > 0; --i) at = at.subspan(NameBytes(at));
  return NameView(at.first(NameBytes(at)));
}

bool MayHaveTarget(RrType type, ByteView rdata, NameView apex) {
  if (!NamesOf(type).has_additional_target) return false;
  const NameView target = NameInRdata(type, rdata, 0);
  // RFC 9460 §2.5: "." means the owner.
  const bool is_service = type == RrType::kSvcb || type == RrType::kHttps;
  return (is_service && target.IsRoot()) || target.IsAtOrBelow(apex);
}

void AppendCanonicalRdata(RrType type, ByteView rdata, Bytes& out) {
  const size_t start = out.size();
  out.insert(out.end(), rdata.begin(), rdata.end());
  // Length octets are below 64 and so never letters: names are lower-cased in place.
  if (type == RrType::kNaptr) {  // Four octets, three strings, the name (RFC 3403 §4.1).
    size_t at = 4;
    for (int i = 0; i < 3; ++i) at += 1u + rdata[at];
    LowerCase(out.data() + start + at, rdata.size() - at);
    return;
  }
  const RdataNames& names = NamesOf(type);
  if (!names.lowercase_in_canonical_form) return;
  size_t end = names.fixed_before;
  for (size_t i = 0; i < names.names; ++i) end += NameBytes(rdata.subspan(end));
  LowerCase(out.data() + start + names.fixed_before, end - names.fixed_before);
}

}  // namespace hither
