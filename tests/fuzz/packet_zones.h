#ifndef HITHER_TESTS_FUZZ_PACKET_ZONES_H_
#define HITHER_TESTS_FUZZ_PACKET_ZONES_H_

#include "zones/set/zone_set.h"

namespace hither {

// Small zones of every kind, with short names that a fuzzer guesses: "u." unsigned, "n." with
// NSEC, "h." with NSEC3, "o." with NSEC3 and opt-out, "b." configured but not loaded.
ZoneSet PacketZones();

}  // namespace hither

#endif  // HITHER_TESTS_FUZZ_PACKET_ZONES_H_
