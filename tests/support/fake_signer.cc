#include "tests/support/fake_signer.h"

#include <openssl/evp.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"
#include "dns/rr_type.h"

namespace hither {
namespace {

struct CanonicalLess {
  bool operator()(const Name& a, const Name& b) const { return CompareCanonical(a, b) < 0; }
};
using TypesByName = std::map<Name, std::set<uint16_t>, CanonicalLess>;

uint16_t Value(RrType type) { return static_cast<uint16_t>(type); }

// RFC 4034 §4.1.2.
void AppendBitmap(const std::set<uint16_t>& types, Bytes& out) {
  std::map<uint8_t, Bytes> windows;
  for (const uint16_t type : types) {
    Bytes& bits = windows[static_cast<uint8_t>(type >> 8)];
    bits.resize(std::max<size_t>(bits.size(), (type & 0xff) / 8 + 1));
    bits[(type & 0xff) / 8] |= static_cast<uint8_t>(0x80 >> (type & 7));
  }
  for (const auto& [window, bits] : windows) {
    out.push_back(window);
    out.push_back(static_cast<uint8_t>(bits.size()));
    out.insert(out.end(), bits.begin(), bits.end());
  }
}

uint32_t NegativeTtl(const FlatZone& zone) {
  for (const FlatRecord& record : zone.records) {
    if (record.type != RrType::kSoa) continue;
    const uint32_t minimum = LoadU32(record.rdata.data() + record.rdata.size() - 4);
    return std::min(minimum, record.ttl_seconds);  // RFC 9077 §3
  }
  return 0;
}

// Every name that is the zone's own (cuts too) with its types; nothing below cuts.
TypesByName OwnNames(const FlatZone& zone) {
  TypesByName names;
  for (const FlatRecord& record : zone.records) {
    if (IsBelowCut(zone, record.owner, false)) continue;
    std::set<uint16_t>& types = names[record.owner];
    const bool at_cut = IsBelowCut(zone, record.owner, true);
    if (!at_cut || record.type == RrType::kNs || record.type == RrType::kDs) {
      types.insert(Value(record.type));
    }
  }
  return names;
}

void SignAll(FlatZone& zone) {
  std::set<std::pair<std::string, uint16_t>> done;
  std::vector<FlatRecord> signatures;
  for (const FlatRecord& record : zone.records) {
    if (record.type == RrType::kRrsig) continue;
    // RFC 6672 §2.3 (an NSEC3 below an apex with a DNAME is the chain's, and is signed).
    const bool is_nsec3 = record.type == RrType::kNsec3;
    if (!is_nsec3 && IsBelowCut(zone, record.owner, false)) continue;
    const bool at_cut = IsBelowCut(zone, record.owner, true);
    // RFC 4035 §2.2: a delegation's NS is not signed.
    if (at_cut && record.type != RrType::kDs && record.type != RrType::kNsec) continue;
    if (!done.emplace(record.owner.ToText(), Value(record.type)).second) continue;
    signatures.push_back({record.owner, RrType::kRrsig, record.ttl_seconds,
                          FakeRrsig(record.type, record.owner, record.ttl_seconds, zone.apex)});
  }
  zone.records.insert(zone.records.end(), signatures.begin(), signatures.end());
}

void AddKey(FlatZone& zone) {
  zone.records.push_back({zone.apex, RrType::kDnskey, 3600, {1, 0, 3, 8, 0}});
}

}  // namespace

bool IsBelowCut(const FlatZone& zone, NameView name, bool cut_itself) {
  bool self = true;
  for (NameView at = name; at.size() > zone.apex.view().size(); at = at.Parent()) {
    if ((cut_itself || !self) && zone.Has(at, RrType::kNs)) return true;
    self = false;
    if (zone.Has(at.Parent(), RrType::kDname)) return true;
  }
  return false;
}

Bytes FakeRrsig(RrType covered, NameView owner, uint32_t ttl_seconds, NameView signer) {
  Bytes rdata;
  ByteWriter writer(rdata);
  writer.U16(Value(covered));
  writer.U8(8);  // RFC 4034 §3.1.3: the labels, without the root's and a leading "*".
  writer.U8(static_cast<uint8_t>(owner.label_count() - (owner.IsWildcard() ? 1 : 0)));
  writer.U32(ttl_seconds);
  writer.U32(1893456000);  // 2030-01-01.
  writer.U32(1577836800);  // 2020-01-01.
  writer.U16(12345);
  writer.Append(signer.wire());
  writer.U8(0xab);
  return rdata;
}

void SignWithNsec(FlatZone& zone) {
  AddKey(zone);
  TypesByName names = OwnNames(zone);
  const uint32_t ttl_seconds = NegativeTtl(zone);
  for (auto at = names.begin(); at != names.end(); ++at) {
    const auto next = std::next(at) == names.end() ? names.begin() : std::next(at);
    Bytes rdata;
    ByteWriter(rdata).Append(next->first.view().wire());
    at->second.insert({Value(RrType::kRrsig), Value(RrType::kNsec)});
    AppendBitmap(at->second, rdata);
    zone.records.push_back({at->first, RrType::kNsec, ttl_seconds, rdata});
  }
  SignAll(zone);
}

std::string HashOf(NameView name, const Nsec3Chain& chain) {
  std::string input;
  for (const uint8_t octet : name.wire()) input += static_cast<char>(ToLowerOctet(octet));
  const std::string salt(chain.salt.begin(), chain.salt.end());
  for (int round = 0; round <= chain.iterations; ++round) {
    input += salt;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HITHER_CHECK(EVP_Digest(input.data(), input.size(), digest, &size, EVP_sha1(), nullptr) == 1);
    input.assign(digest, digest + size);
  }
  return input;
}

std::string Base32Hex(absl::string_view octets) {
  std::string text;
  uint32_t bits = 0;
  int held = 0;
  for (const char octet : octets) {
    bits = bits << 8 | static_cast<uint8_t>(octet);
    for (held += 8; held >= 5; held -= 5) {
      text += "0123456789abcdefghijklmnopqrstuv"[bits >> (held - 5) & 31];
    }
  }
  HITHER_CHECK(held == 0);  // 20 octets are 32 digits.
  return text;
}

// RFC 5155 §7.1.
void SignWithNsec3(FlatZone& zone, const Nsec3Chain& chain) {
  AddKey(zone);
  Bytes params;
  ByteWriter writer(params);
  writer.U8(1);
  writer.U8(0);
  writer.U16(chain.iterations);
  writer.U8(static_cast<uint8_t>(chain.salt.size()));
  writer.Append(chain.salt);
  zone.records.push_back({zone.apex, RrType::kNsec3Param, 0, params});
  TypesByName names = OwnNames(zone);
  if (chain.opt_out) {
    std::erase_if(
        names, [](const auto& at) { return at.second == std::set<uint16_t>{Value(RrType::kNs)}; });
  }
  for (const auto& own : TypesByName(names)) {  // Empty non-terminals, of those that are left.
    for (NameView at = own.first; at.size() > zone.apex.view().size(); at = at.Parent()) {
      names.try_emplace(Name(at));
    }
  }
  std::map<std::string, std::set<uint16_t>> hashes;
  for (auto& [name, types] : names) {
    const bool insecure = types == std::set<uint16_t>{Value(RrType::kNs)};
    if (!types.empty() && !insecure) types.insert(Value(RrType::kRrsig));
    HITHER_CHECK(hashes.emplace(HashOf(name, chain), types).second);
  }
  for (auto at = hashes.begin(); at != hashes.end(); ++at) {
    const auto next = std::next(at) == hashes.end() ? hashes.begin() : std::next(at);
    Bytes rdata = params;
    rdata[1] = chain.opt_out ? 1 : 0;
    rdata.push_back(20);
    rdata.insert(rdata.end(), next->first.begin(), next->first.end());
    AppendBitmap(at->second, rdata);
    Name owner = zone.apex;
    HITHER_CHECK(owner.Prepend(AsBytes(Base32Hex(at->first))));
    zone.records.push_back({owner, RrType::kNsec3, NegativeTtl(zone), rdata});
  }
  SignAll(zone);
}

}  // namespace hither
