#ifndef HITHER_ANYCAST_POLICY_SIGNAL_H_
#define HITHER_ANYCAST_POLICY_SIGNAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/ip_family.h"

namespace hither {

// Where a fault lies. kShared: other sites most likely have it too, so that a withdrawal would move
// traffic to sites that are no better.
enum class Scope : uint8_t { kLocal, kPath, kShared };

// kHard: this node does not answer correctly. kSoft: another node would do better. kUnknown: the
// check itself failed, which says nothing.
enum class Level : uint8_t { kOk, kUnknown, kSoft, kHard };

// Which families a signal speaks of.
enum class Families : uint8_t { kBoth, kIpv4, kIpv6 };
constexpr Families Only(IpFamily family) {
  return family == IpFamily::kV6 ? Families::kIpv6 : Families::kIpv4;
}
constexpr bool Has(Families families, IpFamily family) {
  return families == Families::kBoth || families == Only(family);
}

// One fact about one service at one tick. A value.
struct Signal {
  std::string name;  // "responder", "worker 3", "probe udp 192.0.2.53", "zone example.org", ...
  Scope scope = Scope::kLocal;
  Level level = Level::kUnknown;
  Families families = Families::kBoth;
  // With kHard: the responder is certainly dead (its lock is free, or no worker runs and no probe
  // is answered). A blackhole helps nobody, so neither `fall` nor the fleet holds it back.
  bool is_certain = false;
  std::string detail;  // In words, for an operator: "no answer within 200ms, 3 times".

  friend bool operator==(const Signal&, const Signal&) = default;
};

absl::string_view ToText(Scope scope);        // "local", "path", "shared"
absl::string_view ToText(Level level);        // "ok", "unknown", "soft", "hard"
absl::string_view ToText(Families families);  // "both", "ipv4", "ipv6"

}  // namespace hither

#endif  // HITHER_ANYCAST_POLICY_SIGNAL_H_
