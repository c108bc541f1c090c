#ifndef HITHER_ZONES_GATE_DIFF_TEXT_H_
#define HITHER_ZONES_GATE_DIFF_TEXT_H_

#include <functional>

#include "absl/strings/string_view.h"
#include "zones/gate/gate_watch.h"
#include "zones/image/zone.h"

namespace hither {

// Writes the difference between two versions as lines: "-" or "+", then the record as one line of a
// zone file with an absolute name. Names are in canonical order, then come the owners of NSEC3
// records. At each owner, the removed records of an RRset precede the added ones, and new RRsets
// and the signatures come last. A null `before` is an empty zone.
//
// `write` gets about 16 KiB at a time, and returns false to end the walk (it is not called again).
// False: ended early, by `write` or by the watch. Memory: a piece and the largest record's text.
using DiffWriter = std::function<bool(absl::string_view piece)>;
bool WriteDiffText(const Zone* before, const Zone& after, GateWatch& watch,
                   const DiffWriter& write);

}  // namespace hither

#endif  // HITHER_ZONES_GATE_DIFF_TEXT_H_
