#ifndef HITHER_DNS_SORT_KEY_H_
#define HITHER_DNS_SORT_KEY_H_

#include <cstddef>
#include <cstdint>

#include "dns/name.h"

namespace hither {

// The first eight octets of the part below the apex, in canonical order (RFC 4034 §6.1): labels
// from the last to the first in lower case, each ended by 0. An octet of 0 or 1 in a label counts
// as 1 and ends the key, so that equal keys mean "compare the names" and different keys are always
// right. `name` is at or below an apex of `apex_labels` labels.
uint64_t SortKey(NameView name, size_t apex_labels);

}  // namespace hither

#endif  // HITHER_DNS_SORT_KEY_H_
