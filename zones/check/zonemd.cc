#include "zones/check/zonemd.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/check.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "zones/check/zone_check_report.h"

namespace hither {
namespace {

constexpr uint8_t kSchemeSimple = 1;  // RFC 8976 §5.2

// The fields of a ZONEMD record, RFC 8976 §2.2.
struct Zonemd {
  uint32_t serial;
  uint8_t scheme;
  uint8_t hash;
  ByteView digest;

  bool SameKind(const Zonemd& other) const { return scheme == other.scheme && hash == other.hash; }
  bool IsSupported() const {
    return scheme == kSchemeSimple && (hash == static_cast<uint8_t>(ZonemdHash::kSha384) ||
                                       hash == static_cast<uint8_t>(ZonemdHash::kSha512));
  }
  bool IsPlaceholder() const {
    return std::ranges::all_of(digest, [](uint8_t octet) { return octet == 0; });
  }
};

std::vector<Zonemd> ReadZonemds(const Zone& zone) {
  std::vector<Zonemd> read;
  const RRset* rrset = zone.FindRRset(kApex, RrType::kZonemd);
  if (rrset == nullptr) return read;
  for (const ByteView record : rrset->Records()) {
    ByteReader rdata(record);
    Zonemd zonemd;
    zonemd.serial = rdata.U32();
    zonemd.scheme = rdata.U8();
    zonemd.hash = rdata.U8();
    zonemd.digest = rdata.rest();
    read.push_back(zonemd);
  }
  return read;
}

// SHA-2 as a stream. OpenSSL's calls fail only for lack of memory or of the algorithm itself.
class Digester {
 public:
  explicit Digester(ZonemdHash hash) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    const EVP_MD* algorithm = hash == ZonemdHash::kSha384 ? EVP_sha384() : EVP_sha512();
    HITHER_CHECK(context_ != nullptr && EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1);
  }
  void Update(ByteView octets) {
    HITHER_CHECK(EVP_DigestUpdate(context_.get(), octets.data(), octets.size()) == 1);
  }
  Bytes Final() {
    Bytes digest(EVP_MAX_MD_SIZE);
    unsigned bytes = 0;
    HITHER_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &bytes) == 1);
    digest.resize(bytes);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// Feeds the records of one owner name in the order of RFC 8976 §3.3.1: by type, then by RDATA.
class NameDigester {
 public:
  NameDigester(const Zone& zone, Digester& out) : zone_(zone), out_(out) {}

  // Opens a name, whose records may be at two nodes: the name's own and that of its NSEC3s.
  void Start(NameView name) {
    owner_.clear();
    for (const uint8_t octet : name.wire()) owner_.push_back(ToLowerOctet(octet));
    rrsets_.clear();
  }
  void AddRRsetsOf(NodeId node) {
    // RFC 8976 §3.3.2: the digest's own records and their signatures are not part of it.
    for (const RRset& rrset : zone_.RRsetsOf(node)) {
      if (node == kApex && rrset.type == RrType::kZonemd) continue;
      rrsets_.push_back(&rrset);
    }
    for (const RRset& rrset : zone_.SignaturesOf(node)) {
      if (node == kApex && rrset.covered == RrType::kZonemd) continue;
      rrsets_.push_back(&rrset);
    }
  }
  // RRSIGs are one type here, whatever they cover. Their RDATA begins with what they cover.
  void Finish() {
    std::stable_sort(rrsets_.begin(), rrsets_.end(), [](const RRset* a, const RRset* b) {
      if (a->type != b->type) return a->type < b->type;
      return a->covered < b->covered;
    });
    for (const RRset* rrset : rrsets_) Feed(*rrset);
  }

 private:
  void Feed(const RRset& rrset) {
    forms_.clear();
    for (const ByteView record : rrset.Records()) {
      forms_.emplace_back();
      AppendCanonicalRdata(rrset.type, record, forms_.back());
    }
    std::sort(forms_.begin(), forms_.end());
    // RFC 8976 §3.3.1: equal records are digested once.
    forms_.erase(std::unique(forms_.begin(), forms_.end()), forms_.end());
    for (const Bytes& rdata : forms_) {
      uint8_t fixed[10];  // Type, class, TTL, length: RFC 1035 §3.2.1.
      StoreU16(fixed, static_cast<uint16_t>(rrset.type));
      StoreU16(fixed + 2, static_cast<uint16_t>(RrClass::kIn));
      StoreU32(fixed + 4, rrset.ttl_seconds);
      StoreU16(fixed + 8, static_cast<uint16_t>(rdata.size()));
      out_.Update(owner_);
      out_.Update(fixed);
      out_.Update(rdata);
    }
  }

  const Zone& zone_;
  Digester& out_;
  Bytes owner_;  // In lower case.
  std::vector<const RRset*> rrsets_;
  std::vector<Bytes> forms_;
};

}  // namespace

Bytes ComputeZoneDigest(const Zone& zone, ZonemdHash hash, const IsOverFunction& is_over) {
  Digester digester(hash);
  NameDigester name(zone, digester);
  // Names and owners of NSEC3 records are two sorted sequences, which are digested as one.
  NodeId id = kApex;
  NodeId nsec3 = zone.names_end();
  while (id < zone.names_end() || nsec3 < zone.nodes_end()) {
    if (is_over && is_over()) return {};
    int order = id == zone.names_end() ? 1 : -1;
    if (id < zone.names_end() && nsec3 < zone.nodes_end()) {
      order = CompareCanonical(zone.NameOf(id), zone.NameOf(nsec3));
    }
    name.Start(zone.NameOf(order <= 0 ? id : nsec3));
    if (order <= 0) {
      name.AddRRsetsOf(id);
      id = zone.Next(id);
    }
    if (order >= 0) {
      name.AddRRsetsOf(nsec3);
      nsec3 = zone.Next(nsec3);
    }
    name.Finish();
  }
  return digester.Final();
}

ZonemdVerdict VerifyZonemd(const Zone& zone, const IsOverFunction& is_over) {
  const std::vector<Zonemd> records = ReadZonemds(zone);
  if (records.empty()) return ZonemdVerdict::kAbsent;
  ZonemdVerdict verdict = ZonemdVerdict::kUnsupported;
  for (const Zonemd& record : records) {
    if (!record.IsSupported()) continue;
    if (record.IsPlaceholder()) {
      if (verdict == ZonemdVerdict::kUnsupported) verdict = ZonemdVerdict::kPlaceholder;
      continue;
    }
    // RFC 8976 §2.2.4: there may be only one record for a scheme and hash; if there are more, none
    // counts. RFC 8976 §4: the serial must be the SOA's.
    const auto same_kind = std::count_if(records.begin(), records.end(), [&](const Zonemd& other) {
      return other.SameKind(record);
    });
    if (same_kind > 1) {
      if (verdict != ZonemdVerdict::kMismatch && verdict != ZonemdVerdict::kOtherSerial) {
        verdict = ZonemdVerdict::kRepeated;
      }
      continue;
    }
    if (record.serial != zone.serial()) {
      if (verdict != ZonemdVerdict::kMismatch) verdict = ZonemdVerdict::kOtherSerial;
      continue;
    }
    verdict = ZonemdVerdict::kMismatch;
    const Bytes digest = ComputeZoneDigest(zone, static_cast<ZonemdHash>(record.hash), is_over);
    if (digest.empty()) return ZonemdVerdict::kStopped;
    if (std::ranges::equal(digest, record.digest)) return ZonemdVerdict::kVerified;
  }
  return verdict;
}

void CheckZonemd(const Zone& zone, CheckReport& report) {
  const auto found = [&](ZoneCheckId check) {
    report.Add(check, kApex, RrType::kZonemd, zone.apex().ToText() + " ZONEMD");
  };
  switch (VerifyZonemd(zone)) {
    case ZonemdVerdict::kMismatch:
      return found(ZoneCheckId::kZonemdMismatch);
    case ZonemdVerdict::kOtherSerial:
      return found(ZoneCheckId::kZonemdSerial);
    case ZonemdVerdict::kRepeated:
      return found(ZoneCheckId::kZonemdRepeated);
    case ZonemdVerdict::kPlaceholder:
      return found(ZoneCheckId::kZonemdPlaceholder);
    case ZonemdVerdict::kUnsupported:
      return found(ZoneCheckId::kZonemdUnsupported);
    case ZonemdVerdict::kAbsent:
    case ZonemdVerdict::kVerified:
    case ZonemdVerdict::kStopped:
      return;
  }
}

}  // namespace hither
