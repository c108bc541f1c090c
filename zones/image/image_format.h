#ifndef HITHER_ZONES_IMAGE_IMAGE_FORMAT_H_
#define HITHER_ZONES_IMAGE_IMAGE_FORMAT_H_

#include <cstdint>

namespace hither {

// The start of every image. The version counts changes of zone.h's layout and of the data derived
// from records in a build: an image of another version is rebuilt.
inline constexpr uint8_t kImageMagic[8] = {'H', 'i', 't', 'h', 'e', 'r', 'Z', '\n'};
inline constexpr uint32_t kImageVersion = 3;
inline constexpr uint32_t kImageByteOrder = 0x01020304;

// The start of an image, for code that has octets and no Zone yet: the first fields of class Zone.
struct ImageHead {
  uint8_t magic[8];
  uint32_t version;
  uint32_t byte_order;
  uint64_t image_bytes;
  uint64_t checksum;  // XXH3 of all octets of the image after this field.
};
static_assert(sizeof(ImageHead) == 32);

// The end of an image file: after the image the note, then this.
struct ImageTail {
  uint64_t note_bytes;
  uint64_t note_checksum;
};

}  // namespace hither

#endif  // HITHER_ZONES_IMAGE_IMAGE_FORMAT_H_
