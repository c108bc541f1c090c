#ifndef HITHER_DAEMON_CONFIG_TRANSFER_CONFIG_H_
#define HITHER_DAEMON_CONFIG_TRANSFER_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/prefix.h"
#include "daemon/config/gate_settings.h"

namespace hither {

inline constexpr size_t kZonePrimariesMax = 16;         // Of one zone.
inline constexpr size_t kNotifySourcesMax = 64;         // Likewise.
inline constexpr size_t kNotifyPrefixesMax = 16;        // Of one of these.
inline constexpr size_t kTransferPoliciesMax = 65'536;  // Of a server; each about 1 KiB.

// What a time of a zone's SOA counts as: less is `min`, more is `max`.
struct TimeBounds {
  absl::Duration min = absl::ZeroDuration();
  absl::Duration max = absl::InfiniteDuration();
  friend bool operator==(const TimeBounds&, const TimeBounds&) = default;
};

// The limits of one zone.
struct ZoneTransferLimits {
  uint64_t octets_max = 1ull << 30;   // Of the messages of one transfer.
  uint64_t records_max = 20'000'000;  // Of the zone.
  TimeBounds refresh = {absl::Seconds(30), absl::Hours(24)};
  TimeBounds retry = {absl::Seconds(10), absl::Hours(12)};
  TimeBounds expire = {absl::Hours(1), absl::Hours(24 * 60)};
  friend bool operator==(const ZoneTransferLimits&, const ZoneTransferLimits&) = default;
};

// `transfers:`: the limits of the server, and those of a zone that sets none of its own.
struct TransferSettings {
  uint32_t transfers_max = 32;             // At one time.
  uint32_t transfers_per_primary_max = 8;  // Of those; for a primary that sets none of its own.
  uint32_t checks_max = 1'024;             // Queries for a SOA record alone, at one time.
  uint32_t checks_per_primary_max = 256;   // Of those.
  uint32_t zones_max = 1'000'000;          // Zones that have primaries.
  absl::Duration idle_timeout = absl::Seconds(15);   // Without progress; then it is given up.
  absl::Duration lifetime_max = absl::Minutes(120);  // Of one transfer, however it progresses.
  ZoneTransferLimits zone = {};
  friend bool operator==(const TransferSettings&, const TransferSettings&) = default;
};

// An entry of `notify_from`: who may send NOTIFYs (RFC 1996) besides a zone's primaries, or may
// not. All of an entry must match, and the first one that does decides (server/guard/). NOTIFYs
// come over UDP and TCP alone: there is no DNS over TLS yet, so none comes with a certificate.
struct NotifySource {
  enum class Signing : uint8_t { kAny, kUnsigned, kSigned, kKey };

  std::vector<Prefix> prefixes = {};  // Either these,
  std::string primary = {};           // or the address of this one.
  Signing signing = Signing::kAny;    // kSigned: with any of `keys:`.
  std::string key = {};               // With kKey.
  bool takes_udp = true;
  bool takes_tcp = true;
  bool is_denial = false;  // Those that match may not.
  friend bool operator==(const NotifySource&, const NotifySource&) = default;
};

// How a zone is transferred. Zones with the same settings share one: see ZoneSource::policy().
struct TransferPolicy {
  std::vector<std::string> primaries = {};  // In the order of preference; no name twice.
  std::vector<NotifySource> notify_from = {};
  uint32_t keep_versions = 3;  // On disk, including the one that is published.
  ZoneTransferLimits limits = {};
  GateConfig gates = GatesOf(GateProfile::kRecommended);
  friend bool operator==(const TransferPolicy&, const TransferPolicy&) = default;
};

}  // namespace hither

#endif  // HITHER_DAEMON_CONFIG_TRANSFER_CONFIG_H_
