#include "dns/sort_key.h"

namespace hither {

uint64_t SortKey(NameView name, size_t apex_labels) {
  uint8_t starts[kNameLabelsMax + 1];
  size_t labels = 0;
  for (size_t at = 0; name.data()[at] != 0; at += 1u + name.data()[at]) {
    starts[labels++] = static_cast<uint8_t>(at);
  }
  uint64_t key = 0;
  int shift = 56;
  for (size_t left = labels - apex_labels; left-- > 0;) {
    const uint8_t* const label = name.data() + starts[left];
    for (uint8_t i = 1; i <= *label; ++i) {
      if (shift < 0) return key;
      if (label[i] <= 1) return key | uint64_t{1} << shift;
      key |= uint64_t{ToLowerOctet(label[i])} << shift;
      shift -= 8;
    }
    shift -= 8;  // The 0 that ends the label.
    if (shift < 0) return key;
  }
  return key;
}

}  // namespace hither
