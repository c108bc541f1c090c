#ifndef HITHER_ZONES_IMAGE_IMAGE_CHECK_H_
#define HITHER_ZONES_IMAGE_IMAGE_CHECK_H_

#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace hither {

// Is this an image in which no lookup can go astray? Every place that it names lies within it and
// is what it is taken for, every name and every name in RDATA is whole, and each fact that a lookup
// relies on without asking (a zone cut has NS) is so. Not whether the zone makes sense: that was
// asked when it was built, and the checksum says that it is that image still.
//
// `image` is aligned to 8 octets. Returns "" or what is wrong. Its source may be anybody. Costs two
// walks along the nodes and a bit of memory for each unit of them. Thread: any.
absl::string_view CheckImage(ByteView image);

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_IMAGE_CHECK_H_
