#ifndef HITHER_TESTS_ZONES_GATE_DNSSEC_JUDGE_H_
#define HITHER_TESTS_ZONES_GATE_DNSSEC_JUDGE_H_

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/flat_zone.h"
#include "tests/zones/gate/signed_versions.h"
#include "zones/gate/gates.h"

namespace hither {

// A small signed zone, and what the gate for DNSSEC says of its versions.

inline constexpr uint32_t kDay = 86'400;
inline constexpr uint32_t kNow = 1'780'000'000;

inline constexpr char kZone[] = R"(
@ 60 SOA ns1 host 1 2 3 4 300
@ 60 NS ns1
a 60 A 192.0.2.1
b 60 A 192.0.2.2
x.ent 60 TXT x
ns1 60 A 192.0.2.3
secure 60 NS ns.other.
secure 60 DS 1 15 2 0000000000000000000000000000000000000000000000000000000000000000
sub 60 NS ns.sub
ns.sub 60 A 192.0.2.4
)";

inline const KeyPair& Key() {
  static const auto& key = *new KeyPair(MakeKey(257));
  return key;
}
inline const KeyPair& OtherKey() {
  static const auto& key = *new KeyPair(MakeKey(256));
  return key;
}

inline Signing With(DenialKind denial) {
  return {.published = {Key()},
          .key_signers = {Key()},
          .zone_signers = {Key()},
          .denial = denial,
          .inception = kNow - kDay,
          .expiration = kNow + 14 * kDay};
}

inline GateSettings Dnssec() {
  GateSettings settings;
  settings.dnssec = DnssecGate::kVerify;
  return settings;
}

inline std::string Judge(const FlatZone* before, const FlatZone& after,
                         const GateSettings& settings = Dnssec()) {
  const auto old_zone = before == nullptr ? nullptr : BuildZone(*before);
  const auto new_zone = BuildZone(after);
  GateWatch watch;
  const GateResult result =
      RunGates({.old_zone = old_zone.get(), .new_zone = *new_zone, .now = kNow}, settings, watch);
  if (result.outcome == GateResult::Outcome::kPassed) {
    return absl::StrCat("passed", result.warnings.empty() ? "" : ": ",
                        absl::StrJoin(result.warnings, "|"));
  }
  return absl::StrCat(GateName(result.gate), ": ", result.text);
}

inline FlatZone Signed(DenialKind denial, absl::string_view add = "", uint32_t serial = 1) {
  FlatZone plain = FlatZoneFromText("example.", kZone);
  AddRecords(plain, add);
  SetSerial(plain, serial);
  return SignZone(plain, With(denial));
}

inline constexpr size_t kSignerAt = 18;  // RFC 4034 §3.1.

inline bool IsRrsigOf(const FlatRecord& record, absl::string_view owner, RrType type) {
  return record.type == RrType::kRrsig && record.owner == *Name::FromText(owner) &&
         LoadU16(record.rdata.data()) == static_cast<uint16_t>(type);
}

inline void RemoveRrsig(FlatZone& zone, absl::string_view owner, RrType type) {
  std::erase_if(zone.records,
                [&](const FlatRecord& record) { return IsRrsigOf(record, owner, type); });
}

}  // namespace hither

#endif  // HITHER_TESTS_ZONES_GATE_DNSSEC_JUDGE_H_
