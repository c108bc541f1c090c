#ifndef HITHER_ZONES_GATE_GATES_H_
#define HITHER_ZONES_GATE_GATES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "zones/gate/gate_settings.h"
#include "zones/gate/gate_watch.h"
#include "zones/image/zone.h"

namespace hither {

// Decides whether a new version of a zone may be published. Pure: both versions are images, the
// difference is found by walking them side by side, and the time is an argument.

// In the order in which they run, by rising cost.
enum class GateId : uint8_t {
  kStructure,
  kSerial,
  kSize,
  kApexNs,
  kDnskey,
  kEmptyRrset,
  kDnssec,
  kZonemd,
  kCommand,
};
absl::string_view GateName(GateId gate);  // As in the configuration: "empty_rrset".

struct GateInput {
  const Zone* old_zone = nullptr;  // The last good version; null if this is the first one.
  const Zone& new_zone;
  uint32_t now = 0;  // Seconds since 1970, modulo 2^32 as in an RRSIG.
};

struct GateResult {
  enum class Outcome : uint8_t {
    kPassed,
    kRefused,
    kStopped,    // The stop flag was raised: no decision.
    kUndecided,  // The deadline passed: GateSettings::on_deadline decides.
  };
  static constexpr size_t kRecordsMax = 10;
  static constexpr size_t kWarningsMax = 10;

  Outcome outcome = Outcome::kPassed;
  GateId gate = GateId::kStructure;  // Which one refused, or was at work at the end.
  // Why, and what to do: "www.example. RRSIG A by key 4711 does not verify; ...". The first
  // offending RRset comes first.
  std::string text = {};
  std::vector<std::string> records = {};  // Of that RRset, as zone files have them; the first ones.
  std::vector<std::string> warnings = {};  // Of a version that passes, too.
};

// What the operator's command said. Its runner is not pure, so the caller provides it.
struct CommandVerdict {
  bool passed = false;
  std::string text = {};  // If not: why.
};
class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  // Runs `settings.command` and ends it when the watch is over; the verdict is then not used.
  virtual CommandVerdict Run(const GateInput& input, const GateSettings& settings,
                             GateWatch& watch) = 0;
};

// Runs the gates until one refuses. All loops ask the watch; memory is proportional to the largest
// RRset and to the names that lost their addresses. `runner` may be null only if there is no
// command. Thread: any; the images are only read.
//
// It assumes that the new zone was built without an error (ZoneBuilder, CheckZone), and that the
// old one passed these gates: of an unchanged RRset with an unchanged signature only the key is
// checked.
GateResult RunGates(const GateInput& input, const GateSettings& settings, GateWatch& watch,
                    CommandRunner* runner = nullptr);

// With GateSettings::on_deadline applied.
bool MayPublish(const GateResult& result, const GateSettings& settings);

}  // namespace hither

#endif  // HITHER_ZONES_GATE_GATES_H_
