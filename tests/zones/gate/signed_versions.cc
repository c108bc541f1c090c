#include "tests/zones/gate/signed_versions.h"

#include <openssl/evp.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "base/check.h"
#include "zones/check/signature_key.h"
#include "zones/check/zonemd.h"

namespace hither {
namespace {

constexpr uint8_t kEd25519 = 15;

Bytes SignatureOf(const KeyPair& key, const Bytes& data) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  Bytes signature(64);
  size_t bytes = signature.size();
  HITHER_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.pair.get()) == 1);
  HITHER_CHECK(EVP_DigestSign(context.get(), signature.data(), &bytes, data.data(), data.size()) ==
               1);
  return signature;
}

Bytes Lowered(NameView name) {
  Bytes wire;
  for (const uint8_t octet : name.wire()) wire.push_back(ToLowerOctet(octet));
  return wire;
}

// RFC 4034 §3.1.8.1, for RDATA whose names are in lower case.
FlatRecord RrsigOf(const FlatZone& zone, NameView owner, RrType type, const KeyPair& key,
                   const Signing& signing) {
  std::set<Bytes> records;
  uint32_t ttl_seconds = 0;
  for (const FlatRecord& record : zone.records) {
    if (record.type != type || !record.owner.view().EqualsIgnoreCase(owner)) continue;
    records.insert(record.rdata);
    ttl_seconds = record.ttl_seconds;
  }
  Bytes rdata;
  ByteWriter writer(rdata);
  writer.U16(static_cast<uint16_t>(type));
  writer.U8(kEd25519);
  writer.U8(static_cast<uint8_t>(owner.label_count() - (owner.IsWildcard() ? 1 : 0)));
  writer.U32(ttl_seconds);
  writer.U32(signing.expiration);
  writer.U32(signing.inception);
  writer.U16(key.tag);
  writer.Append(Lowered(zone.apex));
  Bytes data = rdata;
  ByteWriter to_sign(data);
  for (const Bytes& record : records) {
    to_sign.Append(Lowered(owner));
    to_sign.U16(static_cast<uint16_t>(type));
    to_sign.U16(1);
    to_sign.U32(ttl_seconds);
    to_sign.U16(static_cast<uint16_t>(record.size()));
    to_sign.Append(record);
  }
  writer.Append(SignatureOf(key, data));
  return {Name(owner), RrType::kRrsig, ttl_seconds, rdata};
}

RrType CoveredBy(const FlatRecord& rrsig) {
  return static_cast<RrType>(LoadU16(rrsig.rdata.data()));
}

}  // namespace

KeyPair MakeKey(uint16_t flags) {
  KeyPair key{.flags = flags};
  key.pair.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  HITHER_CHECK(key.pair != nullptr);
  Bytes public_key(32);
  size_t bytes = public_key.size();
  HITHER_CHECK(EVP_PKEY_get_raw_public_key(key.pair.get(), public_key.data(), &bytes) == 1);
  ByteWriter writer(key.dnskey);
  writer.U16(flags);
  writer.U8(3);
  writer.U8(kEd25519);
  writer.Append(public_key);
  key.tag = KeyTagOf(key.dnskey);
  return key;
}

// Among a few hundred of 65,536 tags, two are the same (the birthday paradox).
std::pair<KeyPair, KeyPair> MakeKeysWithOneTag(uint16_t flags) {
  std::map<uint16_t, KeyPair> seen;
  for (;;) {
    const KeyPair key = MakeKey(flags);
    const auto [at, is_new] = seen.emplace(key.tag, key);
    if (!is_new) return {at->second, key};
  }
}

FlatZone SignZone(FlatZone plain, const Signing& signing) {
  FlatZone zone = std::move(plain);
  if (signing.denial == DenialKind::kNsec) {
    SignWithNsec(zone);
  } else {
    SignWithNsec3(zone, signing.chain);
  }
  std::vector<FlatRecord> wanted;  // The false signatures say what is to be signed.
  std::erase_if(zone.records, [&](const FlatRecord& record) {
    if (record.type == RrType::kRrsig) wanted.push_back(record);
    return record.type == RrType::kRrsig || record.type == RrType::kDnskey;
  });
  for (const KeyPair& key : signing.published) {
    zone.records.push_back({zone.apex, RrType::kDnskey, 3600, key.dnskey});
  }
  std::vector<FlatRecord> signatures;
  for (const FlatRecord& one : wanted) {
    const RrType type = CoveredBy(one);
    for (const KeyPair& key :
         type == RrType::kDnskey ? signing.key_signers : signing.zone_signers) {
      signatures.push_back(RrsigOf(zone, one.owner, type, key, signing));
    }
  }
  zone.records.insert(zone.records.end(), signatures.begin(), signatures.end());
  return zone;
}

void SignAgain(FlatZone& zone, NameView owner, RrType type, const KeyPair& key,
               const Signing& signing) {
  std::erase_if(zone.records, [&](const FlatRecord& record) {
    return record.type == RrType::kRrsig && CoveredBy(record) == type &&
           record.owner.view().EqualsIgnoreCase(owner);
  });
  zone.records.push_back(RrsigOf(zone, owner, type, key, signing));
}

void SetSerial(FlatZone& zone, uint32_t serial) {
  for (FlatRecord& record : zone.records) {
    // RFC 1035 §3.3.13: five times 32 bits end the record.
    if (record.type == RrType::kSoa) StoreU32(&record.rdata[record.rdata.size() - 20], serial);
  }
}

FlatZone WithZonemd(FlatZone plain, const Signing* signing) {
  Bytes rdata;
  ByteWriter writer(rdata);
  for (const FlatRecord& record : plain.records) {
    if (record.type != RrType::kSoa) continue;
    writer.U32(LoadU32(&record.rdata[record.rdata.size() - 20]));
  }
  writer.U8(1);
  writer.U8(1);
  rdata.resize(rdata.size() + 48);  // SHA-384.
  plain.records.push_back({plain.apex, RrType::kZonemd, 3600, rdata});
  const auto built = [&] { return signing == nullptr ? plain : SignZone(plain, *signing); };
  const Bytes digest = ComputeZoneDigest(*BuildZone(built()), ZonemdHash::kSha384);
  std::ranges::copy(digest, plain.records.back().rdata.begin() + 6);
  return built();
}

void AddRecords(FlatZone& zone, absl::string_view text) {
  for (FlatRecord& record : FlatZoneFromText(zone.apex.ToText(), text).records) {
    zone.records.push_back(std::move(record));
  }
}

void RemoveRRset(FlatZone& zone, absl::string_view owner, RrType type) {
  const Name name = *Name::FromText(owner);
  std::erase_if(zone.records, [&](const FlatRecord& record) {
    return record.type == type && record.owner == name;
  });
}

void RemoveName(FlatZone& zone, absl::string_view owner) {
  const Name name = *Name::FromText(owner);
  std::erase_if(zone.records,
                [&](const FlatRecord& record) { return record.owner.view().IsAtOrBelow(name); });
}

}  // namespace hither
