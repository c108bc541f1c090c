#ifndef HITHER_ZONES_IMAGE_MESSAGE_SIZE_H_
#define HITHER_ZONES_IMAGE_MESSAGE_SIZE_H_

#include "dns/name.h"
#include "zones/image/image_layout.h"

namespace hither {

// Sets RRset::fits_no_message for the RRsets of a new node that no message of 65,535 octets can
// hold, however well its names are compressed: such a query is refused without a try.
void MarkWhatFitsNoMessage(Node& node);

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_MESSAGE_SIZE_H_
