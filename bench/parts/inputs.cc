#include "bench/parts/inputs.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "dns/query.h"
#include "zones/load/zone_loader.h"

namespace hither {
namespace {

// A name of the zone with this kind of owner, chosen by `random`.
std::string AnyLabel(ZoneKind kind, Owner owner, size_t names, uint64_t random) {
  size_t i = random % names;
  while (OwnerAt(kind, i) != owner) i = (i + 1) % names;  // 7 steps at most.
  return LabelAt(kind, i);
}

std::string QuestionName(Kind kind, size_t names, uint64_t random) {
  const auto any = [&](Owner owner) {
    return absl::StrCat(AnyLabel(ZoneKind::kPlain, owner, names, random >> 16), ".example.");
  };
  const std::string other = absl::StrCat(absl::Hex(random & 0xffffffff, absl::kZeroPad8));
  switch (kind) {
    case Kind::kHit:
      return any(Owner::kHost);
    case Kind::kReferral:
      return absl::StrCat("www.", any(Owner::kDelegation));
    case Kind::kWildcard:
      return absl::StrCat("r", other, ".", any(Owner::kWildcardParent));
    case Kind::kNxDomain:
    case Kind::kNsec3Denial:
      return absl::StrCat("n", other, ".example.");
    case Kind::kMixed:
      break;
  }
  const uint64_t of_20 = Mix(random) % 20;
  return QuestionName(of_20 < 10   ? Kind::kHit
                      : of_20 < 16 ? Kind::kReferral
                      : of_20 < 19 ? Kind::kNxDomain
                                   : Kind::kWildcard,
                      names, random);
}

}  // namespace

void Questions::Add(absl::string_view name, bool dnssec_ok) {
  const size_t start = octets_.size();
  ByteWriter to(octets_);
  to.U16(static_cast<uint16_t>(size()));                       // ID
  for (const uint16_t field : {0, 1, 0, 0, 1}) to.U16(field);  // A query; QDCOUNT and ARCOUNT 1.
  to.Append(Name::FromText(name)->view().wire());
  to.U16(static_cast<uint16_t>(RrType::kA));
  to.U16(static_cast<uint16_t>(RrClass::kIn));
  to.U8(0);  // OPT's owner, type, size, extended RCODE and version, flags, RDLENGTH.
  to.U16(41);
  to.U16(1'232);
  to.U16(0);
  to.U16(dnssec_ok ? 0x8000 : 0);
  to.U16(0);
  starts_.push_back(static_cast<uint32_t>(start));
  sizes_.push_back(static_cast<uint16_t>(octets_.size() - start));
}

NameView Questions::name(size_t i) const {
  return NameView(message(i).subspan(kHeaderBytes, sizes_[i] - kHeaderBytes - 4 - kOptBytes));
}

const ZoneSet& Inputs::ZonesOf(ZoneKind kind, size_t names) {
  const auto [place, is_new] = zones_.try_emplace({kind, names});
  if (!is_new) return place->second;
  const Name apex = *Name::FromText("example.");
  const LoadedZone loaded = LoadZoneText(ZoneText(kind, names), "bench", apex);
  HITHER_CHECK(loaded.zone != nullptr && loaded.findings.empty());
  ServedZone served = place->second.Make(apex);
  served.zone = loaded.zone;
  place->second.Add(std::move(served));
  return place->second;
}

const Zone& Inputs::ZoneOf(ZoneKind kind, size_t names) {
  return *ZonesOf(kind, names).zones()[0].zone;
}

const Questions& Inputs::QuestionsOf(Kind kind, size_t names) {
  const auto [place, is_new] = questions_.try_emplace({kind, names});
  if (!is_new) return place->second;
  // 2^18 queries for as many names touch tens of megabytes of a zone.
  const size_t count = std::bit_ceil(std::clamp<size_t>(names, 1 << 12, 1 << 18));
  for (size_t i = 0; i < count; ++i) {
    place->second.Add(QuestionName(kind, names, Mix(i + 1)), kind == Kind::kNsec3Denial);
  }
  return place->second;
}

}  // namespace hither
