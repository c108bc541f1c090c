#ifndef HITHER_ZONES_IMAGE_IMAGE_CHECK_H_
#define HITHER_ZONES_IMAGE_IMAGE_CHECK_H_

#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace hither {

// Is this an image in which every lookup is safe? Every offset lies within it and leads to what is
// expected, every name and every name in RDATA is complete, and each fact that a lookup relies on
// unchecked (a zone cut has NS) is true. Not whether the zone makes sense: that was checked when it
// was built, and the checksum shows that the image is unchanged.
//
// `image` is aligned to 8 octets. Returns "" or the fault. Its source may be anybody. Takes two
// walks along the nodes and one bit of memory for each of their units. Thread: any.
absl::string_view CheckImage(ByteView image);

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_IMAGE_CHECK_H_
